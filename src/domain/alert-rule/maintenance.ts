import type { AlertRule } from '../events/index.ts';
import { toMs } from '../values.ts';

/** When the rule may notify again: now, or at the end of the maintenance that it is in. Epoch ms. */
export const outOfMaintenanceMs = ({ maintenance }: Pick<AlertRule, 'maintenance'>, nowMs: number): number => {
  let atMs = nowMs;
  // Sorted by their begin, so that one pass also goes through spans that overlap.
  for (const { from, to } of maintenance) if (toMs(from) <= atMs && atMs < toMs(to)) atMs = toMs(to);
  return atMs;
};

export const isInMaintenance = (rule: Pick<AlertRule, 'maintenance'>, nowMs: number): boolean =>
  outOfMaintenanceMs(rule, nowMs) > nowMs;
