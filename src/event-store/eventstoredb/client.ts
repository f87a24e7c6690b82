import { readFileSync } from 'node:fs';
import path from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import {
  type ConnectionOptions,
  parseConnectionString,
} from '@eventstore/db-client/dist/Client/parseConnectionString.js';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { Channel, credentials } from '@grpc/grpc-js';
import { type GrpcCall, type GrpcCallOptions, type GrpcConnection, openGrpcConnection } from './grpc-connection.ts';

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

// This file uses protected members of the client, by name. They are the only access to its channels, and so to its
// discovery.

/**
 * Opens a client for one kind of call. It is replaced as a whole when its connection fails.
 * @throws ConnectionStringRefused
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

const parsed = (connectionString: string): EventStoreDBClient => {
  try {
    return EventStoreDBClient.connectionString(connectionString);
  } catch (error) {
    // The client's own error contains the connection string, which may hold a password.
    if (!(error instanceof Error) || !('connectionString' in error)) throw error;
    const expected = 'expected' in error ? `where ${error.expected} is expected` : 'somewhere';
    throw new ConnectionStringRefused(`it can't be read ${expected}; percent-encode what is special in a password`);
  }
};

/** Cancels the client's calls and closes its channel, which its own `dispose` leaves open. Never rejects. */
export const closeClient = async (client: EventStoreDBClient): Promise<void> => {
  try {
    // Not awaited: it cancels the calls at once, but then waits until each is read to its end, which may never happen.
    void client.dispose();
    // biome-ignore lint/complexity/useLiteralKeys: protected
    const channel = await client['getChannel']();
    channel.close();
    if (channel instanceof NodeChannel) channel.connection.destroy();
  } catch {
    // There is no channel to close if none can be created.
  }
};

type CallOptions = Pick<GrpcCallOptions, 'by' | 'onMessages' | 'onEnd'> & { readonly method: 'BatchAppend' | 'Read' };

const REQUIRES_LEADER = { 'requires-leader': 'true' } as const;

/**
 * Opens a call to the node that the client has found, over a connection of our own. When it fails, the client looks for
 * another node if it moves on after such a failure.
 */
export const openClientCall = async (
  client: EventStoreDBClient,
  { method, requiresLeader, by, onMessages, onEnd }: CallOptions & { readonly requiresLeader: boolean },
): Promise<GrpcCall> => {
  // biome-ignore lint/complexity/useLiteralKeys: protected
  const grpcClient = await client['getGRPCClient'](StreamsClient, method);
  const channel = grpcClient.getChannel();
  if (!(channel instanceof NodeChannel)) throw new TypeError('this client has a channel of another kind');
  return channel.connection.open({
    path: `/event_store.client.streams.Streams/${method}`,
    headers: { ...channel.headers, ...(requiresLeader ? REQUIRES_LEADER : {}) },
    by,
    onMessages,
    onEnd: (error) => {
      // biome-ignore lint/complexity/useLiteralKeys: protected
      if (error !== undefined) void client['handleError'](grpcClient, error);
      onEnd(error);
    },
  });
};

/** A channel of the client's, with the connection for those calls of which there are many. */
class NodeChannel extends Channel {
  readonly connection: GrpcConnection;
  readonly headers: Readonly<Record<string, string>>;

  constructor(address: string, options: ConnectionOptions, connectionName: string) {
    const tls = tlsOf(options);
    const keepAliveMs = keepAlive(options.keepAliveInterval);
    const keepAliveTimeoutMs = keepAlive(options.keepAliveTimeout);
    const channelCredentials =
      tls === undefined
        ? credentials.createInsecure()
        : credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null);
    super(address, channelCredentials, {
      'grpc.keepalive_time_ms': keepAliveMs,
      'grpc.keepalive_timeout_ms': keepAliveTimeoutMs,
      // Otherwise channels to one address would share a connection, and one slow reader would delay all of them.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.initial_reconnect_backoff_ms': RECONNECT_MS.initial,
      'grpc.max_reconnect_backoff_ms': RECONNECT_MS.most,
    });
    this.headers = { 'connection-name': connectionName, ...authorizationOf(options) };
    this.connection = openGrpcConnection({ address, tls, keepAliveMs, keepAliveTimeoutMs });
  }

  /** Lets the calls under way end, as those of the client do. */
  override close(): void {
    super.close();
    this.connection.close();
  }
}

/**
 * gRPC's own pauses between attempts to reconnect grow to two minutes, so a log that is back would be found that late.
 * With these pauses it is found within a second.
 */
const RECONNECT_MS = { initial: 100, most: 1_000 } as const;
const KEEP_ALIVE_MS = 10_000;
/** The longest that a timer of Node takes. */
const NEVER_MS = 2_147_483_647;

/** Makes a client use its own channels. Everything else is as the client itself would do it. */
const ownConnections = (client: EventStoreDBClient, connectionString: string): void => {
  const options = parseConnectionString(connectionString);
  // biome-ignore lint/complexity/useLiteralKeys: private and protected
  client['createChannel'] = async () => new NodeChannel(await client['resolveUri'](), options, client.connectionName);
};

const authorizationOf = ({ tls, defaultCredentials }: ConnectionOptions) => {
  if (tls === false || defaultCredentials === undefined) return {};
  const { username, password } = defaultCredentials;
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
};

const tlsOf = ({ tls, tlsCAFile, userCertFile, userKeyFile }: ConnectionOptions) =>
  tls === false ? undefined : { ca: contentOf(tlsCAFile), key: contentOf(userKeyFile), cert: contentOf(userCertFile) };

const contentOf = (file: string | undefined): Buffer | undefined =>
  file === undefined ? undefined : readFileSync(path.resolve(file));

const keepAlive = (ms = KEEP_ALIVE_MS): number => (ms < 0 ? NEVER_MS : ms);
