import type { CommandContext } from '../../src/commands/command.ts';
import { type Commands, createCommands } from '../../src/commands/index.ts';
import { createAllIds } from '../../src/commands/loop/ids.ts';
import { DomainEvent, TaskConfig } from '../../src/domain/events/index.ts';
import { createCodec } from '../../src/event-store/codec.ts';
import { createLanes, type Lanes } from '../../src/event-store/lanes.ts';
import { readable } from '../../src/event-store/last-event.ts';
import { type EventStore, LOG_START, type RecordedEvent } from '../../src/event-store/port.ts';
import type { World } from '../../src/runtime/world.ts';
import { NO_TRACES } from '../../src/telemetry/tracer.ts';
import { MEMORY_HOME } from './home.ts';
import { createMemoryLog } from './memory-log.ts';
import { createMemoryEventStore, type Faults } from './memory-store.ts';
import { NO_ALERTS } from './no-alerts.ts';
import { NO_BOUNDS } from './no-bounds.ts';
import { NEVER_CLOSED, NO_ENGINES } from './no-closures.ts';
import { NO_HISTORY, NO_USES } from './no-uses.ts';
import { spoil } from './spoiled.ts';
import { type ManualWorld, manualWorld } from './world.ts';

/** A process that takes commands; it shares nothing with others but the log and the time. */
export type Process = {
  readonly commands: Commands;
  readonly log: { readonly store: EventStore; readonly lanes: Lanes; readonly world: World };
};

export type Processes = {
  readonly world: ManualWorld;
  start(faults?: Faults): Process;
  /** Repeats the last event of a stream in a form that nobody can read. */
  spoil(stream: string): void;
  /** Every event of the log. */
  recorded(): RecordedEvent[];
};

/** Processes over one log in memory, with a clock that the test moves. Nothing is secret to them. */
export const createProcesses = (): Processes => {
  const world = manualWorld();
  const log = createMemoryLog({ now: world.clock.now });
  const codec = createCodec({ schemas: DomainEvent.options });
  return {
    world,
    start: (faults = {}) => {
      const store = createMemoryEventStore({ codec, now: world.clock.now, log, faults });
      const own = { store, lanes: createLanes(), world };
      return { log: own, commands: commandsOver(own) };
    },
    spoil: (stream) => spoil(log, stream),
    recorded: () => log.page({ after: LOG_START }).events.flatMap((raw) => readable(codec.decode(raw)) ?? []),
  };
};

const nothingIsSealed = async (): Promise<never> => {
  throw new Error('nothing is sealed here');
};

const commandsOver = (log: Process['log']): Commands =>
  createCommands({
    home: MEMORY_HOME,
    holdings: NO_BOUNDS,
    admitTenant: async () => {},
    uses: NO_USES,
    alerts: NO_ALERTS,
    jobClosures: NEVER_CLOSED,
    livingEngines: NO_ENGINES,
    slotHistories: NO_HISTORY,
    tracer: NO_TRACES,
    ...log,
    ...createAllIds(log),
    tasks: {
      check: async () => [],
      seal: async (task) => TaskConfig.parse(task),
      sealOf: async () => (task) => TaskConfig.parse(task),
    },
    secrets: {
      seal: nothingIsSealed,
      open: nothingIsSealed,
      sealResult: () => Promise.reject(new Error('no result is sealed here')),
      currentGeneration: async () => undefined,
      rewrap: async () => false,
      erase: async () => {},
    },
  });

export const aContext = (other: Partial<CommandContext> = {}): CommandContext => ({
  tenant: 'acme',
  actor: { type: 'user', name: 'ann' },
  correlationId: 'c-1',
  ...other,
});

/** A job as callers ask for it. */
export const jobAsked = (applicationId: number, name: string) => ({
  applicationId,
  name,
  pattern: '0 9 * * *',
  taskType: 'HttpInvokerTask',
  taskConfig: { url: 'https://example.org/', method: 'GET' },
});
