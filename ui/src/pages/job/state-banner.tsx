import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { Job, JobState } from '../../../../packages/client/src/schema.ts';
import { api, pageOf } from '../../api/client.ts';
import { useQuery } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { useAttention } from '../../components/attention.ts';
import { Coded } from '../../components/coded.tsx';
import { Icon, type IconName } from '../../components/icon.tsx';
import { LiftDialog } from '../../components/lift-dialog.tsx';
import { closedAt } from '../../components/navigation.ts';
import { When } from '../../components/when.tsx';
import { formatCount } from '../../format/count.ts';
import { formatError } from '../../format/error-texts.ts';

type BannerProps = { readonly job: Job; readonly state: JobState; readonly onEnable: () => void };

/** What keeps a job from running as it should, and what to do. */
export const StateBanner = ({ job, state, onEnable }: BannerProps) => {
  const { name, reason: cause, by, since, until, count = 0 } = state;
  const sinceWhen = since === undefined ? null : <When at={since} zone={job.timezone} />;
  const why = cause === undefined ? '.' : `: ${cause}.`;
  switch (name) {
    case 'active':
      return cause === undefined ? null : (
        <Banner icon="warning" tone="warn">
          No next run: the job's calendars exclude every slot to come. Add dates to a calendar that it includes.
        </Banner>
      );
    case 'completed':
      return (
        <Banner icon="ok" tone="info">
          Completed. No more runs are scheduled.
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
          {why} The job won't run on schedule until you enable it.
        </Banner>
      );
    case 'parked':
      return (
        <Banner icon="warning" tone="bad">
          Parked since {sinceWhen}
          {why} The job won't run until a version that can read its events is running.
        </Banner>
      );
    case 'paused':
      return (
        <PausedBanner job={job} since={since}>
          Paused by {by} since {sinceWhen}
          {until === undefined ? (
            ', until ended manually'
          ) : (
            <>
              , until <When at={until} zone={job.timezone} />
            </>
          )}
          {why}
        </PausedBanner>
      );
    case 'blocked':
    case 'failing':
      return (
        <Banner icon="warning" tone="bad" above={<LastResponse jobId={job.id} />} link={lastFailure(job)}>
          Failed {count >= MAX_IN_A_ROW ? 'at least ' : ''}
          {formatCount(count, 'time')} in a row, since {sinceWhen}
          {cause === undefined ? (
            '.'
          ) : (
            <>
              : <Coded words={formatError(cause)} code={cause} />
            </>
          )}
        </Banner>
      );
  }
};

/** What the target responded to the newest failure. */
const LastResponse = ({ jobId }: { readonly jobId: number }) => {
  const response = useAttention().data?.jobs.find((each) => each.jobId === jobId)?.response;
  return response === undefined ? null : <code class="banner-response">{response}</code>;
};

type PausedProps = {
  readonly job: Job;
  readonly since: string | undefined;
  readonly children: ComponentChildren;
};

/** A pause of the job alone can be ended here; other pauses bind more jobs. */
const PausedBanner = ({ job, since, children }: PausedProps) => {
  const [isLifting, setLifting] = useState(false);
  const { data: pauses } = useQuery({
    key: ['job', job.id, 'pauses', since],
    load: (signal) => pageOf(api.GET('/pauses', { params: { query: { limit: MAX_PAUSES } }, signal })),
    enabled: session.may('scheduler:jobs:write') && closedAt('/pauses') === undefined,
    live: false,
  });
  const own = pauses?.items.find(
    ({ scope, of, createdAt, from }) => scope === 'job' && of === job.id && [createdAt, from].includes(since),
  );
  return (
    <>
      <Banner
        icon="pause"
        tone="warn"
        action={own === undefined ? undefined : { text: 'End pause…', run: () => setLifting(true) }}
        link={{ text: 'Pauses', to: '/pauses' }}
      >
        {children}
      </Banner>
      {isLifting && own !== undefined ? (
        <LiftDialog pause={own} of={job.name} onClose={() => setLifting(false)} />
      ) : null}
    </>
  );
};

/** Maximum pauses to search for the job's own. */
const MAX_PAUSES = 500;

/** The API's maximum. */
const MAX_IN_A_ROW = 100;

const lastFailure = ({ lastExecution }: Job): Shown['link'] =>
  lastExecution?.status === 'failed' ? { text: 'The last one', to: `/executions/${lastExecution.id}` } : undefined;

type Shown = {
  readonly icon: IconName;
  readonly tone: 'info' | 'warn' | 'bad';
  readonly children: ComponentChildren;
  /** What is shown above the text. */
  readonly above?: ComponentChildren;
  readonly action?: { readonly text: string; readonly run: () => void } | undefined;
  readonly link?: { readonly text: string; readonly to: string } | undefined;
};

const Banner = ({ icon, tone, children, above, action, link }: Shown) => (
  <section class={`notice notice-${tone} state-banner`} aria-label="State">
    <Icon name={icon} />
    <div class="banner-text">
      {above}
      <p>{children}</p>
    </div>
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
