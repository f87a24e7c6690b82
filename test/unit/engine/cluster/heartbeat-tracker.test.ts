import { expect } from 'chai';
import { createHeartbeatTracker } from '../../../../src/engine/cluster/heartbeat-tracker.ts';
import type { Member } from '../../../../src/engine/ports.ts';

const SERVER_MS = Date.UTC(2026, 0, 1);
const SECOND_MS = 1_000;
const DEAD_AFTER_MS = 10_000;

type Row = Pick<Member, 'beatenMs'> & Partial<Member>;

/** Pulses as an engine feels them that beats each second, whose answers name these engines. */
const listening = () => {
  const pulses = createHeartbeatTracker(DEAD_AFTER_MS);
  const rows = new Map<string, Row>();
  let atMs = 0;
  const response = () => {
    const members = [...rows].map(([engineId, row]) => {
      const usual = { zoneData: '2026a', timeoutMs: DEAD_AFTER_MS, joinedMs: SERVER_MS, silentMs: 0 };
      return { engineId, ...usual, state: 'working' as const, ...row };
    });
    pulses.hear({ members, atMs });
  };
  const beat = (engineId: string) => rows.set(engineId, { beatenMs: SERVER_MS + atMs });
  return {
    rows,
    beat,
    /** Answers come each second, and these engines beat. */
    listen: (forMs: number, ...beating: readonly string[]) => {
      for (const untilMs = atMs + forMs; atMs < untilMs; ) {
        atMs += SECOND_MS;
        for (const engineId of beating) beat(engineId);
        response();
      }
    },
    /** No answer comes. */
    pause: (forMs: number) => {
      atMs += forMs;
    },
    hearInLog: (engineId: string, revision: number) => pulses.hearInLog({ engineId, revision, atMs }),
    living: () => pulses.living().map(({ engineId }) => engineId),
    isDead: pulses.isDead,
  };
};

describe('pulses', () => {
  it('count an engine as alive until it was silent for two leases', () => {
    const { listen, living, isDead } = listening();
    listen(SECOND_MS, 'a', 'b');
    listen(DEAD_AFTER_MS, 'a');
    expect(living()).to.deep.equal(['a', 'b']);
    expect(isDead('b')).to.equal(false);
    listen(SECOND_MS, 'a');
    expect(living()).to.deep.equal(['a']);
    expect(isDead('a')).to.equal(false);
    expect(isDead('b')).to.equal(true);
  });
  it('use the timeout of each engine', () => {
    const { rows, beat, listen, living, isDead } = listening();
    listen(SECOND_MS, 'a', 'b');
    rows.set('b', { beatenMs: SERVER_MS + SECOND_MS, timeoutMs: 3_000 });
    listen(3_000, 'a');
    expect([living(), isDead('b')]).to.deep.equal([['a', 'b'], false]);
    listen(SECOND_MS, 'a');
    expect([living(), isDead('b')]).to.deep.equal([['a'], true]);
    beat('c');
    listen(9 * SECOND_MS, 'a');
    expect(living(), 'others have longer').to.deep.equal(['a', 'c']);
  });
  it('receive heartbeats after the clock of Postgres was set forward or back', () => {
    const { rows, listen, living, isDead } = listening();
    listen(SECOND_MS, 'a', 'b');
    for (const putMs of [3_600_000, -3_600_000]) {
      rows.set('a', { beatenMs: SERVER_MS + putMs, silentMs: Math.max(0, putMs) });
      listen(DEAD_AFTER_MS, 'b');
      expect(living()).to.have.members(['a', 'b']);
    }
    // It beat before the clock was put back, and then no more.
    rows.set('b', { beatenMs: SERVER_MS + 7_200_000, silentMs: -7_200_000 });
    listen(SECOND_MS, 'a');
    listen(DEAD_AFTER_MS + SECOND_MS, 'a');
    expect(living()).to.deep.equal(['a']);
    expect(isDead('b')).to.equal(true);
  });
  it('take one that Postgres no longer names for silent, not for dead', () => {
    const { rows, listen, living, isDead } = listening();
    listen(SECOND_MS, 'a', 'b');
    rows.clear();
    listen(5 * SECOND_MS, 'a');
    expect(living()).to.deep.equal(['a', 'b']);
    expect(isDead('b')).to.equal(false);
    listen(DEAD_AFTER_MS, 'a', 'b');
    expect(living()).to.deep.equal(['a', 'b']);
    rows.clear();
    listen(DEAD_AFTER_MS + SECOND_MS, 'a');
    expect(isDead('b')).to.equal(true);
  });
  it('count no time without possible heartbeats', () => {
    const { listen, pause, living, isDead } = listening();
    listen(SECOND_MS, 'a', 'b');
    pause(60 * SECOND_MS);
    listen(SECOND_MS, 'a');
    expect(living()).to.deep.equal(['a', 'b']);
    expect(isDead('b')).to.equal(false);
    listen(DEAD_AFTER_MS, 'a');
    expect(isDead('b')).to.equal(false);
    listen(SECOND_MS, 'a');
    expect(isDead('b')).to.equal(true);
  });
  it('give no jobs to a silent engine until its next heartbeat, and give its runs time to be received', () => {
    const { rows, listen, living, isDead } = listening();
    rows.set('b', { beatenMs: SERVER_MS - 60_000, silentMs: 60_000 });
    listen(SECOND_MS, 'a');
    expect(living()).to.deep.equal(['a']);
    expect(isDead('b')).to.equal(false);
    listen(SECOND_MS, 'a', 'b');
    expect(living()).to.deep.equal(['a', 'b']);
    listen(DEAD_AFTER_MS + SECOND_MS, 'a');
    expect(isDead('b')).to.equal(true);
  });
  it('give no jobs to one once it was silent for two leases in all, also from before it was found', () => {
    const { rows, listen, living, isDead } = listening();
    rows.set('b', { beatenMs: SERVER_MS - 6_000, silentMs: 6_000 });
    listen(4 * SECOND_MS, 'a');
    expect(living()).to.have.members(['a', 'b']);
    listen(2 * SECOND_MS, 'a');
    expect(living()).to.deep.equal(['a']);
    expect(isDead('b')).to.equal(false);
  });
  it('listen for one that no one named before it is dead', () => {
    const { listen, isDead } = listening();
    listen(SECOND_MS, 'a');
    expect(isDead('c')).to.equal(false);
    listen(DEAD_AFTER_MS, 'a');
    expect(isDead('c')).to.equal(false);
    listen(SECOND_MS, 'a');
    expect(isDead('c')).to.equal(true);
  });
  it('declare one dead immediately that left in order', () => {
    const { rows, listen, living, isDead } = listening();
    listen(SECOND_MS, 'a', 'b');
    rows.set('b', { beatenMs: SERVER_MS, state: 'left' });
    listen(SECOND_MS, 'a');
    expect(living()).to.deep.equal(['a']);
    expect(isDead('b')).to.equal(true);
  });
  it('find in the log heartbeats of engines that are silent in Postgres', () => {
    const { listen, hearInLog, living, isDead } = listening();
    listen(SECOND_MS, 'a', 'b');
    hearInLog('b', 0);
    listen(5 * SECOND_MS, 'a');
    hearInLog('b', 1);
    listen(DEAD_AFTER_MS, 'a');
    expect(living()).to.deep.equal(['a', 'b']);
    expect(isDead('b')).to.equal(false);
    // The same beat again is no sign of life.
    hearInLog('b', 1);
    listen(SECOND_MS, 'a');
    expect(living()).to.deep.equal(['a']);
    expect(isDead('b')).to.equal(true);
  });
});
