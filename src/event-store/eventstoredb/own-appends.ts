import type { EncodedEvent } from '../codec.ts';
import type { NewEvent } from '../port.ts';

/** An event of this process, with the texts that it was appended as. */
export type OwnEvent = EncodedEvent & { readonly id: string; readonly event: NewEvent };

/**
 * What this process appended last. When the log sends such an event, nothing of it but its place has to be read: an id
 * is random and never used for anything else.
 */
export type OwnAppends = {
  add(events: readonly OwnEvent[], sizeBytes: number): void;
  get(id: string): OwnEvent | undefined;
};

/** Older ones are read as they come. */
const LIMIT = { events: 10_000, bytes: 8 * 1_048_576 } as const;

export const createOwnAppends = (): OwnAppends => {
  const events = new Map<string, { readonly own: OwnEvent; readonly sizeBytes: number }>();
  let keptBytes = 0;
  return {
    add: (appended, sizeBytes) => {
      for (const own of appended) events.set(own.id, { own, sizeBytes: sizeBytes / appended.length });
      keptBytes += sizeBytes;
      for (const [id, oldest] of events) {
        if (events.size <= LIMIT.events && keptBytes <= LIMIT.bytes) break;
        events.delete(id);
        keptBytes -= oldest.sizeBytes;
      }
    },
    get: (id) => events.get(id)?.own,
  };
};
