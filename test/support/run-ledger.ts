import { type Blackouts, NO_CLOSURES } from '../../src/domain/closure/closure.ts';
import type { RuleFields, RunEvent } from '../../src/domain/events/index.ts';
import { decideRuns } from '../../src/domain/execution/decide.ts';
import { nextWakeupMs } from '../../src/domain/execution/next-wakeup.ts';
import { type Outcome, type OutcomeError, recordOutcome } from '../../src/domain/execution/outcome.ts';
import { requestExecution } from '../../src/domain/execution/request.ts';
import type { SettleInput } from '../../src/domain/execution/settle-input.ts';
import { evolveRuns, initialRuns, type Runs } from '../../src/domain/execution/tail.ts';
import { takeDefinition } from '../../src/domain/execution/take-definition.ts';
import { rulesOf } from '../../src/domain/job/rules.ts';
import { compileSchedule, type JobSlots } from '../../src/domain/schedule/index.ts';
import { aJob } from './jobs.ts';
import { okResult } from './run-events.ts';

const job = { tenant: 'acme', applicationId: 3, jobId: 7 };
const everyMinute = compileSchedule({ pattern: '* * * * *', timezone: 'UTC' });
export const at = (clock: string): number => Date.parse(`2026-03-01T${clock}Z`);

const msOf = (instant: string | number): number => (typeof instant === 'number' ? instant : at(instant));

/** Formats each event as a line: type, slots and reason. */
const say = (event: RunEvent): string => {
  const clock = (instant: string) => instant.slice(11, 16);
  switch (event.type) {
    case 'OccurrencesMissed':
    case 'OccurrencesSkipped': {
      const { first, last, reason } = event.data;
      return `${event.type.slice(11).toLowerCase()} ${clock(first)}-${clock(last)} ${reason}`;
    }
    case 'ExecutionsExpired':
      return `expired before ${clock(event.data.before)}`;
    case 'DefinitionActivated':
      return 'taken';
    case 'BackfillRequested':
      return `requested backfill ${event.data.backfillId}`;
    case 'BackfillCancelled':
      return `cancelled backfill ${event.data.backfillId}: ${event.data.count} ${event.data.reason}`;
    case 'ExecutionRequested':
      return `${event.data.executionId} waits for ${clock(event.data.scheduledAt)}`;
    case 'ExecutionStarted': {
      const { executionId, scheduledAt, backfillId, late } = event.data;
      const of = backfillId === undefined ? '' : ` of ${backfillId}`;
      return `${executionId} starts ${clock(scheduledAt)}${of}${late === undefined ? '' : ` late ${late}`}`;
    }
    case 'CallAccepted':
      return `${event.data.executionId} is accepted until ${clock(event.data.deadlineAt)}`;
    case 'WorkOffered':
      return `${event.data.executionId} is offered`;
    case 'WorkTaken':
      return `${event.data.executionId} is taken by ${event.data.worker}`;
    case 'HeartbeatReceived':
      return `${event.data.executionId} is heard of`;
    case 'CancelRequested':
      return `${event.data.executionId} is to be cancelled ${event.data.reason}`;
    case 'ExecutionAttemptFailed': {
      const { executionId, attempt, error, retryAt } = event.data;
      return `${executionId} failed attempt ${attempt} ${error.code}, again ${retryAt.slice(11, 19)}`;
    }
    case 'HookAttempted':
      return `${event.data.executionId} is told of`;
    case 'ExecutionSucceeded':
      return `${event.data.executionId} succeeded`;
    case 'ExecutionFailed':
    case 'ExecutionCancelled':
      return `${event.data.executionId} ${event.type.slice(9).toLowerCase()} ${event.data.error.code}`;
  }
};

type Look = Partial<Pick<SettleInput, 'mayCall' | 'isPaused' | 'atLimit' | 'lateBecause'>>;

/** A job's runs in one engine: each step decides at an instant, and returns a line for each event. */
export const ledgerOf = (
  fields: RuleFields,
  {
    fromMs = at('09:00:00'),
    closures = NO_CLOSURES,
    slots = everyMinute,
    backfills = [],
    open = [],
  }: { fromMs?: number; closures?: Blackouts; slots?: JobSlots } & Partial<Pick<Runs, 'backfills' | 'open'>> = {},
) => {
  const rules = rulesOf(fields);
  let runs: Runs = { ...initialRuns, jobRevision: 0, cursorMs: fromMs, backfills, open };
  let executionId = 40;
  let status: 'enabled' | 'disabled' | 'deleted' = 'enabled';
  const take = (events: readonly RunEvent[]): string[] => {
    runs = events.reduce(evolveRuns, runs);
    return events.map(say);
  };
  return {
    runs: () => runs,
    take,
    look: (clock: string | number, other: Look = {}): string[] => {
      executionId += 1;
      return take(
        decideRuns(runs, {
          randomFraction: 0.5,
          job,
          rules,
          defaultHooks: {},
          status,
          slots: status === 'enabled' ? slots : undefined,
          closures,
          isPaused: false,
          engineId: 'e1',
          nowMs: msOf(clock),
          aheadMs: 200,
          lateBecause: { untilMs: at('09:00:00'), reason: 'ENGINE_DOWN', sinceThen: 'ENGINE_BEHIND' },
          executionId,
          mayCall: true,
          atLimit: false,
          ...other,
        }),
      );
    },
    trigger: (clock: string | number, isForced = false): string[] => {
      executionId += 1;
      const requested = { job, rules, executionId, trigger: 'manual' as const, createdBy: 'ann', nowMs: msOf(clock) };
      return take(requestExecution(runs, { ...requested, isForced }));
    },
    end: (
      id: number,
      clock: string | number,
      how: 'succeeded' | 'failed' = 'succeeded',
      code: OutcomeError['code'] = 'OUTCOME_UNKNOWN',
      other: { retryAfterMs?: number } = {},
    ): string[] => {
      const times = { startedAtMs: msOf(clock), finishedAtMs: msOf(clock) };
      const outcome: Outcome =
        how === 'succeeded'
          ? {
              kind: how,
              ...times,
              result: okResult,
            }
          : { kind: how, ...times, error: { code, message: 'lost' }, ...other };
      const attempt = runs.open.find((each) => each.executionId === id)?.attempt ?? 1;
      const execution = { executionId: id, attempt, engineId: 'e1' };
      const activeDefinition = { rules, defaultHooks: {}, status, randomFraction: 0.5, slots, closures };
      return take(recordOutcome(runs, { job, execution, outcome, delay: undefined, ...activeDefinition }));
    },
    edit: (clock: string, to: 'enabled' | 'disabled' | 'deleted'): string[] => {
      const previous = { definition: aJob({ ...fields, enabled: status === 'enabled' }), slots };
      status = to;
      const definition = aJob({ ...fields, enabled: to === 'enabled', scheduleSince: '2026-03-01T09:30:00.000Z' });
      const jobRevision = runs.jobRevision + 1;
      return take(
        takeDefinition(runs, {
          job: { status: to, definition },
          ...{ jobRevision, previous, closures, placeMs: at(clock), nowMs: at(clock) },
        }),
      );
    },
    /** The engine receives the job's event before the stream of runs contains its effect. */
    hear: (to: 'disabled' | 'deleted'): void => {
      status = to;
    },
    nextLook: (other: { isPaused?: boolean; waitsForPlace?: boolean; waitsForLimit?: boolean } = {}): number =>
      nextWakeupMs(runs, {
        rules,
        status,
        slots: status === 'enabled' ? slots : undefined,
        closures,
        isPaused: false,
        aheadMs: 200,
        waitsForPlace: false,
        waitsForLimit: false,
        ...other,
      }),
  };
};
