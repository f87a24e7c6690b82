import fc from 'fast-check';
import type { Blackout, Blackouts } from '../../src/domain/closure/closure.ts';
import type { HttpJobDefinition, JobEvent, OpenExecution, RunEvent } from '../../src/domain/events/index.ts';
import { SUPERSEDED, type SupersededBy } from '../../src/domain/execution/cancellation.ts';
import { decideRuns } from '../../src/domain/execution/decide.ts';
import { type Outcome, recordOutcome } from '../../src/domain/execution/outcome.ts';
import { requestExecution } from '../../src/domain/execution/request.ts';
import { evolveRuns, initialRuns, type Runs } from '../../src/domain/execution/tail.ts';
import { takeDefinition } from '../../src/domain/execution/take-definition.ts';
import type { Job } from '../../src/domain/job/job.ts';
import { rulesOf } from '../../src/domain/job/rules.ts';
import { compileSchedule, type JobSlots, jobSlots } from '../../src/domain/schedule/index.ts';
import { jobStream, runsStream } from '../../src/domain/streams.ts';
import { toInstant } from '../../src/domain/values.ts';
import { positionOf, type RecordedEvent } from '../../src/event-store/port.ts';
import { metadata } from './histories.ts';
import { aJob } from './jobs.ts';
import { anyPausedTimes, type PausedTimes } from './paused-times.ts';
import { okResult } from './run-events.ts';

/** Consecutive steps of a job's life. */
export type LifeStep =
  | { readonly kind: 'wait'; readonly ms: number }
  /** An engine decides on it; without capacity it cannot make a call. */
  | { readonly kind: 'look'; readonly mayCall: boolean; readonly atLimit: boolean }
  | { readonly kind: 'end'; readonly how: 'succeeded' | 'failed' | SupersededBy }
  | { readonly kind: 'trigger' }
  | { readonly kind: 'edit'; readonly change: Partial<HttpJobDefinition> }
  | { readonly kind: 'delete' };

export type JobLife = {
  /** In the order of the log. */
  readonly events: readonly RecordedEvent<JobEvent | RunEvent>[];
  readonly runs: Runs;
  readonly closures: Blackouts;
  readonly bornMs: number;
  readonly nowMs: number;
};

const PATTERNS = ['* * * * *', '*/5 * * * *', '*/20 * * * * *', '0 * * * *'];
const rules = fc.record(
  {
    overlap: fc.constantFrom('skip', 'allow', 'queue', 'replace'),
    misfire: fc.constantFrom('last', 'skip', 'all'),
    misfireLimit: fc.integer({ min: 1, max: 5 }),
    maxLateness: fc.constantFrom('30s', '5m'),
    jitter: fc.constantFrom('10s', '2m'),
    maxRuns: fc.integer({ min: 1, max: 6 }),
    retry: fc.constant({ maxAttempts: 3, backoff: { initial: '1m' } }),
  },
  { requiredKeys: [] },
);
const change: fc.Arbitrary<Partial<HttpJobDefinition>> = fc.oneof(
  fc.record({ pattern: fc.constantFrom(...PATTERNS) }),
  fc.record({ enabled: fc.boolean() }),
  fc.record({ description: fc.string({ maxLength: 3 }) }),
  rules,
);
const SECOND_MS = 1_000;
const step: fc.Arbitrary<LifeStep> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.integer({ min: 1, max: 900 }).map((seconds) => seconds * SECOND_MS),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('look' as const), mayCall: fc.boolean(), atLimit: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      how: fc.constantFrom('succeeded' as const, 'failed' as const, 'edited' as const, 'parked' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('trigger' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('edit' as const), change }) },
);

const BORN_MS = Date.UTC(2026, 2, 1, 8, 0, 30);
const HOUR_MS = 3_600_000;
const ENGINE = 'engine-1';

type Closed = Pick<PausedTimes, 'closures' | 'isPausedAt'>;
const PAUSED_TIMES: fc.Arbitrary<Closed> = anyPausedTimes(BORN_MS, { withinS: 30_000, mostS: 9_000 });

/** Closed for the first minutes of each hour. */
export const closedEachHour = (minutes: number): Closed => {
  const closures: Blackouts = (afterMs, untilMs) => {
    const found: Blackout[] = [];
    const firstMs = Math.floor(afterMs / HOUR_MS) * HOUR_MS;
    for (let fromMs = firstMs; minutes > 0 && fromMs <= untilMs; fromMs += HOUR_MS) {
      const closure: Blackout = { fromMs, untilMs: fromMs + minutes * 60_000, reason: 'CALENDAR' };
      if (closure.untilMs - 1 > afterMs) found.push(closure);
    }
    return found;
  };
  return { closures, isPausedAt: () => false };
};

/** Any life: begins with a definition, may have blackouts for part of each hour and pauses, and may end with a deletion. */
export const anyLife: fc.Arbitrary<JobLife> = fc
  .record({
    first: fc.tuple(fc.record({ pattern: fc.constantFrom(...PATTERNS) }), rules),
    steps: fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
    isDeleted: fc.boolean(),
    closed: fc.oneof(fc.constantFrom(0, 0, 10).map(closedEachHour), PAUSED_TIMES),
  })
  .map(({ first: [pattern, ofRuns], steps, isDeleted, closed }) => {
    const last: readonly LifeStep[] = isDeleted ? [{ kind: 'delete' }] : [];
    return liveThrough([...steps, ...last], { first: { ...pattern, ...ofRuns }, closed });
  });

/** Runs these steps with the decisions of the domain. */
export const liveThrough = (
  steps: readonly LifeStep[],
  { first, closed }: { readonly first: Partial<HttpJobDefinition>; readonly closed: Closed },
): JobLife => {
  const events: RecordedEvent<JobEvent | RunEvent>[] = [];
  const { closures, isPausedAt } = closed;
  let nowMs = BORN_MS;
  let definition = aJob({ ...first, scheduleSince: toInstant(BORN_MS) });
  let status: 'enabled' | 'disabled' | 'deleted' = 'enabled';
  let jobRevision = -1;
  let runsRevision = -1;
  let runs = initialRuns;
  let lastId = 0;
  const job = { tenant: definition.tenant, applicationId: definition.applicationId, jobId: definition.jobId };

  const record = (event: JobEvent | RunEvent, stream: string, revision: number): void => {
    const position = positionOf(events.length + 1);
    events.push({ ...event, stream, revision, position, id: `event-${position}`, metadata, recordedAt: nowMs });
  };
  const append = (decided: readonly RunEvent[]): void => {
    for (const event of decided) {
      runsRevision += 1;
      record(event, runsStream(job.jobId), runsRevision);
      runs = evolveRuns(runs, event);
    }
  };
  const slots = (): JobSlots | undefined => {
    if (status !== 'enabled') return undefined;
    const { jitterMs } = rulesOf(definition);
    return jobSlots({ schedule: compileSchedule(definition), jobId: job.jobId, jitterMs });
  };
  const put = (type: JobEvent['type'], next: HttpJobDefinition): void => {
    const previous = jobRevision < 0 ? undefined : { definition, slots: slots() };
    jobRevision += 1;
    definition = next;
    status = type === 'JobDeleted' ? 'deleted' : next.enabled ? 'enabled' : 'disabled';
    record({ type, data: next }, jobStream(job.jobId), jobRevision);
    const after: Exclude<Job, { status: 'absent' }> = { status, definition };
    append(takeDefinition(runs, { job: after, jobRevision, previous, closures, placeMs: nowMs, nowMs }));
  };
  const take = (each: LifeStep): void => {
    switch (each.kind) {
      case 'wait':
        nowMs += each.ms;
        break;
      case 'look':
        lastId += 1;
        append(
          decideRuns(runs, {
            job,
            rules: rulesOf(definition),
            defaultHooks: {},
            status,
            randomFraction: 0.5,
            slots: slots(),
            closures,
            isPaused: isPausedAt(nowMs),
            nowMs,
            aheadMs: 200,
            lateBecause: { reason: 'ENGINE_DOWN', untilMs: nowMs - 60_000, sinceThen: 'ENGINE_BEHIND' },
            engineId: ENGINE,
            executionId: lastId,
            mayCall: each.mayCall && !each.atLimit,
            atLimit: each.atLimit,
          }),
        );
        break;
      case 'end': {
        const open = runs.open.find(({ state }) => state === 'running');
        if (open === undefined) return;
        const execution = { executionId: open.executionId, attempt: open.attempt, engineId: ENGINE };
        const outcome = outcomeOf(each.how, { nowMs, open });
        const now = { rules: rulesOf(definition), defaultHooks: {}, status, slots: slots(), closures };
        append(recordOutcome(runs, { job, execution, outcome, delay: undefined, randomFraction: 0.5, ...now }));
        break;
      }
      case 'trigger':
        lastId += 1;
        append(
          requestExecution(runs, {
            job,
            rules: rulesOf(definition),
            executionId: lastId,
            trigger: 'manual',
            createdBy: 'ann',
            nowMs,
          }),
        );
        break;
      case 'edit': {
        const next = { ...definition, ...each.change };
        const isSameSchedule = next.pattern === definition.pattern && next.maxRuns === definition.maxRuns;
        put('JobUpdated', isSameSchedule ? next : { ...next, scheduleSince: toInstant(nowMs) });
        break;
      }
      case 'delete':
        put('JobDeleted', definition);
        break;
    }
  };

  put('JobCreated', definition);
  for (const each of steps) take(each);
  return { events, runs, closures, bornMs: BORN_MS, nowMs };
};

const outcomeOf = (
  how: 'succeeded' | 'failed' | SupersededBy,
  { nowMs, open }: { readonly nowMs: number; readonly open: OpenExecution },
): Outcome => {
  const startedAtMs = Date.parse(open.createdAt);
  const finishedAtMs = nowMs;
  switch (how) {
    case 'succeeded': {
      return { kind: 'succeeded', startedAtMs, finishedAtMs, result: okResult };
    }
    case 'failed':
      return { kind: 'failed', startedAtMs, finishedAtMs, error: { code: 'HTTP_500', message: 'it failed' } };
    case 'edited':
    case 'editedByNewer':
    case 'disabled':
    case 'deleted':
    case 'paused':
    case 'leftOut':
    case 'parked':
      return {
        kind: 'cancelled',
        superseded: open.attempt === 1,
        finishedAtMs,
        error: SUPERSEDED[how],
      };
  }
};
