import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { Attention as JobInNeed } from '../../../../packages/client/src/schema.ts';
import { api, dataOf } from '../../api/client.ts';
import { changed, type QueryResult } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { Coded } from '../../components/coded.tsx';
import { Icon } from '../../components/icon.tsx';
import { PauseMenu } from '../../components/pause-menu.tsx';
import { Failed, Loading } from '../../components/states.tsx';
import { Status, type StatusName } from '../../components/status.tsx';
import { showError, showSuccess } from '../../components/toasts.tsx';
import { HowFar, When } from '../../components/when.tsx';
import { capital } from '../../format/codes.ts';
import { formatCount } from '../../format/count.ts';
import { formatReason } from '../../format/reasons.ts';
import { AcknowledgeDialog, Acknowledged } from './acknowledge.tsx';
import { type NeedGroup, needGroups } from './need-groups.ts';

type AttentionProps = { readonly attention: QueryResult<{ readonly jobs: readonly JobInNeed[] }> };

/** Jobs that need attention, and why; equal errors are shown once. Those that someone takes care of are below. */
export const Attention = ({ attention: { data, error, again } }: AttentionProps) => {
  const open = data?.jobs.filter(({ acknowledgement }) => acknowledgement === undefined) ?? [];
  const acknowledged = data?.jobs.filter(({ acknowledgement }) => acknowledgement !== undefined) ?? [];
  return (
    <section class="card attention" aria-labelledby="attention">
      <header class="card-head">
        <h2 id="attention">Needs attention</h2>
        {data === undefined ? null : <span class="quiet">{formatCount(open.length, 'job')}</span>}
      </header>
      {data === undefined ? (
        <div class="card-body">{error === null ? <Loading lines={5} /> : <Failed error={error} again={again} />}</div>
      ) : open.length === 0 ? (
        <p class="card-body quiet">
          <Icon name="ok" /> No job is failing, running unusually long or disabled after failures, or missed a slot in
          the last 24 hours{acknowledged.length === 0 ? '.' : ', except those below.'}
        </p>
      ) : (
        <Needs jobs={open} />
      )}
      {acknowledged.length === 0 ? null : (
        <details class="needs-acknowledged">
          <summary>{formatCount(acknowledged.length, 'acknowledged job')}</summary>
          <ul class="needs">
            {acknowledged.map((job) => (
              <Need key={job.jobId} job={job} withResponse />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
};

const SHOWN_FIRST = 12;

const Needs = ({ jobs }: { readonly jobs: readonly JobInNeed[] }) => {
  const [areAllShown, setAllShown] = useState(false);
  const groups = needGroups(areAllShown ? jobs : jobs.slice(0, SHOWN_FIRST));
  return (
    <>
      {groups.map((group) => (
        <Group key={group.key} group={group} />
      ))}
      {areAllShown || jobs.length <= SHOWN_FIRST ? null : (
        <button type="button" class="link needs-more" onClick={() => setAllShown(true)}>
          Show all {jobs.length}
        </button>
      )}
    </>
  );
};

/** Jobs with an equal error, which is stated once above them. */
const Group = ({ group: { jobs, error, response } }: { readonly group: NeedGroup }) => {
  const isShared = jobs.length > 1;
  return (
    <>
      {isShared ? (
        <div class="need-head">
          <p>
            {response === undefined ? null : <code class="need-response">{response}</code>}
            <span class="quiet">
              {formatCount(jobs.length, 'job')}
              {error === undefined ? null : (
                <>
                  {' · '}
                  <Coded words={capital(error.message)} code={error.code} />
                </>
              )}
            </span>
          </p>
          <AcknowledgeButton jobs={jobs} />
        </div>
      ) : null}
      <ul class={isShared ? 'needs is-shared' : 'needs'}>
        {jobs.map((job) => (
          <Need key={`${job.kind}${job.jobId}`} job={job} withResponse={!isShared} />
        ))}
      </ul>
    </>
  );
};

const STATUS: Readonly<Record<JobInNeed['kind'], StatusName>> = {
  disabled: 'disabled',
  failing: 'failing',
  notTaken: 'pending',
  longRunning: 'running',
  missed: 'missed',
};

type NeedProps = { readonly job: JobInNeed; readonly withResponse: boolean };

const Need = ({ job, withResponse }: NeedProps) => {
  const { jobId, jobName, executionId, error, response } = job;
  const to = executionId === undefined ? `/jobs/${jobId}` : `/executions/${executionId}`;
  return (
    <li class="need">
      <Status name={STATUS[job.kind]} />
      <div class="need-text">
        <p>
          <Link href={`/jobs/${jobId}`} class="job-name">
            {jobName}
          </Link>
          <span class="quiet"> {job.applicationName}</span>
        </p>
        {withResponse && response !== undefined ? (
          <p>
            <code class="need-response">{response}</code>
          </p>
        ) : null}
        <p class="need-why">
          <Link href={to}>{formatWhat(job)}</Link>
          <span class="quiet">
            , since <When at={job.since} />, <HowFar at={job.since} />
            {withResponse && error !== undefined ? (
              <>
                {' · '}
                <Coded words={capital(error.message)} code={error.code} />
              </>
            ) : null}
          </span>
        </p>
        <Acknowledged job={job} />
      </div>
      <div class="need-actions">
        {job.kind === 'failing' ? <RunAgain job={job} /> : null}
        <PauseMenu job={{ id: jobId, name: jobName }} />
        {withResponse && job.acknowledgement === undefined ? <AcknowledgeButton jobs={[job]} /> : null}
      </div>
    </li>
  );
};

/** Runs the failed slot again by one click, which can be taken back as long as it runs. */
const RunAgain = ({ job: { jobName, executionId: id } }: { readonly job: JobInNeed }) => {
  if (id === undefined || !session.may('scheduler:jobs:trigger')) return null;
  const run = async () => {
    const begun = await dataOf(api.POST('/executions/{id}/rerun', { params: { path: { id } }, body: {} }));
    changed();
    const cancel = async () => {
      await dataOf(api.POST('/executions/{id}/cancel', { params: { path: { id: begun.id } } }));
      changed();
    };
    const mayCancel = session.may('scheduler:executions:cancel');
    showSuccess(`Started execution ${begun.id} of ${jobName}`, mayCancel ? cancel : undefined);
  };
  return (
    <button type="button" class="button" onClick={() => run().catch(showError)}>
      <Icon name="bolt" />
      Run again<span class="unseen"> {jobName}</span>
    </button>
  );
};

const AcknowledgeButton = ({ jobs }: { readonly jobs: readonly JobInNeed[] }) => {
  const [isOpen, setOpen] = useState(false);
  if (!session.may('scheduler:jobs:trigger')) return null;
  const what = jobs.length === 1 ? jobs[0]?.jobName : formatCount(jobs.length, 'job');
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        <Icon name="ok" />
        Acknowledge…<span class="unseen"> {what}</span>
      </button>
      {isOpen ? <AcknowledgeDialog jobs={jobs} onClose={() => setOpen(false)} /> : null}
    </>
  );
};

const MAX_IN_A_ROW = 100;

const formatWhat = ({ kind, count, reason }: JobInNeed): string => {
  switch (kind) {
    case 'disabled':
      return 'Disabled after too many failures in a row';
    case 'failing':
      return `${count === 1 ? 'Failed' : `Failed ${count >= MAX_IN_A_ROW ? 'more than ' : ''}${count} times in a row`}`;
    case 'notTaken':
      return `No worker takes ${formatCount(count, 'run')}${reason === undefined ? '' : ` of ${reason}`}`;
    case 'longRunning':
      return 'At least 3 times the usual duration';
    case 'missed':
      return `Missed ${formatCount(count, 'slot')}${reason === undefined ? '' : `. ${formatReason(reason)}`}`;
  }
};
