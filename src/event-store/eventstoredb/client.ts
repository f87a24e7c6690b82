import { EventStoreDBClient } from '@eventstore/db-client';
import { ownConnections } from './channel.ts';
import { ConnectionStringRefused, forClient } from './connection-string.ts';

// This file and batch-stream.ts use protected members of the client, by name. They are the only access to its channels,
// and so to its discovery, credentials and certificates.

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
  } catch {
    // There is no channel to close if none can be created.
  }
};
