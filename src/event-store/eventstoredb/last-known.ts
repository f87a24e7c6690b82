import type { World } from '../../runtime/world.ts';
import type { LogTail, ReceivedEvent } from '../log-tail.ts';
import { comparePositions, type Position } from '../port.ts';

type Known = { event: ReceivedEvent | undefined; isRead: boolean };

export type LastKnown = (stream: string, asOf: Position) => Promise<ReceivedEvent | undefined>;

export type LastKnownOptions = {
  readonly tail: Pick<LogTail, 'end' | 'listen' | 'more'>;
  readonly timers: Pick<World['timers'], 'after'>;
  readonly read: (stream: string) => Promise<ReceivedEvent | undefined>;
};

const MOST_STREAMS = 1_000;
/** An event comes over the tail within a millisecond of the answer to its append. */
const LONGEST_WAIT_MS = 100;

/**
 * Makes what returns the last event of a stream as of a position, or a later one. Those of streams that were asked for before
 * are kept as the log goes on, so that the log need not be asked.
 */
export const createLastKnown = ({ tail, timers, read }: LastKnownOptions): LastKnown => {
  const streams = new Map<string, Known>();

  const take = (known: Known, event: ReceivedEvent | undefined): void => {
    if (event !== undefined && event.revision >= (known.event?.revision ?? 0)) known.event = event;
  };

  /** Reads the stream, and keeps what was read if the tail brings all that comes after it. */
  const readAndKeep = async (stream: string): Promise<ReceivedEvent | undefined> => {
    if (tail.end() === undefined) return read(stream);
    const known: Known = { event: undefined, isRead: false };
    streams.delete(stream);
    streams.set(stream, known);
    for (const oldest of streams.keys()) {
      if (streams.size <= MOST_STREAMS) break;
      streams.delete(oldest);
    }
    const event = await read(stream);
    take(known, event);
    known.isRead = true;
    return known.event;
  };

  /** @returns whether the tail has come that far, within a moment */
  const reaches = async (position: Position): Promise<boolean> => {
    const late = new AbortController();
    const cancel = timers.after(LONGEST_WAIT_MS, () => late.abort());
    try {
      for (;;) {
        const end = tail.end();
        if (end === undefined || late.signal.aborted) return false;
        if (comparePositions(end, position) >= 0) return true;
        await tail.more(end, late.signal);
      }
    } finally {
      cancel();
    }
  };

  tail.listen({
    hear: (events) => {
      for (const event of events) {
        const known = streams.get(event.stream);
        if (known !== undefined) take(known, event);
      }
    },
    forget: () => streams.clear(),
  });

  return async (stream, asOf) => {
    const known = streams.get(stream);
    if (known?.isRead && (await reaches(asOf)) && streams.get(stream) === known) return known.event;
    return readAndKeep(stream);
  };
};
