import type { ComponentChildren } from 'preact';
import { Link } from 'wouter-preact';
import type { Job, JobState } from '../../../../src/client/schema.ts';
import { session } from '../../api/session.ts';
import { Coded } from '../../parts/coded.tsx';
import { Icon, type IconName } from '../../parts/icon.tsx';
import { When } from '../../parts/when.tsx';
import { sayCount } from '../../words/count.ts';
import { sayError } from '../../words/error-texts.ts';

type BannerProps = { readonly job: Job; readonly state: JobState; readonly onEnable: () => void };

/** What keeps a job from running as it should, and what to do about it. */
export const StateBanner = ({ job, state, onEnable }: BannerProps) => {
  const { name, because, by, since, until, count = 0 } = state;
  const sinceWhen = since === undefined ? null : <When at={since} zone={job.timezone} />;
  const why = because === undefined ? '.' : `: ${because}.`;
  switch (name) {
    case 'active':
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
          Disabled by {by}, {sinceWhen}
          {why} It fires no more until somebody enables it.
        </Banner>
      );
    case 'parked':
      return (
        <Banner icon="warning" tone="bad">
          Parked since {sinceWhen}
          {why} It fires no more until a release that can read it runs.
        </Banner>
      );
    case 'paused':
      return (
        <Banner icon="pause" tone="warn" link={{ text: 'Pauses', to: '/pauses' }}>
          Paused by {by} since {sinceWhen}
          {until === undefined ? (
            ', until it is lifted'
          ) : (
            <>
              , until <When at={until} zone={job.timezone} />
            </>
          )}
          {why}
        </Banner>
      );
    case 'blocked':
    case 'failing':
      return (
        <Banner icon="warning" tone="bad" link={lastFailure(job)}>
          Failed {count >= MOST_IN_A_ROW ? 'at least ' : ''}
          {sayCount(count, 'time')} in a row, since {sinceWhen}
          {because === undefined ? (
            '.'
          ) : (
            <>
              : <Coded words={sayError(because)} code={because} />
            </>
          )}
        </Banner>
      );
  }
};

/** The API counts no more. */
const MOST_IN_A_ROW = 100;

const lastFailure = ({ lastExecution }: Job): Shown['link'] =>
  lastExecution?.status === 'failed' ? { text: 'The last one', to: `/executions/${lastExecution.id}` } : undefined;

type Shown = {
  readonly icon: IconName;
  readonly tone: 'info' | 'warn' | 'bad';
  readonly children: ComponentChildren;
  readonly action?: { readonly text: string; readonly run: () => void } | undefined;
  readonly link?: { readonly text: string; readonly to: string } | undefined;
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
