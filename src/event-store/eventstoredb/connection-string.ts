/** The connection string of EventStoreDB can't be used. Nothing of it is repeated: it may hold a password. */
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
 * The connection string as the client takes it. Options that it doesn't know are refused here, since the client itself
 * prints the whole string for each of them.
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
