import { LogMismatch } from '../errors.ts';
import type { Position } from '../port.ts';

/** The error of servers from 24.10 on for a position in `$all` where no record begins. */
const NO_PLACE = /ReadAllResult: InvalidPosition\b|invalid position/i;
/** The error of 23.10 servers for such a position, and for any other failed read. */
const NOT_READ = /ReadAllResult: Error\b/;

/** Tells whether a read failed because no record begins at its position. */
export const isNoPlace = (failure: unknown): boolean => failure instanceof Error && NO_PLACE.test(failure.message);

/** Like `isNoPlace`, for the read of a single event. It includes the general error of 23.10 servers. */
export const isNoPlaceOfEvent = (failure: unknown): boolean =>
  isNoPlace(failure) || (failure instanceof Error && NOT_READ.test(failure.message));

export const noPlace = (position: Position, cause: unknown): LogMismatch =>
  new LogMismatch({
    code: 'OTHER_EVENT',
    message: `no event begins at ${position}, which is inside of this log: the position is another log's, or the log was set back and went on differently. Point what remembers it at the log it belongs to, or empty it and let it read this one from the beginning.`,
    cause,
  });
