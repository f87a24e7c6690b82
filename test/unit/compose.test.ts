import { expect } from 'chai';
import { pino } from 'pino';
import { withCommonTime } from '../../src/compose/core.ts';
import type { Shared } from '../../src/compose/shared.ts';
import { HEARTBEAT_EVERY_MS, showReadModels, startHeartbeat } from '../../src/compose.ts';
import type { Queries } from '../../src/projections/queries/index.ts';
import { nodeRuntime } from '../../src/runtime/node-runtime.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { stub } from '../support/stub.ts';
import { manualWorld } from '../support/world.ts';

const start = () => {
  const world = manualWorld();
  const calls: string[] = [];
  const watch = { makesProgress: true, status: 200, isSilent: false };
  const fetch: typeof globalThis.fetch = async (url, request) => {
    calls.push(String(url));
    if (watch.isSilent) await new Promise((_, reject) => request?.signal?.addEventListener('abort', reject));
    return new Response(null, { status: watch.status });
  };
  const url = 'https://watch.example.com/carillon';
  const heartbeat = startHeartbeat(url, async () => watch.makesProgress, { fetch, world });
  return { world, calls, watch, heartbeat };
};

describe('the heartbeat to an external monitor', () => {
  it('is sent every 30 s while there is progress, and not while there is none', async () => {
    const { world, calls, watch, heartbeat } = start();
    await world.advance(HEARTBEAT_EVERY_MS);
    expect(calls).to.deep.equal(Array(2).fill('https://watch.example.com/carillon'));
    watch.makesProgress = false;
    await world.advance(10 * HEARTBEAT_EVERY_MS);
    expect(calls).to.have.length(2);
    watch.makesProgress = true;
    await world.advance(HEARTBEAT_EVERY_MS);
    expect(calls).to.have.length(3);
    await heartbeat.stop();
  });

  it('logs once that the watch fails, and once that it works again', async () => {
    const { world, watch, heartbeat } = start();
    watch.status = 500;
    await world.advance(3 * HEARTBEAT_EVERY_MS);
    watch.status = 200;
    await world.advance(2 * HEARTBEAT_EVERY_MS);
    const told = world.lines.filter(({ level }) => level !== 'debug').map(({ message }) => message);
    expect(told).to.deep.equal(['calls of HEARTBEAT_URL fail', 'calls of HEARTBEAT_URL work again']);
    await heartbeat.stop();
  });

  it('waits 10 s for a silent monitor, and calls it again 30 s later', async () => {
    const { world, calls, watch, heartbeat } = start();
    watch.isSilent = true;
    await world.advance(9_999);
    expect(world.lines).to.deep.equal([]);
    await world.advance(1);
    expect(world.lines.map(({ message }) => message)).to.include('calls of HEARTBEAT_URL fail');
    watch.isSilent = false;
    await world.advance(HEARTBEAT_EVERY_MS);
    expect(calls).to.have.length(2);
    await heartbeat.stop();
  });

  it('ends with its process', async () => {
    const { world, calls, heartbeat } = start();
    await heartbeat.stop();
    await world.advance(2 * HEARTBEAT_EVERY_MS);
    expect(calls).to.have.length(1);
  });
});

describe('what the read models count, as metrics', () => {
  const NONE = { active: 0, disabled: 0, paused: 0, blocked: 0, failing: 0, completed: 0, parked: 0 };

  it('has the jobs in each state counted once a minute, however often it is scraped', async () => {
    let [nowMs, requested] = [0, 0];
    const jobStates: Queries['jobStates'] = async () => {
      requested += 1;
      if (requested === 2) throw new Error('Postgres is away');
      return { ...NONE, active: requested };
    };
    const metrics = createMetrics();
    const { timers, clock } = nodeRuntime(pino({ enabled: false }));
    const shared = stub<Shared>({
      queries: stub<Shared['queries']>({
        jobStates,
        slotCounts: async () => ({ fired: 0, late: {}, skipped: {}, missed: {} }),
        expiredSoFar: async () => ({ executions: 0, before: undefined }),
      }),
      metrics,
      world: withCommonTime(stub<Runtime>({ timers, clock: { ...clock, monotonic: () => nowMs } })),
    });
    showReadModels(shared);
    const active = async (): Promise<string | undefined> =>
      /^carillon_jobs\{state="active"\} (\d+)$/m.exec((await metrics.render()).text)?.[1];

    expect(await Promise.all([active(), active()])).to.deep.equal(['1', '1']);
    nowMs = 59_999;
    expect(await active()).to.equal('1');
    nowMs = 60_000;
    expect([await active(), await active()]).to.deep.equal([undefined, undefined]);
    nowMs = 120_000;
    expect(await active()).to.equal('3');
  });
});
