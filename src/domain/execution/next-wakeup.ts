import { backfillWithRoom } from '../backfill/backfill.ts';
import type { Blackouts } from '../closure/closure.ts';
import { withMovedSlots } from '../closure/shift.ts';
import type { JobSlots } from '../schedule/index.ts';
import { nextCallbackTimeoutMs } from './callback-timeout.ts';
import { firstDeferred, firstNotDeferred } from './deferred-slots.ts';
import { firstOutsideClosures, SKIPPED_FLUSH_MS } from './overlap.ts';
import { decideOverlap, deletionMs, endOfJob, type JobInForce } from './overlap-decision.ts';
import { nextAbandonedMs, nextStartMs } from './pending.ts';
import { closedFlushMs } from './settle.ts';
import type { Runs } from './tail.ts';

const NEVER = Number.POSITIVE_INFINITY;
const NOW = Number.NEGATIVE_INFINITY;

type LookInput = JobInForce & {
  readonly closures: Blackouts;
  readonly isPaused: boolean;
  readonly aheadMs: number;
  /** Whether the job is due and waits for call capacity. */
  readonly waitsForPlace: boolean;
  /** Whether the job's limit leaves no capacity for its next call. */
  readonly waitsForLimit: boolean;
};

/** When a job needs its next decision, epoch ms, unless an event comes first. */
export const nextWakeupMs = (runs: Runs, given: LookInput): number => {
  const input = withMovedSlots(given);
  const { rules, isPaused } = input;
  const mayStart = !input.waitsForPlace && !input.waitsForLimit;
  if (endOfJob(runs, input, NOW) !== undefined) return NOW;
  const startMs = runs.open.length > 0 && mayStart ? nextStartMs(runs, given) : NEVER;
  const givenUpMs = runs.open.length === 0 ? NEVER : nextAbandonedMs(runs, given);
  const slotMs = hasSlots(input) ? nextSlotLookMs(runs, input) : NEVER;
  const silenceMs = runs.open.length === 0 ? NEVER : nextCallbackTimeoutMs(runs, rules);
  const canBackfill = mayStart && !isPaused && backfillWithRoom(runs, rules) !== undefined;
  return canBackfill ? NOW : Math.min(startMs, givenUpMs, silenceMs, slotMs, deletionMs(runs, input));
};

type WithSlots = LookInput & { readonly slots: JobSlots };
const hasSlots = (input: LookInput): input is WithSlots => input.slots !== undefined;

const nextSlotLookMs = (runs: Runs, input: WithSlots): number => {
  const { rules, slots } = input;
  const room = decideOverlap(runs, rules);
  switch (room) {
    case 'none':
      return runs.catchUp.length > 0 ? NOW : NEVER;
    case 'wait':
      return NEVER;
    case 'skip': {
      const firstMs = firstNotDeferred(runs, input);
      return firstMs === undefined ? NEVER : slots.dueMs(firstMs) + SKIPPED_FLUSH_MS;
    }
    case 'queue':
    case 'replace': {
      const firstMs = firstOutsideClosures(runs, input);
      return firstMs === undefined ? NEVER : slots.dueMs(firstMs);
    }
    case 'call':
      return nextCallMs(runs, input);
  }
};

const nextCallMs = (runs: Runs, input: WithSlots): number => {
  const { rules, slots, isPaused, waitsForPlace, waitsForLimit } = input;
  const mayCall = !isPaused && !waitsForPlace && !waitsForLimit;
  if (runs.catchUp.length > 0 && mayCall) return NOW;
  const nextMs = slots.next(runs.cursorMs);
  if (nextMs === undefined) return NEVER;
  if (isPaused) return closedFlushMs(runs, input);
  const heldMs = mayCall ? firstDeferred(runs, input) : undefined;
  if (heldMs !== undefined) return slots.dueMs(heldMs);
  const openMs = firstOutsideClosures(runs, input);
  const flushMs = openMs === nextMs ? NEVER : closedFlushMs(runs, input);
  if (openMs === undefined) return flushMs;
  // When it is due, it becomes a pending execution.
  if (waitsForLimit) return Math.min(flushMs, slots.dueMs(openMs));
  if (!waitsForPlace) return Math.min(flushMs, claimMs(slots.dueMs(openMs), input));
  // Late slots are kept once there is capacity.
  if (rules.misfire === 'all') return flushMs;
  // The waiting slot may still be called; decide again when the next slot has passed.
  const passedMs = firstOutsideClosures({ cursorMs: openMs }, input);
  return passedMs === undefined ? NEVER : Math.max(slots.dueMs(passedMs), slots.dueMs(openMs) + SKIPPED_FLUSH_MS);
};

/** Claims are made before their slots are due, so slots that are due within this time can share an append. */
const CLAIM_TICK_MS = 50;

/**
 * When a slot is claimed: at the first full tick of the time that claims lead. The slots of a limit have no ticks, since they
 * are claimed in the order in which they are due.
 */
const claimMs = (dueMs: number, { rules, aheadMs }: Pick<WithSlots, 'rules' | 'aheadMs'>): number => {
  const firstMs = dueMs - aheadMs;
  if (rules.limit !== undefined) return firstMs;
  return Math.min(dueMs, Math.ceil(firstMs / CLAIM_TICK_MS) * CLAIM_TICK_MS);
};
