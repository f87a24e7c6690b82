import { expect } from 'chai';
import { DEAD_AFTER_MS } from '../../../src/engine/ownership.ts';
import { createPulses } from '../../../src/engine/pulses.ts';

const SERVER_MS = Date.UTC(2026, 0, 1);

const member = (engineId: string, silentMs: number) => ({ engineId, zoneData: '2026a', joinedMs: SERVER_MS, silentMs });

/** A beats whenever it is looked at, B never again after the first look. */
const look = (pulses: ReturnType<typeof createPulses>, atMs: number, putForwardMs = 0) =>
  pulses.hear({
    serverMs: SERVER_MS + atMs + putForwardMs,
    members: [member('b', atMs + putForwardMs), member('a', putForwardMs)],
    atMs,
  });

const livingIn = (pulses: ReturnType<typeof createPulses>) => pulses.living().map(({ engineId }) => engineId);

describe('pulses', () => {
  it('count an engine as alive until it was silent for two leases', () => {
    const pulses = createPulses();
    look(pulses, 0);
    look(pulses, DEAD_AFTER_MS);
    expect(livingIn(pulses)).to.deep.equal(['a', 'b']);
    look(pulses, DEAD_AFTER_MS + 1);
    expect(livingIn(pulses)).to.deep.equal(['a']);
    expect(pulses.isDead('a')).to.equal(false);
    expect(pulses.isDead('b')).to.equal(true);
  });
  it('leave an engine alive that was heard, whatever the clock of Postgres says', () => {
    const pulses = createPulses();
    look(pulses, 0);
    look(pulses, 1_000);
    look(pulses, 2_000, 3_600_000);
    expect(livingIn(pulses)).to.deep.equal(['a']);
    expect(pulses.isDead('a')).to.equal(false);
    expect(pulses.isDead('b')).to.equal(false);
  });
  it('give one that was found silent the time to be heard, and none to one that left', () => {
    const pulses = createPulses();
    look(pulses, 60_000);
    expect(livingIn(pulses)).to.deep.equal(['a']);
    expect(pulses.isDead('b')).to.equal(false);
    look(pulses, 60_001 + DEAD_AFTER_MS);
    expect(pulses.isDead('b')).to.equal(true);
    expect(pulses.isDead('c')).to.equal(true);
  });
  it('hear in the log who is silent in Postgres', () => {
    const pulses = createPulses();
    look(pulses, 0);
    pulses.hearInLog({ engineId: 'b', revision: 0, atMs: 2_000 });
    pulses.hearInLog({ engineId: 'b', revision: 1, atMs: 6_000 });
    look(pulses, 6_000 + DEAD_AFTER_MS);
    expect(livingIn(pulses)).to.deep.equal(['a', 'b']);
    expect(pulses.isDead('b')).to.equal(false);
    // The same beat again is no sign of life.
    pulses.hearInLog({ engineId: 'b', revision: 1, atMs: 6_000 + DEAD_AFTER_MS });
    look(pulses, 6_001 + DEAD_AFTER_MS);
    expect(livingIn(pulses)).to.deep.equal(['a']);
    expect(pulses.isDead('b')).to.equal(true);
  });
  it('take one that Postgres does not know for dead once it is silent in the log', () => {
    const pulses = createPulses();
    look(pulses, 0);
    pulses.hearInLog({ engineId: 'c', revision: 7, atMs: 1_000 });
    look(pulses, 1_000 + DEAD_AFTER_MS);
    expect(pulses.isDead('c')).to.equal(false);
    look(pulses, 1_001 + DEAD_AFTER_MS);
    expect(pulses.isDead('c')).to.equal(true);
  });
});
