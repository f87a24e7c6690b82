import { comparePositions, type Position } from '../../event-store/port.ts';

/** How far a reader of the log had got, and how far it could have. */
export type LagInput = {
  readonly reader: string;
  /** Read after the end of the log. */
  readonly position: Position;
  /** When the last event that it handled was recorded, epoch ms; undefined before the first. */
  readonly recordedMs: number | undefined;
  readonly end: Position | undefined;
  readonly nowMs: number;
};

/**
 * Makes what tells the lag of readers in seconds: everything older has been handled. A reader that is behind has
 * handled what was recorded up to its last event, and what there was when it was last found at the end. So the lag of a
 * reader that comes to rest is exact to the time between two scrapes.
 */
export const createLag = (): ((input: LagInput) => number) => {
  const atEndMs = new Map<string, number>();
  return ({ reader, position, recordedMs = 0, end, nowMs }) => {
    if (eventsBehind(position, end) === 0) {
      atEndMs.set(reader, nowMs);
      return 0;
    }
    const handledUntilMs = Math.max(recordedMs, atEndMs.get(reader) ?? 0);
    return handledUntilMs === 0 ? Number.NaN : Math.max(0, nowMs - handledUntilMs) / 1_000;
  };
};

/** How many events the log has after a position, where positions count events, as in Postgres. */
export const eventsBehind = (position: Position, end: Position | undefined): number =>
  end === undefined || comparePositions(position, end) >= 0 ? 0 : Number(BigInt(end) - BigInt(position));
