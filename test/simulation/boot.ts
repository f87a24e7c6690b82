import type { SecretEdge } from '../../src/commands/applications/secret-edge.ts';
import { createCommands } from '../../src/commands/index.ts';
import type { EventLog } from '../../src/commands/loop/handle-command.ts';
import { createIds } from '../../src/commands/loop/ids.ts';
import type { Answer } from '../../src/commands/loop/requests/answers.ts';
import { type RepeatableRequest, runOnce } from '../../src/commands/loop/requests/run-once.ts';
import type { CommandContext, Commands } from '../../src/commands/port.ts';
import { TaskConfig } from '../../src/domain/events/index.ts';
import { createSensitiveNames } from '../../src/domain/redaction/index.ts';
import { createCommonTime } from '../../src/engine/cluster/common-time.ts';
import { createTimeKeeper } from '../../src/engine/cluster/time-keeper.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { createRunTask, type Opener } from '../../src/engine/run/run-task.ts';
import { createLanes } from '../../src/event-store/lanes.ts';
import type { EventStore } from '../../src/event-store/port.ts';
import { createKeyRing, type KeyRing } from '../../src/secrets/key-ring.ts';
import { createSealer, type Sealer } from '../../src/secrets/sealer.ts';
import type { World } from '../../src/world.ts';
import { LOG_ID } from './log-link.ts';
import type { Machine } from './machine.ts';
import type { Weather } from './plan.ts';
import type { SimulatedPostgres } from './postgres.ts';
import type { Sabotage } from './sabotage.ts';
import type { Targets } from './targets.ts';

/** Nothing in the simulation's jobs is secret; its application has a secret that is set again and again. */
const edgesOf = (log: EventLog, ring: KeyRing) => ({
  tasks: {
    check: async () => [],
    seal: async (task: unknown) => TaskConfig.parse(task),
    sealOf: async () => (task: unknown) => TaskConfig.parse(task),
  },
  secrets: secretEdgeOf(createSealer({ ...log, ring })),
});

const secretEdgeOf = (sealer: Sealer): SecretEdge => ({
  ...sealer,
  seal: async ({ tenant, applicationId, name }, clear) =>
    (await sealer.freshKeysOf(tenant, applicationId)).seal(clear, { kind: 'secret', name }),
});

const RING_KEYS = ['odd', 'even'].map((id, byte) => `${id}:${Buffer.alloc(32, byte).toString('base64')}`);
/** Of two keys all have both; which one is current is not the same for all. */
const ringOf = ({ name }: Machine): KeyRing =>
  createKeyRing((/[13579]$/.test(name) ? RING_KEYS : [...RING_KEYS].reverse()).join());

const opener: Opener = {
  task: ({ taskConfig: { headers: _, auth: __, body: ___, ...task } }) => ({ task, secrets: [] }),
  secret: () => {
    throw new Error('the simulation has no secrets');
  },
  seal: () => {
    throw new Error('nothing is sealed in the simulation');
  },
};

type Parts = {
  readonly machine: Machine;
  readonly store: EventStore;
  readonly postgres: SimulatedPostgres;
  readonly targets: Targets;
  readonly weather: Weather;
  readonly sabotage: Sabotage;
};

/** What a process answers callers by. */
export type Api = {
  readonly commands: Commands;
  readonly once: (request: RepeatableRequest, run: (context: CommandContext) => Promise<Answer>) => Promise<Answer>;
};

/** A process with an API alone, wired as compose wires it; it answers once it knows the time. */
export const bootApi = ({ machine, store, postgres }: Pick<Parts, 'machine' | 'store' | 'postgres'>) => {
  const time = createCommonTime(machine.world.clock, machine.world.log);
  const log = { store, lanes: createLanes(), world: { ...machine.world, clock: time } };
  const keeper = createTimeKeeper({ serverTime: postgres.timeOf(machine), time, world: machine.world });
  return { keeper, api: apiOf(log, idsOf(log), ringOf(machine)) };
};

const apiOf = (log: EventLog, ids: ReturnType<typeof idsOf>, ring: KeyRing): Api => ({
  commands: createCommands({ admitJob: async () => {}, ...log, ...ids, ...edgesOf(log, ring) }),
  once: (request, run) => runOnce(log, request, run),
});

const idsOf = (log: EventLog) => ({
  jobIds: createIds(log, 'jobs'),
  applicationIds: createIds(log, 'applications'),
  executionIds: createIds(log, 'executions'),
});

/** A process with an engine and an API, wired as compose wires them. */
export const bootEngine = ({ machine, store, postgres, targets, weather, sabotage }: Parts) => {
  const time = createCommonTime(machine.world.clock, machine.world.log);
  const world: World = { ...machine.world, clock: time };
  const log = { store, lanes: createLanes(), world };
  const ids = idsOf(log);
  const runTask = createRunTask({
    maxTimeoutMs: 1_800_000,
    world,
    names: createSensitiveNames(),
    caller: targets.callerOf({ ...machine, world }),
    openerOf: async () => opener,
  });
  const engine: Engine = createEngine({
    ...log,
    logId: LOG_ID,
    time,
    membership: sabotage.membership?.(postgres.membershipOf(machine)) ?? postgres.membershipOf(machine),
    zoneData: '2026a',
    alone: false,
    loadSchedule: postgres.scheduleOf(machine),
    executionIds: ids.executionIds,
    runTask: sabotage.runTask?.(runTask, store) ?? runTask,
    concurrency: weather.concurrency,
    targetConcurrency: weather.targetConcurrency,
    definitionBytes: weather.definitionBytes,
  });
  return { engine, api: apiOf(log, ids, ringOf(machine)) };
};
