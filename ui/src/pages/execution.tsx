import type { ComponentChildren } from 'preact';
import { Link } from 'wouter-preact';
import type { Execution } from '../../../packages/client/src/schema.ts';
import { api, dataOf } from '../api/client.ts';
import { byRuns, type QueryResult, useQuery } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { asOfQuery, useAsOfBar } from '../components/as-of.tsx';
import { CopyButton } from '../components/copy-button.tsx';
import { JsonTree } from '../components/json-tree.tsx';
import { PageHead } from '../components/layout.tsx';
import type { PageProps } from '../components/page-props.ts';
import { Failed, Loading } from '../components/states.tsx';
import { Status } from '../components/status.tsx';
import { HowFar, WholeWhen } from '../components/when.tsx';
import { formatCount } from '../format/count.ts';
import { formatReason } from '../format/reasons.ts';
import { formatDuration } from '../format/time.ts';
import { Actions } from './execution/actions.tsx';
import { Neighbours } from './execution/neighbours.tsx';
import { ProofButton } from './execution/proof-button.tsx';
import { ErrorCard, ResponseView } from './execution/response.tsx';
import { Snapshot } from './execution/snapshot.tsx';
import { TimeLine } from './execution/time-line.tsx';

/** An execution: its times, request, response and actions. */
const ExecutionPage = ({ params }: PageProps) => {
  const id = Number(params.id);
  const { asOf, bar } = useAsOfBar(`/executions/${id}`);
  const result: QueryResult<Execution> = useQuery({
    key: ['execution', id, { asOf }],
    load: (signal) => dataOf(api.GET('/executions/{id}', { params: { path: { id }, query: asOfQuery(asOf) }, signal })),
    live: asOf === undefined,
    touched: (happened) => byRuns(result.data?.jobId)(happened),
    until: isOver,
  });
  const { data, error, again } = result;
  if (data === undefined) {
    return (
      <>
        <PageHead title={`Execution ${params.id ?? ''}`} above={<Link href="/jobs">Jobs</Link>} />
        {bar}
        {error === null ? <Loading /> : <Failed error={error} again={again} />}
      </>
    );
  }
  const zone = data.jobSnapshot?.timezone;
  return (
    <>
      <PageHead
        title={`Execution ${data.id}`}
        above={
          <>
            <Link href="/jobs">Jobs</Link> /{' '}
            <Link href={`/jobs/${data.jobId}`}>{data.jobName ?? `Job ${data.jobId}`}</Link>
          </>
        }
        beside={
          <>
            <Status name={data.status} />
            {asOf === undefined ? <Neighbours execution={data} /> : null}
          </>
        }
        actions={asOf === undefined ? <Actions execution={data} /> : undefined}
      />
      {bar}
      <div class="execution-page">
        {data.error === undefined ? null : <ErrorCard error={data.error} response={data.result?.data} />}
        <div class="execution-main">
          <ResponseView execution={data} />
          <TimeLine execution={data} />
          <Snapshot snapshot={data.jobSnapshot} isToCome={data.status === 'pending' && data.attempt === 0} />
        </div>
        <Facts execution={data} zone={zone} />
      </div>
    </>
  );
};

export default ExecutionPage;

/** A hook may appear for this long after the end. */
const HOOK_SHOWN_MS = 30_000;

/** Returns whether the execution has ended and its hook was called. */
const isOver = ({ finishedAt, hook }: Execution): boolean =>
  finishedAt !== null &&
  (hook === undefined ? Date.parse(finishedAt) + HOOK_SHOWN_MS < Date.now() : hook.status !== 'pending');

const WAITS_FOR: Readonly<Record<NonNullable<Execution['waitsFor']>, string>> = {
  LIMIT: "Capacity of the job's limit",
  OVERLAP: 'The end of another execution of the job',
  PAUSED: 'The end of a pause',
  WORKER: 'A worker that takes the work',
};

type FactsProps = { readonly execution: Execution; readonly zone: string | undefined };

const Facts = ({ execution, zone }: FactsProps) => {
  const { scheduledAt, dueAt, durationMs, trigger, late, createdBy, rerunOf, backfillId, engineId, retryAt } =
    execution;
  const { waitsFor, deadlineAt, lastHeartbeatAt, progress, labels, hook } = execution;
  return (
    <section class="card" aria-labelledby="facts">
      <header class="card-head">
        <h2 id="facts">Details</h2>
      </header>
      <div class="card-body">
        <dl class="facts">
          <Fact name="Id">
            {execution.id}
            <CopyButton what="id" text={String(execution.id)} isSmall />
          </Fact>
          <Fact name="Slot">
            <WholeWhen at={scheduledAt} zone={zone} />
            {dueAt === undefined ? null : (
              <p>
                Moved by a calendar to <WholeWhen at={dueAt} zone={zone} />
              </p>
            )}
            {late === undefined ? null : <p class="tone-warn">Late: {formatReason(late)}</p>}
          </Fact>
          <Fact name="Duration">{durationMs === null ? '–' : formatDuration(durationMs)}</Fact>
          <Fact name="Trigger">
            {trigger}
            {createdBy === undefined ? '' : ` by ${createdBy}`}
          </Fact>
          {rerunOf === undefined ? null : (
            <Fact name="Rerun of">
              <Link href={`/executions/${rerunOf}`}>Execution {rerunOf}</Link>
            </Fact>
          )}
          {backfillId === undefined ? null : <Fact name="Backfill">{backfillId}</Fact>}
          {engineId === undefined ? null : (
            <Fact name="Engine">
              <code>{engineId}</code>
            </Fact>
          )}
          {retryAt === undefined ? null : (
            <Fact name="Next attempt">
              <HowFar at={retryAt} zone={zone} />
            </Fact>
          )}
          {waitsFor === undefined ? null : <Fact name="Waits for">{WAITS_FOR[waitsFor]}</Fact>}
          {deadlineAt === undefined ? null : (
            <Fact name="Deadline">
              <WholeWhen at={deadlineAt} zone={zone} />
            </Fact>
          )}
          {lastHeartbeatAt === undefined ? null : (
            <Fact name="Last heartbeat">
              <HowFar at={lastHeartbeatAt} zone={zone} />
            </Fact>
          )}
          {progress === undefined ? null : (
            <Fact name="Progress">
              <JsonTree value={progress} />
            </Fact>
          )}
          {session.may('scheduler:audit:read') && session.current.value?.applications === undefined ? (
            <Fact name="Proof">
              <ProofButton executionId={execution.id} />
            </Fact>
          ) : null}
          {hook === undefined ? null : (
            <Fact name={hook.name === 'onFailure' ? 'Failure hook' : 'Success hook'}>
              <HookCall hook={hook} zone={zone} />
            </Fact>
          )}
          {labels === undefined ? null : (
            <Fact name="Labels">
              {Object.entries(labels).map(([key, value]) => (
                <span key={key} class="tag">
                  {key}:{value}
                </span>
              ))}
            </Fact>
          )}
        </dl>
      </div>
    </section>
  );
};

const Fact = ({ name, children }: { readonly name: string; readonly children: ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

type HookProps = { readonly hook: NonNullable<Execution['hook']>; readonly zone: string | undefined };

const HOOK_STATUS = { pending: 'pending', delivered: 'succeeded', abandoned: 'failed' } as const;
const HOOK_WORDS = { pending: 'pending', delivered: 'delivered', abandoned: 'abandoned' } as const;

/** Outcome of the hook call that reports the end. */
const HookCall = ({ hook: { status, attempts, nextAt, lastAt, response, error }, zone }: HookProps) => (
  <>
    <Status name={HOOK_STATUS[status]}>{HOOK_WORDS[status]}</Status>
    {attempts === 0 ? null : <p>{formatCount(attempts, 'attempt')}</p>}
    {error === undefined ? null : (
      <p class="tone-bad">
        {error.code}: {error.message}
      </p>
    )}
    {response === undefined ? null : <p class="quiet small">{response}</p>}
    {lastAt === undefined ? null : (
      <p>
        <WholeWhen at={lastAt} zone={zone} />
      </p>
    )}
    {nextAt === undefined ? null : (
      <p>
        Next attempt <HowFar at={nextAt} zone={zone} />
      </p>
    )}
  </>
);
