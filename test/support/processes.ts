import type { CommandContext } from '../../src/commands/command.ts';
import type { Commands } from '../../src/commands/index.ts';
import { createStreamQueues, type StreamQueues } from '../../src/event-store/append-with-retry.ts';
import { type EventStore, LOG_START, type RecordedEvent } from '../../src/event-store/port.ts';
import { readable } from '../../src/event-store/read-log.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { codec } from './codec.ts';
import { type CommandPorts, commandsOver, memoryLog } from './engines.ts';
import type { MemoryLog } from './memory-log.ts';
import { createMemoryEventStore, type Faults } from './memory-store.ts';
import { spoil, takeNewer } from './spoiled.ts';
import { type ManualWorld, manualWorld } from './world.ts';

/** A process that handles commands; it shares only the log and the time with others. */
export type Process = {
  readonly commands: Commands;
  readonly log: { readonly store: EventStore; readonly lanes: StreamQueues; readonly world: Runtime };
};

export type Processes = {
  readonly world: ManualWorld;
  start(faults?: Faults, ports?: CommandPorts): Process;
  /** Repeats the last event of a stream in an unreadable form. */
  spoil(stream: string): void;
  /** Repeats it as an event of a type that only a newer version knows. */
  takeNewer(stream: string): void;
  /** Every event of the log, or of a stream. */
  recorded(stream?: string): RecordedEvent[];
};

/** Processes over one log in memory, with a clock that the test moves, and without secrets. */
export const createProcesses = (): Processes => {
  const world = manualWorld();
  const log = memoryLog(world);
  return {
    world,
    start: (faults = {}, ports = {}) => {
      const store = createMemoryEventStore({ codec, now: world.clock.now, log, faults });
      const lanes = createStreamQueues();
      return { log: { store, lanes, world }, commands: commandsOver(store, world, { lanes, ...ports }) };
    },
    spoil: (stream) => spoil(log, stream),
    takeNewer: (stream) => takeNewer(log, stream),
    recorded: (stream) =>
      [...(stream === undefined ? everyEvent(log) : log.streamEvents(stream))].flatMap(
        (raw) => readable(codec.decode(raw)) ?? [],
      ),
  };
};

const everyEvent = function* (log: MemoryLog) {
  for (let [after, atEnd] = [LOG_START, false]; !atEnd; ) {
    const page = log.page({ after });
    yield* page.events;
    [after, atEnd] = [page.considered, page.atEnd];
  }
};

export const aContext = (other: Partial<CommandContext> = {}): CommandContext => ({
  tenant: 'acme',
  actor: { type: 'user', name: 'ann' },
  correlationId: 'c-1',
  ...other,
});

/** The input of a job. */
export const jobAsked = (applicationId: number, name: string) => ({
  applicationId,
  name,
  pattern: '0 9 * * *',
  taskType: 'HttpInvokerTask',
  taskConfig: { url: 'https://example.org/', method: 'GET' },
});
