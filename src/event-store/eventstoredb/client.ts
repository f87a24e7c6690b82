import { EventStoreDBClient } from '@eventstore/db-client';
import { ownConnections } from './channel.ts';
import { ConnectionStringRefused, forClient } from './connection-string.ts';

// What the client keeps to its own verbs (protected, so reached by name here and in batch-stream.ts alone): the only
// way to its channels, and with them to its discovery, credentials and certificates.

/**
 * A client that is used for one kind of call, and thrown away whole when its connection can't be trusted any more.
 * @throws ConnectionStringRefused
 */
export const openClient = (connectionString: string): EventStoreDBClient => {
  const accepted = forClient(connectionString);
  const client = parsed(accepted);
  ownConnections(client, accepted);
  // Where one call's failure is handled while another call's discovery fails, the client rejects a promise that nobody
  // holds, which would end the process. Whoever made that other call is told of it anyway.
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
    // The client's own error of a string that it can't read repeats it.
    if (!(error instanceof Error) || !('connectionString' in error)) throw error;
    const expected = 'expected' in error ? `where ${error.expected} is expected` : 'somewhere';
    throw new ConnectionStringRefused(`it can't be read ${expected}; percent-encode what is special in a password`);
  }
};

/** Cancels its calls and closes its channel, which the client's own `dispose` leaves open. Never fails. */
export const closeClient = async (client: EventStoreDBClient): Promise<void> => {
  try {
    // It cancels them at once, and then waits for each to be read to its end, which nobody may do any more.
    void client.dispose();
    // biome-ignore lint/complexity/useLiteralKeys: protected
    const channel = await client['getChannel']();
    channel.close();
  } catch {
    // A channel that can't be made needs no closing.
  }
};
