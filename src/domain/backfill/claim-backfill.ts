import type { BackfillEnd, EventOf, RunEvent, WaitingBackfill } from '../events/index.ts';
import { MAX_OPEN } from '../execution/overlap-decision.ts';
import type { JobRef } from '../execution/range.ts';
import type { SettleInput } from '../execution/settle-input.ts';
import { claimOfBackfill } from '../execution/start.ts';
import { type Runs, tailOf } from '../execution/tail.ts';
import type { RunRules } from '../job/rules.ts';
import { slotsOfChosen, takeFirst } from './chosen-slots.ts';

/** The slots of backfills are called one by one, behind those of the schedule. */

/** With `overlap: allow`, slots of backfills leave so much room to those of the schedule. */
export const MAX_OPEN_FOR_BACKFILLS = MAX_OPEN / 2;

/** The backfill of which a slot may be called now. */
export const backfillWithRoom = ({ backfills, open }: Runs, { overlap }: RunRules): WaitingBackfill | undefined => {
  if (backfills.length === 0 || overlap !== 'allow') return open.length === 0 ? backfills[0] : undefined;
  if (open.length >= MAX_OPEN_FOR_BACKFILLS) return undefined;
  const openOf = (id: number): number => open.filter(({ backfillId }) => backfillId === id).length;
  return backfills.find(({ backfillId, parallel }) => openOf(backfillId) < parallel);
};

type ClaimInput = Omit<SettleInput, 'slots'>;

/** Claims the next slot of a backfill, where there is room for its call. The same event takes it off the backfill. */
export const claimBackfill = (runs: Runs, input: ClaimInput): RunEvent[] => {
  const backfill = backfillWithRoom(runs, input.rules);
  const next = backfill && takeFirst(backfill);
  if (backfill === undefined || next === undefined || input.isPaused || !input.mayCall) return [];
  const { rest } = next;
  const backfills = runs.backfills.flatMap((each) => (each !== backfill ? [each] : rest === undefined ? [] : [rest]));
  return [claimOfBackfill({ ...runs, backfills }, { ...input, ...backfill, slotMs: next.slotMs })];
};

type CancelInput = { readonly job: JobRef; readonly reason: BackfillEnd };

/** Cancels the slots of a backfill that are still to be called; records nothing where none is. */
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

/** The same for all backfills of a job. */
export const cancelBackfills = (runs: Runs, input: CancelInput): EventOf<'BackfillCancelled'>[] => {
  let left = runs;
  return runs.backfills.flatMap(({ backfillId }) => {
    const events = cancelBackfill(left, { ...input, backfillId });
    left = { ...left, backfills: left.backfills.filter((each) => each.backfillId !== backfillId) };
    return events;
  });
};
