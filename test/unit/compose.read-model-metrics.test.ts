import { expect } from 'chai';
import { pino } from 'pino';
import { withCommonTime } from '../../src/compose/core.ts';
import type { Shared } from '../../src/compose/shared.ts';
import { showReadModels } from '../../src/compose.ts';
import type { Queries } from '../../src/projections/queries/index.ts';
import { nodeRuntime } from '../../src/runtime/node-runtime.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { stub } from '../support/stub.ts';

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
