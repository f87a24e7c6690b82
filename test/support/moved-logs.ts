import { LOG_START, NO_STREAM } from '../../src/event-store/port.ts';
import type { RawEvent } from '../../src/event-store/stored-event.ts';
import { createMemoryLog, type MemoryLog } from './memory-log.ts';

/** An event as the log has it. */
type Stored = Pick<RawEvent, 'stream' | 'type' | 'recordedAt'>;

export type MovableLog = MemoryLog & {
  /** Removes the newest events, like a restored backup or a crash. @returns the lost events */
  setBack(events: number): readonly Stored[];
};

/** A log in memory that can lose its last events while processes have it open. */
export const movableLog = (options: { now: () => number }): MovableLog => {
  let log = createMemoryLog(options);
  const waiting = new Set<() => void>();
  const wake = (): void => {
    const woken = [...waiting];
    waiting.clear();
    for (const run of woken) run();
  };
  return {
    append: (append) => {
      const before = log.end();
      const appended = log.append(append);
      if (log.end() !== before) wake();
      return appended;
    },
    streamEvents: (name) => log.streamEvents(name),
    page: (requested) => log.page(requested),
    end: () => log.end(),
    at: (position) => log.at(position),
    truncateBefore: (name, revision) => log.truncateBefore(name, revision),
    keepLast: (name) => log.keepLast(name),
    deleteStream: (name) => log.deleteStream(name),
    onAppend: (run) => {
      waiting.add(run);
      return () => waiting.delete(run);
    },
    setBack: (events) => {
      const whole = log.page({ after: LOG_START }).events;
      const kept = Math.max(0, whole.length - events);
      log = createMemoryLog(options);
      for (const event of whole.slice(0, kept)) {
        const { stream } = event;
        const expectedRevision = log.streamEvents(stream).at(-1)?.revision ?? NO_STREAM;
        log.append({ append: { stream, expectedRevision, events: [] }, events: [event] });
      }
      wake();
      return whole.slice(kept);
    },
  };
};
