import type { EventStore, Position } from '../event-store/port.ts';

export type AwaitReadModelsDeps = {
  readonly store: Pick<EventStore, 'end'>;
  readonly queries: { awaitPosition(position: Position, timeoutMs: number): Promise<boolean> };
};

/** How long the read models may take to show what the log has, where a command goes by them. */
export const CATCH_UP_MS = 2_000;

/** Waits until the read models show what the log has now; false if that takes longer than `limitMs`. */
export const awaitReadModels = async (
  { store, queries }: AwaitReadModelsDeps,
  limitMs = CATCH_UP_MS,
): Promise<boolean> => {
  const end = await store.end();
  return end === undefined || queries.awaitPosition(end, limitMs);
};
