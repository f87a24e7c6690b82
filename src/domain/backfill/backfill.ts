import { defined } from '../defined.ts';
import { DomainError, rejectFields } from '../domain-error.ts';
import {
  type BackfillEnd,
  type ChosenSlots,
  type EventOf,
  type Reprocess,
  type RunEvent,
  ScheduleFields,
  type WaitingBackfill,
} from '../events/index.ts';
import { hasReachedMaxRuns, MAX_OPEN } from '../execution/overlap-decision.ts';
import { idsOf, type JobRef } from '../execution/range.ts';
import type { SettleInput } from '../execution/settle-input.ts';
import { claimOfBackfill } from '../execution/start.ts';
import { type Runs, type Span, tailOf } from '../execution/tail.ts';
import type { LivingJob } from '../job/job.ts';
import { type RunRules, rulesOf } from '../job/rules.ts';
import { rejectExpiredSlot } from '../retention/expire-executions.ts';
import { compileSchedule, slots } from '../schedule/index.ts';
import { toInstant, toMs } from '../values.ts';

/**
 * Chooses among consecutive slots of a schedule, epoch ms.
 * @returns `undefined` if no slot is chosen
 */
export const chooseSlots = (
  schedule: ScheduleFields,
  slotsMs: readonly number[],
  isWanted: (slotMs: number) => boolean,
): ChosenSlots | undefined => {
  const flags = slotsMs.map(isWanted);
  const first = flags.indexOf(true);
  const last = flags.lastIndexOf(true);
  const [firstMs, lastMs] = [slotsMs[first], slotsMs[last]];
  if (firstMs === undefined || lastMs === undefined) return undefined;
  const between = flags.slice(first, last + 1);
  return {
    schedule,
    after: toInstant(firstMs - 1),
    until: toInstant(lastMs),
    ...(between.includes(false) ? { bits: writeBits(between) } : {}),
  };
};

type IndexedSlot = {
  readonly slotMs: number;
  /** Index of the slot within the span, from 0. */
  readonly index: number;
};

function* indexedSlots({ schedule, after, until, bits }: ChosenSlots): Generator<IndexedSlot, undefined, undefined> {
  const isChosen = bits === undefined ? () => true : readBits(bits);
  const untilMs = toMs(until);
  let index = 0;
  for (const slotMs of slots(compileSchedule(schedule), toMs(after))) {
    if (slotMs > untilMs) return undefined;
    if (isChosen(index)) yield { slotMs, index };
    index += 1;
  }
  return undefined;
}

/** The chosen slots in order, epoch ms. */
export const slotsOfChosen = (chosen: ChosenSlots): number[] =>
  Array.from(indexedSlots(chosen), ({ slotMs }) => slotMs);

/** Returns the first slot and the remaining ones; `undefined` if none is left. */
export const takeFirst = <T extends ChosenSlots>(
  chosen: T,
): { readonly slotMs: number; readonly rest: T | undefined } | undefined => {
  const found = indexedSlots(chosen);
  const first = found.next().value;
  if (first === undefined) return undefined;
  if (found.next().done) return { slotMs: first.slotMs, rest: undefined };
  const { bits } = chosen;
  const left = bits === undefined ? {} : { bits: dropBits(bits, first.index + 1) };
  return { slotMs: first.slotMs, rest: { ...chosen, ...left, after: toInstant(first.slotMs) } };
};

/** Lists of booleans as text: one bit each, base64, the lowest bit of a byte first. */

const BITS = 8;

const isSet = (bytes: Uint8Array, index: number): boolean =>
  (((bytes[Math.floor(index / BITS)] ?? 0) >> (index % BITS)) & 1) === 1;

const writeBits = (flags: readonly boolean[]): string => {
  const bytes = Buffer.alloc(Math.ceil(flags.length / BITS));
  for (const [index, flag] of flags.entries()) {
    if (flag) bytes[Math.floor(index / BITS)] = (bytes[Math.floor(index / BITS)] ?? 0) | (1 << (index % BITS));
  }
  return bytes.toString('base64');
};

/** Returns whether the bit at an index is set; false beyond the end. */
const readBits = (text: string): ((index: number) => boolean) => {
  const bytes = Buffer.from(text, 'base64');
  return (index) => isSet(bytes, index);
};

const dropBits = (text: string, count: number): string => {
  const bytes = Buffer.from(text, 'base64');
  const left = Math.max(bytes.length * BITS - count, 0);
  return writeBits(Array.from({ length: left }, (_, index) => isSet(bytes, count + index)));
};

/** Slots of backfills are called one at a time, after those of the schedule. */

/** With `overlap: allow`, maximum open executions at which backfills may still call slots. */
export const MAX_OPEN_FOR_BACKFILLS = MAX_OPEN / 2;

/** Returns the backfill that can call a slot now. */
export const backfillWithRoom = ({ backfills, open }: Runs, { overlap }: RunRules): WaitingBackfill | undefined => {
  if (backfills.length === 0 || overlap !== 'allow') return open.length === 0 ? backfills[0] : undefined;
  if (open.length >= MAX_OPEN_FOR_BACKFILLS) return undefined;
  const openOf = (id: number): number => open.filter(({ backfillId }) => backfillId === id).length;
  return backfills.find(({ backfillId, parallel }) => openOf(backfillId) < parallel);
};

type ClaimInput = Omit<SettleInput, 'slots'>;

/** Claims the next slot of a backfill if there is capacity for its call. The same event takes it off the backfill. */
export const claimBackfill = (runs: Runs, input: ClaimInput): RunEvent[] => {
  const backfill = backfillWithRoom(runs, input.rules);
  const next = backfill && takeFirst(backfill);
  if (backfill === undefined || next === undefined || input.isPaused || !input.mayCall) return [];
  const { rest } = next;
  const backfills = runs.backfills.flatMap((each) => (each !== backfill ? [each] : rest === undefined ? [] : [rest]));
  return [claimOfBackfill({ ...runs, backfills }, input, { ...backfill, slotMs: next.slotMs })];
};

type CancelInput = { readonly job: JobRef; readonly reason: BackfillEnd };

/** Cancels a backfill's uncalled slots; records nothing if there are none. */
export const cancelBackfill = (
  runs: Runs,
  { job, reason, backfillId }: CancelInput & { readonly backfillId: number },
): EventOf<'BackfillCancelled'>[] => {
  const backfill = runs.backfills.find((each) => each.backfillId === backfillId);
  if (backfill === undefined) return [];
  const after = { ...runs, backfills: runs.backfills.filter((each) => each !== backfill) };
  const count = slotsOfChosen(backfill).length;
  return [{ type: 'BackfillCancelled', data: { ...idsOf(job), backfillId, count, reason, tail: tailOf(after) } }];
};

/** Cancels the uncalled slots of all backfills of a job. */
export const cancelBackfills = (runs: Runs, input: CancelInput): EventOf<'BackfillCancelled'>[] => {
  let left = runs;
  return runs.backfills.flatMap(({ backfillId }) => {
    const events = cancelBackfill(left, { ...input, backfillId });
    left = { ...left, backfills: left.backfills.filter((each) => each.backfillId !== backfillId) };
    return events;
  });
};

/** Maximum slots in the span of a backfill. */
export const MAX_SLOTS = 10_000;
/** Maximum unfinished backfills per job: every event of its runs carries them. */
const MAX_BACKFILLS = 5;

/** Outcomes of called slots; slots that were never called are missing. */
export type SlotHistory = ReadonlyMap<number, 'succeeded' | 'unsuccessful' | 'open'>;

/**
 * Returns the slots of a job's schedule after one instant and up to another, epoch ms.
 * @throws DomainError BAD_RANGE if there are more than 10,000 or an instant is in the future
 */
export const slotsOfSpan = (
  { definition }: Pick<LivingJob, 'definition'>,
  { afterMs, untilMs }: Span,
  nowMs: number,
): number[] => {
  if (definition.pattern === undefined && definition.schedule === undefined) {
    throw new DomainError(
      'BAD_SCHEDULE',
      'the job has no schedule, so it has no slots: trigger it, with `scheduledAt` for the time of its parameters',
    );
  }
  const isFuture = 'must not be in the future: a backfill calls past slots';
  if (afterMs > nowMs) throw rejectSpan(['/from', '/to'], isFuture);
  if (untilMs > nowMs) throw rejectSpan(['/to'], isFuture);
  if (afterMs >= untilMs) throw rejectSpan(['/from', '/to'], '`to` must be after `from`');
  const found: number[] = [];
  for (const slotMs of slots(compileSchedule(definition), afterMs)) {
    if (slotMs > untilMs) break;
    if (found.length === MAX_SLOTS) {
      throw rejectSpan(['/from', '/to'], `there are more than ${MAX_SLOTS} slots between \`from\` and \`to\``);
    }
    found.push(slotMs);
  }
  return found;
};

const rejectSpan = (pointers: readonly string[], message: string): DomainError =>
  rejectFields(
    'BAD_RANGE',
    pointers.map((pointer) => ({ pointer, message })),
  );

type ChooseInput = {
  readonly job: LivingJob;
  readonly reprocess: Reprocess;
  readonly slotsMs: readonly number[];
  readonly history: SlotHistory;
};

/**
 * Returns the slots that a backfill calls; `undefined` if there are none.
 * @throws DomainError EXPIRED if a slot of the span has expired
 */
export const slotsToCall = (runs: Runs, { job, reprocess, slotsMs, history }: ChooseInput): ChosenSlots | undefined => {
  const [firstMs] = slotsMs;
  if (firstMs !== undefined) rejectExpiredSlot(runs, firstMs);
  const isToCome = reprocess === 'all' ? () => false : slotsToCome(runs, job);
  return chooseSlots(ScheduleFields.parse(job.definition), slotsMs, (slotMs) => {
    if (isToCome(slotMs)) return false;
    const was = history.get(slotMs);
    return reprocess === 'all' || was === undefined || (reprocess === 'failed' && was === 'unsuccessful');
  });
};

/** Returns a test for slots that something else will call or settle: those not settled yet, or of another backfill. */
const slotsToCome = (runs: Runs, job: LivingJob): ((slotMs: number) => boolean) => {
  const others = new Set(runs.backfills.flatMap(slotsOfChosen));
  const isScheduled = hasSlots(runs, job);
  const isCaughtUp = (slotMs: number): boolean =>
    runs.catchUp.some(({ afterMs, untilMs }) => afterMs < slotMs && slotMs <= untilMs);
  return (slotMs) => others.has(slotMs) || (isScheduled && (slotMs > runs.cursorMs || isCaughtUp(slotMs)));
};

const hasSlots = (runs: Runs, { status, definition }: LivingJob): boolean =>
  status === 'enabled' && !hasReachedMaxRuns(runs, rulesOf(definition));

type RequestInput = ChooseInput & {
  readonly jobRevision: number;
  readonly backfillId: number;
  readonly span: Span;
  readonly parallel: number;
  readonly createdBy: string;
  /** W3C trace context of the request. */
  readonly requestTrace?: string | undefined;
  readonly reason: string | undefined;
  readonly nowMs: number;
};

export const requestBackfill = (runs: Runs, input: RequestInput): EventOf<'BackfillRequested'>[] => {
  const { job, backfillId, span, reprocess, parallel, createdBy, requestTrace, reason, nowMs } = input;
  const chosen = slotsToCall(runs, input);
  if (chosen !== undefined && runs.backfills.length >= MAX_BACKFILLS) {
    throw new DomainError(
      'TOO_MANY_BACKFILLS',
      `job ${job.definition.jobId} already has ${MAX_BACKFILLS} unfinished backfills: wait until one has ended, or cancel one`,
    );
  }
  const traced = defined({ requestTrace });
  const waiting = chosen === undefined ? [] : [{ ...chosen, backfillId, parallel, createdBy, ...traced }];
  const lastMs = chosen === undefined ? undefined : slotsOfChosen(chosen).at(-1);
  return [
    {
      type: 'BackfillRequested',
      data: {
        ...idsOf(job.definition),
        backfillId,
        from: toInstant(span.afterMs),
        to: toInstant(span.untilMs),
        reprocess,
        parallel,
        total: chosen === undefined ? 0 : slotsOfChosen(chosen).length,
        ...defined({ slots: chosen }),
        createdAt: toInstant(nowMs),
        createdBy,
        ...defined({ reason }),
        tail: tailOf({
          ...runs,
          cursorMs: cursorBehind(runs, input, lastMs),
          backfills: [...runs.backfills, ...waiting],
        }),
      },
    },
  ];
};

/**
 * The cursor after a request. If the job has no slots, because it is disabled or completed, the backfill settles the slots
 * that it calls: otherwise they would be due again if the clock is set back and the job then gets slots. If the newest
 * definition is not active yet, the previous one may still have slots to settle.
 */
const cursorBehind = (runs: Runs, { job, jobRevision }: RequestInput, lastMs = runs.cursorMs): number =>
  !hasSlots(runs, job) && runs.jobRevision >= jobRevision ? Math.max(runs.cursorMs, lastMs) : runs.cursorMs;

export const instantsOf = (chosen: ChosenSlots | undefined): string[] =>
  chosen === undefined ? [] : slotsOfChosen(chosen).map(toInstant);

export const spanOf = ({ from, to }: { readonly from: string; readonly to: string }): Span => ({
  afterMs: toMs(from),
  untilMs: toMs(to),
});
