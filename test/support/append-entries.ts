import { randomUUID } from 'node:crypto';
import { type EventStore, LOG_START, NO_STREAM, type Position } from '../../src/event-store/port.ts';
import type { Entry } from './entry.ts';
import { metadata } from './histories.ts';

/** Appends events one after another to new streams; returns the position of the last one. */
export const appendEntries = async (store: EventStore, entries: readonly Entry[]): Promise<Position> => {
  const revisions = new Map<string, number>();
  let position = LOG_START;
  for (const { stream, event } of entries) {
    const expectedRevision = revisions.get(stream) ?? NO_STREAM;
    const events = [{ ...event, id: randomUUID(), metadata }];
    ({ position } = await store.append({ stream, expectedRevision, events }));
    revisions.set(stream, expectedRevision + 1);
  }
  return position;
};
