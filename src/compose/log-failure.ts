import { LogUnavailable } from '../event-store/errors.ts';
import { LogSignInRefused } from '../event-store/eventstoredb/failures.ts';

/** The log could not be opened. The message is one line that says what to do, without the password. */
export class LogUnreachable extends Error {
  override readonly name = 'LogUnreachable';
  readonly code = 'LOG_UNREACHABLE';
}

/** Whether the log could not be reached, so that a later try may succeed. False where it refused the sign-in. */
export const isLogAway = (failure: unknown): boolean => {
  if (failure instanceof LogUnavailable) return true;
  if (!(failure instanceof Error) || failure instanceof LogSignInRefused) return false;
  const type = 'type' in failure ? failure.type : undefined;
  const code = 'code' in failure ? failure.code : undefined;
  return type === 'unavailable' || code === 'ECONNREFUSED' || /discover|UNAVAILABLE|deadline/i.test(failure.message);
};

/** Turns the failure of the first call to EventStoreDB into a LogUnreachable where the cause is known. */
export const explainLogFailure = (thrown: unknown, connectionString: string): unknown => {
  const failure = thrown instanceof LogUnavailable ? (thrown.cause ?? thrown) : thrown;
  if (!(failure instanceof Error)) return failure;
  const where = hostsOf(connectionString);
  if (failure instanceof LogSignInRefused) {
    // Its own sentence says the same: what is behind it is the cause.
    return new LogUnreachable(`EventStoreDB at ${where} does not know this user or password: see EVENTSTORE_URL`, {
      cause: failure.cause,
    });
  }
  if (isLogAway(failure)) {
    return new LogUnreachable(
      `EventStoreDB at ${where} can't be reached (${failure.message.trim()}): see that it runs, that EVENTSTORE_URL names it, and that tls=true or tls=false fits it`,
      { cause: failure },
    );
  }
  return failure;
};

/** The hosts and ports of a connection string, without user and password. */
export const hostsOf = (connectionString: string): string =>
  /^[^/]+:\/\/(?:[^@/]*@)?([^/?]+)/.exec(connectionString)?.[1] ?? 'EVENTSTORE_URL';
