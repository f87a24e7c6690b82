import type { EventStore, Position } from '../../event-store/port.ts';
import { type TimeLimit, within } from '../../runtime/within.ts';
import type { World } from '../../runtime/world.ts';

/** Reads the end of the log for a scrape. @throws where the log does not answer in time */
export type LogEnd = () => Promise<Position | undefined>;

type LogEndDeps = { readonly store: Pick<EventStore, 'end'>; readonly world: Pick<World, 'clock' | 'timers'> };

/** A scrape waits for the log no longer than this. */
const PATIENCE_MS = 3_000;
const LIMIT: TimeLimit<never> = {
  limitMs: PATIENCE_MS,
  late: () => {
    throw new Error(`the log did not answer within ${PATIENCE_MS} ms`);
  },
};
/** The metrics of one scrape share one reading. */
const FRESH_MS = 500;

export const createLogEnd = ({ store, world }: LogEndDeps): LogEnd => {
  let reading: { readonly atMs: number; readonly end: Promise<Position | undefined> } | undefined;

  return () => {
    const nowMs = world.clock.monotonic();
    if (reading === undefined || nowMs - reading.atMs > FRESH_MS)
      reading = { atMs: nowMs, end: within(world.timers, LIMIT, store.end()) };
    return reading.end;
  };
};
