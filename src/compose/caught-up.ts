import type { EventStore } from '../event-store/port.ts';
import type { Queries } from '../projections/queries/index.ts';

type LogAndLists = {
  readonly store: Pick<EventStore, 'end'>;
  readonly queries: Pick<Queries, 'awaitPosition'>;
};

/** Waits until the read models show what the log has now; false if that takes longer than `limitMs`. */
export const caughtUpWith = async ({ store, queries }: LogAndLists, limitMs: number): Promise<boolean> => {
  const end = await store.end();
  return end === undefined || queries.awaitPosition(end, limitMs);
};
