import type { DomainEvent } from '../../src/domain/events/index.ts';
import type { RawEvent } from '../../src/event-store/stored-event.ts';
import type { LogFields } from '../../src/runtime/runtime.ts';
import type { MemoryLog } from '../support/memory-log.ts';
import type { Trace } from './trace.ts';

type Watch = {
  readonly trace: Trace;
  readonly took: (event: DomainEvent) => void;
  readonly deleted: (stream: string) => void;
  readonly rejected: (stream: string) => void;
  /** Called with the events of a stream of runs that are cut. */
  readonly cut: (events: readonly RawEvent[]) => void;
};

const orTold = <T>(run: () => T, failed: () => void): T => {
  try {
    return run();
  } catch (error) {
    failed();
    throw error;
  }
};

/** The log, with each append that it took noted in the trace; one that is made again is noted once. */
export const watchedLog = (log: MemoryLog, { trace, took, deleted, rejected, cut }: Watch): MemoryLog => ({
  ...log,
  append: (encoded) => {
    const before = log.end();
    const appended = orTold(
      () => log.append(encoded),
      () => rejected(encoded.append.stream),
    );
    if (log.end() === before) return appended;
    const { stream, events } = encoded.append;
    for (const [index, event] of events.entries()) {
      const revision = appended.revision - events.length + 1 + index;
      took(event);
      trace.note('log', `takes ${stream}/${revision} ${event.type}`, tellingParts(event));
    }
    return appended;
  },
  truncateBefore: (stream, revision) => {
    const before = log.streamEvents(stream);
    if (stream.startsWith('runs-')) cut(before.slice(0, -1).filter((event) => event.revision < revision));
    log.truncateBefore(stream, revision);
  },
  deleteStream: (stream) => {
    trace.note('log', `deletes ${stream}`);
    deleted(stream);
    log.deleteStream(stream);
  },
});

const TELLING = ['executionId', 'scheduledAt', 'jobRevision', 'from', 'after', 'until', 'reason', 'enabled', 'pattern'];

const tellingParts = ({ data }: DomainEvent): LogFields => {
  const parts = Object.entries(data).filter(([key]) => TELLING.includes(key));
  return { ...Object.fromEntries(parts), ...('tail' in data ? { cursor: data.tail.cursor } : {}) };
};
