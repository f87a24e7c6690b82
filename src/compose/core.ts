import type { AlertPorts } from '../alerts/ports.ts';
import { type Alerter, createAlerter } from '../alerts/watch-rules.ts';
import { type CheckReceivers, checkReceivers } from '../commands/alert-rule/check-receivers.ts';
import { type OpenReceiver, openReceiver } from '../commands/alert-rule/open-receiver.ts';
import { loadApplicationOf } from '../commands/application/applications.ts';
import type { CommandContext } from '../commands/command.ts';
import type { CommandDeps } from '../commands/command-deps.ts';
import { type Commands, createCommands } from '../commands/index.ts';
import type { TaskPorts } from '../commands/job/task-ports.ts';
import { type AllIds, createAllIds } from '../commands/loop/ids.ts';
import { loadApplication } from '../commands/loop/load.ts';
import type { Answer } from '../commands/loop/requests/answers.ts';
import { type RepeatableRequest, runOnce } from '../commands/loop/requests/run-once.ts';
import type { Tenant } from '../domain/values.ts';
import { type CommonTime, createCommonTime, createTimeKeeper, type TimeKeeper } from '../engine/cluster/common-time.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import type { EngineDeps } from '../engine/parts.ts';
import type { RunTask } from '../engine/run/begin-call.ts';
import {
  createRunTask,
  createSendTask,
  type RunTaskDeps,
  type SendTask,
  type SendTaskDeps,
} from '../engine/run/send-task.ts';
import type { EventStore } from '../event-store/port.ts';
import { createStreamQueues } from '../event-store/stream-queues.ts';
import { createHookCaller, type HookPorts } from '../operations/call-hooks.ts';
import type { OperationPorts } from '../operations/change-item.ts';
import { createEraser, type ErasurePorts } from '../operations/erase-tenant.ts';
import { createRetention, type RetentionPorts } from '../operations/retention.ts';
import { createOperationRunner } from '../operations/run-operation.ts';
import type { WorkRunner } from '../runtime/leased-work.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { NO_KEYS, needsKeys } from '../secrets/application-keys.ts';
import type { KeyRing } from '../secrets/key-ring.ts';
import { createSealer, type Sealer } from '../secrets/sealer.ts';
import { openTask } from '../secrets/task-secrets.ts';

/** The world of a process, with the clock that all processes share. */
export type CommonRuntime = Runtime & { readonly clock: CommonTime };

export const withCommonTime = (local: Runtime): CommonRuntime => ({
  ...local,
  clock: createCommonTime(local.clock, local.log),
});

type CorePorts<Tasks extends TaskPorts> = Omit<CommandDeps, 'lanes' | 'tasks' | 'secrets' | keyof AllIds> & {
  readonly world: CommonRuntime;
  readonly ring: KeyRing;
  /** Builds the checks of tasks, which seal with this sealer. */
  readonly tasksOf: (sealer: Sealer) => Tasks;
};

type EnginePorts = Omit<
  EngineDeps,
  'home' | 'store' | 'lanes' | 'world' | 'time' | 'executionIds' | 'commands' | 'runTask' | 'tracer'
> &
  Pick<RunTaskDeps, 'caller' | 'names' | 'maxTimeoutMs' | 'completionUrlOf'> & {
    /** Returns this function with what watches its calls. */
    readonly watched: (runTask: RunTask) => RunTask;
  };

export type Core<Tasks extends TaskPorts> = {
  readonly commands: Commands;
  readonly tasks: Tasks;
  /** Runs a request that has an `Idempotency-Key`. */
  once(request: RepeatableRequest, run: (context: CommandContext) => Promise<Answer>): Promise<Answer>;
  /** Builds the engine of this process. */
  engineOf(ports: EnginePorts): Engine;
  /** Builds what calls a task that no engine has claimed. */
  sendTaskOf(ports: Pick<SendTaskDeps, 'caller' | 'names' | 'maxTimeoutMs'>): SendTask;
  /** Builds what carries out bulk operations in this process. */
  operationsOf(ports: Omit<OperationPorts, 'commands' | 'tracer'> & Pick<CommandDeps, 'jobClosures'>): WorkRunner;
  /** Builds what erases tenants in this process. */
  eraserOf(ports: Omit<ErasurePorts, 'commands'>): WorkRunner;
  /** Builds what lets executions expire in this process. */
  retentionOf(ports: RetentionPorts): WorkRunner;
  /** Builds what calls hooks in this process. */
  hookCallerOf(ports: HookPorts): WorkRunner;
  /** Builds what watches alert rules in this process. */
  alerterOf(ports: Omit<AlertPorts, 'logId'>): Alerter;
  /** Opens the signing keys of an application. */
  signingKeysOf(tenant: Tenant, applicationId: number): Promise<readonly string[]>;
  /** Opens the secret that a receiver of alerts is called with. */
  readonly openReceiver: OpenReceiver;
  /** Checks where a rule would send its notifications, as the command does that sets it. */
  readonly checkReceivers: CheckReceivers;
  /** Undefined where the tenant has no such application. */
  applicationNameOf(tenant: Tenant, applicationId: number): Promise<string | undefined>;
  /** Builds what keeps a process without an engine on the common time. */
  timeKeeperOf(serverTime: () => Promise<number>): TimeKeeper;
  /** Gives back the ids that this process has reserved and not used; called when nothing of it decides any more. */
  giveIdsBack(): Promise<void>;
};

/**
 * Builds what decides and appends in a process, from ports only, so that the simulation wires it just as the service
 * does. All of it shares the lanes of appends, the sealer and the ids of executions.
 */
export const createCore = <Tasks extends TaskPorts>(ports: CorePorts<Tasks>): Core<Tasks> => {
  const { ring, tasksOf, ...given } = ports;
  const { home, store, world, tracer } = given;
  const log = { store, lanes: createStreamQueues(), world };
  const sealer = createSealer({ ...log, ring });
  const tasks = tasksOf(sealer);
  const ids = createAllIds(log);

  const commandDeps: CommandDeps = {
    ...given,
    ...log,
    ...ids,
    tasks,
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
  const commands = createCommands(commandDeps);
  /** Of what ends the things of an erased tenant, and of engines, which end only what is there. */
  const everyTenants = createCommands({ ...commandDeps, admitTenant: async () => {} });

  const openerOf: RunTaskDeps['openerOf'] = async (definition, { usesKeys }) => {
    const { tenant, applicationId } = definition;
    const keys = usesKeys || needsKeys(definition) ? await sealer.keysOf(tenant, applicationId) : NO_KEYS;
    return {
      task: (job) => openTask(job, keys),
      secret: (name, sealed) => keys.unseal(sealed, { kind: 'secret', name }),
      tlsKey: (name, sealed) => keys.unseal(sealed, { kind: 'tls', name }),
      seal: (clear) => keys.seal(clear, { kind: 'result' }),
    };
  };

  return {
    commands,
    tasks,
    once: (request, run) => runOnce(log, request, run),
    engineOf: ({ caller, names, maxTimeoutMs, completionUrlOf, watched, ...engine }) =>
      createEngine({
        ...log,
        home,
        ...engine,
        time: world.clock,
        executionIds: ids.executionIds,
        commands: everyTenants,
        tracer,
        runTask: watched(createRunTask({ world, caller, names, maxTimeoutMs, completionUrlOf, openerOf })),
      }),
    sendTaskOf: (ports) => createSendTask({ world, openerOf, ...ports }),
    operationsOf: ({ jobClosures, ...ports }) =>
      createOperationRunner({ ...log, ...ports, commands: createCommands({ ...commandDeps, jobClosures }), tracer }),
    eraserOf: (ports) => createEraser({ ...log, ...ports, commands: everyTenants }),
    retentionOf: (ports) => createRetention({ ...log, ...ports }),
    hookCallerOf: (ports) => createHookCaller({ ...log, ...ports }),
    alerterOf: (ports) => createAlerter({ ...log, ...ports, logId: home.logId }),
    signingKeysOf: signingKeysOf(store, sealer),
    openReceiver: openReceiver(commandDeps),
    checkReceivers: (input) => checkReceivers(commandDeps, input),
    applicationNameOf: async (tenant, applicationId) => (await loadApplicationOf(store, applicationId, tenant))?.name,
    timeKeeperOf: (serverTime) => createTimeKeeper({ serverTime, time: world.clock, world }),
    giveIdsBack: async () => {
      await Promise.allSettled(Object.values(ids).map((each) => each.giveBack()));
    },
  };
};

/** Opens the secrets of an application that sign what it sends. */
const signingKeysOf =
  (store: EventStore, sealer: Sealer): Core<TaskPorts>['signingKeysOf'] =>
  async (tenant, applicationId) => {
    const { state: application } = await loadApplication(store, applicationId);
    const secrets = application?.tenant === tenant ? (application.secrets ?? []) : [];
    const signing = secrets.filter((secret) => secret.signing);
    if (signing.length === 0) return [];
    const keys = await sealer.keysOf(tenant, applicationId);
    return signing.map(({ name, value }) => keys.unseal(value, { kind: 'secret', name }));
  };
