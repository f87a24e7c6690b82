import type { OraclePattern, Wall } from './oracle-pattern.ts';

/*
 * Says which slots there are by walking through real time, step by step, and asking Intl what the clock on the wall
 * shows at each. Slow, plain, and written apart from the engine that it judges.
 */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** The walk starts this much before what is asked for, so that it knows which times it has seen. */
const LEAD_MS = 27 * HOUR_MS;

/** An instant and what the clock shows then, also as the epoch ms that it would be in UTC. */
type Tick = { readonly atMs: number; readonly wallMs: number };

const clocks = new Map<string, Intl.DateTimeFormat>();
const clockOf = (timezone: string): Intl.DateTimeFormat => {
  const known = clocks.get(timezone);
  if (known !== undefined) return known;
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' });
  clocks.set(timezone, clock);
  return clock;
};

/** What the clock of the zone shows, as if it showed UTC. */
export const wallMsAt = (timezone: string, atMs: number): number =>
  Date.parse(`${clockOf(timezone).format(atMs).replace(' ', 'T')}Z`);

const wallOf = (wallMs: number): Wall => {
  const date = new Date(wallMs);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
};

export type Walk = { readonly stepMs: number; readonly fromMs: number; readonly ticks: readonly Tick[] };

/** Walks from `fromMs` (inclusive) to `untilMs` (exclusive), both on a step. */
export const walk = (timezone: string, span: { fromMs: number; untilMs: number; stepMs: number }): Walk => {
  const ticks: Tick[] = [];
  for (let atMs = span.fromMs - LEAD_MS; atMs < span.untilMs; atMs += span.stepMs) {
    ticks.push({ atMs, wallMs: wallMsAt(timezone, atMs) });
  }
  return { stepMs: span.stepMs, fromMs: span.fromMs, ticks };
};

/** The slots of the pattern within the walk. */
export const oracleSlots = ({ matches, followsRealTime }: OraclePattern, { stepMs, fromMs, ticks }: Walk): number[] => {
  const slots: number[] = [];
  const seen = new Set<number>();
  let previousMs: number | undefined;
  for (const { atMs, wallMs } of ticks) {
    let due = matches(wallOf(wallMs));
    if (!followsRealTime) {
      due = due && !seen.has(wallMs);
      seen.add(wallMs);
      // Times that the clock has jumped over are due now, all of them at once.
      for (let skipped = (previousMs ?? wallMs) + stepMs; skipped < wallMs; skipped += stepMs) {
        if (!seen.has(skipped)) due = due || matches(wallOf(skipped));
        seen.add(skipped);
      }
    }
    previousMs = wallMs;
    if (due && atMs >= fromMs) slots.push(atMs);
  }
  return slots;
};

/** The zone's transitions in a span, each as the first minute with the new offset, found by looking every six hours. */
export const transitionsOf = (timezone: string, span: { fromMs: number; untilMs: number }): number[] => {
  const offset = (atMs: number): number => wallMsAt(timezone, atMs) - atMs;
  const found: number[] = [];
  for (let atMs = span.fromMs; atMs < span.untilMs; atMs += 6 * HOUR_MS) {
    const before = offset(atMs);
    if (offset(atMs + 6 * HOUR_MS) === before) continue;
    let minuteMs = atMs;
    while (offset(minuteMs) === before) minuteMs += MINUTE_MS;
    found.push(minuteMs);
  }
  return found;
};

/** One zone for each set of equal transitions and offsets within the span. */
export const distinctZones = (
  timezones: readonly string[],
  span: { fromMs: number; untilMs: number },
): readonly { readonly timezone: string; readonly transitions: readonly number[] }[] => {
  const groups = new Map<string, { timezone: string; transitions: readonly number[] }>();
  for (const timezone of timezones) {
    const transitions = transitionsOf(timezone, span);
    const key = [span.fromMs, ...transitions].map((atMs) => [atMs, wallMsAt(timezone, atMs) - atMs]).join(' ');
    if (!groups.has(key)) groups.set(key, { timezone, transitions });
  }
  return [...groups.values()];
};
