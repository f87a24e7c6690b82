import type { LogKind } from './log-kind.ts';

const postgres: LogKind = {
  name: 'postgres',
  schemes: ['postgres', 'postgresql'],
  traceName: 'postgresql',
  countsEvents: true,
  load: async () => (await import('./postgres/adapter.ts')).postgresAdapter,
};

export const eventStoreDb: LogKind = {
  name: 'eventstoredb',
  schemes: ['esdb', 'esdb+discover', 'kurrentdb', 'kurrentdb+discover'],
  traceName: 'eventstoredb',
  // The server's own events have positions between those of the log.
  countsEvents: false,
  load: async () => (await import('./eventstoredb/adapter.ts')).eventStoreDbAdapter,
};

/** The kind of log without EVENTSTORE_URL: in the database of the read models. */
export const DEFAULT_LOG_KIND: LogKind = postgres;

/** The kinds of logs. A new kind needs its folder and a line here. */
export const LOG_KINDS: readonly LogKind[] = [DEFAULT_LOG_KIND, eventStoreDb];

/** The schemes that EVENTSTORE_URL can have. */
export const LOG_SCHEMES: readonly string[] = LOG_KINDS.filter((kind) => kind !== DEFAULT_LOG_KIND).flatMap(
  ({ schemes }) => schemes,
);

/** Finds the kind of log at a URL by its scheme; `undefined` if no kind has this scheme. */
export const findLogKind = (url: string, kinds = LOG_KINDS): LogKind | undefined =>
  kinds.find(({ schemes }) => schemes.some((scheme) => url.startsWith(`${scheme}://`)));

/**
 * Returns the kind of log that EVENTSTORE_URL selects.
 * @param url undefined if EVENTSTORE_URL is not set
 * @throws Error if no kind has the URL's scheme
 */
export const selectedLogKind = (url: string | undefined, kinds = LOG_KINDS): LogKind => {
  const kind = url === undefined ? DEFAULT_LOG_KIND : findLogKind(url, kinds);
  if (kind === undefined) {
    throw new Error(`EVENTSTORE_URL must begin with ${LOG_SCHEMES.map((scheme) => `${scheme}://`).join(' or ')}`);
  }
  return kind;
};
