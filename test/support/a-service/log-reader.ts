import type { Position, RecordedEvent } from '../../../src/event-store/port.ts';
import { openServiceLog, type ServiceLog } from '../service-log.ts';

/** Reads what a service records, as it is recorded. */
export type LogReader = {
  end(): Promise<Position | undefined>;
  /** Events recorded after this position, in log order, without unreadable events and heartbeats of engines. */
  after(position: Position | undefined): Promise<readonly RecordedEvent[]>;
  close(): Promise<void>;
};

export const openLogReader = (log: ServiceLog): LogReader => {
  const store = openServiceLog(log);
  return {
    end: store.end,
    after: async (position) => {
      const reading = new AbortController();
      const events: RecordedEvent[] = [];
      for await (const item of store.subscribe({ after: position, signal: reading.signal })) {
        if (item.kind === 'events') events.push(...item.events.filter(({ type }) => type !== 'EngineHeartbeat'));
        if (item.kind === 'caughtUp') break;
      }
      reading.abort();
      return events;
    },
    close: store.close,
  };
};
