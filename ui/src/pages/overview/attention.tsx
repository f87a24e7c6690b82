import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { Attention as JobInNeed } from '../../../../packages/client/src/schema.ts';
import { answerOf, api } from '../../api/client.ts';
import { printJson } from '../../api/json.ts';
import { type Answered, useQuery } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { Coded } from '../../components/coded.tsx';
import { Icon, type IconName } from '../../components/icon.tsx';
import { Failed, Loading } from '../../components/states.tsx';
import { HowFar } from '../../components/when.tsx';
import { capital } from '../../format/codes.ts';
import { formatCount } from '../../format/count.ts';
import { formatReason } from '../../format/reasons.ts';

type AttentionProps = { readonly attention: Answered<{ readonly jobs: readonly JobInNeed[] }> };

/** Jobs that need attention, and why. */
export const Attention = ({ attention: { data, error, again } }: AttentionProps) => (
  <section class="card attention" aria-labelledby="attention">
    <header class="card-head">
      <h2 id="attention">Needs attention</h2>
      {data === undefined ? null : <span class="quiet">{formatCount(data.jobs.length, 'job')}</span>}
    </header>
    {data === undefined ? (
      <div class="card-body">{error === null ? <Loading lines={5} /> : <Failed error={error} again={again} />}</div>
    ) : data.jobs.length === 0 ? (
      <p class="card-body quiet">
        <Icon name="ok" /> No job is failing, running unusually long or disabled after failures, or missed a slot in the
        last 24 hours.
      </p>
    ) : (
      <Needs jobs={data.jobs} />
    )}
  </section>
);

const SHOWN_FIRST = 12;

const Needs = ({ jobs }: { readonly jobs: readonly JobInNeed[] }) => {
  const [areAllShown, setAllShown] = useState(false);
  const shown = areAllShown ? jobs : jobs.slice(0, SHOWN_FIRST);
  return (
    <>
      <ul class="needs">
        {shown.map((job) => (
          <Need key={`${job.kind}${job.jobId}`} job={job} />
        ))}
      </ul>
      {shown.length === jobs.length ? null : (
        <button type="button" class="link needs-more" onClick={() => setAllShown(true)}>
          Show all {jobs.length}
        </button>
      )}
    </>
  );
};

const KINDS: Readonly<Record<JobInNeed['kind'], { readonly icon: IconName; readonly tone: string }>> = {
  disabled: { icon: 'pause', tone: 'bad' },
  failing: { icon: 'warning', tone: 'bad' },
  longRunning: { icon: 'clock', tone: 'busy' },
  missed: { icon: 'calendar', tone: 'warn' },
};

const Need = ({ job }: { readonly job: JobInNeed }) => {
  const { icon, tone } = KINDS[job.kind];
  const to = job.executionId === undefined ? `/jobs/${job.jobId}` : `/executions/${job.executionId}`;
  return (
    <li class="need">
      <span class={`need-icon tone-${tone}`}>
        <Icon name={icon} />
      </span>
      <div class="need-text">
        <p>
          <Link href={`/jobs/${job.jobId}`} class="job-name">
            {job.jobName}
          </Link>
          <span class="quiet"> {job.applicationName}</span>
        </p>
        <p class="need-why">
          <Link href={to} class={`tone-${tone}`}>
            {formatWhat(job)}
          </Link>
          {job.error === undefined ? null : (
            <span class="quiet">
              {' '}
              · <Coded words={capital(job.error.message)} code={job.error.code} />
            </span>
          )}
        </p>
        {job.error === undefined || job.executionId === undefined ? null : <Response executionId={job.executionId} />}
      </div>
      <span class="quiet small">
        <HowFar at={job.since} />
      </span>
    </li>
  );
};

const SHOWN_CHARACTERS = 120;

/** The beginning of the target's response, which is often more specific than the status. */
const Response = ({ executionId: id }: { readonly executionId: number }) => {
  const { data: execution } = useQuery({
    key: ['execution', id, {}],
    ask: (signal) => answerOf(api.GET('/executions/{id}', { params: { path: { id } }, signal })),
    enabled: session.may('scheduler:executions:read'),
    live: false,
  });
  const { data } = execution?.result ?? {};
  const text = (typeof data === 'string' ? data : data === undefined ? '' : printJson(data, 0)).trim();
  if (text === '') return null;
  return (
    <p class="need-why">
      <code>{text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text}</code>
    </p>
  );
};

const MAX_IN_A_ROW = 100;

const formatWhat = ({ kind, count, reason }: JobInNeed): string => {
  switch (kind) {
    case 'disabled':
      return 'Disabled after too many failures in a row';
    case 'failing':
      return `${count === 1 ? 'Failed' : `Failed ${count >= MAX_IN_A_ROW ? 'more than ' : ''}${count} times in a row`}`;
    case 'longRunning':
      return 'At least 3 times the usual duration';
    case 'missed':
      return `Missed ${formatCount(count, 'slot')}${reason === undefined ? '' : `. ${formatReason(reason)}`}`;
  }
};
