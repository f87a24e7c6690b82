import { LogMismatch } from '../errors.ts';
import type { Position } from '../port.ts';

/** What servers of 24.10 and later say of a place in `$all` where no record begins. */
const NO_PLACE = /ReadAllResult: InvalidPosition\b|invalid position/i;
/** What those of 23.10 say of it, and of whatever else keeps them from reading. */
const NOT_READ = /ReadAllResult: Error\b/;

/** Whether the server could not read at a place since no record of its log begins there. */
export const isNoPlace = (failure: unknown): boolean => failure instanceof Error && NO_PLACE.test(failure.message);

/** The same where one event was asked for, also of servers that can't tell it from other failures. */
export const isNoPlaceOfEvent = (failure: unknown): boolean =>
  isNoPlace(failure) || (failure instanceof Error && NOT_READ.test(failure.message));

export const noPlace = (position: Position, cause: unknown): LogMismatch =>
  new LogMismatch({
    code: 'OTHER_EVENT',
    message: `no event begins at ${position}, which is inside of this log: the position is another log's, or the log was set back and went on differently. Point what remembers it at the log it belongs to, or empty it and let it read this one from the beginning.`,
    cause,
  });
