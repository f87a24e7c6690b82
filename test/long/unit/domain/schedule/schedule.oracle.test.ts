import { expect } from 'chai';
import { JUDGED_BY_SECOND, JUDGED_PATTERNS, judge } from '../../../../unit/domain/schedule/judge.ts';
import { ODD_SPANS } from '../../../../unit/domain/schedule/odd-spans.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, transitionsOf, walk } from '../../../../unit/domain/schedule/oracle.ts';

/** All distinct zones and all transitions to 2037 are judged by scripts/schedule-oracle.ts: these are a sample. */
const SAMPLED = [
  'Africa/Casablanca',
  'America/Havana',
  'America/New_York',
  'America/St_Johns',
  'Asia/Beirut',
  'Asia/Gaza',
  'Australia/Lord_Howe',
  'Europe/Berlin',
  'Pacific/Chatham',
] as const;

describe('slots, checked by walking through real time', () => {
  for (const timezone of SAMPLED) {
    it(`agree around the transitions of ${timezone}`, () => {
      for (const atMs of transitionsOf(timezone, { fromMs: Date.UTC(2026, 0, 1), untilMs: Date.UTC(2027, 0, 1) })) {
        const span = { fromMs: atMs - 12 * HOUR_MS, untilMs: atMs + 26 * HOUR_MS, stepMs: MINUTE_MS };
        const walked = walk(timezone, span);
        for (const pattern of JUDGED_PATTERNS) expect(judge(pattern, timezone, walked)).to.equal(undefined);
      }
    });
  }

  for (const { timezone, fromMs, untilMs } of ODD_SPANS) {
    it(`agree in ${timezone} around ${new Date((fromMs + untilMs) / 2).toISOString().slice(0, 10)}`, () => {
      const walked = walk(timezone, { fromMs: fromMs + DAY_MS, untilMs, stepMs: MINUTE_MS });
      for (const pattern of JUDGED_PATTERNS) expect(judge(pattern, timezone, walked)).to.equal(undefined);
    });
  }

  it('agree by the second', () => {
    for (const timezone of ['Europe/Berlin', 'Australia/Lord_Howe']) {
      for (const atMs of transitionsOf(timezone, { fromMs: Date.UTC(2026, 0, 1), untilMs: Date.UTC(2027, 0, 1) })) {
        const walked = walk(timezone, { fromMs: atMs - HOUR_MS, untilMs: atMs + HOUR_MS, stepMs: 1_000 });
        for (const pattern of JUDGED_BY_SECOND) expect(judge(pattern, timezone, walked)).to.equal(undefined);
      }
    }
  });

  it('agree to the second if an offset has seconds', () => {
    // Monrovia was 44 min 30 s behind until 1972-01-07.
    const atMs = Date.UTC(1972, 0, 7, 0, 44, 30);
    const walked = walk('Africa/Monrovia', { fromMs: atMs - HOUR_MS, untilMs: atMs + 2 * HOUR_MS, stepMs: 1_000 });
    for (const pattern of [...JUDGED_BY_SECOND, '0 0 * * *', '*/7 * * * *']) {
      expect(judge(pattern, 'Africa/Monrovia', walked)).to.equal(undefined);
    }
  });
});
