import { expect } from 'chai';
import { createWatchdog } from '../../../../src/engine/cluster/watchdog.ts';
import type { EngineSetup } from '../../../../src/engine/context.ts';
import { memoryLog, storeOver } from '../../../support/engines.ts';
import { stub } from '../../../support/stub.ts';
import { manualWorld } from '../../../support/world.ts';

describe('the watchdog of an engine', () => {
  const watching = () => {
    const world = manualWorld();
    const log = { isSilent: false, end: '1', reached: '1' };
    const store = storeOver(memoryLog(world), { before: () => (log.isSilent ? new Promise(() => {}) : undefined) });
    const ended = { ...store, end: async () => (await store.end()) ?? log.end };
    const watchdog = createWatchdog(stub<EngineSetup>({ store: ended, world, stopping: new AbortController().signal }));
    watchdog.start(
      () => log.reached,
      async () => {},
    );
    return { world, log, watchdog };
  };

  it('finds a log that is silent, by reading its end', async () => {
    const { world, log, watchdog } = watching();
    await world.advance(30_000);
    expect(watchdog.standstill()).to.equal(undefined);
    log.isSilent = true;
    await world.advance(11_000);
    expect(watchdog.standstill()).to.equal(undefined);
    await world.advance(2_000);
    expect(watchdog.standstill()).to.deep.equal({ why: 'the log does not respond to reads', sinceMs: 32_000 });
  });

  it('finds a subscription that does not move while the log continues, until it does', async () => {
    const { world, log, watchdog } = watching();
    log.end = '2';
    await world.advance(14_000);
    const why = 'the subscription does not reach the end of the log';
    expect(watchdog.standstill()).to.deep.equal({ why, sinceMs: 2_000 });
    [log.end, log.reached] = ['4', '3'];
    await world.advance(2_000);
    expect(watchdog.standstill()).to.equal(undefined);
  });
});
