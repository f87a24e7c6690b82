import {
  type EventStoreDBClient,
  StreamDeletedError,
  type StreamingRead,
  StreamNotFoundError,
} from '@eventstore/db-client';
import type { World } from '../../world.ts';
import { chunksOf } from './chunks.ts';
import { closeClient, openClient } from './client.ts';
import { clientMovesOn, isDenied, LogAccessDenied } from './failures.ts';

/** Reads have no deadline in the client. This one is for each wait, not for the whole of a long read. */
const SILENCE_MS = 10_000;
const TRIES = 4;
const FIRST_PAUSE_MS = 50;

export type Reader = {
  /** What a read gives, in helpings; nothing where the stream is not there or was deleted. One try. */
  read<T>(open: (client: EventStoreDBClient) => StreamingRead<T>): AsyncGenerator<readonly T[], void, undefined>;
  /**
   * Runs what can be run again without harm, until it goes well or has failed too often.
   * @throws LogAccessDenied at once
   */
  surely<T>(run: (client: EventStoreDBClient) => Promise<T>): Promise<T>;
  /** Waits before the n-th repetition; gives the failure back where there should be none. */
  mend(error: unknown, failures: number): Promise<void>;
  close(): Promise<void>;
};

export type ReaderOptions = {
  readonly connectionString: string;
  readonly world: Pick<World, 'timers' | 'log'>;
  readonly onReconnect: () => void;
};

/** All that is read of single streams and of the log's end, over one connection. */
export const createReader = ({ connectionString, world, onReconnect }: ReaderOptions): Reader => {
  let client = openClient(connectionString);
  const retired = new Map<EventStoreDBClient, () => void>();

  /** Others may be reading over the old one still: it is closed when even their deadlines have passed. */
  const renew = (old: EventStoreDBClient): void => {
    if (old !== client) return;
    onReconnect();
    client = openClient(connectionString);
    const close = () => {
      retired.delete(old);
      void closeClient(old);
    };
    retired.set(old, world.timers.after(2 * SILENCE_MS, close));
  };

  async function* read<T>(open: (client: EventStoreDBClient) => StreamingRead<T>): AsyncGenerator<readonly T[]> {
    const used = client;
    const stream = open(used);
    const silent = new AbortController();
    const chunks = chunksOf<T>(stream, silent.signal)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const cancel = world.timers.after(SILENCE_MS, () => silent.abort());
        const { value, done } = await chunks.next().finally(cancel);
        if (silent.signal.aborted) throw new Error(`the log said nothing for ${SILENCE_MS} ms`);
        if (done) return;
        if (value.items.length > 0) yield value.items;
      }
    } catch (error) {
      if (error instanceof StreamNotFoundError || error instanceof StreamDeletedError) return;
      if (!clientMovesOn(error)) renew(used);
      throw error;
    } finally {
      stream.cancel().catch(() => {});
    }
  }

  const mend = async (error: unknown, failures: number): Promise<void> => {
    if (isDenied(error)) throw new LogAccessDenied('read the log', { cause: error });
    if (failures >= TRIES) throw error;
    world.log.warn({ err: error, failures }, 'the log could not be read: reading it again');
    if (failures > 1) await world.timers.sleep(FIRST_PAUSE_MS * 2 ** failures);
  };

  return {
    read,
    mend,
    surely: async (run) => {
      for (let failures = 1; ; failures++) {
        const used = client;
        try {
          return await run(used);
        } catch (error) {
          if (!clientMovesOn(error)) renew(used);
          await mend(error, failures);
        }
      }
    },
    close: async () => {
      for (const cancel of retired.values()) cancel();
      await Promise.all([client, ...retired.keys()].map(closeClient));
    },
  };
};
