import { LogUnavailable } from '../errors.ts';
import type { LogAdapter } from '../log-kind.ts';
import { checkCertificates } from './check-certificates.ts';
import { checkConnectionString } from './client.ts';
import { LogSignInRejected, LogUnreachable } from './failures.ts';
import { createEventStoreDbStore } from './store.ts';

/** The hosts and ports of a connection string, without user and password. */
const hostsOf = (connectionString: string): string =>
  /^[^/]+:\/\/(?:[^@/]*@)?([^/?]+)/.exec(connectionString)?.[1] ?? 'EVENTSTORE_URL';

const isAway = (failure: unknown): boolean => {
  if (failure instanceof LogUnavailable) return true;
  if (!(failure instanceof Error) || failure instanceof LogSignInRejected) return false;
  const type = 'type' in failure ? failure.type : undefined;
  const code = 'code' in failure ? failure.code : undefined;
  return type === 'unavailable' || code === 'ECONNREFUSED' || /discover|UNAVAILABLE|deadline/i.test(failure.message);
};

const explain = (thrown: unknown, connectionString: string): unknown => {
  const failure = thrown instanceof LogUnavailable ? (thrown.cause ?? thrown) : thrown;
  if (!(failure instanceof Error)) return failure;
  const hosts = hostsOf(connectionString);
  if (failure instanceof LogSignInRejected) {
    // The error and its cause contain the same, so only the cause is kept.
    return new LogUnreachable(`EventStoreDB at ${hosts} rejected the user or password. Check EVENTSTORE_URL.`, {
      cause: failure.cause,
    });
  }
  if (!isAway(failure)) return failure;
  return new LogUnreachable(
    `Can't reach EventStoreDB at ${hosts} (${failure.message.trim()}). Check that it's running, that EVENTSTORE_URL is correct, and that tls=true or tls=false matches the server.`,
    { cause: failure },
  );
};

export const eventStoreDbAdapter: LogAdapter = {
  checkUrl: checkConnectionString,
  prepare: ({ url }) => checkCertificates(url),
  open: ({ url, prefix }, options) => createEventStoreDbStore({ connectionString: url, prefix, ...options }),
  // Nothing distinguishes a restored node from the original.
  place: async () => ({}),
  describe: ({ url }) => `EventStoreDB at ${hostsOf(url)} (EVENTSTORE_URL)`,
  isAway,
  explain: (failure, { url }) => explain(failure, url),
};
