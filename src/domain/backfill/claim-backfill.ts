import type { BackfillEnd, ChosenSlots, EventOf, RunEvent, ScheduleFields, WaitingBackfill } from '../events/index.ts';
import { MAX_OPEN } from '../execution/overlap-decision.ts';
import type { JobRef } from '../execution/range.ts';
import type { SettleInput } from '../execution/settle-input.ts';
import { claimOfBackfill } from '../execution/start.ts';
import { type Runs, tailOf } from '../execution/tail.ts';
import type { RunRules } from '../job/rules.ts';
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
  return [{ type: 'BackfillCancelled', data: { ...job, backfillId, count, reason, tail: tailOf(after) } }];
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
