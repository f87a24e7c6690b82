import type { RecordedEvent } from '../../../src/event-store/port.ts';
import { attemptsAmiss } from '../../simulation/books/attempts.ts';
import { checkBackfills } from '../../simulation/books/backfills.ts';
import { reportsAmiss } from '../../simulation/books/callbacks.ts';
import { cancelsAmiss } from '../../simulation/books/cancels.ts';
import { executionsAmiss } from '../../simulation/books/executions.ts';
import { failuresAmiss } from '../../simulation/books/failures.ts';
import { checkLedger } from '../../simulation/books/ledger.ts';
import { checkOverlaps } from '../../simulation/books/overlaps.ts';
import type { CallbackReports } from './callback-reports.ts';
import type { Counted } from './counting-target.ts';
import type { Strike } from './strikes.ts';
import { LIMITS, type TortureJobs } from './torture-jobs.ts';
import type { Paused } from './torture-users.ts';
import type { Effect, SeenBeat, WorkerStrike } from './torture-workers.ts';
import { workAmiss } from './work-books.ts';

/** A strike that is over. */
export type StrikeSpan = { readonly kind: Strike | WorkerStrike; readonly fromMs: number; readonly toMs: number };

export type Tortured = {
  readonly events: readonly RecordedEvent[];
  readonly calls: readonly Counted[];
  readonly jobs: TortureJobs;
  readonly pauses: readonly Paused[];
  readonly strikes: readonly StrikeSpan[];
  readonly reports: Pick<CallbackReports, 'reported'>;
  /** What workers did, and their heartbeats. */
  readonly effects: readonly Effect[];
  readonly beats: readonly SeenBeat[];
  readonly endedAtMs: number;
};

/** What the log does not explain: slots, executions, attempts, calls, and what users and targets were told. */
export const unexplainedIn = (tortured: Tortured): string[] => {
  const { events, calls, endedAtMs } = tortured;
  return [
    ...checkLedger({ events, endedAtMs }),
    ...executionsAmiss(events, { graceMs: 0, endedAtMs }),
    ...attemptsAmiss(events, calls),
    ...failuresAmiss(events, endedAtMs),
    ...cancelsAmiss({ events }),
    ...checkOverlaps({ events }),
    ...checkBackfills({ events, endedAtMs }),
    ...unclaimed(tortured),
    ...beyondLimits(calls),
    ...calledInPauses(tortured),
    ...reportsAmiss({ events, reported: tortured.reports.reported }),
    ...workAmiss(tortured),
  ];
};

/** Calls that were made a second time, and slots that were called by two executions. */
export const calledTwice = (calls: readonly Counted[]): string[] => {
  const attempts = new Set<string>();
  const slots = new Map<string, number>();
  const wrong: string[] = [];
  for (const { jobId, executionId, attempt, trigger, slotMs } of calls) {
    const call = `execution ${executionId}, attempt ${attempt}`;
    if (attempts.has(call)) wrong.push(`${call} of job ${jobId} was called twice`);
    attempts.add(call);
    // The users' backfills leave out what was called.
    if (trigger !== 'schedule' && trigger !== 'backfill') continue;
    const slot = `the slot ${new Date(slotMs).toISOString()} of job ${jobId}`;
    const first = slots.get(slot) ?? executionId;
    if (first !== executionId) wrong.push(`${slot} was called as ${first} and ${executionId}`);
    slots.set(slot, first);
  }
  return wrong;
};

/** Calls without a claim in the log, and executions that succeeded without a call, or a worker's effect. */
const unclaimed = ({ events, calls, effects }: Tortured): string[] => {
  const claimed = new Set<string>();
  const succeeded = new Set<number>();
  for (const { type, data } of events) {
    if (type === 'ExecutionStarted') claimed.add(`${data.executionId}, ${data.attempt}`);
    if (type === 'ExecutionSucceeded') succeeded.add(data.executionId);
  }
  const called = new Set([...calls, ...effects].map(({ executionId }) => executionId));
  const made = calls.map(({ executionId, attempt }) => `${executionId}, ${attempt}`);
  return [
    ...made.filter((name) => !claimed.has(name)).map((name) => `execution ${name} was called without a claim`),
    ...[...succeeded].filter((id) => !called.has(id)).map((id) => `execution ${id} succeeded without a call`),
  ];
};

/** How much sooner than it was claimed after another a call may reach its target after it, ms. */
const SPREAD_MS = 500;

const beyondLimits = (calls: readonly Counted[]): string[] => {
  const { parallel } = LIMITS.narrow;
  const { count } = LIMITS.measured.rate;
  const perMs = 2_000;
  const atMs = calls.filter(({ manner }) => manner === 'measured').map((call) => call.atMs);
  return [
    ...calls
      .filter(({ manner, atOnce }) => manner === 'narrow' && atOnce > parallel)
      .map(
        ({ executionId, atOnce }) => `execution ${executionId} was the ${atOnce}th at once of a limit of ${parallel}`,
      ),
    ...atMs.flatMap((firstMs, index) => {
      const nextMs = (atMs[index + count] ?? Number.POSITIVE_INFINITY) - firstMs;
      return nextMs < perMs - SPREAD_MS ? [`${count + 1} calls came within ${nextMs} ms, by a limit of ${count}`] : [];
    }),
  ];
};

/** Every engine that gets on has heard of a pause by then, and any other one so long after the end of a strike. */
const HEARD_MS = 3_000;
/** Strikes that keep engines from hearing of anything. */
const DEAFENING = /^(freeze an engine|freeze the API|cut an engine|silence|stop Postgres|crash)/;

type Begun = Pick<Counted, 'jobId' | 'executionId' | 'atMs'>;

/** Calls, and takes of work. */
const begunIn = ({ calls, events }: Tortured): readonly Begun[] => [
  ...calls,
  ...events.flatMap(({ type, data, recordedAt }) => (type === 'WorkTaken' ? [{ ...data, atMs: recordedAt }] : [])),
];

const isInPause = ({ jobs, pauses }: Tortured, { jobId, atMs }: Begun): boolean =>
  jobs.ruled.some(({ id }) => id === jobId) &&
  pauses.some(({ fromMs, untilMs }) => fromMs + HEARD_MS < atMs && atMs < untilMs);

const isUnheard = ({ strikes }: Tortured, { atMs }: Begun): boolean =>
  strikes.some(({ kind, fromMs, toMs }) => DEAFENING.test(kind) && fromMs < atMs && atMs < toMs + HEARD_MS);

const calledInPauses = (tortured: Tortured): string[] =>
  begunIn(tortured)
    .filter((call) => isInPause(tortured, call) && !isUnheard(tortured, call))
    .map(
      ({ executionId, atMs }) =>
        `execution ${executionId} was called or taken in a pause, ${new Date(atMs).toISOString()}`,
    );

/** Counts calls and takes in a pause that may have been set while their engine could hear of nothing. */
export const calledUnheard = (tortured: Tortured): number =>
  begunIn(tortured).filter((call) => isInPause(tortured, call) && isUnheard(tortured, call)).length;

/** How often the log tells of each thing that jobs with rules are there for. */
export const seenIn = (events: readonly RecordedEvent[]): Record<string, number> => {
  const seen: Record<string, number> = {};
  const count = (what: string) => {
    seen[what] = (seen[what] ?? 0) + 1;
  };
  for (const { type, data } of events) {
    if (TELLING.has(type)) count(type);
    if (type === 'OccurrencesSkipped') count(`skipped ${data.reason}`);
    if (type === 'ExecutionFailed' || type === 'ExecutionAttemptFailed') count(`failed ${data.error.code}`);
  }
  return seen;
};
const TELLING: ReadonlySet<string> = new Set([
  'BackfillRequested',
  'CallAccepted',
  'CancelRequested',
  'ExecutionAttemptFailed',
  'ExecutionCancelled',
  'HeartbeatReceived',
  'JobDisabled',
  'WorkOffered',
  'WorkTaken',
]);

type Span = { readonly fromMs: number; readonly toMs: number };

/**
 * Counts the slots of ranges that lie within a span. A range that outlasts its span is of the next strike: by the end of
 * a span each job was called for a slot after the strike, and the claim of that slot settled all slots before it.
 */
export const missedIn = (events: readonly RecordedEvent[], spans: readonly Span[]): number =>
  events
    .flatMap(({ type, data }) => (type === 'OccurrencesMissed' ? [data] : []))
    .filter(({ first, last }) =>
      spans.some(({ fromMs, toMs }) => Date.parse(first) >= fromMs && Date.parse(last) <= toMs),
    )
    .reduce((sum, { count = 0 }) => sum + count, 0);
