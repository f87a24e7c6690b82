import { expect } from 'chai';
import type { RuleFields } from '../../../../src/domain/events/index.ts';
import { rulesOf } from '../../../../src/domain/job/rules.ts';
import { explainSlot } from '../../../../src/domain/ledger/explain-slot.ts';
import { compileSchedule } from '../../../../src/domain/schedule/index.ts';
import { type PausedTimes, pausedTimes } from '../../../support/paused-times.ts';
import { ledgerOf, at as ofDay } from '../../../support/run-ledger.ts';

const MINUTE_MS = 60_000;
const at = (clock: string): number => ofDay(`${clock}:00`);
const slots = compileSchedule({ pattern: '*/10 * * * *', timezone: 'UTC' });

/** A job that is called at once wherever the engine may, and whose calls take no time unless they are kept open. */
const engineOf = (fields: RuleFields, { closures, isPausedAt }: PausedTimes, fromMs = at('09:00')) => {
  const ledger = ledgerOf(fields, { fromMs, closures, slots });
  const said = (lines: readonly string[]): string[] =>
    lines.filter((line) => !line.endsWith('succeeded')).map((line) => line.replace(/^\d+ starts/, 'calls'));
  const end = (nowMs: number): string[] =>
    said(ledger.runs().open.flatMap(({ executionId }) => ledger.end(executionId, nowMs)));
  const look = (nowMs: number, { endsCalls = true } = {}): string[] => {
    const told: string[] = [];
    const isPaused = isPausedAt(nowMs);
    for (let looks = 0; ledger.nextLook({ isPaused }) <= nowMs && looks < 10_000; looks++) {
      const lines = ledger.look(nowMs, { isPaused });
      if (lines.length === 0) throw new Error(`the look at ${new Date(nowMs).toISOString()} has nothing to decide`);
      told.push(...said(lines));
      if (!endsCalls) break;
      told.push(...end(nowMs));
    }
    return told;
  };
  const explain = (slot: string, clock: string): object | undefined => {
    const rules = rulesOf(fields);
    const period = { jobRevision: 0, afterMs: fromMs, untilMs: Number.POSITIVE_INFINITY, slots, rules };
    return explainSlot(at(slot), {}, { period, runs: ledger.runs(), closures, nowMs: at(clock) });
  };
  return {
    look: (clock: string, options?: { endsCalls?: boolean }) => look(at(clock), options),
    lookAt: look,
    end: (clock: string) => end(at(clock)),
    edit: (clock: string, to: 'enabled' | 'disabled') => ledger.edit(`${clock}:00`, to),
    explain,
  };
};

const pause = (from: string, until: string, catchUp: 'skip' | 'last' | 'all') => ({
  fromMs: at(from),
  untilMs: at(until),
  catchUp,
});

describe('the slots that a pause holds back', () => {
  it('are all skipped if it catches up with none', () => {
    const engine = engineOf({}, pausedTimes([pause('09:05', '10:00', 'skip')]));
    expect(engine.look('09:30')).to.deep.equal([]);
    expect(engine.look('10:00')).to.deep.equal(['skipped 09:10-09:50 PAUSED', 'calls 10:00']);
  });
  it('last: one is called once it has ended, and those before are skipped', () => {
    const engine = engineOf({}, pausedTimes([pause('09:05', '09:55', 'last')]));
    expect(engine.look('09:54')).to.deep.equal([]);
    expect(engine.look('09:55')).to.deep.equal(['skipped 09:10-09:40 PAUSED', 'calls 09:50 late PAUSED']);
    expect(engine.look('10:00')).to.deep.equal(['calls 10:00']);
  });
  it('all: each is called, from the oldest on, one after another', () => {
    const engine = engineOf({}, pausedTimes([pause('09:05', '09:35', 'all')]));
    expect(engine.look('09:35', { endsCalls: false })).to.deep.equal(['calls 09:10 late PAUSED']);
    expect(engine.look('09:36', { endsCalls: false })).to.deep.equal([]);
    engine.end('09:36');
    expect(engine.look('09:36')).to.deep.equal(['calls 09:20 late PAUSED', 'calls 09:30 late PAUSED']);
  });
  it('all: the oldest beyond misfireLimit are skipped', () => {
    const engine = engineOf({ misfire: 'all', misfireLimit: 2 }, pausedTimes([pause('09:05', '10:05', 'all')]));
    expect(engine.look('10:05')).to.deep.equal([
      'skipped 09:10-09:40 PAUSED',
      'calls 09:50 late PAUSED',
      'calls 10:00 late PAUSED',
    ]);
  });
  it('wait behind the slot that is due as it ends', () => {
    const engine = engineOf({}, pausedTimes([pause('09:05', '10:00', 'last')]));
    expect(engine.look('10:00')).to.deep.equal([
      'skipped 09:10-09:40 PAUSED',
      'calls 10:00',
      'calls 09:50 late PAUSED',
    ]);
  });
  it('are called however late no engine was there as it ended', () => {
    const engine = engineOf({}, pausedTimes([pause('09:05', '09:55', 'all')]));
    expect(engine.look('10:35')).to.deep.equal([
      'missed 10:00-10:20 ENGINE_BEHIND',
      'calls 10:30 late ENGINE_BEHIND',
      ...['09:10', '09:20', '09:30', '09:40', '09:50'].map((slot) => `calls ${slot} late PAUSED`),
    ]);
  });
  it('are missed if that would be later than maxLateness', () => {
    const engine = engineOf({ maxLateness: '20m' }, pausedTimes([pause('09:05', '09:55', 'all')]));
    expect(engine.look('09:55')).to.deep.equal([
      'missed 09:10-09:30 TOO_LATE',
      'calls 09:40 late PAUSED',
      'calls 09:50 late PAUSED',
    ]);
  });
  it('follow the most restrictive pause, once no pause is active', () => {
    const overlapping = [
      pause('09:05', '09:45', 'all'),
      pause('09:25', '10:05', 'last'),
      pause('09:55', '10:15', 'skip'),
    ];
    const engine = engineOf({}, pausedTimes(overlapping));
    for (const clock of ['09:45', '10:05', '10:14']) expect(engine.look(clock)).to.deep.equal([]);
    expect(engine.look('10:15')).to.deep.equal([
      'skipped 09:30-09:40 PAUSED',
      'skipped 10:00-10:10 PAUSED',
      ...['09:10', '09:20', '09:50'].map((slot) => `calls ${slot} late PAUSED`),
    ]);
  });
  it('last: are one, though the dates of a calendar are between them', () => {
    const engine = engineOf({}, pausedTimes([pause('23:35', '23:59', 'last')], ['2026-03-02']), at('23:30'));
    const late = { fromMs: at('23:35'), untilMs: at('23:59') + 25 * 60 * MINUTE_MS, catchUp: 'last' as const };
    const long = engineOf({}, pausedTimes([late], ['2026-03-02']), at('23:30'));
    expect(engine.look('23:59')).to.deep.equal(['skipped 23:40-23:40 PAUSED', 'calls 23:50 late PAUSED']);
    expect(long.lookAt(late.untilMs)).to.deep.equal([
      'skipped 23:40-23:50 PAUSED',
      'skipped 00:00-23:50 CALENDAR',
      'skipped 00:00-00:40 PAUSED',
      'calls 00:50 late PAUSED',
    ]);
  });
  it('are not skipped for a run that is open in the meantime', () => {
    const engine = engineOf({}, pausedTimes([pause('09:15', '09:45', 'last')]));
    engine.look('09:10', { endsCalls: false });
    for (const clock of ['09:22', '09:44', '09:48']) expect(engine.look(clock)).to.deep.equal([]);
    expect(engine.end('09:48')).to.deep.equal(['skipped 09:20-09:30 PAUSED']);
    expect(engine.look('09:48')).to.deep.equal(['calls 09:40 late PAUSED']);
  });
  it('are not called any more once the schedule is edited, or the job is disabled', () => {
    const times = pausedTimes([pause('09:05', '09:55', 'all')]);
    expect(engineOf({}, times).edit('09:45', 'disabled')).to.deep.equal(['skipped 09:10-09:40 PAUSED', 'taken']);
    const after = engineOf({}, times);
    after.look('09:55', { endsCalls: false });
    expect(after.edit('09:56', 'enabled')).to.deep.equal(['missed 09:20-09:50 EDITED', 'taken']);
  });
  it('are due until then, and state so', () => {
    const engine = engineOf({}, pausedTimes([pause('09:05', '10:00', 'last')]));
    const late = { outcome: 'due', expected: 'late', expectedReason: 'PAUSED' };
    const skipped = { outcome: 'due', expected: 'skipped', expectedReason: 'PAUSED' };
    expect(engine.explain('09:10', '09:35')).to.deep.equal({ outcome: 'skipped', reason: 'PAUSED' });
    expect(engine.explain('09:30', '09:35'), 'it would be called if the pause were lifted now').to.deep.equal(skipped);
    expect(engine.explain('09:40', '09:35')).to.deep.equal(skipped);
    expect(engine.explain('09:50', '09:35')).to.deep.equal(late);
    expect(engine.explain('10:00', '09:35')).to.deep.equal({ outcome: 'due' });
    const endless = engineOf(
      {},
      pausedTimes([{ ...pause('09:05', '10:00', 'all'), untilMs: Number.POSITIVE_INFINITY }]),
    );
    expect(endless.explain('09:10', '09:35')).to.deep.equal(late);
  });
});
