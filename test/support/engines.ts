import { createApplicationMemory } from '../../src/commands/application/application-memory.ts';
import type { CommandContext } from '../../src/commands/command.ts';
import type { CommandDeps, ListLivingEngines } from '../../src/commands/command-deps.ts';
import { type Commands, createCommands } from '../../src/commands/index.ts';
import { createAllIds } from '../../src/commands/loop/ids.ts';
import { createCommonTime } from '../../src/engine/cluster/common-time.ts';
import type { EngineDeps } from '../../src/engine/context.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { createClosureTable } from '../../src/engine/jobs/closures.ts';
import type { Member, Membership } from '../../src/engine/ports.ts';
import type { Claim } from '../../src/engine/run/open-calls.ts';
import type { RunTask, TaskRunner } from '../../src/engine/run/send-task.ts';
import { createStreamQueues } from '../../src/event-store/append-with-retry.ts';
import type { Codec } from '../../src/event-store/codec.ts';
import type { EventStore } from '../../src/event-store/port.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { NO_TRACES } from '../../src/telemetry/tracer.ts';
import { codec } from './codec.ts';
import { MEMORY_HOME } from './home.ts';
import { createMemoryLog, type MemoryLog } from './memory-log.ts';
import { createMemoryEventStore, type Faults } from './memory-store.ts';
import { NEVER_CLOSED, NO_ALERTS, NO_BOUNDS, NO_ENGINES, NO_USES } from './none.ts';
import { okResult } from './run-events.ts';
import { UNSEALED_TASKS } from './unsealed-tasks.ts';
import { type ManualWorld, manualWorld } from './world.ts';

export const memoryLog = ({ clock }: ManualWorld): MemoryLog => createMemoryLog({ now: clock.now });

/** A process's store over a log that several processes share. */
export const storeOver = (log: MemoryLog, faults: Faults = {}, by: Codec = codec): EventStore =>
  createMemoryEventStore({ codec: by, now: () => 0, log, faults });

/** Ports without sealing. */
export const edges = {
  tasks: UNSEALED_TASKS,
  secrets: {
    seal: async () => {
      throw new Error('nothing is sealed here');
    },
    open: async () => {
      throw new Error('nothing is sealed here');
    },
    sealResult: () => Promise.reject(new Error('no result is sealed here')),
    currentGeneration: async () => undefined,
    rewrap: async () => false,
    erase: async () => {},
  },
};

export type CommandPorts = Partial<
  Pick<CommandDeps, 'lanes' | 'jobClosures' | 'livingEngines' | 'home' | 'secrets' | 'alerts' | 'holdings'>
> & { readonly readModels?: Partial<CommandDeps['readModels']> };

/** The commands of a separate process. */
export const commandsOver = (
  store: EventStore,
  world: Runtime,
  {
    lanes = createStreamQueues(),
    jobClosures = NEVER_CLOSED,
    livingEngines = NO_ENGINES,
    home = MEMORY_HOME,
    readModels,
    secrets = edges.secrets,
    alerts = NO_ALERTS,
    holdings = NO_BOUNDS,
  }: CommandPorts = {},
): Commands => {
  const log = { store, lanes, world };
  return createCommands({
    home,
    holdings,
    applications: createApplicationMemory(store),
    admitTenant: async () => {},
    readModels: { ...NO_USES, ...readModels },
    alerts,
    jobClosures,
    livingEngines,
    tracer: NO_TRACES,
    ...log,
    ...createAllIds(log),
    tasks: edges.tasks,
    secrets,
  });
};

export const asAnn: CommandContext = {
  tenant: 'acme',
  actor: { type: 'user', name: 'ann' },
  correlationId: 'c1',
};

/** What a caller gives to have a job. */
export const jobInput = (applicationId: number, other: object = {}) => ({
  applicationId,
  name: 'sync',
  pattern: '*/5 * * * * *',
  taskType: 'HttpInvokerTask',
  taskConfig: { method: 'POST', url: 'https://example.com/sync' },
  ...other,
});

/** Creates a job, and the application `crm` for it. */
export const addJob = async (
  commands: Pick<Commands, 'createApplication' | 'createJob'>,
  other: object = {},
): Promise<{ readonly applicationId: number; readonly jobId: number }> => {
  const { applicationId } = (await commands.createApplication(asAnn, { name: 'crm' })).value;
  const { jobId } = (await commands.createJob(asAnn, jobInput(applicationId, other))).value.job;
  return { applicationId, jobId };
};

/** Postgres's table of engines, and its clock. */
export const engineTable = (world: ManualWorld) => {
  const rows = new Map<string, Omit<Member, 'engineId' | 'silentMs'> & { takenPosition?: string | undefined }>();
  let putMs = 0;
  const now = (): number => world.clock.now() + putMs;
  const membership: Membership = {
    beat: async ({ engineId, zoneData, timeoutMs, joinedMs, state: own, takenPosition }, asking) => {
      const serverMs = now();
      const state = rows.get(engineId)?.state === 'left' ? 'left' : own;
      const heard = { zoneData, timeoutMs, joinedMs: joinedMs ?? serverMs, beatenMs: serverMs };
      rows.set(engineId, { ...heard, state, takenPosition });
      asking?.();
      const members = [...rows].map(([id, row]) => ({ engineId: id, ...row, silentMs: serverMs - row.beatenMs }));
      return { serverMs, members };
    },
    leave: async (engineId) => {
      const row = rows.get(engineId);
      if (row !== undefined) rows.set(engineId, { ...row, state: 'left' });
    },
  };
  const put = (byMs: number): void => {
    putMs += byMs;
  };
  /** Empties the table, like a crash of Postgres empties an unlogged one. */
  const lose = (): void => rows.clear();
  /** The engines that have not left. */
  const living: ListLivingEngines = async () =>
    [...rows].flatMap(([engineId, { state, takenPosition }]) =>
      state === 'left' ? [] : [{ engineId, takenPosition }],
    );
  return { membership, living, now, put, lose };
};

/** A machine with a log in memory, the engines' table, and a process's store and commands. */
export const inMemory = (ports: CommandPorts = {}) => {
  const world = manualWorld();
  const log = memoryLog(world);
  const store = storeOver(log);
  return { world, log, store, table: engineTable(world), commands: commandsOver(store, world, ports) };
};

/** A call that was made. */
export type Made = {
  readonly claim: Claim;
  readonly atMs: number;
  readonly url: string | undefined;
  readonly body: unknown;
};

type Over = Partial<EngineDeps> &
  Pick<EngineDeps, 'store' | 'membership'> & {
    readonly world: ManualWorld;
    /** Makes each call, prepared or not. */
    readonly runTask?: RunTask;
  };

/** Makes calls by this function alone. */
export const tasksBy = (run: RunTask): TaskRunner => ({
  run,
  prepare: (call) => {
    const controller = new AbortController();
    const values = () => Promise.reject(new Error('a plain call takes no values'));
    return {
      send: () => {
        const { claim, definition, completionToken, signingKeys, tls, traceparent } = call;
        const { signal } = controller;
        const mayStillCall = (origin: string) => call.mayStillCall(origin);
        const plain = { claim, definition, completionToken, signingKeys, tls, traceparent, mayStillCall };
        void run({ ...plain, values, signal }).then((outcome) => call.ended(outcome));
      },
      abort: () => controller.abort(),
    };
  },
});

/** An engine whose calls succeed immediately and are recorded. */
export const engineOver = ({
  store,
  world: local,
  runTask: given,
  ...other
}: Over): { engine: Engine; calls: Made[]; now(): number } => {
  const calls: Made[] = [];
  const time = createCommonTime(local.clock, local.log);
  const world: Runtime = { ...local, clock: time };
  const log = { store, lanes: createStreamQueues(), world };
  const runTask: RunTask = async ({ claim, definition, mayStillCall }) => {
    const finishedAtMs = time.now();
    if (!mayStillCall('https://example.com')) return 'withheld';
    const { url, body } = definition.taskConfig;
    calls.push({ claim, atMs: local.clock.monotonic(), url, body });
    return { kind: 'succeeded', startedAtMs: finishedAtMs, finishedAtMs, result: okResult };
  };
  const engine = createEngine({
    ...log,
    logId: 'log',
    home: MEMORY_HOME,
    startMode: 'running',
    time,
    zoneData: '2026a',
    timeoutMs: 10_000,
    alone: false,
    loadSchedule: async () => ({ position: undefined }),
    ...createAllIds(log),
    commands: commandsOver(store, world),
    closures: createClosureTable(),
    tracer: NO_TRACES,
    concurrency: 100,
    targetConcurrency: 100,
    loggedShare: 1,
    definitionBytes: 1_000_000,
    turnSize: 500,
    lastBeats: async () => new Map(),
    offerWork: async () => {
      throw new Error('nothing is offered here');
    },
    ...other,
    tasks: other.tasks ?? tasksBy(given ?? runTask),
  });
  return { engine, calls, now: time.now };
};
