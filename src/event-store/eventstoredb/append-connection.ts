import type { Clock } from '../../runtime/runtime.ts';
import { type BatchStream, openBatchStream } from './batch-stream.ts';
import { closeClient, openClient } from './client.ts';
import { shouldRetryElsewhere } from './failures.ts';

export type AppendConnection = {
  /** Returns the stream of appends to the leader, and opens one if there is none. */
  current(): Promise<BatchStream>;
  /** Returns the stream of appends if it is open, and everything that waited for it to open has been sent. */
  opened(): BatchStream | undefined;
  /** Closes this stream if it is still in use. Its pending appends are rejected. */
  drop(stream: Promise<BatchStream>, why: unknown): void;
  close(): Promise<void>;
};

export type AppendConnectionOptions = {
  readonly connectionString: string;
  readonly clock: Clock;
  readonly onReconnect: () => void;
};

/**
 * Creates the connection for all appends of a process. A client that does not move to another node itself is replaced.
 */
export const createAppendConnection = ({
  connectionString,
  clock,
  onReconnect,
}: AppendConnectionOptions): AppendConnection => {
  let client = openClient(connectionString);
  let stream: Promise<BatchStream> | undefined;
  let live: BatchStream | undefined;
  let closed = false;

  const drop = (dropped: Promise<BatchStream>, why: unknown): void => {
    if (closed || stream !== dropped) return;
    stream = undefined;
    live = undefined;
    onReconnect();
    dropped.then((open) => open.cancel()).catch(() => {});
    if (shouldRetryElsewhere(why)) return;
    void closeClient(client);
    client = openClient(connectionString);
  };

  return {
    current: () => {
      if (stream !== undefined) return stream;
      const opened = openBatchStream(client, { clock, onEnd: (error) => drop(opened, error) });
      opened.then(
        (open) => {
          // Those that wait for the stream go on within this turn of the event loop. What is sent later must not overtake them.
          setImmediate(() => {
            if (stream === opened) live = open;
          });
        },
        (error) => drop(opened, error),
      );
      stream = opened;
      return opened;
    },
    opened: () => live,
    drop,
    close: () => {
      closed = true;
      return closeClient(client);
    },
  };
};
