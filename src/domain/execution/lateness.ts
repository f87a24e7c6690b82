import type { DelayReason, LateReason } from '../events/index.ts';

/** A call that begins later than this after its slot is late. */
export const LATE_AFTER_MS = 1_000;

/** What delayed a slot's call in the engine until it was late. */
export type Delay = {
  /** When the engine's delay ended, epoch ms. Slots that came due before then waited behind this one. */
  readonly untilMs: number;
  readonly reason: DelayReason;
};

/**
 * Why a scheduled call was late.
 * @param startedAtMs when the request was sent; undefined where none was
 */
export const lateReason = (
  dueMs: number,
  startedAtMs: number | undefined,
  delay: Delay | undefined,
): LateReason | undefined =>
  startedAtMs !== undefined && startedAtMs - dueMs > LATE_AFTER_MS ? (delay?.reason ?? 'CONNECTION_SLOW') : undefined;
