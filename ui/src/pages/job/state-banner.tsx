import type { ComponentChildren } from 'preact';
import { Link } from 'wouter-preact';
import { api, pageOf } from '../../api/client.ts';
import { byDefinition, useList } from '../../api/queries.ts';
import type { Job } from '../../api/schema.ts';
import { session } from '../../api/session.ts';
import { Icon, type IconName } from '../../parts/icon.tsx';
import type { JobState } from '../../parts/job-state.ts';
import { When } from '../../parts/when.tsx';
import { sayCount } from '../../words/count.ts';
import { MOST_LOOKED_AT } from './durations.tsx';

type BannerProps = { readonly job: Job; readonly state: JobState; readonly onEnable: () => void };

/** What keeps a job from running as it should, and what to do about it. */
export const StateBanner = ({ job, state, onEnable }: BannerProps) => {
  switch (state.kind) {
    case 'enabled':
      return null;
    case 'completed':
      return (
        <Banner icon="ok" tone="info">
          It has made all its runs, and fires no more.
        </Banner>
      );
    case 'disabled':
      return (
        <Banner
          icon="pause"
          tone="warn"
          action={session.may('scheduler:jobs:write') ? { text: 'Enable…', run: onEnable } : undefined}
        >
          <WhoDisabled job={job} /> It fires no more until somebody enables it.
        </Banner>
      );
    case 'paused':
      return (
        <Banner icon="pause" tone="warn" link={{ text: 'Pauses', to: '/pauses' }}>
          Paused by {state.pause.setBy} since <When at={state.pause.since} zone={job.timezone} />
          {state.pause.until === undefined ? ', until it is lifted' : null}
          {state.pause.until === undefined ? null : (
            <>
              , until <When at={state.pause.until} zone={job.timezone} />
            </>
          )}
          {state.pause.reason === undefined ? '.' : `: ${state.pause.reason}`}
        </Banner>
      );
    case 'blocked':
    case 'failing':
      return (
        <Banner icon="warning" tone="bad" link={{ text: 'The last one', to: `/executions/${state.last.id}` }}>
          {state.kind === 'blocked' ? 'Its target may not be called. ' : ''}
          Failed {state.count >= MOST_LOOKED_AT ? 'at least ' : ''}
          {sayCount(state.count, 'time')} in a row, since <When at={state.first.scheduledAt} zone={job.timezone} />
          {state.last.error === undefined ? '.' : `: ${state.last.error.message}`}
        </Banner>
      );
  }
};

type Shown = {
  readonly icon: IconName;
  readonly tone: 'info' | 'warn' | 'bad';
  readonly children: ComponentChildren;
  readonly action?: { readonly text: string; readonly run: () => void } | undefined;
  readonly link?: { readonly text: string; readonly to: string };
};

const Banner = ({ icon, tone, children, action, link }: Shown) => (
  <section class={`notice notice-${tone} state-banner`} aria-label="State">
    <Icon name={icon} />
    <p>{children}</p>
    {action === undefined ? null : (
      <button type="button" class="button" onClick={action.run}>
        {action.text}
      </button>
    )}
    {link === undefined ? null : (
      <Link class="button" href={link.to}>
        {link.text}
      </Link>
    )}
  </section>
);

/** By the newest version of the job that disabled it. */
const WhoDisabled = ({ job: { id, timezone } }: { readonly job: Job }) => {
  const { items } = useList({
    key: ['job', id, 'history'],
    limit: 20,
    ask: (page, signal) => pageOf(api.GET('/jobs/{id}/history', { params: { path: { id }, query: page }, signal })),
    touched: byDefinition(id),
  });
  const entry = items.find(({ changes }) => changes.some(({ path, to }) => path === '/enabled' && to === false));
  if (entry === undefined) return <>Disabled.</>;
  return (
    <>
      Disabled by {entry.actor}, <When at={entry.at} zone={timezone} />
      {entry.reason === undefined ? '.' : `: ${entry.reason}.`}
    </>
  );
};
