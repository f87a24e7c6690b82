import { createApplicationMemory } from '../commands/application/application-memory.ts';
import type { CommandContext } from '../commands/command.ts';
import type { CommandDeps } from '../commands/command-deps.ts';
import { type Commands, createCommands } from '../commands/index.ts';
import type { TaskPorts } from '../commands/job/check-task.ts';
import { type AllIds, createAllIds } from '../commands/loop/ids.ts';
import { loadApplication } from '../commands/loop/load.ts';
import type { KeyedResponse } from '../commands/loop/requests/keyed-events.ts';
import { type RepeatableRequest, runOnce } from '../commands/loop/requests/run-once.ts';
import type { Tenant } from '../domain/values.ts';
import { type CommonTime, createCommonTime } from '../engine/cluster/common-time.ts';
import type { Opener } from '../engine/run/prepare-call.ts';
import type { SendTaskDeps } from '../engine/run/send-task.ts';
import { createStreamQueues, type StreamQueues } from '../event-store/append-with-retry.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type ApplicationKeys, NO_KEYS, needsKeys } from '../secrets/application-keys.ts';
import type { KeyRing } from '../secrets/key-ring.ts';
import { createSealer, type Sealer } from '../secrets/sealer.ts';
import { openTask } from '../secrets/task-secrets.ts';

/** The runtime of a process, with the clock that all processes share. */
export type CommonRuntime = Runtime & { readonly clock: CommonTime };

export const withCommonTime = (local: Runtime): CommonRuntime => ({
  ...local,
  clock: createCommonTime(local.clock, local.log),
});

type CorePorts = Omit<CommandDeps, 'lanes' | 'tasks' | 'secrets' | 'applications' | keyof AllIds> & {
  readonly world: CommonRuntime;
  readonly ring: KeyRing;
  /** Creates the task ports, which seal with this sealer. */
  readonly tasksOf: (sealer: Sealer) => TaskPorts;
};

/** The parts of a process that decide and append. They share the queues of appends, the sealer and the allocated ids. */
export type Core = CommandDeps & {
  readonly world: CommonRuntime;
  readonly lanes: StreamQueues;
  readonly commands: Commands;
  /** Commands that also work for erased tenants: for the erasure, and for engines, which only end existing work. */
  readonly everyTenants: Commands;
  /** Opens what a job's task needs. */
  readonly openerOf: SendTaskDeps['openerOf'];
  /** Opens the signing keys of an application. */
  readonly signingKeysOf: (tenant: Tenant, applicationId: number) => Promise<readonly string[]>;
  /** Runs a request with an `Idempotency-Key`. */
  once(request: RepeatableRequest, run: (context: CommandContext) => Promise<KeyedResponse>): Promise<KeyedResponse>;
  /** Returns reserved, unused ids; called when nothing decides any more. */
  giveIdsBack(): Promise<void>;
};

/** Creates the core from ports only, so that the simulation and the service wire it identically. */
export const createCore = ({ ring, tasksOf, ...ports }: CorePorts): Core => {
  const { store, world } = ports;
  const log = { store, lanes: createStreamQueues(), world };
  const sealer = createSealer({ ...log, ring });
  const ids = createAllIds(log);
  const deps: CommandDeps = {
    ...ports,
    ...log,
    ...ids,
    tasks: tasksOf(sealer),
    applications: createApplicationMemory(store),
    secrets: {
      ...sealer,
      seal: async ({ tenant, applicationId }, clear, use) =>
        (await sealer.freshKeysOf(tenant, applicationId)).seal(clear, use),
      open: async ({ tenant, applicationId }, sealed, use) =>
        (await sealer.keysOf(tenant, applicationId)).unseal(sealed, use),
      sealResult: async ({ tenant, applicationId }, clear) =>
        (await sealer.existingKeysOf(tenant, applicationId))?.seal(clear, { kind: 'result' }),
    },
  };
  return {
    ...deps,
    lanes: log.lanes,
    world,
    commands: createCommands(deps),
    everyTenants: createCommands({ ...deps, admitTenant: async () => {} }),
    openerOf: (definition, { usesKeys }) => {
      const { tenant, applicationId } = definition;
      if (!usesKeys && !needsKeys(definition)) return WITHOUT_KEYS;
      return sealer.keysOf(tenant, applicationId).then(openerWith);
    },
    signingKeysOf: signingKeysOf(store, sealer),
    once: (request, run) => runOnce(log, request, run),
    giveIdsBack: async () => {
      await Promise.allSettled(Object.values(ids).map((each) => each.giveBack()));
    },
  };
};

const openerWith = (keys: ApplicationKeys): Opener => ({
  task: (job) => openTask(job, keys),
  work: (job) => openTask(job, keys),
  secret: (name, sealed) => keys.unseal(sealed, { kind: 'secret', name }),
  tlsKey: (name, sealed) => keys.unseal(sealed, { kind: 'tls', name }),
  seal: (clear) => keys.seal(clear, { kind: 'result' }),
  sealWork: (clear, name) => keys.seal(clear, { kind: 'work', name }),
});
const WITHOUT_KEYS = openerWith(NO_KEYS);

/** Opens an application's signing secrets. */
const signingKeysOf =
  (store: EventStore, sealer: Sealer): Core['signingKeysOf'] =>
  async (tenant, applicationId) => {
    const { state: application } = await loadApplication(store, applicationId);
    const secrets = application?.tenant === tenant ? (application.secrets ?? []) : [];
    const signing = secrets.filter((secret) => secret.signing);
    if (signing.length === 0) return [];
    const keys = await sealer.keysOf(tenant, applicationId);
    return signing.map(({ name, value }) => keys.unseal(value, { kind: 'secret', name }));
  };

/** The parts of the core that an engine uses. */
export const engineCore = ({ home, store, lanes, world, executionIds, everyTenants, tracer }: Core) => ({
  home,
  store,
  lanes,
  world,
  executionIds,
  tracer,
  time: world.clock,
  commands: everyTenants,
});
