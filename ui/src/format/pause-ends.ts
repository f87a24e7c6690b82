import { instantOf, wallOf } from './time.ts';

export type PauseEnd = { readonly text: string; readonly until: string };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MORNING = '09:00';

/** The usual ends of a pause, in a zone: some time from now, or a morning. */
export const pauseEnds = (nowMs: number, zone: string): readonly PauseEnd[] => {
  const dayOf = (days: number): string => wallOf(nowMs + days * DAY_MS, zone).date;
  const morningOf = (days: number): string => instantOf(`${dayOf(days)}T${MORNING}`, zone);
  const spans = [
    ['For 30 minutes', 30 * MINUTE_MS],
    ['For 2 hours', 2 * HOUR_MS],
    ['For 24 hours', DAY_MS],
  ] as const;
  const weekday = new Date(`${dayOf(0)}T00:00Z`).getUTCDay();
  const toMonday = (8 - weekday) % 7 || 7;
  return [
    ...spans.map(([text, ms]) => ({ text, until: new Date(nowMs + ms).toISOString() })),
    ...(Date.parse(morningOf(0)) > nowMs ? [{ text: `Until today ${MORNING}`, until: morningOf(0) }] : []),
    { text: `Until tomorrow ${MORNING}`, until: morningOf(1) },
    ...(toMonday === 1 ? [] : [{ text: `Until Monday ${MORNING}`, until: morningOf(toMonday) }]),
  ];
};
