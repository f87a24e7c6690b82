import type { Runs } from '../execution/tail.ts';
import { Refusal } from '../refusal.ts';
import { toInstant, toMs } from '../values.ts';

/**
 * Refuses to call a slot at or before the horizon of its job: what became of it is not known any more.
 * @throws Refusal EXPIRED
 */
export const refuseExpiredSlot = ({ expired }: Pick<Runs, 'expired'>, slotMs: number): void => {
  if (expired === undefined || slotMs > toMs(expired.before)) return;
  throw new Refusal(
    'EXPIRED',
    `the slot ${toInstant(slotMs)} has expired: slots up to ${expired.before} are never called again`,
  );
};
