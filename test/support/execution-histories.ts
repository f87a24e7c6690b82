import type { DomainEvent, ExecutionError, ExecutionStatus, RunTail, Trigger } from '../../src/domain/events/index.ts';
import { runsStream } from '../../src/domain/streams.ts';
import { toInstant } from '../../src/domain/values.ts';
import { wordsIn } from '../../src/domain/words.ts';
import type { ExecutionFilter } from '../../src/projections/queries/executions-filter.ts';
import { hasName } from '../../src/projections/queries/filters.ts';
import type { Entry } from './entry.ts';
import { okResult } from './run-events.ts';
import { seededRandom } from './world.ts';

/** An execution with the fields that filters use. */
export type PlainExecution = {
  readonly id: number;
  readonly jobId: number;
  readonly applicationId: number;
  readonly tenant: string;
  readonly createdAt: string;
  readonly status: ExecutionStatus;
  readonly trigger: Trigger;
  readonly backfillId?: number;
  readonly labels?: Record<string, string>;
  readonly error?: ExecutionError;
};

export const TRIGGERS = ['schedule', 'schedule', 'schedule', 'manual', 'backfill', 'rerun'] as const;
const STATUSES = ['succeeded', 'succeeded', 'succeeded', 'failed', 'cancelled', 'running', 'pending'] as const;
export const LABELS = [undefined, { team: 'red' }, { team: 'blue', zone: 'a:b' }, { zone: 'a:b' }] as const;
export const ERRORS: readonly [ExecutionError, ...ExecutionError[]] = [
  { code: 'HTTP_503', message: 'the target responded with status 503' },
  { code: 'ECONNREFUSED', message: 'Connection REFUSED by 10.0.0.7:8080' },
  { code: 'ETIMEDOUT', message: 'no answer within 30 s' },
];
const TAIL: RunTail = { jobRevision: 0, cursor: '2026-01-01T00:00:00.000Z', runs: 0, open: [] };
/** Several executions share an instant. */
const STEP_MS = 11 * 3_600_000;
const START_MS = Date.UTC(2025, 10, 3);

/** Executions of jobs 1 to 5 over some months; of these jobs as `history` makes them, with their applications. */
export const someExecutions = (count: number): PlainExecution[] => {
  const random = seededRandom(7);
  const oneOf = <T>(some: readonly [T, ...T[]]): T => some[Math.floor(random.fraction() * some.length)] ?? some[0];
  return Array.from({ length: count }, (_, index) => {
    const jobId = oneOf([1, 1, 1, 2, 3, 4, 5]);
    const applicationId = (jobId % 3) + 1;
    const trigger = oneOf(TRIGGERS);
    const status = oneOf(STATUSES);
    const labels = oneOf(LABELS);
    return {
      id: 1_000 + ((index * 37) % count),
      ...{ jobId, applicationId, trigger, status },
      tenant: applicationId === 3 ? 'globex' : 'acme',
      createdAt: toInstant(START_MS + Math.floor(index / 3) * STEP_MS),
      ...(trigger === 'backfill' ? { backfillId: oneOf([1, 2]) } : {}),
      ...(labels === undefined ? {} : { labels }),
      ...(status === 'failed' || status === 'cancelled' ? { error: oneOf(ERRORS) } : {}),
    };
  });
};

/** The events that record them: request, claim and end, as far as each has progressed. */
export const entriesOf = (executions: readonly PlainExecution[]): Entry[] => executions.flatMap(eventsOf);

const eventsOf = (execution: PlainExecution): Entry[] => {
  const { id: executionId, jobId, applicationId, tenant, createdAt, status, trigger, backfillId, labels } = execution;
  const backfill = backfillId === undefined ? {} : { backfillId };
  const of = {
    executionId,
    jobId,
    applicationId,
    tenant,
    createdAt,
    scheduledAt: createdAt,
    trigger,
    ...backfill,
    tail: TAIL,
  };
  const ended = { ...of, attempt: 1, finishedAt: createdAt };
  const error = execution.error ?? ERRORS[0];
  const put = (event: DomainEvent): Entry => ({ stream: runsStream(jobId), event });
  const requested = put({ type: 'ExecutionRequested', data: { ...of, ...(labels === undefined ? {} : { labels }) } });
  const started = put({ type: 'ExecutionStarted', data: { ...of, attempt: 1, engineId: 'engine-1', jobRevision: 0 } });
  switch (status) {
    case 'pending':
      return [requested];
    case 'running':
      return [requested, started];
    case 'succeeded': {
      return [
        requested,
        started,
        put({ type: 'ExecutionSucceeded', data: { ...ended, startedAt: createdAt, result: okResult } }),
      ];
    }
    case 'failed':
      return [requested, started, put({ type: 'ExecutionFailed', data: { ...ended, error } })];
    case 'cancelled':
      return [requested, put({ type: 'ExecutionCancelled', data: { ...ended, error } })];
  }
};

/** Returns whether it matches each field of a filter. */
export const isTaken = (execution: PlainExecution, filter: ExecutionFilter): boolean => {
  const { jobId, jobName, applicationId, application, status, errorCode, errorText, labels } = filter;
  const { trigger, backfillId, from, to } = filter;
  const words = execution.error === undefined ? [] : wordsIn(`${execution.error.code} ${execution.error.message}`);
  return (
    (jobId === undefined || execution.jobId === jobId) &&
    (jobName === undefined || hasName(`job ${execution.jobId}`, jobName)) &&
    (applicationId === undefined || execution.applicationId === applicationId) &&
    (application === undefined || `app-${execution.applicationId}` === application) &&
    (status === undefined || status.includes(execution.status)) &&
    (errorCode === undefined || execution.error?.code === errorCode) &&
    (errorText === undefined || wordsIn(errorText).every((word) => words.includes(word))) &&
    Object.entries(labels ?? {}).every(([key, value]) => execution.labels?.[key] === value) &&
    (trigger === undefined || execution.trigger === trigger) &&
    (backfillId === undefined || execution.backfillId === backfillId) &&
    (from === undefined || execution.createdAt >= from) &&
    (to === undefined || execution.createdAt < to)
  );
};

/** Newest first. */
export const inOrder = (executions: readonly PlainExecution[]): PlainExecution[] =>
  executions.toSorted((a, b) => (a.createdAt === b.createdAt ? b.id - a.id : a.createdAt < b.createdAt ? 1 : -1));
