import { expect } from 'chai';
import type { OpenExecution, RunEvent } from '../../../../src/domain/events/index.ts';
import { evolveRuns, initialRuns, type Runs } from '../../../../src/domain/execution/tail.ts';
import {
  countExpiry,
  expireExecutions,
  horizonOf,
  type StoredRunEvent,
  wantedHorizonMs,
} from '../../../../src/domain/retention/expire-executions.ts';
import { toInstant } from '../../../../src/domain/values.ts';
import { specOf } from '../../../support/given.ts';
import { runsOf } from '../../../support/run-events.ts';

const at = (clock: string): number => Date.parse(`2026-03-01T${clock}Z`);
const HOUR_MS = 3_600_000;
const job = { tenant: 'acme', applicationId: 3, jobId: 7 };
const { given } = specOf<Runs, RunEvent>(initialRuns, evolveRuns);

/** Events as the log has them: each recorded when it says so. */
const stored = (...events: readonly (readonly [clock: string, event: RunEvent])[]): StoredRunEvent[] =>
  events.map(([clock, event], revision) => ({ ...event, revision, recordedAt: at(clock) }));

const countedTo = (horizon: string, events: readonly StoredRunEvent[]) => {
  const count = countExpiry(undefined, at(horizon));
  for (const event of events) count.take(event);
  return count;
};

const expire = (horizon: string, events: readonly StoredRunEvent[], nextSlotMs?: number) => (runs: Runs) =>
  expireExecutions(runs, {
    ...{ job, wantedMs: at('14:00:00.001'), nextSlotMs, stepMs: HOUR_MS },
    horizonMs: at(horizon),
    counted: countedTo(horizon, events).counted(),
    countedBy: initialRuns,
    revision: events.length,
  });

const oneOfTenAndOneOfTwelve = (): StoredRunEvent[] => {
  const runs = runsOf(7);
  return stored(
    ['10:00:00', runs.start(40, at('10:00:00'))],
    ['10:00:01', runs.succeed(40, at('10:00:01'))],
    ['12:30:00', runs.start(41, at('12:30:00'))],
    ['12:30:01', runs.fail(41, at('12:30:01'))],
  );
};

describe('expire executions', () => {
  it('keeps executions recorded after the count', () => {
    const events = oneOfTenAndOneOfTwelve();
    const runs = events.reduce<Runs>(evolveRuns, initialRuns);
    const [expired] = expireExecutions(runs, {
      ...{ job, wantedMs: at('14:00:00.001'), nextSlotMs: undefined, stepMs: HOUR_MS },
      horizonMs: at('12:00:00'),
      counted: countedTo('12:00:00', events.slice(0, 2)).counted(),
      countedBy: initialRuns,
      revision: events.length,
    });
    expect(expired?.data).to.include({ keptFrom: 2 });
  });

  it('states what expired, and moves the cursor so that no slot before is called again', () => {
    const runs = runsOf(7);
    const events = stored(
      ['10:00:00', runs.start(40, at('10:00:00'))],
      ['10:00:01', runs.succeed(40, at('10:00:01'))],
      ['11:00:00', runs.miss(at('11:00:00'))],
      ['12:30:00', runs.start(41, at('12:30:00'))],
      ['12:30:01', runs.fail(41, at('12:30:01'))],
    );
    const last = events[4];
    if (last === undefined) throw new Error('no event');
    const before = '2026-03-01T12:00:00.000Z';
    const missed = { outcome: 'missed' as const, reason: 'ENGINE_DOWN', slots: 1 };
    given(...events)
      .when(expire('12:00:00', events))
      .thenOnce({
        type: 'ExecutionsExpired',
        data: {
          ...job,
          before,
          keptFrom: 3,
          totals: {
            ...{ succeeded: 1, failed: 0, cancelled: 0, called: { '': 1 } },
            ...{ notCalled: [missed], ids: { first: 40, last: 40 } },
          },
          tail: { ...last.data.tail, cursor: before, expired: { before, revision: 5 } },
        },
      });
  });

  it('counts an execution that ended after the retention cutoff, whose last events are kept', () => {
    const runs = runsOf(7);
    const events = stored(
      ['11:59:00', runs.start(40, at('11:59:00'))],
      ['12:00:30', runs.fail(40, at('12:00:30'))],
      ['12:01:00', runs.start(41, at('12:01:00'))],
    );
    const { keptFrom, totals } = countedTo('12:00:00', events).counted();
    expect({ keptFrom, failed: totals.failed, ids: totals.ids }).to.deep.equal({
      keptFrom: 1,
      failed: 1,
      ids: { first: 40, last: 40 },
    });
  });

  it('keeps executions recorded or created exactly at the retention cutoff', () => {
    const runs = runsOf(7);
    const before = ['11:59:59.999', runs.miss(at('11:59:00'))] as const;
    const recorded = stored(before, ['12:00:00', runs.miss(at('11:59:30'))]);
    expect(countedTo('12:00:00', recorded).counted()).to.deep.include({ keptFrom: 1, ranges: 1 });
    // By the clock of the process that asked for it, which is a little ahead of the log's.
    const created = stored(before, ['11:59:59.999', runs.start(40, at('12:00:00'))]);
    expect(countedTo('12:00:00', created).counted()).to.deep.include({ keptFrom: 1, ranges: 1, executions: 0 });
    const { jobRevision: _, after: from, until: to, first: createdAt, ...ofJob } = runs.miss(at('12:00:00')).data;
    const request = { backfillId: 5, from, to, reprocess: 'all' as const, parallel: 1, total: 0, createdBy: 'ann' };
    const requested: RunEvent = { type: 'BackfillRequested', data: { ...ofJob, ...request, createdAt } };
    const backfilled = stored(before, ['11:59:59.999', requested]);
    expect(countedTo('12:00:00', backfilled).counted()).to.deep.include({ keptFrom: 1, ranges: 1 });
  });

  it('counts once what was created exactly at the retention cutoff of an earlier expiry', () => {
    const runs = runsOf(7);
    const events = stored(['12:00:00', runs.start(40, at('12:00:00'))], ['12:00:01', runs.succeed(40, at('12:00:01'))]);
    const first = countedTo('12:00:00', events).counted();
    expect(first).to.deep.include({ keptFrom: 0, executions: 0 });
    const count = countExpiry({ ...first, before: toInstant(at('12:00:00')) }, at('13:00:00'));
    for (const event of events) count.take(event);
    expect(count.counted()).to.deep.include({ keptFrom: 2, executions: 1 });
  });

  it('is complete an hour after the retention cutoff, that moment included', () => {
    const runs = runsOf(7);
    const isCompleteAt = (clock: string) =>
      countedTo('12:00:00', stored([clock, runs.miss(at('12:59:00'))])).isComplete();
    expect([isCompleteAt('12:59:59.999'), isCompleteAt('13:00:00')]).to.deep.equal([false, true]);
  });

  it('continues counting after an earlier expiry', () => {
    const first = oneOfTenAndOneOfTwelve();
    const { keptFrom = 0, totals, activeDefinition } = countedTo('12:00:00', first).counted();
    const earlier = { before: toInstant(at('12:00:00')), keptFrom, totals, activeDefinition };
    const count = countExpiry(earlier, at('13:00:00'));
    for (const event of first.slice(keptFrom)) count.take(event);
    expect(count.counted().totals).to.deep.include({
      ...{ succeeded: 1, failed: 1, called: { '': 2 } },
      ids: { first: 40, last: 41 },
    });
  });

  it('records nothing if nothing expires', () => {
    given().when(expire('12:00:00', [])).thenNothing();
  });

  it('records nothing if something was opened in the meantime that would expire', () => {
    const runs = runsOf(7);
    const events = stored(['10:00:00', runs.start(40, at('10:00:00'))], ['10:00:01', runs.succeed(40, at('10:00:01'))]);
    const opened = runs.start(41, at('11:30:00'));
    given(...events, opened)
      .when(expire('12:00:00', events))
      .thenNothing();
  });

  it('records nothing if more has expired in the meantime, as what was counted may have been cut before', () => {
    const events = oneOfTenAndOneOfTwelve();
    const [other] = expire('12:00:00', events)(events.reduce(evolveRuns, initialRuns));
    if (other === undefined) throw new Error('nothing has expired');
    given(...events, other)
      .when(expire('13:00:00', events.slice(2)))
      .thenNothing();
  });

  const open = (clock: string): OpenExecution => {
    const instant = toInstant(at(clock));
    return {
      ...{ executionId: 40, attempt: 1, state: 'running' as const, trigger: 'schedule' as const },
      ...{ scheduledAt: instant, createdAt: instant },
    };
  };
  const until = (clock: string) => toInstant(at(clock));
  const waiting = {
    ...{ backfillId: 5, parallel: 1, createdBy: 'ann', after: until('09:30:00'), until: until('10:30:00') },
    schedule: { pattern: '* * * * *', timezone: 'UTC', scheduleSince: '2026-01-01T00:00:00.000Z' },
  };
  const bounds: readonly [string, Partial<Runs>, string | undefined][] = [
    ['the oldest open execution', { open: [open('10:30:00'), open('11:30:00')] }, '10:00:00'],
    ['an execution that was opened at a full hour', { open: [open('10:00:00')] }, '09:00:00'],
    [
      'late slots that are still to be called',
      { catchUp: [{ afterMs: at('11:10:00'), untilMs: at('13:00:00') }] },
      '11:00:00',
    ],
    ['a backfill that waits', { backfills: [waiting] }, '09:00:00'],
    ['what is wanted', {}, '14:00:00'],
    ['the horizon that there is', { expired: { before: until('14:00:00'), revision: 3 } }, undefined],
  ];
  for (const [what, runs, expected] of bounds) {
    it(`is bounded by ${what}`, () => {
      const horizonMs = horizonOf(
        { ...initialRuns, ...runs },
        { wantedMs: at('14:00:00'), nextSlotMs: undefined, stepMs: HOUR_MS },
      );
      expect(horizonMs).to.equal(expected === undefined ? undefined : at(expected));
    });
  }

  it('is bounded by the next slot that should be settled', () => {
    const wanted = { wantedMs: at('14:00:00'), nextSlotMs: at('12:15:00'), stepMs: HOUR_MS };
    expect(horizonOf(initialRuns, wanted)).to.equal(at('12:00:00'));
  });
});

const DAY_MS = 86_400_000;
const NOW_MS = 1_000 * DAY_MS;
type Input = Omit<Parameters<typeof wantedHorizonMs>[0], 'nowMs'>;
/** How many days ago what expires was created at the latest. */
const daysAgo = (input: Partial<Input>): number | undefined => {
  const nothing: Input = { retention: undefined, longestMs: undefined, lastKeptMs: undefined };
  const wantedMs = wantedHorizonMs({ ...nothing, ...input, nowMs: NOW_MS });
  return wantedMs === undefined ? undefined : (NOW_MS - wantedMs) / DAY_MS;
};

const ago = (days: number): number => NOW_MS - days * DAY_MS;

describe('the retention cutoff of a job', () => {
  it('is nowhere if no one states anything', () => {
    expect(daysAgo({})).to.equal(undefined);
  });
  it('is the age of the job, and no more than that of the installation', () => {
    expect(daysAgo({ longestMs: 90 * DAY_MS })).to.equal(90);
    expect(daysAgo({ retention: { maxAge: '40d' } })).to.equal(40);
    expect(daysAgo({ retention: { maxAge: '40d' }, longestMs: 90 * DAY_MS })).to.equal(40);
    expect(daysAgo({ retention: { maxAge: '200d' }, longestMs: 90 * DAY_MS })).to.equal(90);
  });
  it('stops at the last ones that are kept although they are older, but not beyond the installation', () => {
    const retention = { maxAge: '40d', keepLast: 3 };
    expect(daysAgo({ retention, lastKeptMs: ago(60) })).to.equal(60);
    expect(daysAgo({ retention, lastKeptMs: ago(10) }), 'there are more that are young enough').to.equal(40);
    expect(daysAgo({ retention }), 'there are fewer').to.equal(undefined);
    expect(daysAgo({ retention, lastKeptMs: ago(60), longestMs: 50 * DAY_MS })).to.equal(50);
    expect(daysAgo({ retention, longestMs: 50 * DAY_MS })).to.equal(50);
  });
});
