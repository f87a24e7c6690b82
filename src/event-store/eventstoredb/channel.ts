import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { EventStoreDBClient } from '@eventstore/db-client';
import {
  type ConnectionOptions,
  parseConnectionString,
} from '@eventstore/db-client/dist/Client/parseConnectionString.js';
import { Channel, type ChannelCredentials, credentials } from '@grpc/grpc-js';

/**
 * gRPC's own pauses between attempts to reconnect grow to two minutes, so a log that is back would be found that late.
 * With these pauses it is found within a second.
 */
const RECONNECT_MS = { initial: 100, most: 1_000 } as const;
/** The client's own limit: a log may contain events of up to 16 MiB. */
const MOST_RECEIVED_BYTES = 17 * 1_048_576;
const KEEP_ALIVE_MS = 10_000;

/**
 * Makes a client use its own connections, and the pauses above. Everything else is as the client itself would do it.
 */
export const ownConnections = (client: EventStoreDBClient, connectionString: string): void => {
  const options = parseConnectionString(connectionString);
  const channelCredentials = credentialsOf(options);
  // biome-ignore-start lint/complexity/useLiteralKeys: private and protected, see client.ts
  client['createChannel'] = async () =>
    new Channel(await client['resolveUri'](), channelCredentials, {
      'grpc.keepalive_time_ms': keepAlive(options.keepAliveInterval),
      'grpc.keepalive_timeout_ms': keepAlive(options.keepAliveTimeout),
      'grpc.max_receive_message_length': MOST_RECEIVED_BYTES,
      // Otherwise channels to one address would share a connection, and one slow reader would delay all of them.
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
