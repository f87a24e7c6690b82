import { DomainError } from '../domain/domain-error.ts';
import type { TimeLimit } from '../runtime/timeout.ts';

/** Longer than the event store's own patience, whose error says more about the cause. */
const limitMs = 12_000;

/**
 * How long a request waits for its change, which goes on after that and may still be made: an append that the log did not
 * answer is made again for as long as the log is away.
 */
export const CHANGE_LIMIT: TimeLimit<never> = {
  limitMs,
  late: () => {
    throw new DomainError('LOG_UNAVAILABLE', 'the log did not respond: the change may have been made');
  },
};

/** How long a request waits for what it looks up. */
export const LOOKUP_LIMIT: TimeLimit<never> = {
  limitMs,
  late: () => {
    throw new DomainError('QUERY_TOO_SLOW', 'the query took too long: narrow the filter, or retry');
  },
};
