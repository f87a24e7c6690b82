import { expect } from 'chai';
import type { Blackout, Blackouts } from '../../../../src/domain/closure/closure.ts';
import { initialRuns, tailOf } from '../../../../src/domain/execution/tail.ts';
import { compileSchedule } from '../../../../src/domain/schedule/index.ts';
import { at, ledgerOf } from '../../../support/run-ledger.ts';

describe('overlap', () => {
  it('skip: slots pass while a run is open, which is recorded once a minute', () => {
    const ledger = ledgerOf({});
    ledger.look('09:01:00');
    expect(ledger.look('09:02:30')).to.deep.equal([]);
    expect(ledger.look('09:03:00')).to.deep.equal(['skipped 09:02-09:03 OVERLAP']);
    expect(ledger.end(41, '09:04:10')).to.deep.equal(['skipped 09:04-09:04 OVERLAP', '41 succeeded']);
    expect(ledger.trigger('09:04:20')).to.deep.equal(['44 waits for 09:04']);
  });
  it('allow: each slot is called while others are open', () => {
    const ledger = ledgerOf({ overlap: 'allow' });
    expect(ledger.look('09:00:59.700')).to.deep.equal([]);
    expect(ledger.look('09:00:59.850')).to.deep.equal(['42 starts 09:01']);
    expect(ledger.look('09:01:00.100'), 'once').to.deep.equal([]);
    expect(ledger.nextLook()).to.equal(at('09:01:59.800'));
    expect(ledger.look('09:02:00')).to.deep.equal(['44 starts 09:02']);
    expect(ledger.end(42, '09:02:30')).to.deep.equal(['42 succeeded']);
    expect(ledger.runs().open.map(({ executionId }) => executionId)).to.deep.equal([44]);
  });
  it('allow: at most 100 are open', () => {
    const ledger = ledgerOf({ overlap: 'allow' });
    for (let minute = 1; minute <= 100; minute++) {
      const clock = new Date(at('09:00:00') + minute * 60_000).toISOString().slice(11, 19);
      expect(ledger.look(clock)).to.have.length(1);
    }
    expect(ledger.look('10:41:00')).to.deep.equal([]);
    expect(ledger.look('10:42:00')).to.deep.equal(['skipped 10:41-10:42 OVERLAP']);
  });
  it('queue: the first slot waits and starts next, later ones are skipped', () => {
    const ledger = ledgerOf({ overlap: 'queue' });
    ledger.look('09:01:00');
    expect(ledger.nextLook()).to.equal(at('09:02:00'));
    expect(ledger.look('09:02:00')).to.deep.equal(['42 waits for 09:02']);
    expect(ledger.look('09:03:00')).to.deep.equal([]);
    expect(ledger.end(41, '09:04:30')).to.deep.equal(['skipped 09:03-09:04 OVERLAP', '41 succeeded']);
    expect(ledger.nextLook()).to.equal(at('09:02:00'));
    expect(ledger.look('09:04:30')).to.deep.equal(['42 starts 09:02 late OVERLAP']);
    expect(ledger.runs().runs).to.equal(2);
  });
  it('queue: a slot that began to wait by a clock that was ahead starts when it is due', () => {
    const ledger = ledgerOf({ overlap: 'queue' });
    ledger.look('09:01:00');
    ledger.look('09:02:00');
    ledger.end(41, '08:02:10');
    expect(ledger.look('08:02:10')).to.deep.equal([]);
    expect(ledger.nextLook()).to.equal(at('09:02:00'));
    expect(ledger.look('09:02:00')).to.deep.equal(['42 starts 09:02']);
  });
  it('replace: the newest slot waits for the end of what it cancels', () => {
    const ledger = ledgerOf({ overlap: 'replace' });
    ledger.look('09:01:00');
    expect(ledger.look('09:02:00')).to.deep.equal(['41 is to be cancelled REPLACED', '42 waits for 09:02']);
    expect(ledger.look('09:02:01')).to.deep.equal([]);
    expect(ledger.end(41, '09:02:02', 'failed')).to.deep.equal(['41 cancelled REPLACED']);
    expect(ledger.look('09:02:02')).to.deep.equal(['42 starts 09:02 late OVERLAP']);
  });
  it('replace: many open ones are cancelled by several appends', () => {
    const open = Array.from({ length: 95 }, (_, index) => ({
      ...{ executionId: 1_000 + index, attempt: 1, state: 'running' as const, trigger: 'manual' as const },
      ...{ engineId: 'e1', scheduledAt: '2026-03-01T08:00:00.000Z', createdAt: '2026-03-01T08:00:00.000Z' },
    }));
    const ledger = ledgerOf({ overlap: 'replace' }, { open });
    const steps = Array.from({ length: 11 }, () => ledger.look('09:01:00').length);
    expect(steps).to.deep.equal([...Array.from({ length: 9 }, () => 10), 6, 0]);
    expect(ledger.runs().open.filter(({ cancelRequested }) => cancelRequested?.reason === 'REPLACED')).to.have.length(
      95,
    );
    expect(ledger.runs().open.at(-1)).to.include({ state: 'pending', waitsFor: 'OVERLAP' });
  });
  it('replace: a call that succeeds all the same has succeeded', () => {
    const ledger = ledgerOf({ overlap: 'replace' });
    ledger.look('09:01:00');
    ledger.look('09:02:00');
    expect(ledger.end(41, '09:02:02')).to.deep.equal(['41 succeeded']);
  });
  it('replace: what does not end within ten seconds costs the newer slot', () => {
    const ledger = ledgerOf({ overlap: 'replace' });
    ledger.look('09:01:00');
    ledger.look('09:02:00');
    expect(ledger.nextLook()).to.equal(at('09:02:10'));
    expect(ledger.look('09:02:10')).to.deep.equal(['42 cancelled OVERLAP']);
    expect(ledger.look('09:03:00')).to.deep.equal(['44 waits for 09:03']);
  });
  it('replace: never two simultaneously, and a newer slot replaces a waiting one', () => {
    const ledger = ledgerOf({ overlap: 'replace' });
    ledger.trigger('09:00:58');
    ledger.look('09:00:58');
    expect(ledger.look('09:01:00')).to.deep.equal(['41 is to be cancelled REPLACED', '43 waits for 09:01']);
    expect(ledger.trigger('09:01:05')).to.deep.equal(['43 cancelled REPLACED', '44 waits for 09:01']);
    expect(ledger.look('09:01:05')).to.deep.equal([]);
    expect(ledger.end(41, '09:01:06', 'failed')).to.deep.equal(['41 cancelled REPLACED']);
    expect(ledger.look('09:01:06')).to.deep.equal(['44 starts 09:01']);
  });
  it('goes for manual runs too: one waits, a second is rejected', () => {
    const ledger = ledgerOf({ overlap: 'queue' });
    ledger.look('09:01:00');
    expect(ledger.trigger('09:01:10')).to.deep.equal(['42 waits for 09:01']);
    expect(ledger.trigger('09:01:11')).to.deep.equal(['43 waits for 09:01', '43 cancelled OVERLAP']);
  });
});

describe('a job at its limit', () => {
  const full = { mayCall: false, atLimit: true };

  it('keeps the slot that is due as a pending execution, and states why it was late once it starts', () => {
    const ledger = ledgerOf({});
    expect(ledger.look('09:00:59.900', full)).to.deep.equal([]);
    expect(ledger.nextLook({ waitsForLimit: true })).to.equal(at('09:01:00'));
    expect(ledger.look('09:01:00', full)).to.deep.equal(['42 waits for 09:01']);
    expect(ledger.look('09:01:30')).to.deep.equal(['42 starts 09:01 late LIMIT']);
  });
  it('checks nothing in the meantime but what should be settled', () => {
    const ledger = ledgerOf({});
    ledger.look('09:01:00', full);
    expect(ledger.nextLook({ waitsForLimit: true })).to.equal(at('09:03:00'));
    expect(ledger.nextLook()).to.equal(at('09:01:00'));
  });
  it('skip: later slots are skipped for the one that waits, which is not lost', () => {
    const ledger = ledgerOf({});
    ledger.look('09:01:00', full);
    expect(ledger.look('09:03:00', full)).to.deep.equal(['skipped 09:02-09:03 OVERLAP']);
    expect(ledger.look('09:03:30')).to.deep.equal(['41 starts 09:01 late LIMIT']);
  });
  it('allow: each slot waits, and they start in order', () => {
    const ledger = ledgerOf({ overlap: 'allow' });
    expect(ledger.look('09:01:00', full)).to.deep.equal(['41 waits for 09:01']);
    expect(ledger.nextLook({ waitsForLimit: true })).to.equal(at('09:02:00'));
    expect(ledger.look('09:02:00', full)).to.deep.equal(['42 waits for 09:02']);
    expect(ledger.look('09:02:10')).to.deep.equal(['41 starts 09:01 late LIMIT']);
    expect(ledger.look('09:02:20')).to.deep.equal(['42 starts 09:02 late LIMIT']);
  });
  it('replace: the newest slot waits, for as long as it takes once nothing of the job runs', () => {
    const ledger = ledgerOf({ overlap: 'replace' });
    ledger.look('09:01:00', full);
    expect(ledger.look('09:02:00', full)).to.deep.equal(['41 cancelled REPLACED', '42 waits for 09:02']);
    expect(ledger.look('09:02:50', full)).to.deep.equal([]);
    expect(ledger.look('09:02:55')).to.deep.equal(['42 starts 09:02 late OVERLAP']);
  });
  it('misses a slot that has waited beyond the greatest lateness', () => {
    const ledger = ledgerOf({ maxLateness: '30s' });
    ledger.look('09:01:00', full);
    expect(ledger.nextLook({ waitsForLimit: true })).to.equal(at('09:01:30.001'));
    expect(ledger.look('09:01:30', full), 'at the bound').to.deep.equal([]);
    expect(ledger.look('09:01:30.001', full)).to.deep.equal(['41 cancelled TOO_LATE']);
    expect(ledger.look('09:02:45', full)).to.deep.equal(['missed 09:02-09:02 TOO_LATE']);
  });
  it('settles slots that no engine called as it would without the limit', () => {
    expect(ledgerOf({}).look('09:05:10', full)).to.deep.equal([
      'missed 09:01-09:04 ENGINE_BEHIND',
      '41 waits for 09:05',
    ]);
    expect(ledgerOf({ misfire: 'skip' }).look('09:05:10', full)).to.deep.equal(['missed 09:01-09:05 ENGINE_BEHIND']);
    const all = ledgerOf({ misfire: 'all' });
    expect(all.look('09:03:10', full)).to.deep.equal(['41 waits for 09:03']);
    expect(all.runs().catchUp).to.have.length(1);
    expect(all.look('09:03:20')).to.deep.equal(['41 starts 09:03 late LIMIT']);
    all.end(41, '09:03:21');
    expect(all.nextLook({ waitsForLimit: true })).to.equal(at('09:04:00'));
    expect(all.look('09:03:22')).to.deep.equal(['43 starts 09:01 late ENGINE_BEHIND']);
  });
  it('keeps manual runs and retries waiting as well', () => {
    const ledger = ledgerOf({
      retry: { maxAttempts: 2, retryOn: ['unknown'], backoff: { initial: '10s', jitter: 'none' } },
    });
    ledger.trigger('09:00:10');
    expect(ledger.look('09:00:11', full)).to.deep.equal([]);
    expect(ledger.look('09:00:12')).to.deep.equal(['41 starts 09:00']);
    ledger.end(41, '09:00:13', 'failed');
    expect(ledger.look('09:00:24', full)).to.deep.equal([]);
    expect(ledger.look('09:00:25')).to.deep.equal(['41 starts 09:00']);
  });
});

describe('late slots', () => {
  it('last: the latest is called, and those before it are missed, each for what delayed it', () => {
    expect(ledgerOf({}).look('09:02:59.900')).to.deep.equal([
      'missed 09:01-09:01 ENGINE_BEHIND',
      '41 starts 09:02 late ENGINE_BEHIND',
    ]);
    const lateBecause = { untilMs: at('09:02:30'), reason: 'ENGINE_DOWN', sinceThen: 'ENGINE_BUSY' } as const;
    expect(ledgerOf({}).look('09:02:10', { lateBecause })).to.deep.equal([
      'missed 09:01-09:01 ENGINE_DOWN',
      '41 starts 09:02 late ENGINE_DOWN',
    ]);
    expect(ledgerOf({}).look('09:06:10', { lateBecause })).to.deep.equal([
      'missed 09:01-09:02 ENGINE_DOWN',
      'missed 09:03-09:05 ENGINE_BUSY',
      '41 starts 09:06 late ENGINE_BUSY',
    ]);
  });
  it('skip: those that are more than a second late are missed', () => {
    const ledger = ledgerOf({ misfire: 'skip' });
    expect(ledger.look('09:03:01.001')).to.deep.equal(['missed 09:01-09:03 ENGINE_BEHIND']);
    expect(ledger.look('09:04:01')).to.deep.equal(['42 starts 09:04']);
  });
  it('all: each is called, oldest first and one by one', () => {
    const ledger = ledgerOf({ misfire: 'all' });
    expect(ledger.look('09:03:30')).to.deep.equal(['41 starts 09:01 late ENGINE_BEHIND']);
    expect(ledger.runs().cursorMs).to.equal(at('09:03:00'));
    expect(ledger.nextLook()).to.equal(Number.POSITIVE_INFINITY);
    ledger.end(41, '09:03:31');
    expect(ledger.nextLook()).to.equal(Number.NEGATIVE_INFINITY);
    expect(ledger.look('09:03:31')).to.deep.equal(['42 starts 09:02 late ENGINE_BEHIND']);
    ledger.end(42, '09:03:32');
    expect(ledger.look('09:03:32')).to.deep.equal(['43 starts 09:03 late ENGINE_BEHIND']);
    expect(ledger.runs().catchUp).to.deep.equal([]);
    ledger.end(43, '09:03:33');
    expect(ledger.look('09:04:00')).to.deep.equal(['44 starts 09:04']);
  });
  it('all: a slot that is on time goes first, and waits for a late one that runs', () => {
    const ledger = ledgerOf({ misfire: 'all' });
    expect(ledger.look('09:02:59.900')).to.deep.equal(['41 starts 09:01 late ENGINE_BEHIND']);
    expect(ledger.look('09:03:00')).to.deep.equal([]);
    expect(ledger.end(41, '09:03:00.500')).to.deep.equal(['41 succeeded']);
    expect(ledger.look('09:03:00.500')).to.deep.equal(['43 starts 09:03']);
    ledger.end(43, '09:03:10');
    expect(ledger.look('09:03:10')).to.deep.equal(['44 starts 09:02 late ENGINE_BEHIND']);
  });
  it('all: beyond the limit the oldest are missed', () => {
    const ledger = ledgerOf({ misfire: 'all', misfireLimit: 2 });
    expect(ledger.look('09:05:30')).to.deep.equal([
      'missed 09:01-09:03 ENGINE_BEHIND',
      '41 starts 09:04 late ENGINE_BEHIND',
    ]);
    expect(ledger.runs().catchUp).to.deep.equal([{ afterMs: at('09:04:00'), untilMs: at('09:05:00') }]);
  });
  it('all: an edit of the schedule ends it', () => {
    const ledger = ledgerOf({ misfire: 'all' });
    ledger.look('09:03:30');
    expect(ledger.edit('09:03:40', 'enabled')).to.deep.equal(['missed 09:02-09:03 EDITED', 'taken']);
    expect(ledger.runs().catchUp).to.deep.equal([]);
  });
  it('are not called beyond the greatest lateness', () => {
    for (const misfire of ['last', 'all'] as const) {
      const ledger = ledgerOf({ misfire, maxLateness: '30s' });
      expect(ledger.look('09:02:31')).to.deep.equal(
        misfire === 'last'
          ? ['missed 09:01-09:01 ENGINE_BEHIND', 'missed 09:02-09:02 TOO_LATE']
          : ['missed 09:01-09:02 TOO_LATE'],
      );
      expect(ledger.look('09:03:00')).to.deep.equal(['42 starts 09:03']);
    }
  });
  it('are called at the greatest lateness itself', () => {
    for (const misfire of ['last', 'all'] as const) {
      const ledger = ledgerOf({ misfire, maxLateness: '30s' });
      expect(ledger.look('09:01:30')).to.deep.equal(['41 starts 09:01 late ENGINE_BEHIND']);
    }
  });
  it('end if they waited beyond the greatest lateness', () => {
    const ledger = ledgerOf({ overlap: 'queue', maxLateness: '30s' });
    ledger.look('09:01:00');
    ledger.look('09:02:00');
    expect(ledger.nextLook()).to.equal(at('09:02:30.001'));
    expect(ledger.look('09:02:30'), 'at the bound').to.deep.equal([]);
    expect(ledger.look('09:02:30.001')).to.deep.equal(['42 cancelled TOO_LATE']);
  });
  it('are settled beside the start of what can be called, without using its capacity', () => {
    const retry = { maxAttempts: 2, backoff: { initial: '70s', jitter: 'none' } } as const;
    const ledger = ledgerOf({ overlap: 'queue', maxLateness: '30s', retry });
    ledger.look('09:01:00');
    ledger.end(41, '09:01:05', 'failed', 'HTTP_503');
    expect(ledger.look('09:02:00')).to.deep.equal(['42 waits for 09:02']);
    expect(ledger.look('09:02:40')).to.deep.equal(['42 cancelled TOO_LATE', '41 starts 09:01']);
  });
});

describe('the number of runs', () => {
  it('ends the schedule', () => {
    const ledger = ledgerOf({ maxRuns: 2, overlap: 'queue' });
    ledger.look('09:01:00');
    expect(ledger.look('09:02:00')).to.deep.equal(['42 waits for 09:02']);
    ledger.end(41, '09:02:01');
    ledger.look('09:02:01');
    ledger.end(42, '09:02:02');
    expect(ledger.nextLook()).to.equal(Number.POSITIVE_INFINITY);
    expect(ledger.look('09:03:00')).to.deep.equal([]);
  });
  it('leaves what was still to be called missed', () => {
    const ledger = ledgerOf({ maxRuns: 1, misfire: 'all' });
    ledger.look('09:03:30');
    ledger.end(41, '09:03:31');
    expect(ledger.look('09:03:31')).to.deep.equal(['missed 09:02-09:03 MAX_RUNS']);
    expect(ledger.nextLook()).to.equal(Number.POSITIVE_INFINITY);
  });
});

describe('blackout windows', () => {
  const closedFor =
    (...all: readonly Blackout[]): Blackouts =>
    (afterMs, untilMs) =>
      all.filter((closure) => closure.fromMs <= untilMs && closure.untilMs - 1 > afterMs);
  const lunch: Blackout = { fromMs: at('09:02:00'), untilMs: at('09:05:00'), reason: 'CALENDAR' };
  it('skip their slots, which are recorded with the next call', () => {
    const ledger = ledgerOf({}, { closures: closedFor(lunch) });
    ledger.look('09:01:00');
    ledger.end(41, '09:01:01');
    expect(ledger.nextLook()).to.equal(at('09:04:59.800'));
    expect(ledger.look('09:03:00')).to.deep.equal([]);
    expect(ledger.look('09:05:00')).to.deep.equal(['skipped 09:02-09:04 CALENDAR', '43 starts 09:05']);
  });
  it('leave the latest slot outside of them to be called late', () => {
    const ledger = ledgerOf({}, { closures: closedFor(lunch) });
    expect(ledger.look('09:04:10')).to.deep.equal(['41 starts 09:01 late ENGINE_BEHIND']);
    expect(ledger.end(41, '09:04:11')).to.deep.equal(['skipped 09:02-09:04 CALENDAR', '41 succeeded']);
    expect(ledger.look('09:05:00')).to.deep.equal(['42 starts 09:05']);
  });
  it('are distinguished from what is missed around them', () => {
    const ledger = ledgerOf({}, { closures: closedFor(lunch) });
    expect(ledger.look('09:07:30')).to.deep.equal([
      'missed 09:01-09:01 ENGINE_BEHIND',
      'skipped 09:02-09:04 CALENDAR',
      'missed 09:05-09:06 ENGINE_BEHIND',
      '41 starts 09:07 late ENGINE_BEHIND',
    ]);
  });
  it('win over the reasons of an edit', () => {
    const ledger = ledgerOf({}, { closures: closedFor(lunch) });
    expect(ledger.edit('09:06:30', 'disabled')).to.deep.equal([
      'missed 09:01-09:01 DISABLED',
      'skipped 09:02-09:04 CALENDAR',
      'missed 09:05-09:06 DISABLED',
      'taken',
    ]);
  });
  it('are left out when late slots are kept for later', () => {
    const ledger = ledgerOf({ misfire: 'all' }, { closures: closedFor(lunch) });
    expect(ledger.look('09:06:30')).to.deep.equal([
      'skipped 09:02-09:04 CALENDAR',
      '41 starts 09:01 late ENGINE_BEHIND',
    ]);
    expect(ledger.runs().catchUp).to.deep.equal([{ afterMs: at('09:04:59.999'), untilMs: at('09:06:00') }]);
  });
  it('are recorded once an hour if nothing is called', () => {
    const pause: Blackout = { fromMs: at('09:00:30'), untilMs: at('23:00:00'), reason: 'PAUSED' };
    const ledger = ledgerOf({}, { closures: closedFor(pause) });
    expect(ledger.nextLook({ isPaused: true })).to.equal(at('10:01:00'));
    expect(ledger.look('10:00:59', { isPaused: true })).to.deep.equal([]);
    expect(ledger.look('10:01:00', { isPaused: true })).to.deep.equal(['skipped 09:01-10:01 PAUSED']);
  });
  it('do not hold up a slot after them that may be claimed ahead', () => {
    const closed: Blackout = { fromMs: at('09:00:30'), untilMs: at('09:02:00'), reason: 'CALENDAR' };
    const slots = compileSchedule({ pattern: '* * * * *', timezone: 'UTC' });
    /** The slot of 09:01 is due nearly a minute later, by its jitter. */
    const dueMs = (slotMs: number): number => (slotMs === at('09:01:00') ? at('09:01:59.950') : slotMs);
    const lastDue = (nowMs: number, afterMs: number): number | undefined => {
      const slotMs = slots.previous(nowMs, afterMs);
      return slotMs === undefined || dueMs(slotMs) <= nowMs ? slotMs : slots.previous(slotMs - 1, afterMs);
    };
    const ledger = ledgerOf({}, { closures: closedFor(closed), slots: { ...slots, dueMs, lastDue } });
    expect(ledger.nextLook()).to.equal(at('09:01:59.800'));
    expect(ledger.look('09:01:59.800')).to.deep.equal(['skipped 09:01-09:01 CALENDAR', '41 starts 09:02']);
  });
  it('let a forced run go before what waits for the end of a pause, though not beside what runs', () => {
    const isPaused = true;
    const ledger = ledgerOf({
      overlap: 'queue',
      retry: { maxAttempts: 2, backoff: { initial: '10s', jitter: 'none' } },
    });
    ledger.trigger('09:00:10');
    ledger.look('09:00:10');
    expect(ledger.trigger('09:00:11', true)).to.deep.equal(['43 waits for 09:00']);
    expect(ledger.look('09:00:11', { isPaused })).to.deep.equal([]);
    expect(ledger.end(41, '09:00:12', 'failed', 'HTTP_503')).to.deep.equal([
      '41 failed attempt 1 HTTP_503, again 09:00:22',
    ]);
    expect(ledger.nextLook({ isPaused })).to.equal(Number.NEGATIVE_INFINITY);
    expect(ledger.look('09:00:12', { isPaused })).to.deep.equal(['43 starts 09:00']);
    ledger.end(43, '09:00:15');
    expect(ledger.look('09:00:30', { isPaused })).to.deep.equal([]);
    expect(ledger.look('09:00:31')).to.deep.equal(['41 starts 09:00']);
  });
  it('make a call that was claimed before a pause once it ends, whatever the retry rules', () => {
    const ledger = ledgerOf({});
    ledger.trigger('09:00:10');
    ledger.look('09:00:10');
    expect(ledger.end(41, '09:00:11', 'failed', 'PAUSED')).to.deep.equal([
      '41 failed attempt 1 PAUSED, again 09:00:11',
    ]);
    expect(ledger.look('09:00:12', { isPaused: true })).to.deep.equal([]);
    expect(ledger.look('09:00:20')).to.deep.equal(['41 starts 09:00']);
    expect(ledger.runs().open[0]?.firstStartedAt).to.equal(undefined);
  });
  it('wake up again if only the call determines whether its target is paused', () => {
    const ledger = ledgerOf({});
    ledger.trigger('09:00:10');
    ledger.look('09:00:10');
    expect(ledger.end(41, '09:00:11', 'failed', 'PAUSED', { retryAfterMs: 5_000 })).to.deep.equal([
      '41 failed attempt 1 PAUSED, again 09:00:16',
    ]);
  });
  it('keep nothing from being settled that waits while the job is paused', () => {
    const ledger = ledgerOf({});
    ledger.trigger('09:00:30');
    expect(ledger.look('09:00:31', { isPaused: true })).to.deep.equal([]);
    expect(ledger.nextLook({ isPaused: true })).not.to.equal(Number.NEGATIVE_INFINITY);
    expect(ledger.look('09:00:32')).to.deep.equal(['41 starts 09:00']);
  });
});

describe('editing the schedule', () => {
  for (const [to, reason] of [
    ['enabled', 'EDITED'],
    ['disabled', 'DISABLED'],
    ['deleted', 'DELETED'],
  ] as const) {
    it(`misses the slots of before that were due: ${reason}`, () => {
      expect(ledgerOf({}).edit('09:02:30', to)).to.deep.equal([`missed 09:01-09:02 ${reason}`, 'taken']);
    });
  }
  it('cancels the slots of before that wait', () => {
    const ledger = ledgerOf({ overlap: 'queue' });
    ledger.look('09:01:00');
    ledger.look('09:02:00');
    expect(ledger.edit('09:02:10', 'enabled')).to.deep.equal(['taken', '42 cancelled SUPERSEDED']);
  });
});

describe('disabling and deleting', () => {
  it('cancels the slots that wait, and keeps manual runs of a disabled job', () => {
    for (const [to, code] of [
      ['disabled', 'JOB_DISABLED'],
      ['deleted', 'JOB_DELETED'],
    ] as const) {
      const ledger = ledgerOf({ overlap: 'queue' });
      ledger.look('09:01:00');
      ledger.look('09:02:00');
      expect(ledger.edit('09:02:10', to)).to.deep.equal(['taken', `42 cancelled ${code}`]);
    }
    const ledger = ledgerOf({ overlap: 'queue' });
    ledger.look('09:01:00');
    ledger.trigger('09:01:10');
    expect(ledger.edit('09:01:20', 'disabled')).to.deep.equal(['taken']);
    expect(ledger.edit('09:01:20', 'deleted')).to.deep.equal(['taken', '42 cancelled JOB_DELETED']);
  });
});

describe('retries', () => {
  const thrice = { retry: { maxAttempts: 3, backoff: { initial: '10s', jitter: 'none' } } } as const;
  it('wait for the pause to pass, each longer than the one before, and the last failure is final', () => {
    const ledger = ledgerOf(thrice);
    ledger.look('09:01:00');
    expect(ledger.end(41, '09:01:01', 'failed', 'HTTP_503')).to.deep.equal([
      '41 failed attempt 1 HTTP_503, again 09:01:11',
    ]);
    expect(ledger.nextLook()).to.equal(at('09:01:11'));
    expect(ledger.look('09:01:10.999')).to.deep.equal([]);
    expect(ledger.look('09:01:11')).to.deep.equal(['41 starts 09:01']);
    expect(ledger.end(41, '09:01:12', 'failed', 'HTTP_503')).to.deep.equal([
      '41 failed attempt 2 HTTP_503, again 09:01:32',
    ]);
    expect(ledger.look('09:01:32')).to.deep.equal(['41 starts 09:01']);
    expect(ledger.end(41, '09:01:33', 'failed', 'HTTP_503')).to.deep.equal(['41 failed HTTP_503']);
    expect(ledger.runs().runs).to.equal(1);
  });
  it('leave nothing behind once one has succeeded', () => {
    const ledger = ledgerOf(thrice);
    ledger.look('09:01:00');
    ledger.end(41, '09:01:01', 'failed', 'HTTP_503');
    ledger.look('09:01:11');
    expect(ledger.end(41, '09:01:12')).to.deep.equal(['41 succeeded']);
    expect(ledger.runs()).to.deep.equal({ ...initialRuns, jobRevision: 0, cursorMs: at('09:01:00'), runs: 1 });
  });
  it('count as open: slots that are due while one waits are skipped', () => {
    const ledger = ledgerOf({ retry: { maxAttempts: 2, backoff: { initial: '3m', max: '1h', jitter: 'none' } } });
    ledger.look('09:01:00');
    ledger.end(41, '09:01:01', 'failed', 'HTTP_503');
    expect(ledger.look('09:03:00')).to.deep.equal(['skipped 09:02-09:03 OVERLAP']);
    expect(ledger.look('09:04:01')).to.deep.equal(['41 starts 09:01']);
    expect(ledger.end(41, '09:04:02')).to.deep.equal(['skipped 09:04-09:04 OVERLAP', '41 succeeded']);
  });
  it('keep the slot that is queued behind them waiting', () => {
    const ledger = ledgerOf({ ...thrice, overlap: 'queue' });
    ledger.look('09:01:55');
    expect(ledger.look('09:02:00')).to.deep.equal(['42 waits for 09:02']);
    expect(ledger.end(41, '09:02:01', 'failed', 'HTTP_503')).to.deep.equal([
      '41 failed attempt 1 HTTP_503, again 09:02:11',
    ]);
    expect(ledger.nextLook()).to.equal(at('09:02:11'));
    expect(ledger.look('09:02:11')).to.deep.equal(['41 starts 09:01']);
    ledger.end(41, '09:02:12');
    expect(ledger.look('09:02:12')).to.deep.equal(['42 starts 09:02 late OVERLAP']);
  });
  it('yield to a newer run that replaces them, and their slot counts as called', () => {
    const ledger = ledgerOf({
      retry: { maxAttempts: 2, backoff: { initial: '5m', jitter: 'none' } },
      overlap: 'replace',
    });
    ledger.look('09:01:00');
    ledger.end(41, '09:01:01', 'failed', 'HTTP_503');
    expect(ledger.look('09:02:00')).to.deep.equal(['41 cancelled REPLACED', '42 waits for 09:02']);
    expect(ledger.look('09:02:00')).to.deep.equal(['42 starts 09:02']);
  });
  it('are not made once the execution should be cancelled', () => {
    const ledger = ledgerOf({ ...thrice, overlap: 'replace' });
    ledger.look('09:01:00');
    ledger.look('09:02:00');
    expect(ledger.end(41, '09:02:01', 'failed', 'HTTP_503')).to.deep.equal(['41 cancelled REPLACED']);
  });
  it('of slots end with a job that is disabled, those of manual runs continue', () => {
    const ofSlot = ledgerOf(thrice);
    ofSlot.look('09:01:00');
    ofSlot.end(41, '09:01:01', 'failed', 'HTTP_503');
    expect(ofSlot.edit('09:01:02', 'disabled')).to.deep.equal(['taken', '41 cancelled JOB_DISABLED']);
    const manual = ledgerOf(thrice);
    manual.trigger('09:00:30');
    manual.look('09:00:30');
    expect(manual.edit('09:00:31', 'disabled')).to.deep.equal(['taken']);
    expect(manual.end(41, '09:00:32', 'failed', 'HTTP_503')).to.deep.equal([
      '41 failed attempt 1 HTTP_503, again 09:00:42',
    ]);
    expect(manual.look('09:00:42')).to.deep.equal(['41 starts 09:00']);
    expect(manual.edit('09:00:43', 'deleted')).to.deep.equal(['taken']);
    expect(manual.end(41, '09:00:44', 'failed', 'HTTP_503')).to.deep.equal(['41 failed HTTP_503']);
  });
  it('end even if an engine that had not received the change recorded the failed attempt', () => {
    for (const [to, code] of [
      ['disabled', 'JOB_DISABLED'],
      ['deleted', 'JOB_DELETED'],
    ] as const) {
      const ledger = ledgerOf(thrice);
      ledger.look('09:01:00');
      ledger.end(41, '09:01:01', 'failed', 'HTTP_503');
      ledger.hear(to);
      expect(ledger.nextLook()).to.equal(Number.NEGATIVE_INFINITY);
      expect(ledger.look('09:01:02')).to.deep.equal([`41 cancelled ${code}`]);
    }
  });
  it('follow an unknown outcome only if the rules list it', () => {
    const atMostOnce = ledgerOf(thrice);
    atMostOnce.look('09:01:00');
    expect(atMostOnce.end(41, '09:01:01', 'failed')).to.deep.equal(['41 failed OUTCOME_UNKNOWN']);
    const again = ledgerOf({ retry: { ...thrice.retry, retryOn: ['unknown'] } });
    again.look('09:01:00');
    expect(again.end(41, '09:01:01', 'failed')).to.deep.equal(['41 failed attempt 1 OUTCOME_UNKNOWN, again 09:01:11']);
  });
});

describe('a job that keeps failing', () => {
  const fails = (ledger: ReturnType<typeof ledgerOf>, minute: number): void => {
    const id = Number(ledger.look(`09:0${minute}:00`)[0]?.split(' ')[0]);
    ledger.end(id, `09:0${minute}:01`, 'failed', 'HTTP_404');
  };
  it('is disabled after a number of failures in a row, with no further call before that', () => {
    const ledger = ledgerOf({ disableAfter: 2 });
    fails(ledger, 1);
    expect(ledger.nextLook()).to.equal(at('09:01:59.800'));
    fails(ledger, 2);
    expect(ledger.runs().failuresInRow).to.equal(2);
    expect(ledger.nextLook()).to.equal(Number.NEGATIVE_INFINITY);
    expect(ledger.look('09:03:00')).to.deep.equal([]);
    expect(ledger.edit('09:03:10', 'disabled')).to.deep.equal(['missed 09:03-09:03 DISABLED', 'taken']);
    expect(ledger.nextLook()).not.to.equal(Number.NEGATIVE_INFINITY);
  });
  it('is counted again after a success, and after it was enabled again', () => {
    const ledger = ledgerOf({ disableAfter: 2 });
    fails(ledger, 1);
    ledger.look('09:02:00');
    ledger.end(42, '09:02:01');
    expect(ledger.runs().failuresInRow).to.equal(0);
    fails(ledger, 3);
    ledger.edit('09:03:10', 'disabled');
    ledger.edit('09:03:20', 'enabled');
    expect(ledger.runs().failuresInRow).to.equal(0);
  });
  it('counts executions and not attempts, and none that was cancelled', () => {
    const ledger = ledgerOf({ disableAfter: 2, overlap: 'replace', retry: { maxAttempts: 2 } });
    ledger.look('09:01:00');
    ledger.end(41, '09:01:01', 'failed', 'HTTP_503');
    expect(ledger.runs().failuresInRow).to.equal(0);
    ledger.look('09:01:20');
    ledger.end(41, '09:01:21', 'failed', 'HTTP_503');
    expect(ledger.runs().failuresInRow).to.equal(1);
    ledger.look('09:02:00');
    ledger.look('09:03:00');
    ledger.end(43, '09:03:01', 'failed', 'HTTP_503');
    expect(ledger.runs().failuresInRow).to.equal(1);
  });
  it('is not counted without the rule, and no tail reports it', () => {
    const ledger = ledgerOf({});
    fails(ledger, 1);
    expect(tailOf(ledger.runs())).not.to.have.property('failuresInRow');
  });
});
