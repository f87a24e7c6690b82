import { EventStoreDBClient } from '@eventstore/db-client';

// What the client keeps to its own verbs (protected, so reached by name here and in batch-stream.ts alone): the only
// way to its channels, and with them to its discovery, credentials and certificates.

/** A client that is used for one kind of call, and thrown away whole when its connection can't be trusted any more. */
export const openClient = (connectionString: string): EventStoreDBClient => {
  const client = EventStoreDBClient.connectionString(connectionString.replace(/^kurrentdb(?=[:+])/, 'esdb'));
  // Where one call's failure is handled while another call's discovery fails, the client rejects a promise that nobody
  // holds, which would end the process. Whoever made that other call is told of it anyway.
  // biome-ignore lint/complexity/useLiteralKeys: protected
  const handleError = client['handleError'];
  // biome-ignore lint/complexity/useLiteralKeys: protected
  client['handleError'] = (grpcClient, error) => handleError(grpcClient, error).catch(() => {});
  return client;
};

/** Cancels its calls and closes its channel, which the client's own `dispose` leaves open. Never fails. */
export const closeClient = async (client: EventStoreDBClient): Promise<void> => {
  try {
    await client.dispose();
    // biome-ignore lint/complexity/useLiteralKeys: protected
    const channel = await client['getChannel']();
    channel.close();
  } catch {
    // A channel that can't be made needs no closing.
  }
};
