import { readFileSync } from 'node:fs';
import path from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import {
  type ConnectionOptions,
  parseConnectionString,
} from '@eventstore/db-client/dist/Client/parseConnectionString.js';
import { Channel, type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { fileProblem } from '../../runtime/file-problem.ts';

/** The connection string of EventStoreDB is invalid. The message does not contain it, because it may contain a password. */
export class InvalidConnectionString extends Error {
  override readonly name = 'InvalidConnectionString';
  readonly code = 'CONNECTION_STRING_REJECTED';
  constructor(why: string) {
    super(`The connection string of EventStoreDB is invalid: ${why}.`);
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
 * Converts a connection string to one that the client accepts. Unknown options are rejected here, because the client
 * would print the whole string for each of them.
 * @throws InvalidConnectionString
 */
export const forClient = (connectionString: string): string => {
  const [, query = ''] = /\?(.*)$/s.exec(connectionString) ?? [];
  for (const option of query.split('&')) {
    const [name = ''] = option.split('=');
    if (query !== '' && !KNOWN.has(flat(name))) {
      throw new InvalidConnectionString(`the option ${name} is unknown; known options are ${OPTIONS.join(', ')}`);
    }
  }
  return connectionString.replace(/^kurrentdb(?=[:+])/, 'esdb');
};

// This file and batch-stream.ts use protected members of the client, by name. They are the only access to its channels,
// and so to its discovery, credentials and certificates.

/**
 * Opens a client for one kind of call. It is replaced as a whole when its connection fails.
 * @throws InvalidConnectionString
 */
export const openClient = (connectionString: string): EventStoreDBClient => {
  const accepted = forClient(connectionString);
  const client = parsed(accepted);
  ownConnections(client, accepted);
  // If one call fails while the discovery of another fails, the client rejects a promise that nothing awaits, and that
  // would end the process. The other call reports its failure anyway.
  // biome-ignore lint/complexity/useLiteralKeys: protected
  const handleError = client['handleError'];
  // biome-ignore lint/complexity/useLiteralKeys: protected
  client['handleError'] = (grpcClient, error) => handleError(grpcClient, error).catch(() => {});
  return client;
};

/**
 * Checks a connection string without opening a connection.
 * @throws InvalidConnectionString
 */
export const checkConnectionString = (connectionString: string): void => void parsed(forClient(connectionString));

const parsed = (connectionString: string): EventStoreDBClient => {
  try {
    return EventStoreDBClient.connectionString(connectionString);
  } catch (error) {
    const problem = fileProblem(error);
    const isMissing = error instanceof Error && error.message.includes('Failed to load certificate file');
    if (problem !== undefined || isMissing)
      throw new InvalidConnectionString(unreadableFile(problem ?? 'it does not exist'));
    // The client's own error contains the connection string, which may contain a password.
    if (!(error instanceof Error) || !('connectionString' in error)) throw error;
    const expected = 'expected' in error ? `where ${error.expected} is expected` : 'somewhere';
    throw new InvalidConnectionString(
      `it can't be parsed ${expected}; percent-encode special characters in the password`,
    );
  }
};

const unreadableFile = (problem: string): string =>
  `a certificate file that it names can't be read (${problem}); correct the path in tlsCAFile, userCertFile or userKeyFile of EVENTSTORE_URL`;

/** Cancels the client's calls and closes its channel, which its own `dispose` leaves open. Never rejects. */
export const closeClient = async (client: EventStoreDBClient): Promise<void> => {
  try {
    // Not awaited: it cancels the calls immediately, but then waits until each is read to its end, which may never happen.
    void client.dispose();
    // biome-ignore lint/complexity/useLiteralKeys: protected
    const channel = await client['getChannel']();
    channel.close();
  } catch {
    // There is no channel to close if none can be created.
  }
};

/**
 * gRPC's own pauses between attempts to reconnect grow to two minutes, which would delay recovery. With these pauses, it
 * takes up to a second.
 */
const RECONNECT_MS = { initial: 100, most: 1_000 } as const;
/** The client's own limit: a log may contain events of up to 16 MiB. */
const MAX_RECEIVED_BYTES = 17 * 1_048_576;
const KEEP_ALIVE_MS = 10_000;

/**
 * Makes a client use its own connections, and the pauses above. Everything else is as the client itself would do it.
 */
const ownConnections = (client: EventStoreDBClient, connectionString: string): void => {
  const options = parseConnectionString(connectionString);
  const channelCredentials = credentialsOf(options);
  // biome-ignore-start lint/complexity/useLiteralKeys: private and protected
  client['createChannel'] = async () =>
    new Channel(await client['resolveUri'](), channelCredentials, {
      'grpc.keepalive_time_ms': keepAlive(options.keepAliveInterval),
      'grpc.keepalive_timeout_ms': keepAlive(options.keepAliveTimeout),
      'grpc.max_receive_message_length': MAX_RECEIVED_BYTES,
      // Otherwise channels to one address would share a connection, and one slow reader would delay all of them.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.initial_reconnect_backoff_ms': RECONNECT_MS.initial,
      'grpc.max_reconnect_backoff_ms': RECONNECT_MS.most,
    });
  // biome-ignore-end lint/complexity/useLiteralKeys: private and protected
};

const credentialsOf = ({ tls, tlsCAFile, userCertFile, userKeyFile }: ConnectionOptions): ChannelCredentials =>
  tls === false
    ? credentials.createInsecure()
    : credentials.createSsl(contentOf(tlsCAFile), contentOf(userKeyFile), contentOf(userCertFile));

export const contentOf = (file: string | undefined): Buffer | null =>
  file === undefined ? null : readFileSync(path.resolve(file));

const keepAlive = (ms = KEEP_ALIVE_MS): number => (ms < 0 ? Number.MAX_VALUE : ms);
