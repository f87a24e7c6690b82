const UNAUTHENTICATED = 16;

/** What keeps the log from being opened, in one line that says what to do; never with a password in it. */
export class LogUnreachable extends Error {
  override readonly name = 'LogUnreachable';
  readonly code = 'LOG_UNREACHABLE';
}

/** The failure of a first call to EventStoreDB, explained where it can be. */
export const explainLogFailure = (failure: unknown, connectionString: string): unknown => {
  if (!(failure instanceof Error)) return failure;
  const where = hostsOf(connectionString);
  const type = 'type' in failure ? failure.type : undefined;
  const code = 'code' in failure ? failure.code : undefined;
  if (code === UNAUTHENTICATED || /unauthenticated|invalid credentials/i.test(failure.message)) {
    return new LogUnreachable(`EventStoreDB at ${where} does not know this user or password: see EVENTSTORE_URL`, {
      cause: failure,
    });
  }
  if (type === 'unavailable' || code === 'ECONNREFUSED' || /discover|UNAVAILABLE|deadline/i.test(failure.message)) {
    return new LogUnreachable(
      `EventStoreDB at ${where} can't be reached (${failure.message.trim()}): see that it runs, that EVENTSTORE_URL names it, and that tls=true or tls=false fits it`,
      { cause: failure },
    );
  }
  return failure;
};

/** Hosts and ports alone: the connection string may hold a password. */
const hostsOf = (connectionString: string): string =>
  /^[^/]+:\/\/(?:[^@/]*@)?([^/?]+)/.exec(connectionString)?.[1] ?? 'EVENTSTORE_URL';
