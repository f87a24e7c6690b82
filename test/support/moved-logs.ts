import { createMemoryLog, type MemoryLog } from '../../src/event-store/memory-log.ts';
import { LOG_START, NO_STREAM } from '../../src/event-store/port.ts';

export type MovableLog = MemoryLog & {
  /** The log as it was so many events ago, as a restored backup or a crash leaves it. */
  setBack(events: number): void;
};

/** A log in memory that can lose its last events while processes have it open. */
export const movableLog = (options: { now: () => number }): MovableLog => {
  let log = createMemoryLog(options);
  return {
    append: (append) => log.append(append),
    streamEvents: (name) => log.streamEvents(name),
    page: (asked) => log.page(asked),
    end: () => log.end(),
    at: (position) => log.at(position),
    truncateBefore: (name, revision) => log.truncateBefore(name, revision),
    keepLast: (name) => log.keepLast(name),
    deleteStream: (name) => log.deleteStream(name),
    onAppend: (run) => log.onAppend(run),
    setBack: (events) => {
      const whole = log.page({ after: LOG_START }).events;
      log = createMemoryLog(options);
      for (const event of whole.slice(0, whole.length - events)) {
        const { stream } = event;
        const expectedRevision = log.streamEvents(stream).at(-1)?.revision ?? NO_STREAM;
        log.append({ append: { stream, expectedRevision, events: [] }, events: [event] });
      }
    },
  };
};
