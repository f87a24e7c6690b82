import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../../db/reader.ts';
import { defined } from '../../../domain/defined.ts';
import { Acknowledgement, CallResult, ExecutionError } from '../../../domain/events/index.ts';
import { Instant, isSealed, toInstant, toMs } from '../../../domain/values.ts';
import type { QueryContext } from '../context.ts';
import { readDocuments } from '../documents.ts';
import { failuresInARow } from '../failures.ts';
import { type JobNames, namesOfJobs } from '../job-names.ts';
import { bigint, instant, json, present } from '../row.ts';
import { isOfBound, isOfBoundJob, isOfTenant, type Scope, type TenantScope, visible } from '../scope.ts';
import { views } from '../views.ts';

/** Why a job needs attention. */
const ATTENTION_KINDS = ['disabled', 'failing', 'notTaken', 'longRunning', 'missed'] as const;

export const AcknowledgementView = Acknowledgement.omit({ jobId: true, tenant: true, applicationId: true }).meta({
  id: 'Acknowledgement',
});

export const AttentionView = z
  .object({
    kind: z.enum(ATTENTION_KINDS).meta({
      description:
        'disabled by `disableAfter`; failing: the newest execution failed; notTaken: no worker has taken its work for 5 minutes; longRunning: it runs three times as long as usual; missed: slots of the last 24 hours',
    }),
    jobId: z.int(),
    jobName: z.string(),
    applicationId: z.int(),
    applicationName: z.string().optional(),
    since: Instant,
    count: z.int().meta({ description: 'Failures in a row, pieces of work, or slots that were missed' }),
    executionId: z.int().optional(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
    response: z.string().optional().meta({
      description:
        'What the target responded to that execution, up to 120 characters: its message if it has one. Only for callers that can read executions',
    }),
    reason: z.string().optional().meta({ description: 'Of `notTaken`: the queue' }),
    acknowledgement: AcknowledgementView.optional().meta({
      description: 'Made since the problem began, and not over: someone takes care of it',
    }),
  })
  .meta({ id: 'Attention' });
export type AttentionView = z.infer<typeof AttentionView>;

const DAY_MS = 86_400_000;
const MAX_JOBS = 100;
/** Maximum newest failures in which failing jobs are searched. */
const MAX_FAILURES = 5_000;
/** A call that has taken this long, and three times as long as the job's calls usually do, is listed. */
const LONG_MS = 60_000;
const USUAL_CALLS = 20;
const NOT_TAKEN_MS = 5 * 60_000;

const FoundRow = z.object({
  job_id: bigint,
  since: instant,
  count: bigint,
  executionId: bigint.nullable(),
  error: json.pipe(ExecutionError.pick({ code: true, message: true })).nullable(),
  reason: z.string().nullable(),
});
type AttentionRow = z.infer<typeof FoundRow> & { readonly kind: AttentionView['kind'] };

export type AttentionOptions = { readonly withResponses: boolean };

/**
 * The jobs that need attention, up to 100, the worst first: what is wrong with each, since when, how often, and who takes
 * care of it. A job with several problems is listed once, with the worst.
 */
export const jobsNeedingAttention =
  (context: QueryContext) =>
  async (scope: Scope, { withResponses }: AttentionOptions): Promise<readonly AttentionView[]> => {
    const reader = context.readerFor(scope);
    const looked = { scope, nowMs: context.clock.now() };
    const [disabled, failing, untaken, long, missed] = await Promise.all([
      disabledByFailures(reader, looked),
      failingNow(reader, looked),
      notTakenForLong(reader, looked),
      runningLong(reader, looked),
      missedLately(reader, looked),
    ]);
    const found: readonly AttentionRow[] = [
      ...disabled.map((row) => ({ ...row, kind: 'disabled' as const })),
      ...failing.map((row) => ({ ...row, kind: 'failing' as const })),
      ...untaken.map((row) => ({ ...row, kind: 'notTaken' as const })),
      ...long.map((row) => ({ ...row, kind: 'longRunning' as const })),
      ...missed.map((row) => ({ ...row, kind: 'missed' as const })),
    ]
      .filter(({ job_id: jobId }, place, all) => all.findIndex(({ job_id: other }) => other === jobId) === place)
      .slice(0, MAX_JOBS);
    const jobIds = found.map(({ job_id }) => job_id);
    const [names, acknowledged, responses] = await Promise.all([
      namesOfJobs(context)(scope, jobIds),
      acknowledgementsOf(reader, jobIds),
      withResponses ? responsesOf(reader, found) : new Map<number, string>(),
    ]);
    return found.flatMap((row) =>
      viewOf(row, {
        names: names.get(row.job_id),
        response: responses.get(row.executionId ?? 0),
        acknowledgement: acknowledged.find((each) => each.jobId === row.job_id && covers(each, row, looked.nowMs)),
      }),
    );
  };

const ResponseRow = z.object({ id: bigint, result: json.pipe(CallResult) });
const MAX_RESPONSE = 120;

/** What the targets of these executions responded, by execution; nothing of confidential jobs. */
const responsesOf = async (reader: RowReader, found: readonly AttentionRow[]): Promise<ReadonlyMap<number, string>> => {
  const ids = found.flatMap(({ executionId }) => executionId ?? []);
  const rows = await reader.any(sql.type(ResponseRow)`
    SELECT execution.id, execution.result FROM ${views.executions} AS execution
    WHERE execution.id = ANY (${sql.array(ids, 'int8')}) AND execution.result IS NOT NULL`);
  return new Map(
    rows.flatMap(({ id, result: { data } }) => {
      const text = isSealed(data) ? '' : messageIn(data).trim();
      return text === '' ? [] : [[id, text.length > MAX_RESPONSE ? `${text.slice(0, MAX_RESPONSE)}…` : text]];
    }),
  );
};

const Message = z.looseObject({ message: z.string() }).transform(({ message }) => message);
const ErrorText = z.looseObject({ error: z.union([z.string(), Message]) }).transform(({ error }) => error);
const Detail = z.looseObject({ detail: z.string() }).transform(({ detail }) => detail);
const Said = z.union([z.string(), ErrorText, Message, Detail]);

/** The message of a response; if there is none, its JSON. */
const messageIn = (data: unknown): string => {
  if (data === undefined || data === null) return '';
  return Said.safeParse(data).data ?? JSON.stringify(data);
};

const acknowledgementsOf = async (
  reader: RowReader,
  jobIds: readonly number[],
): Promise<readonly Acknowledgement[]> => {
  const where = sql.fragment`document.id = ANY (${sql.array([...jobIds], 'int8')}) AND NOT document.ended`;
  const rows = await readDocuments(reader, { kind: 'acknowledgement', where, schema: Acknowledgement });
  return rows.map(({ doc }) => doc);
};

/** All acknowledgements of a tenant that have not been ended, for its export and erasure. */
export const listAcknowledgements =
  ({ readerFor }: QueryContext) =>
  async (scope: TenantScope): Promise<readonly Acknowledgement[]> => {
    const where = sql.fragment`${isOfTenant(scope, sql.fragment`document`)} AND NOT document.ended`;
    const rows = await readDocuments(readerFor(scope), { kind: 'acknowledgement', where, schema: Acknowledgement });
    return rows.map(({ doc }) => doc);
  };

/** A problem that began after the acknowledgement is another one. */
const covers = ({ acknowledgedAt, until }: Acknowledgement, { since }: AttentionRow, nowMs: number): boolean =>
  toMs(since) <= toMs(acknowledgedAt) && (until === undefined || toMs(until) > nowMs);

type AttentionSpan = { readonly scope: Scope; readonly nowMs: number };
type Rows = Promise<readonly z.infer<typeof FoundRow>[]>;

/** Disabled by Carillon because as many executions in a row failed as `disableAfter` allows. */
const disabledByFailures = (reader: RowReader, { scope }: AttentionSpan): Rows =>
  reader.any(sql.type(FoundRow)`
  SELECT job.job_id, version.valid_from AS since, 1::bigint AS count, NULL::bigint AS "executionId",
    NULL AS error, version.reason
  FROM ${views.jobs} AS job JOIN ${visible(scope)} USING (tenant)
  JOIN ${views.jobVersions} AS version ON version.job_id = job.job_id AND version.valid_to IS NULL
  WHERE NOT job.deleted AND ${isOfBound(scope, sql.fragment`job`)} AND NOT job.enabled AND version.type = 'JobDisabled' AND version.actor_type = 'system'
  ORDER BY version.valid_from DESC LIMIT ${MAX_JOBS}`);

/** Jobs whose newest ended execution failed within the last day. */
const failingNow = (reader: RowReader, { scope, nowMs }: AttentionSpan): Rows =>
  reader.any(sql.type(FoundRow)`
  SELECT job.job_id, in_a_row.since, in_a_row.count, in_a_row.execution_id AS "executionId", in_a_row.error, NULL AS reason
  FROM (
    SELECT DISTINCT tenant, job_id FROM (
      SELECT tenant, job_id FROM ${views.executions} AS execution JOIN ${visible(scope)} USING (tenant)
      WHERE ${isOfBound(scope, sql.fragment`execution`)} AND NOT is_open AND status = 'failed' AND created_at >= ${toInstant(nowMs - DAY_MS)}::timestamptz
      ORDER BY created_at DESC LIMIT ${MAX_FAILURES}
    ) AS failure
  ) AS job
  CROSS JOIN LATERAL (${failuresInARow(sql.fragment`job`)}) AS in_a_row
  WHERE in_a_row.count > 0 ORDER BY in_a_row.count DESC, job.job_id LIMIT ${MAX_JOBS}`);

/** Jobs with work that has been offered for long, as the alert `notTaken` judges it. */
const notTakenForLong = (reader: RowReader, { scope, nowMs }: AttentionSpan): Rows =>
  reader.any(sql.type(FoundRow)`
  SELECT job_id, min(offered_at) AS since, count(*) AS count,
    (array_agg(execution_id ORDER BY offered_at))[1] AS "executionId", NULL AS error,
    (array_agg('queue:' || application_id || '/' || queue ORDER BY offered_at))[1] AS reason
  FROM ${views.offers} AS offer JOIN ${visible(scope)} USING (tenant)
  WHERE ${isOfBound(scope, sql.fragment`offer`)} AND worker IS NULL
    AND offered_at < ${toInstant(nowMs - NOT_TAKEN_MS)}::timestamptz
  GROUP BY job_id ORDER BY min(offered_at) LIMIT ${MAX_JOBS}`);

const runningLong = (reader: RowReader, { scope, nowMs }: AttentionSpan): Rows =>
  reader.any(sql.type(FoundRow)`
  SELECT execution.job_id, execution.started_at AS since, 1::bigint AS count, execution.id AS "executionId",
    NULL AS error, NULL AS reason
  FROM ${views.executions} AS execution JOIN ${visible(scope)} USING (tenant)
  CROSS JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY took) AS took FROM (
      SELECT extract(epoch FROM before.finished_at - before.started_at) * 1000 AS took
      FROM ${views.executions} AS before
      WHERE before.tenant = execution.tenant AND before.job_id = execution.job_id AND NOT before.is_open AND before.status = 'succeeded'
      ORDER BY before.created_at DESC LIMIT ${USUAL_CALLS}
    ) AS calls
  ) AS usual
  WHERE ${isOfBound(scope, sql.fragment`execution`)} AND execution.is_open AND execution.status = 'running'
    AND execution.started_at < ${toInstant(nowMs - LONG_MS)}::timestamptz
    AND extract(epoch FROM ${toInstant(nowMs)}::timestamptz - execution.started_at) * 1000 > 3 * coalesce(usual.took, 0)
  ORDER BY execution.started_at LIMIT ${MAX_JOBS}`);

const missedLately = (reader: RowReader, { scope, nowMs }: AttentionSpan): Rows =>
  reader.any(sql.type(FoundRow)`
  SELECT job_id, max(last) AS since, sum(slots)::bigint AS count, NULL::bigint AS "executionId", NULL AS error,
    (array_agg(reason ORDER BY last DESC))[1] AS reason
  FROM ${views.slotRanges} AS range JOIN ${visible(scope)} USING (tenant)
  WHERE ${isOfBoundJob(scope, sql.fragment`range`)} AND outcome = 'missed' AND last >= ${toInstant(nowMs - DAY_MS)}::timestamptz
  GROUP BY job_id ORDER BY max(last) DESC LIMIT ${MAX_JOBS}`);

type Found = {
  readonly names: JobNames | undefined;
  readonly response: string | undefined;
  readonly acknowledgement: Acknowledgement | undefined;
};

const viewOf = (
  { job_id: jobId, ...row }: AttentionRow,
  { names, response, acknowledgement }: Found,
): AttentionView[] =>
  names === undefined
    ? []
    : [
        {
          ...present(row),
          jobId,
          ...names,
          ...defined({ response, acknowledgement: acknowledgement && acknowledgementView(acknowledgement) }),
        },
      ];

export const acknowledgementView = ({ jobId: _, tenant: __, applicationId: ___, ...view }: Acknowledgement) => view;
