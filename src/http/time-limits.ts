import { DomainError } from '../domain/domain-error.ts';
import type { TimeLimit } from '../runtime/timeout.ts';

/** Longer than the event store's own timeout, whose error is more specific. */
const limitMs = 12_000;

/**
 * How long a request waits for its change, which continues afterwards and may still be made: an append without a response is
 * retried while the log is unavailable.
 */
export const CHANGE_LIMIT: TimeLimit<never> = {
  limitMs,
  late: () => {
    throw new DomainError('LOG_UNAVAILABLE', 'the log did not respond: the change may have been made');
  },
};

/** How long a request waits for a lookup. */
export const LOOKUP_LIMIT: TimeLimit<never> = {
  limitMs,
  late: () => {
    throw new DomainError('QUERY_TOO_SLOW', 'the query took too long: narrow the filter, or retry');
  },
};
