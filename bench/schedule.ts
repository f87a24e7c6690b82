/*
 * The cron engine against cron-parser, in one run: same patterns, zones and instants, and the same slots wherever
 * cron-parser is right. Left out of the comparison of slots, though not of the timing, because it is known wrong:
 * within a day and a half of a transition of the zone. There it puts the times of a spring gap past the gap's end by
 * as much as they are into it, and gives up or moves slots around the half-hour shifts of Australia/Lord_Howe.
 * Days by `W` and `L-3` are not in the mix, for it can't read them.
 */
import { CronExpressionParser } from 'cron-parser';
import { compileSchedule } from '../src/domain/schedule/index.ts';
import type { Bench } from './harness.ts';

const PATTERNS = [
  '* * * * *',
  '*/5 * * * *',
  '*/15 9-17 * * MON-FRI',
  '0 2 * * *',
  '30 6 * * 1',
  '0 0 1 * *',
  '0 12 1,15 * *',
  '0 8 L * *',
  '0 9 * * MON#1',
  '15 4 13 * FRI',
  '*/10 * * * * *',
  '5 30 3 * 1,4,7,10 *',
  '0 0 29 2 *',
] as const;
const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Africa/Casablanca',
] as const;

const HOUR_MS = 3_600_000;
const FROM_MS = Date.UTC(2026, 0, 1);
const YEAR_MS = 365 * 24 * HOUR_MS;
const INSTANTS = 400;
const ROUNDS = 40;
const QUICK_ROUNDS = 4;
/** Odd steps through the year, so that the instants fall anywhere in hour, day and week. */
const instants = Array.from(
  { length: INSTANTS },
  (_, index) => FROM_MS + Math.floor((index * YEAR_MS) / INSTANTS) + index * 7_919,
);

const peerNext = (pattern: string, timezone: string, afterMs: number): number =>
  CronExpressionParser.parse(pattern, { tz: timezone, currentDate: afterMs }).next().getTime();

type Timed = { readonly calls: number; readonly ns: bigint };
const timed = (calls: number, run: () => void): Timed => {
  const before = process.hrtime.bigint();
  run();
  return { calls, ns: process.hrtime.bigint() - before };
};
const usPerCall = (runs: readonly Timed[]): number => {
  const calls = runs.reduce((sum, run) => sum + run.calls, 0);
  return Number(runs.reduce((sum, run) => sum + run.ns, 0n)) / calls / 1_000;
};

const own = (timezones: readonly string[]): Timed =>
  timed(timezones.length * PATTERNS.length * INSTANTS, () => {
    for (const timezone of timezones) {
      for (const pattern of PATTERNS) {
        const { next } = compileSchedule({ pattern, timezone });
        for (const afterMs of instants) next(afterMs);
      }
    }
  });

const PEER_INSTANTS = instants.filter((_, index) => index % 10 === 0);
const peer = (timezones: readonly string[]): { readonly run: Timed; readonly failed: number } => {
  let failed = 0;
  const run = timed(timezones.length * PATTERNS.length * PEER_INSTANTS.length, () => {
    for (const timezone of timezones) {
      for (const pattern of PATTERNS) {
        for (const afterMs of PEER_INSTANTS) {
          try {
            peerNext(pattern, timezone, afterMs);
          } catch {
            failed += 1;
          }
        }
      }
    }
  });
  return { run, failed };
};

const offsets = new Map(
  ZONES.map((timezone) => [
    timezone,
    new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' }),
  ]),
);
const offsetAt = (timezone: (typeof ZONES)[number] | 'UTC', atMs: number): string =>
  timezone === 'UTC' ? '' : (offsets.get(timezone)?.format(atMs).split(', ')[1] ?? '');
const nearTransition = (timezone: (typeof ZONES)[number] | 'UTC', atMs: number): boolean =>
  offsetAt(timezone, atMs - 36 * HOUR_MS) !== offsetAt(timezone, atMs + 36 * HOUR_MS);

const compare = (): { readonly compared: number; readonly differing: number; readonly excluded: number } => {
  let compared = 0;
  let differing = 0;
  let excluded = 0;
  for (const timezone of ['UTC', ...ZONES] as const) {
    for (const pattern of PATTERNS) {
      const { next } = compileSchedule({ pattern, timezone });
      for (const afterMs of PEER_INSTANTS) {
        const slotMs = next(afterMs);
        if (slotMs === undefined || nearTransition(timezone, afterMs) || nearTransition(timezone, slotMs)) {
          excluded += 1;
          continue;
        }
        compared += 1;
        if (peerNext(pattern, timezone, afterMs) === slotMs) continue;
        differing += 1;
        console.error(`${pattern} in ${timezone} after ${new Date(afterMs).toISOString()} differs`);
      }
    }
  }
  return { compared, differing, excluded };
};

export const bench: Bench = async ({ size }) => {
  const slots = compare();
  for (let round = 0; round < 3; round += 1) own(['UTC', ...ZONES]);
  const rounds = Array.from({ length: { full: ROUNDS, quick: QUICK_ROUNDS, smallest: 1 }[size] }, () => ({
    utc: own(['UTC']),
    zones: own(ZONES),
  }));
  const utcUs = usPerCall(rounds.map(({ utc }) => utc));
  const zonesUs = usPerCall(rounds.map(({ zones }) => zones));
  peer(['UTC']);
  const peerUtc = peer(['UTC']);
  const peerZones = peer(ZONES);
  const peerUtcUs = usPerCall([peerUtc.run]);
  const peerZonesUs = usPerCall([peerZones.run]);
  const fresh = timed(10_000, () => {
    for (let index = 0; index < 10_000; index += 1) {
      const pattern = `${index % 60} ${index % 24} ${1 + (index % 28)} * *`;
      compileSchedule({ pattern, timezone: 'Europe/Berlin', startAt: new Date(FROM_MS + index).toISOString() });
    }
  });

  return {
    figures: {
      nextUtcUs: utcUs,
      nextZonesUs: zonesUs,
      cronParserUtcUs: peerUtcUs,
      cronParserZonesUs: peerZonesUs,
      timesFasterUtc: peerUtcUs / utcUs,
      timesFasterZones: peerZonesUs / zonesUs,
      compileUs: usPerCall([fresh]),
      slotsCompared: slots.compared,
      slotsDiffering: slots.differing,
      slotsExcluded: slots.excluded,
      cronParserThrew: peerUtc.failed + peerZones.failed,
    },
    targets: {
      nextUtcUs: { atMost: 5 },
      nextZonesUs: { atMost: 5 },
      timesFasterUtc: { atLeast: 10 },
      timesFasterZones: { atLeast: 10 },
      slotsDiffering: { atMost: 0 },
    },
  };
};
