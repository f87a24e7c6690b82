import { expect } from 'chai';
import { DEAD_AFTER_MS } from '../../../src/engine/ownership.ts';
import { createPulses } from '../../../src/engine/pulses.ts';

const SERVER_MS = Date.UTC(2026, 0, 1);

/** A beats whenever it is looked at, B never again after the first look. */
const look = (pulses: ReturnType<typeof createPulses>, atMs: number, putForwardMs = 0) =>
  pulses.hear({
    serverMs: SERVER_MS + atMs + putForwardMs,
    members: [
      { engineId: 'b', silentMs: atMs + putForwardMs },
      { engineId: 'a', silentMs: putForwardMs },
    ],
    atMs,
  });

describe('pulses', () => {
  it('count an engine as alive until it was silent for two leases', () => {
    const pulses = createPulses();
    look(pulses, 0);
    look(pulses, DEAD_AFTER_MS);
    expect(pulses.living()).to.deep.equal(['a', 'b']);
    look(pulses, DEAD_AFTER_MS + 1);
    expect(pulses.living()).to.deep.equal(['a']);
    expect(pulses.isDead('a')).to.equal(false);
    expect(pulses.isDead('b')).to.equal(true);
  });
  it('leave an engine alive that was heard, whatever the clock of Postgres says', () => {
    const pulses = createPulses();
    look(pulses, 0);
    look(pulses, 1_000);
    look(pulses, 2_000, 3_600_000);
    expect(pulses.living()).to.deep.equal(['a']);
    expect(pulses.isDead('a')).to.equal(false);
    expect(pulses.isDead('b')).to.equal(false);
  });
  it('give one that was found silent the time to be heard, and none to one that left', () => {
    const pulses = createPulses();
    look(pulses, 60_000);
    expect(pulses.living()).to.deep.equal(['a']);
    expect(pulses.isDead('b')).to.equal(false);
    look(pulses, 60_001 + DEAD_AFTER_MS);
    expect(pulses.isDead('b')).to.equal(true);
    expect(pulses.isDead('c')).to.equal(true);
  });
});
