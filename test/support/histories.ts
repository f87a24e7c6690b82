import fc from 'fast-check';
import type {
  DomainEvent,
  EventMetadata,
  OpenExecution,
  Operation,
  OperationEvent,
  RunTail,
  WaitingBackfill,
} from '../../src/domain/events/index.ts';
import { applicationStream, jobStream, operationStream, runsStream } from '../../src/domain/streams.ts';
import { toInstant } from '../../src/domain/values.ts';
import { positionOf, type RecordedEvent } from '../../src/event-store/port.ts';
import { calendarEntry, pauseEntry } from './closure-entries.ts';
import type { Entry } from './entry.ts';
import { expiryOf } from './expiries.ts';
import { aJob } from './jobs.ts';
import { anOperation, operationEntry } from './operations.ts';

export const metadata: EventMetadata = { actor: { type: 'user', name: 'ann' }, correlationId: 'c-1' };
const START_MS = Date.UTC(2026, 2, 1, 8);
const HOUR_MS = 3_600_000;

/** The entries as recorded by a log, one per second, or later if they say so. */
export const recorded = (entries: readonly Entry[]): RecordedEvent[] => {
  const revisions = new Map<string, number>();
  let startMs = START_MS;
  return entries.map(({ stream, event, laterMs = 0 }, index) => {
    const revision = revisions.get(stream) ?? 0;
    revisions.set(stream, revision + 1);
    startMs += laterMs;
    const place = { stream, revision, position: positionOf(index + 1), recordedAt: startMs + index * 1_000 };
    return { ...event, ...place, id: `event-${index + 1}`, metadata };
  });
};

export const STEPS = [
  'edit',
  'switch',
  'delete',
  'request',
  'claim',
  'start',
  'succeed',
  'fail',
  'cancel',
  'pass',
  'date',
  'pause',
  'operate',
  'backfill',
  'try again',
] as const;
export type Step = { readonly jobId: number; readonly step: (typeof STEPS)[number] | 'expire' };

export const anyHistory = (jobs: number): fc.Arbitrary<Entry[]> =>
  fc
    .array(fc.record({ jobId: fc.integer({ min: 1, max: jobs }), step: fc.constantFrom(...STEPS) }), { maxLength: 60 })
    .map((steps) => history(steps));

/** A long history of few jobs, whose executions expire repeatedly. */
export const expiringHistory = (): fc.Arbitrary<Entry[]> =>
  fc
    .array(fc.record({ jobId: fc.integer({ min: 1, max: 2 }), step: fc.constantFrom(...STEPS, ...OFTEN) }), {
      minLength: 40,
      maxLength: 80,
    })
    .map((steps) => history(steps));
const OFTEN: readonly Step['step'][] = ['claim', 'claim', 'succeed', 'succeed', 'fail', 'cancel', 'expire', 'expire'];

/** The effects of these steps, if they are possible; a job is created by the first step that names it. */
export const history = (steps: readonly Step[]): Entry[] => {
  const entries: Entry[] = [];
  const jobs = new Map<number, JobState>();
  const applications = new Set<number>();
  /** Since when each job's pause is set. */
  const pauses = new Map<number, string>();
  let clockMs = START_MS;
  /** Hours that have passed since the last entry. */
  let passedMs = 0;
  /** Progress of each job's operation. */
  const operations = new Map<number, Operation>();
  let lastExecution = 0;

  for (const { jobId, step } of steps) {
    clockMs += 7_000;
    const at = toInstant(clockMs);
    const put = (stream: string, event: DomainEvent) => {
      entries.push({ stream, event, ...(passedMs === 0 ? {} : { laterMs: passedMs }) });
      passedMs = 0;
    };
    const job: JobState = jobs.get(jobId) ?? newJob(jobId);
    const { definition } = job;
    if (!applications.has(definition.applicationId)) {
      applications.add(definition.applicationId);
      put(applicationStream(definition.applicationId), applicationCreated(definition.applicationId, at));
    }
    if (!jobs.has(jobId)) put(jobStream(jobId), { type: 'JobCreated', data: definition });
    jobs.set(jobId, job);
    const tail = (): RunTail => ({
      jobRevision: job.revision,
      cursor: at,
      runs: job.runs,
      open: [...job.open],
      ...(job.left.length > 0 ? { backfills: [...job.left] } : {}),
      ...(job.expired === undefined ? {} : { expired: job.expired }),
    });
    const run = (type: 'DefinitionActivated') =>
      put(runsStream(jobId), { type, data: { ...ref(definition), jobRevision: job.revision, from: at, tail: tail() } });
    const change = (type: 'JobUpdated' | 'JobEnabled' | 'JobDisabled' | 'JobDeleted') => {
      job.revision += 1;
      put(jobStream(jobId), { type, data: job.definition });
      run('DefinitionActivated');
    };
    const open = (execution: OpenExecution) => {
      job.open = [...job.open.filter((each) => each.executionId !== execution.executionId), execution];
      const { executionId, trigger, scheduledAt, createdAt, createdBy, attempt } = execution;
      const of = {
        ...ref(definition),
        executionId,
        trigger,
        scheduledAt,
        createdAt,
        ...(createdBy ? { createdBy } : {}),
      };
      const started = { attempt, engineId: 'engine-1', jobRevision: job.revision };
      put(
        runsStream(jobId),
        execution.state === 'pending'
          ? { type: 'ExecutionRequested', data: { ...of, labels: { team: 'red' }, tail: tail() } }
          : { type: 'ExecutionStarted', data: { ...of, ...started, tail: tail() } },
      );
    };
    const nextId = () => {
      lastExecution += 1;
      return lastExecution;
    };
    const close = (outcome: 'succeed' | 'fail' | 'cancel') => {
      const execution = job.open.at(-1);
      if (execution === undefined || (outcome !== 'cancel' && execution.state === 'pending')) return;
      job.open = job.open.slice(0, -1);
      const { executionId, trigger, scheduledAt, createdAt, attempt } = execution;
      const of = { ...ref(definition), executionId, trigger, scheduledAt, createdAt, attempt, finishedAt: at };
      put(runsStream(jobId), ended(outcome, of, tail()));
    };

    const failAttempt = () => {
      const execution = job.open.at(-1);
      if (execution?.state !== 'running') return;
      const { executionId, trigger, scheduledAt, createdAt, attempt } = execution;
      job.open = [...job.open.slice(0, -1), { ...execution, state: 'pending', retryAt: at }];
      const of = { ...ref(definition), executionId, trigger, scheduledAt, createdAt, attempt, finishedAt: at };
      const error = { code: 'HTTP_503', message: 'the target responded with status 503' };
      const data = { ...of, ...(attempt % 2 === 0 ? {} : { startedAt: at }), error, retryAt: at, tail: tail() };
      put(runsStream(jobId), { type: 'ExecutionAttemptFailed', data });
    };

    const expire = () => {
      const ofJob = recorded(entries).filter(({ stream }) => stream === runsStream(jobId));
      passedMs += HOUR_MS;
      clockMs += HOUR_MS;
      const expiry = expiryOf(ofJob, { job: ref(definition), wantedMs: clockMs, tail: tail() });
      if (expiry === undefined) return;
      job.expired = expiry.data.tail.expired;
      put(runsStream(jobId), expiry);
    };

    if (job.deleted && step !== 'succeed' && step !== 'fail' && step !== 'cancel') continue;
    switch (step) {
      case 'edit':
        job.definition = { ...definition, name: `name at ${at}`, updatedAt: at };
        change('JobUpdated');
        break;
      case 'switch':
        job.definition = { ...definition, enabled: !definition.enabled, updatedAt: at };
        change(job.definition.enabled ? 'JobEnabled' : 'JobDisabled');
        break;
      case 'delete':
        job.deleted = true;
        change('JobDeleted');
        break;
      case 'request':
        open({ ...fresh(nextId(), at), state: 'pending', attempt: 0, trigger: 'manual', createdBy: 'ann' });
        break;
      case 'claim':
        job.runs += 1;
        open({ ...fresh(nextId(), at), state: 'running', attempt: 1, trigger: 'schedule', engineId: 'engine-1' });
        break;
      case 'start': {
        const waiting = job.open.find(({ state }) => state === 'pending');
        if (waiting) open({ ...waiting, state: 'running', attempt: waiting.attempt + 1, engineId: 'engine-1' });
        break;
      }
      case 'try again':
        failAttempt();
        break;
      case 'expire':
        expire();
        break;
      case 'pass': {
        const [type, reason] = job.open.length > 0 ? SKIPPED : MISSED;
        const range = { after: toInstant(clockMs - 7_000), until: at, first: at, last: at, count: 1, reason };
        put(runsStream(jobId), {
          type,
          data: { ...ref(definition), jobRevision: job.revision, ...range, tail: tail() },
        });
        break;
      }
      case 'date': {
        const calendar = { tenant: definition.tenant, dates: [at.slice(0, 10)], since: at };
        const { stream, event } = calendarEntry(calendar, jobId % 2 === 0 ? 'CalendarDeleted' : 'CalendarSet');
        put(stream, event);
        break;
      }
      case 'operate': {
        const before = operations.get(jobId);
        const { tenant } = definition;
        const next: OperationEvent = before
          ? operationEntry(before, at)
          : { type: 'OperationRequested', data: anOperation({ operationId: jobId, tenant, createdAt: at }) };
        operations.set(jobId, next.data);
        put(operationStream(jobId), next);
        break;
      }
      case 'pause': {
        const pause = pauses.get(jobId);
        const { tenant } = definition;
        const { stream, event } = pause
          ? pauseEntry({ pauseId: jobId, tenant, createdAt: pause, liftedAt: at, liftedBy: 'ann' }, 'PauseLifted')
          : pauseEntry({ pauseId: jobId, tenant, createdAt: at });
        pauses.set(jobId, pause ?? at);
        put(stream, event);
        break;
      }
      case 'backfill': {
        const [left] = job.left;
        const slots = { schedule: SCHEDULE, after: at, until: at };
        const requested = { backfillId: clockMs, parallel: 1, createdBy: 'bea' };
        const request = { from: at, to: at, reprocess: 'all' as const, total: 1, createdAt: at, reason: 'an outage' };
        job.left = left === undefined ? [{ ...slots, ...requested }] : NOTHING_LEFT;
        const of = { ...ref(definition), tail: tail() };
        put(
          runsStream(jobId),
          left === undefined
            ? { type: 'BackfillRequested', data: { ...of, ...requested, ...request, slots } }
            : {
                type: 'BackfillCancelled',
                data: { ...of, backfillId: left.backfillId, count: 1, reason: 'CANCELLED' },
              },
        );
        break;
      }
      case 'succeed':
      case 'fail':
      case 'cancel':
        close(step);
        break;
    }
  }
  return entries;
};

const NONE: readonly OpenExecution[] = [];
const NOTHING_LEFT: readonly WaitingBackfill[] = [];
const SCHEDULE = { pattern: '* * * * *', timezone: 'UTC', scheduleSince: '2026-01-01T00:00:00.000Z' };
const SKIPPED = ['OccurrencesSkipped', 'OVERLAP'] as const;
const MISSED = ['OccurrencesMissed', 'ENGINE_DOWN'] as const;

const newJob = (jobId: number) => ({
  definition: aJob({
    jobId,
    applicationId: (jobId % 3) + 1,
    tenant: tenantOf((jobId % 3) + 1),
    name: `job ${jobId}`,
    ...(jobId % 2 === 0 ? { labels: { team: 'red' } } : {}),
  }),
  revision: 0,
  deleted: false,
  runs: 0,
  open: NONE,
  left: NOTHING_LEFT,
});
type JobState = ReturnType<typeof newJob> & { expired?: RunTail['expired'] };

/** Application 3 is another tenant's. */
const tenantOf = (applicationId: number): string => (applicationId === 3 ? 'globex' : 'acme');

const ref = ({ tenant, applicationId, jobId }: JobState['definition']) => ({ tenant, applicationId, jobId });
const fresh = (executionId: number, at: string) => ({ executionId, scheduledAt: at, createdAt: at });

export const applicationCreated = (applicationId: number, at: string): DomainEvent => ({
  type: 'ApplicationCreated',
  data: {
    applicationId,
    tenant: tenantOf(applicationId),
    name: `app-${applicationId}`,
    displayName: `Application ${applicationId}`,
    createdAt: at,
    createdBy: 'ann',
    updatedAt: at,
    updatedBy: 'ann',
  },
});

type OfEnded = ReturnType<typeof ref> &
  Pick<OpenExecution, 'executionId' | 'trigger' | 'scheduledAt' | 'createdAt' | 'attempt'> & { finishedAt: string };

const ended = (outcome: 'succeed' | 'fail' | 'cancel', of: OfEnded, tail: RunTail): DomainEvent => {
  switch (outcome) {
    case 'succeed': {
      const result = {
        taskType: 'HttpInvokerTask' as const,
        status: 200,
        headers: { 'x-run': '1' },
        data: { ok: true },
        truncated: false,
      };
      return { type: 'ExecutionSucceeded', data: { ...of, startedAt: of.finishedAt, result, tail } };
    }
    case 'fail':
      return { type: 'ExecutionFailed', data: { ...of, error: { code: 'ETIMEDOUT', message: 'no answer' }, tail } };
    case 'cancel':
      return { type: 'ExecutionCancelled', data: { ...of, error: { code: 'OVERLAP', message: 'busy' }, tail } };
  }
};

/** Cuts a list at these shares of its length, into parts that may be empty. */
export const cutAt = <T>(list: readonly T[], shares: readonly number[]): T[][] => {
  const cuts = [0, ...shares.map((share) => Math.floor(share * list.length)).sort((a, b) => a - b), list.length];
  return cuts.slice(1).map((end, index) => list.slice(cuts[index], end));
};
