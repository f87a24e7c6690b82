import { expect } from 'chai';
import { withCommonTime } from '../../../src/compose/core.ts';
import type { Shared } from '../../../src/compose/shared.ts';
import { watchStalls } from '../../../src/compose/stall-monitor.ts';
import { toInstant } from '../../../src/domain/values.ts';
import type { EventStore } from '../../../src/event-store/port.ts';
import type { Metrics } from '../../../src/telemetry/metrics.ts';
import { stub } from '../../support/stub.ts';
import { manualWorld } from '../../support/world.ts';

const SECOND_MS = 1_000;

describe('a stall', () => {
  const watching = () => {
    const world = manualWorld();
    const log = { isSilent: false, end: '1' };
    const jobs = { component: 'projection jobs', isReading: true, position: '1' };
    const gauges = new Map<string, () => number | Promise<number>>();
    const shared = stub<Shared>({
      store: stub<EventStore>({ end: () => (log.isSilent ? new Promise(() => {}) : Promise.resolve(log.end)) }),
      world: withCommonTime(world),
      metrics: stub<Metrics>({ gauge: (name, read) => void gauges.set(name, read) }),
    });
    const stalls = watchStalls(shared, { readers: () => [jobs], engineSinceMs: () => undefined });
    const gauge = (name: string) => gauges.get(name)?.();
    return { world, log, jobs, stalls, gauge };
  };

  it('is reported for a projection that does not advance although the log does', async () => {
    const { world, log, jobs, stalls, gauge } = watching();
    await world.advance(60 * SECOND_MS);
    expect(stalls.all()).to.deep.equal([]);
    log.end = '2';
    await world.advance(25 * SECOND_MS);
    const since = toInstant(world.clock.now() - 20 * SECOND_MS);
    const reason = 'it does not reach the end of the log';
    expect(stalls.all()).to.deep.equal([{ component: 'projection jobs', reason, since }]);
    expect(gauge('carillon_readers_stalled_seconds')).to.equal(20);
    [jobs.position, log.end] = ['2', '3'];
    await world.advance(5 * SECOND_MS);
    expect(stalls.all()).to.deep.equal([]);
    expect(gauge('carillon_readers_stalled_seconds')).to.equal(0);
  });

  it('is not reported for work of another process', async () => {
    const { world, log, jobs, stalls } = watching();
    [jobs.isReading, log.end] = [false, '2'];
    await world.advance(60 * SECOND_MS);
    expect(stalls.all()).to.deep.equal([]);
  });

  it('is a silent log', async () => {
    const { world, log, stalls, gauge } = watching();
    await world.advance(SECOND_MS);
    log.isSilent = true;
    await world.advance(24 * SECOND_MS);
    const since = toInstant(world.clock.now() - 20 * SECOND_MS);
    expect(stalls.all()).to.deep.equal([{ component: 'log', reason: 'it does not respond', since }]);
    expect(gauge('carillon_log_silent_seconds')).to.equal(20);
  });
});
