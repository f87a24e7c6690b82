/**
 * The connection string of EventStoreDB is invalid. The message does not contain it, because it may hold a password.
 */
export class ConnectionStringRefused extends Error {
  override readonly name = 'ConnectionStringRefused';
  readonly code = 'CONNECTION_STRING_REFUSED';
  constructor(why: string) {
    super(`the connection string of EventStoreDB can't be used: ${why}`);
  }
}

const OPTIONS = [
  'connectionName',
  'defaultDeadline',
  'discoveryInterval',
  'gossipTimeout',
  'keepAliveInterval',
  'keepAliveTimeout',
  'maxDiscoverAttempts',
  'nodePreference',
  'throwOnAppendFailure',
  'tls',
  'tlsCAFile',
  'tlsVerifyCert',
  'userCertFile',
  'userKeyFile',
];
const flat = (option: string): string => option.trim().toLowerCase().replaceAll(/[_-]/g, '');
const KNOWN = new Set(OPTIONS.map(flat));

/**
 * Converts a connection string to one that the client accepts. Unknown options are refused here, because the client
 * would print the whole string for each of them.
 * @throws ConnectionStringRefused
 */
export const forClient = (connectionString: string): string => {
  const [, query = ''] = /\?(.*)$/s.exec(connectionString) ?? [];
  for (const option of query.split('&')) {
    const [name = ''] = option.split('=');
    if (query !== '' && !KNOWN.has(flat(name))) {
      throw new ConnectionStringRefused(`its option ${name} is unknown; known are ${OPTIONS.join(', ')}`);
    }
  }
  return connectionString.replace(/^kurrentdb(?=[:+])/, 'esdb');
};
