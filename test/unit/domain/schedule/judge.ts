import { compileSchedule, slots } from '../../../../src/domain/schedule/index.ts';
import { oracleSlots, type Walk } from './oracle.ts';
import { oraclePattern } from './oracle-pattern.ts';

/** Patterns that meet every rule at a transition: fixed and elapsed hours, all day rules, OR of the day fields. */
export const JUDGED_PATTERNS = [
  '* * * * *',
  '*/7 * * * *',
  '0 */2 * * *',
  '30 */3 * * *',
  '15,45 * * * SUN',
  '* 0-23 * * *',
  '*/20 0-23 * * *',
  '0 0 * * *',
  '30 0 * * *',
  '0 1 * * *',
  '30 1 * * *',
  '0 2 * * *',
  '15 2 * * *',
  '30 2,3 * * *',
  '*/10 1-3 * * *',
  '59 23,0,1,2,3,4 * * *',
  '0 0 1,L * *',
  '5 0-4/2 */2 * *',
  '0 3 1-31 * MON',
  '0 1 LW * *',
  '30 2 15W * *',
  '0 2 * * SUNL',
  '0 2 * * 0#2',
  '1 2 L-3 * 5-7',
  '0 12 ? * ?',
  '0 0 30 12 *',
  '*/30 2 8-14 3,10,11 SUN#1,6L',
] as const;

/** Patterns with seconds, for walks by the second. */
export const JUDGED_BY_SECOND = [
  '* * * * * *',
  '*/25 * */2 * * *',
  '0,59 59 0-3 * * *',
  '30 */30 2 * * *',
  '1 0 0,1,2,3 * * *',
] as const;

export type Disagreement = {
  readonly pattern: string;
  readonly timezone: string;
  readonly question: string;
  readonly got: string;
  readonly wanted: string;
};

const shown = (ms: number | undefined): string => (ms === undefined ? 'none' : new Date(ms).toISOString());

/** Holds the engine's answers against the oracle's over a walk; undefined where they agree. */
export const judge = (pattern: string, timezone: string, walked: Walk): Disagreement | undefined => {
  const wanted = oracleSlots(oraclePattern(pattern), walked);
  const schedule = compileSchedule({ pattern, timezone });
  const beforeMs = walked.fromMs - 1;
  const endMs = walked.ticks.at(-1)?.atMs ?? beforeMs;
  const got: number[] = [];
  for (const slotMs of slots(schedule, beforeMs)) {
    if (slotMs > endMs) break;
    got.push(slotMs);
  }
  const at = Array.from({ length: Math.max(got.length, wanted.length) }, (_, index) => index);
  const wrong = at.find((index) => got[index] !== wanted[index]);
  if (wrong !== undefined) {
    return { pattern, timezone, question: `slot ${wrong}`, got: shown(got[wrong]), wanted: shown(wanted[wrong]) };
  }

  let lastMs: number | undefined;
  let index = 0;
  for (const { atMs } of walked.ticks) {
    if (atMs < walked.fromMs) continue;
    if (wanted[index] === atMs) {
      lastMs = atMs;
      index += 1;
    }
    const previous = schedule.previous(atMs, beforeMs);
    if (previous !== lastMs) {
      return { pattern, timezone, question: `previous at ${shown(atMs)}`, got: shown(previous), wanted: shown(lastMs) };
    }
  }

  const count = schedule.count(beforeMs, endMs, wanted.length)?.count ?? 0;
  if (count === wanted.length) return undefined;
  return { pattern, timezone, question: 'count', got: String(count), wanted: String(wanted.length) };
};
