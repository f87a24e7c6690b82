import { logStream } from '../domain/streams.ts';
import {
  comparePositions,
  type EventStore,
  LOG_START,
  type Position,
  type RecordedEvent,
  type Revision,
} from '../event-store/port.ts';
import { keepsLast } from './erased-keys.ts';
import { LogCopyFailed } from './errors.ts';

type Source = Pick<EventStore, 'end' | 'subscribe' | 'readStream'>;

/**
 * All events of a log in its order, from its beginning to its end, each once; none that a reader of its stream would not
 * see, and nothing that the log says of itself. EventStoreDB shows what was cut or deleted until it is scavenged, and a
 * copy must not bring an erased key back.
 * @throws LogCopyFailed when the log grew meanwhile
 */
export async function* livingEvents(
  log: Source,
  end: Position | undefined,
): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  if (end === undefined) return;
  const firsts = new Map<string, Revision>();
  const learnFirsts = async (events: readonly RecordedEvent[]): Promise<void> => {
    const news = new Set(events.map(({ stream }) => stream).filter((stream) => !firsts.has(stream)));
    await Promise.all([...news].map(async (stream) => firsts.set(stream, await firstRevision(log, stream))));
  };

  const done = new AbortController();
  let reached = LOG_START;
  try {
    for await (const item of log.subscribe({ signal: done.signal })) {
      if (item.kind === 'events') {
        const fresh = item.events.filter(({ position }) => comparePositions(position, reached) > 0);
        const told = fresh.filter(({ stream }) => stream !== logStream);
        await learnFirsts(told);
        const living = told.filter(({ stream, revision }) => revision >= (firsts.get(stream) ?? 0));
        if (living.length > 0) yield living;
        reached = fresh.at(-1)?.position ?? reached;
      } else if (comparePositions(item.position, reached) > 0) reached = item.position;
      if (comparePositions(reached, end) >= 0) break;
    }
  } finally {
    done.abort();
  }
  if ((await log.end()) !== end) {
    throw new LogCopyFailed(
      'SOURCE_WRITTEN',
      'the log was written to meanwhile: stop all that writes to it, then go on',
    );
  }
}

/** Infinity for a stream of which nothing is left. */
const firstRevision = async (log: Source, stream: string): Promise<Revision> => {
  const direction = keepsLast(stream) ? 'backwards' : 'forwards';
  for await (const { revision } of log.readStream(stream, { direction, limit: 1 })) return revision;
  return Number.POSITIVE_INFINITY;
};
