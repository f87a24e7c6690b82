import { type BeatWork, createBeatWork } from '../../src/commands/execution/beat-work.ts';
import { createWorkTakes, type TakeWork } from '../../src/commands/execution/work-takes.ts';
import { createCommands } from '../../src/commands/index.ts';
import type { EventLog } from '../../src/commands/loop/handle-command.ts';
import { readModelsOf } from '../../src/commands/read-models.ts';
import { expireJob } from '../../src/commands/retention.ts';
import { type Core, createCore, engineCore, withCommonTime } from '../../src/compose/core.ts';
import { createSensitiveNames } from '../../src/domain/redaction/mask.ts';
import { runsStream } from '../../src/domain/streams.ts';
import { createTimeKeeper } from '../../src/engine/cluster/common-time.ts';
import { livingEnginesOf } from '../../src/engine/cluster/list-engines.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { createClosureTable } from '../../src/engine/jobs/closures.ts';
import { createOfferWork } from '../../src/engine/run/offer-work.ts';
import { createTaskRunner } from '../../src/engine/run/send-task.ts';
import { createStreamQueues } from '../../src/event-store/append-with-retry.ts';
import { comparePositions, type EventStore } from '../../src/event-store/port.ts';
import { createOperationRunner } from '../../src/operations/run-operation.ts';
import type { WorkRunner } from '../../src/runtime/leased-work.ts';
import { createKeyRing, type KeyRing } from '../../src/secrets/key-ring.ts';
import { NO_TRACES } from '../../src/telemetry/tracer.ts';
import { tasksBy } from '../support/engines.ts';
import { MEMORY_HOME } from '../support/home.ts';
import { NO_ALERTS, NO_BOUNDS, NO_USES } from '../support/none.ts';
import { UNSEALED_TASKS } from '../support/unsealed-tasks.ts';
import { applicationUsesOf } from './application-uses.ts';
import type { Asked } from './carry-out.ts';
import { LOG_ID } from './log-link.ts';
import type { Machine } from './machine.ts';
import { type Plan, turnsOf } from './plan.ts';
import type { SimulatedPostgres } from './postgres.ts';
import type { Sabotage } from './sabotage.ts';
import { slotHistoriesOf } from './slot-histories.ts';
import type { Targets } from './targets.ts';

/** Nothing in the simulation's jobs is secret; its application has a secret that is set again and again. */
const RING_KEYS = ['odd', 'even'].map((id, byte) => `${id}:${Buffer.alloc(32, byte).toString('base64')}`);
/** Of two keys all have both; which one is current is not the same for all. */
const ringOf = ({ name }: Machine): KeyRing =>
  createKeyRing((/[13579]$/.test(name) ? RING_KEYS : [...RING_KEYS].reverse()).join());

type Parts = {
  readonly machine: Machine;
  readonly store: EventStore;
  readonly postgres: SimulatedPostgres;
  readonly targets: Targets;
  readonly plan: Plan;
  readonly sabotage: Sabotage;
};

/** What a process answers callers by. */
export type Api = Pick<Core, 'commands' | 'once'> &
  Pick<Asked, 'expire'> & { readonly takeWork: TakeWork; readonly beatWork: BeatWork };

const coreOf = ({ machine, store, postgres }: Pick<Parts, 'machine' | 'store' | 'postgres'>) => {
  const world = withCommonTime(machine.world);
  const core = createCore({
    home: MEMORY_HOME,
    store,
    world,
    ring: ringOf(machine),
    tasksOf: () => UNSEALED_TASKS,
    holdings: NO_BOUNDS,
    admitTenant: async () => {},
    readModels: {
      ...NO_USES,
      ...applicationUsesOf(machine, store, postgres),
      findJobs: readModelsOf({ store, queries: postgres.queriesOf(machine), world: machine.world }).findJobs,
      slotHistory: slotHistoriesOf(machine, store, postgres),
    },
    alerts: NO_ALERTS,
    jobClosures: postgres.jobClosuresOf({ ...machine, world }, store),
    livingEngines: livingEnginesOf({ engines: postgres.enginesOf(machine) }, store, world.clock),
    tracer: NO_TRACES,
  });
  const log = { store, lanes: createStreamQueues(), world };
  const work = postgres.workOf({ ...machine, world });
  const ofWork = { ...core, ...work, shownTo: postgres.checkpoint };
  const { take: takeWork, feed } = createWorkTakes(ofWork);
  const workers = { takeWork, beatWork: createBeatWork({ ...ofWork, ...log, feed }) };
  return { world, core: { ...core, ...workers, expire: expirerOf(log) } };
};

/** As a round of retention does with one job; horizons are whole seconds, as a simulation takes no days. */
const expirerOf =
  (log: EventLog): Api['expire'] =>
  async (jobId, keepMs) => {
    const expired = await expireJob(log)(jobId, { wantedMs: log.world.clock.now() - keepMs, stepMs: 1_000 });
    if (expired !== undefined) await log.store.truncateBefore(runsStream(jobId), expired.keptFrom);
  };

type OperationParts = Pick<Parts, 'machine' | 'store' | 'postgres'> & { readonly core: Core };

/** How often the read models are asked whether they show what the log holds, and how long at a time. */
const POLL_INTERVAL_MS = 100;
const LOOKS = 100;

const operationsOf = ({ machine, store, postgres, core }: OperationParts): WorkRunner =>
  createOperationRunner({
    ...core,
    commands: createCommands({ ...core, jobClosures: postgres.jobClosuresOf(machine, store) }),
    queries: postgres.queriesOf(machine),
    leases: postgres.leasesOf(machine),
    countTrigger: () => {},
    caughtUp: async () => {
      const end = await store.end();
      for (let looks = 0; looks < LOOKS; looks++) {
        const reached = postgres.checkpoint();
        if (end === undefined || (reached !== undefined && comparePositions(end, reached) <= 0)) return true;
        await machine.world.timers.sleep(POLL_INTERVAL_MS);
      }
      return false;
    },
  });

/** A process with an API alone; it answers once it knows the time. */
export const bootApi = ({ machine, store, postgres }: Pick<Parts, 'machine' | 'store' | 'postgres'>) => {
  const { world, core: api } = coreOf({ machine, store, postgres });
  const operations = operationsOf({ machine, store, postgres, core: api });
  return {
    keeper: createTimeKeeper(world, world.clock, postgres.timeOf(machine)),
    api,
    operations,
  };
};

/** A process with an engine and an API. */
export const bootEngine = ({ machine, store, postgres, targets, plan, sabotage }: Parts) => {
  const { weather } = plan;
  const { world, core: api } = coreOf({ machine, store, postgres });
  const membership = postgres.membershipOf(machine);
  const loadSchedule = postgres.scheduleOf(machine);
  const tasks = createTaskRunner({
    ...api,
    caller: targets.callerOf({ ...machine, world }),
    names: createSensitiveNames(),
    maxTimeoutMs: 1_800_000,
    completionUrlOf: ({ executionId }) => `https://carillon.test/executions/${executionId}/complete`,
  });
  const engine = createEngine({
    ...engineCore(api),
    logId: LOG_ID,
    startMode: 'running',
    membership: sabotage.membership?.(membership) ?? membership,
    zoneData: '2026a',
    timeoutMs: plan.timeouts?.[machine.name] ?? 10_000,
    alone: false,
    closures: sabotage.closures?.(createClosureTable()) ?? createClosureTable(),
    loadSchedule: sabotage.loadSchedule?.(loadSchedule) ?? loadSchedule,
    concurrency: weather.concurrency,
    targetConcurrency: weather.targetConcurrency,
    loggedShare: 1,
    definitionBytes: weather.definitionBytes,
    turnSize: turnsOf(plan).size,
    lastBeats: postgres.workOf(machine).beats.lastBeats,
    offerWork: createOfferWork({ ...api, names: createSensitiveNames() }),
    tasks: sabotage.runTask === undefined ? tasks : tasksBy(sabotage.runTask(tasks.run, store)),
  });
  return { engine, api, operations: operationsOf({ machine, store, postgres, core: api }) };
};
