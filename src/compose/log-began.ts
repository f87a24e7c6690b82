import { logStream } from '../domain/streams.ts';
import type { EventStore } from '../event-store/port.ts';

/**
 * Finds when the first event of the log was recorded, epoch ms, once for a process. What a log says of itself does not
 * count: a copy says when it was made, and has events that are older.
 */
export const whenLogBegan = (store: Pick<EventStore, 'subscribe'>): (() => Promise<number | undefined>) => {
  let known: number | undefined;
  return async () => {
    known ??= await firstRecordedAt(store);
    return known;
  };
};

const firstRecordedAt = async (store: Pick<EventStore, 'subscribe'>): Promise<number | undefined> => {
  const found = new AbortController();
  try {
    for await (const item of store.subscribe({ signal: found.signal })) {
      if (item.kind === 'caughtUp') return undefined;
      const first = item.kind === 'events' ? item.events.find(({ stream }) => stream !== logStream) : undefined;
      if (first !== undefined) return first.recordedAt;
    }
    return undefined;
  } finally {
    found.abort();
  }
};
