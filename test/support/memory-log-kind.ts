import type { LogKind } from '../../src/event-store/log-kind.ts';
import { createMemoryLog, type MemoryLog } from './memory-log.ts';
import { createMemoryEventStore } from './memory-store.ts';

/** A kind of log in the memory of this process: the minimum that a new kind has to provide. */
export const memoryLogKind = (): LogKind => {
  const logs = new Map<string, MemoryLog>();
  return {
    name: 'memory',
    schemes: ['memory'],
    traceName: 'memory',
    countsEvents: true,
    load: async () => ({
      checkUrl: () => {},
      prepare: async ({ url }) => void logs.set(url, createMemoryLog({ now: Date.now })),
      open: ({ url }, { codec }) => createMemoryEventStore({ codec, now: Date.now, ...logOf(logs, url) }),
      place: async () => ({}),
      describe: ({ url }) => `the log at ${url}`,
      isAway: () => false,
      explain: (failure) => failure,
    }),
  };
};

const logOf = (logs: ReadonlyMap<string, MemoryLog>, url: string) => {
  const log = logs.get(url);
  if (log === undefined) throw new Error(`the log at ${url} was not prepared`);
  return { log };
};
