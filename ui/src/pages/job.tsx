import { useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import type { Job, JobState } from '../../../packages/client/src/schema.ts';
import { api, dataOf, pageOf } from '../api/client.ts';
import { byRuns, useQuery } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { asOfQuery, useAsOfBar } from '../components/as-of.tsx';
import { BackfillList } from '../components/backfill-list.tsx';
import { Icon } from '../components/icon.tsx';
import { RUN_NOW, useJobActions } from '../components/job-actions.tsx';
import { useKeys } from '../components/keys.ts';
import { PageHead } from '../components/layout.tsx';
import { Menu, type MenuItem } from '../components/menu.tsx';
import type { PageProps } from '../components/page-props.ts';
import { PauseMenu } from '../components/pause-menu.tsx';
import { Failed, Loading } from '../components/states.tsx';
import { Status } from '../components/status.tsx';
import { AsOfSlider } from './job/as-of.tsx';
import { BackfillDialog } from './job/backfill.tsx';
import { BootstrapBanner } from './job/bootstrap-banner.tsx';
import { Definition } from './job/definition.tsx';
import { Durations, useLastExecutions } from './job/durations.tsx';
import { Executions } from './job/executions.tsx';
import { History } from './job/history.tsx';
import { Ledger } from './job/ledger.tsx';
import { NextSlots } from './job/next-slots.tsx';
import { Rates } from './job/rates.tsx';
import { RunWithInput } from './job/run-with-input.tsx';
import { StateBanner } from './job/state-banner.tsx';

const REST_MS = 2_000;

/** A job: its state and cause, outcomes, next slots, definition and history. */
const JobPage = ({ params }: PageProps) => {
  const id = Number(params.id);
  const past = useAsOfBar(`/jobs/${id}`);
  const { asOf } = past;
  const {
    data: job,
    error,
    again,
  } = useQuery({
    key: ['job', id, { asOf }],
    load: (signal) => dataOf(api.GET('/jobs/{id}', { params: { path: { id }, query: asOfQuery(asOf) }, signal })),
    live: asOf === undefined,
    touched: byRuns(id),
    restMs: REST_MS,
  });
  if (job === undefined) {
    return (
      <>
        <PageHead title="Job" above={<Link href="/jobs">Jobs</Link>} />
        {error === null ? (
          <Loading />
        ) : (
          <Failed error={error} again={asOf === undefined ? again : () => past.showAsOf(undefined)} />
        )}
        {error === null ? null : <History jobId={id} job={undefined} asOf={asOf} />}
      </>
    );
  }
  return <Shown job={job} past={past} />;
};

export default JobPage;

type ShownProps = { readonly job: Job; readonly past: ReturnType<typeof useAsOfBar> };

const Shown = ({ job, past: { asOf, showAsOf, isOpen, bar } }: ShownProps) => {
  const isNow = asOf === undefined;
  const [, navigate] = useLocation();
  const { items, dialog, openDialog: request } = useJobActions(job, { onDeleted: () => navigate('/jobs') });
  const executions = useLastExecutions({ jobId: job.id, asOf });
  const [isBackfilling, setBackfilling] = useState(false);
  const [isGivingInput, setGivingInput] = useState(false);
  const withInput: MenuItem = { text: 'Run with input…', icon: 'bolt', run: () => setGivingInput(true) };
  const backfill: MenuItem = { text: 'Backfill…', icon: 'history', run: () => setBackfilling(true) };
  useKeys('Job', [
    ...(isNow && session.may('scheduler:jobs:trigger')
      ? [{ key: 't', description: 'Run now', run: () => request('trigger') }]
      : []),
    ...(isNow && session.may('scheduler:jobs:write')
      ? [
          {
            key: 'e',
            description: job.enabled ? 'Disable' : 'Enable',
            run: () => request(job.enabled ? 'disable' : 'enable'),
          },
        ]
      : []),
  ]);
  return (
    <>
      <PageHead
        title={job.name}
        above={
          <>
            <Link href="/jobs">Jobs</Link> /{' '}
            <Link href={`/jobs?application=${encodeURIComponent(job.application.name)}`}>
              {job.application.displayName || job.application.name}
            </Link>
          </>
        }
        beside={<State job={job} />}
        actions={
          isNow ? (
            <>
              <Menu
                label="Actions…"
                class="button"
                items={[
                  ...(session.may('scheduler:jobs:trigger') ? [withInput, backfill] : []),
                  ...items.filter(({ text }) => text !== RUN_NOW),
                ]}
              >
                Actions…
              </Menu>
              <PauseMenu job={{ id: job.id, name: job.name, zone: job.timezone }} />
              {session.may('scheduler:jobs:trigger') ? (
                <button type="button" class="button primary" onClick={() => request('trigger')}>
                  <Icon name="bolt" />
                  {RUN_NOW}
                </button>
              ) : null}
            </>
          ) : undefined
        }
      />
      {dialog}
      {isBackfilling ? <BackfillDialog job={job} onClose={() => setBackfilling(false)} /> : null}
      {isGivingInput ? <RunWithInput job={job} onClose={() => setGivingInput(false)} /> : null}
      {job.state === undefined ? null : <StateBanner job={job} state={job.state} onEnable={() => request('enable')} />}
      {bar}
      {isOpen ? <AsOfSlider job={job} asOf={asOf} onAsOf={showAsOf} /> : null}
      {isNow ? <BootstrapBanner job={job} /> : null}
      <div class="job-page">
        {isNow ? <Rates job={job} /> : null}
        <Executions job={job} asOf={asOf} />
        <NextSlots job={job} asOf={asOf} />
        {isNow ? <Ledger job={job} /> : null}
        <Durations job={job} asOf={asOf} last={executions} />
        {isNow ? (
          <BackfillList
            jobId={job.id}
            zone={job.timezone}
            load={(page, signal) =>
              pageOf(api.GET('/jobs/{id}/backfills', { params: { path: { id: job.id }, query: page }, signal }))
            }
          />
        ) : null}
        <Definition job={job} asOf={asOf} />
        <History jobId={job.id} job={job} asOf={asOf} />
      </div>
    </>
  );
};

/** For an instant in the past, the state follows from the definition alone. */
const nameOf = ({ state, completed, enabled }: Job): JobState['name'] =>
  state?.name ?? (completed === true ? 'completed' : enabled ? 'active' : 'disabled');

const State = ({ job }: { readonly job: Job }) => (
  <>
    <Status name={nameOf(job)}>{nameOf(job) === 'blocked' ? 'Target blocked' : undefined}</Status>
    {Object.entries(job.labels ?? {}).map(([key, value]) => (
      <Link key={key} href={`/jobs?label=${encodeURIComponent(`${key}:${value}`)}`} class="tag">
        {key}:{value}
      </Link>
    ))}
  </>
);
