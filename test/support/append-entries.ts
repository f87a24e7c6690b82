import { randomUUID } from 'node:crypto';
import { type EventStore, LOG_START, NO_STREAM, type Position } from '../../src/event-store/port.ts';
import type { Entry } from './entry.ts';
import { metadata } from './histories.ts';

const MAX_EVENTS = 50;

/** Appends events in their order to new streams, those of one stream together; returns the position of the last one. */
export const appendEntries = async (store: EventStore, entries: readonly Entry[]): Promise<Position> => {
  const revisions = new Map<string, number>();
  let position = LOG_START;
  for (let from = 0, to = 0; from < entries.length; from = to) {
    const stream = entries[from]?.stream ?? '';
    while (to < from + MAX_EVENTS && entries[to]?.stream === stream) to += 1;
    const expectedRevision = revisions.get(stream) ?? NO_STREAM;
    const events = entries.slice(from, to).map(({ event }) => ({ ...event, id: randomUUID(), metadata }));
    ({ position } = await store.append({ stream, expectedRevision, events }));
    revisions.set(stream, expectedRevision + events.length);
  }
  return position;
};
