import type { EventStore, Position } from '../../event-store/port.ts';
import type { World } from '../../world.ts';

const PATIENCE_MS = 3_000;

/** Tells when the first event after a position was recorded, epoch ms; undefined if none is found within 3 s. */
export const recordedAfter = async (
  store: Pick<EventStore, 'subscribe'>,
  after: Position,
  { timers }: Pick<World, 'timers'>,
): Promise<number | undefined> => {
  const found = new AbortController();
  const cancel = timers.after(PATIENCE_MS, () => found.abort());
  try {
    for await (const item of store.subscribe({ after, signal: found.signal })) {
      if (item.kind === 'events') return item.events[0]?.recordedAt;
      if (item.kind === 'caughtUp') return undefined;
    }
    return undefined;
  } finally {
    cancel();
    found.abort();
  }
};
