import { expect } from 'chai';
import { withCommonTime } from '../../../src/compose/core.ts';
import type { EngineProcesses } from '../../../src/compose/engine-processes.ts';
import type { ListWatch } from '../../../src/compose/lists.ts';
import { readinessOf } from '../../../src/compose/readiness.ts';
import type { Role } from '../../../src/compose/roles.ts';
import type { Shared } from '../../../src/compose/shared.ts';
import type { Stalls } from '../../../src/compose/stall-monitor.ts';
import { defined } from '../../../src/domain/defined.ts';
import type { Publisher, PublisherState } from '../../../src/publisher/publisher.ts';
import { stub } from '../../support/stub.ts';
import { manualWorld } from '../../support/world.ts';

const SINCE = '2026-01-01T00:00:00.000Z';
const WHY = 'connect ECONNREFUSED 10.0.0.7:9092';

type Given = {
  readonly state?: PublisherState;
  readonly why?: string;
  readonly others?: Pick<EngineProcesses, 'issues'>;
  readonly listsAreMade?: boolean;
};

describe('readiness', () => {
  const readiness = (roles: readonly Role[], { state, why, others, listsAreMade = true }: Given = {}) => {
    const world = manualWorld();
    const status = { publishedEvents: 0, publishedMessages: 0, lagMs: undefined, position: undefined };
    const shared = stub<Shared>({
      roles,
      pool: stub<Shared['pool']>({ query: async () => JSON.parse('{}') }),
      parked: stub<Shared['parked']>({ all: () => [] }),
      issues: stub<Shared['issues']>({ all: () => [] }),
      world: withCommonTime(world),
    });
    const publishing = state && { ...status, state, sinceMs: world.clock.now(), ...defined({ why }) };
    return readinessOf(shared, {
      projections: undefined,
      engine: undefined,
      others: others && stub<EngineProcesses>(others),
      publisher: publishing && stub<Publisher>({ status: () => publishing }),
      lists: roles.includes('api')
        ? stub<ListWatch>({
            areMade: () => listsAreMade,
            issues: () => [{ component: 'lists', since: SINCE }],
          })
        : undefined,
      stalls: stub<Stalls>({ all: () => [] }),
    })();
  };

  it('makes no progress if an engine that it started does not work, and stays in service', async () => {
    const trouble = { component: 'engine 2', since: SINCE, reason: 'its process ended with SIGKILL' };
    const found = await readiness(['engine'], { others: { issues: () => [trouble] } });
    expect(found).to.deep.include({ ready: true, makesProgress: false, degraded: [trouble] });
  });

  it('gets no requests before the read models of its release are made', async () => {
    const { ready, roles } = await readiness(['api'], { listsAreMade: false });
    expect([ready, roles.api?.ready, roles.api?.reason]).to.deep.equal([
      false,
      false,
      'The read models of this version do not exist yet. Start a process with the role projections.',
    ]);
  });

  it('lacks a publisher that comes to no broker', async () => {
    expect(await readiness(['publisher'], { state: 'retrying', why: WHY })).to.deep.equal({
      ready: false,
      makesProgress: false,
      roles: { publisher: { ready: false, reason: WHY } },
      degraded: [{ component: 'kafka', since: SINCE, reason: WHY }],
    });
    const starting = await readiness(['engine', 'publisher'], { state: 'starting' });
    expect(starting.ready).to.equal(false);
    expect(starting.roles.publisher).to.deep.equal({ ready: false, reason: 'the publisher is starting' });
  });

  for (const state of ['publishing', 'standby'] as const) {
    it(`has a publisher that is ${state}`, async () => {
      const found = await readiness(['publisher'], { state });
      expect(found).to.deep.equal({
        ready: true,
        makesProgress: true,
        roles: { publisher: { ready: true } },
        degraded: [],
      });
    });
  }

  it('has a publisher that is off without Kafka, and states so', async () => {
    const found = await readiness(['publisher']);
    expect(found.roles).to.deep.equal({ publisher: { ready: true, reason: 'off: KAFKA_BROKERS is not set' } });
  });

  it('keeps an API process in service, and reports the issue', async () => {
    const found = await readiness(['api', 'publisher'], { state: 'retrying', why: WHY });
    expect(found.ready).to.equal(true);
    expect(found.makesProgress, 'lists are behind').to.equal(false);
    expect(found.roles.publisher?.ready).to.equal(false);
    expect(found.degraded.map(({ component }) => component)).to.have.members(['lists', 'kafka']);
  });
});
