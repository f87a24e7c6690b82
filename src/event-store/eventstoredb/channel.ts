import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { EventStoreDBClient } from '@eventstore/db-client';
import {
  type ConnectionOptions,
  parseConnectionString,
} from '@eventstore/db-client/dist/Client/parseConnectionString.js';
import { Channel, type ChannelCredentials, credentials } from '@grpc/grpc-js';

/**
 * gRPC waits longer and longer before it connects again to an address that was away, up to two minutes: a log that is
 * back would be found that much later. This is often enough to be found soon, and seldom enough to be no burden.
 */
const RECONNECT_MS = { initial: 100, most: 1_000 } as const;
/** The client's own: events of up to 16 MiB can be in a log. */
const MOST_RECEIVED_BYTES = 17 * 1_048_576;
const KEEP_ALIVE_MS = 10_000;

/** Has a client make its channels with connections and pauses of their own; in all else as it would make them. */
export const ownConnections = (client: EventStoreDBClient, connectionString: string): void => {
  const options = parseConnectionString(connectionString);
  const channelCredentials = credentialsOf(options);
  // biome-ignore-start lint/complexity/useLiteralKeys: private and protected, see client.ts
  client['createChannel'] = async () =>
    new Channel(await client['resolveUri'](), channelCredentials, {
      'grpc.keepalive_time_ms': keepAlive(options.keepAliveInterval),
      'grpc.keepalive_timeout_ms': keepAlive(options.keepAliveTimeout),
      'grpc.max_receive_message_length': MOST_RECEIVED_BYTES,
      // Channels to one address share a connection otherwise, and with it its silence and its slow readers.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.initial_reconnect_backoff_ms': RECONNECT_MS.initial,
      'grpc.max_reconnect_backoff_ms': RECONNECT_MS.most,
    });
  // biome-ignore-end lint/complexity/useLiteralKeys: private and protected, see client.ts
};

const credentialsOf = ({ tls, tlsCAFile, userCertFile, userKeyFile }: ConnectionOptions): ChannelCredentials =>
  tls === false
    ? credentials.createInsecure()
    : credentials.createSsl(contentOf(tlsCAFile), contentOf(userKeyFile), contentOf(userCertFile));

const contentOf = (file: string | undefined): Buffer | null =>
  file === undefined ? null : readFileSync(path.resolve(file));

const keepAlive = (ms = KEEP_ALIVE_MS): number => (ms < 0 ? Number.MAX_VALUE : ms);
