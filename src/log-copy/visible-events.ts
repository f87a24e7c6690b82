import { z } from 'zod';
import { logStream } from '../domain/streams.ts';
import type { EventStore, Position, Revision, TextEvent } from '../event-store/port.ts';
import { readLog } from '../event-store/read-log.ts';
import type { EncodedEvent } from '../event-store/stored-event.ts';
import { parseJsonAs } from '../runtime/text.ts';

type LogReader = EventStore;

/**
 * Yields all events of a log once, in log order, up to `end`. Excludes events about the log itself and cut or deleted
 * events: EventStoreDB delivers these until it is scavenged, and a copy must not restore an erased key.
 * @throws LogCopyFailed if the log was written to during the copy
 */
export async function* visibleEvents(
  log: LogReader,
  end: Position | undefined,
): AsyncGenerator<readonly TextEvent[], void, undefined> {
  if (end === undefined) return;
  const firsts = new Map<string, Revision>();
  const learnFirsts = async (events: readonly TextEvent[]): Promise<void> => {
    const newStreams = new Set(events.map(({ stream }) => stream).filter((stream) => !firsts.has(stream)));
    await Promise.all([...newStreams].map(async (stream) => firsts.set(stream, await firstRevision(log, stream))));
  };

  for await (const { events } of readLog(log, { end, as: 'texts' })) {
    const candidates = events.filter(({ stream }) => stream !== logStream);
    await learnFirsts(candidates);
    const visible = candidates.filter(({ stream, revision }) => revision >= (firsts.get(stream) ?? 0));
    if (visible.length > 0) yield visible;
  }
  if ((await log.end()) !== end) {
    throw new LogCopyFailed(
      'SOURCE_WRITTEN',
      'The log was written to during the copy. Stop all servers that use it, then run the copy again.',
    );
  }
}

/** Returns the first visible revision of a stream; infinity if it has no event left. */
const firstRevision = async (log: LogReader, stream: string): Promise<Revision> => {
  const direction = keepsLast(stream) ? 'backwards' : 'forwards';
  for await (const { revision } of log.readStream(stream, { direction, limit: 1, as: 'texts' })) return revision;
  return Number.POSITIVE_INFINITY;
};

const WithApplicationId = z.object({ applicationId: z.int() });
const SEALED = /"\$sealed":\{[^{}]*?"generation":(\d+)/g;
const KEYS_STREAM = /^keys-(\d+)-(\d+)$/;

/** Returns whether only the last event of a stream is kept. */
export const keepsLast = (stream: string): boolean => KEYS_STREAM.test(stream);

/** Finds out from the copied events which data keys existed. */
type ErasedKeys = {
  note(stream: string, texts: EncodedEvent): void;
  /** Deletes the streams of erased keys in the copy, so that no new key can take the place of an erased one. */
  erase(copy: EventStore): Promise<void>;
};

export const createErasedKeys = (): ErasedKeys => {
  const existing = new Set<string>();
  const latest = new Map<string, number>();
  const noteGeneration = (applicationId: string, generation: number): void => {
    latest.set(applicationId, Math.max(generation, latest.get(applicationId) ?? 0));
  };
  return {
    note: (stream, { data }) => {
      const [, applicationId, generation] = KEYS_STREAM.exec(stream) ?? [];
      if (applicationId !== undefined) {
        existing.add(stream);
        noteGeneration(applicationId, Number(generation));
      } else if (data.includes('"$sealed"')) {
        const parsed = parseJsonAs(WithApplicationId, data);
        if (parsed === undefined) return;
        for (const [, sealedBy] of data.matchAll(SEALED))
          noteGeneration(String(parsed.applicationId), Number(sealedBy));
      }
    },
    erase: async (copy) => {
      for (const [applicationId, last] of latest) {
        for (let generation = 1; generation <= last; generation++) {
          const stream = `keys-${applicationId}-${generation}`;
          if (!existing.has(stream)) await copy.deleteStream(stream);
        }
      }
    },
  };
};

type Code = 'SOURCE_EMPTY' | 'SOURCE_WRITTEN' | 'TARGET_TAKEN' | 'OUT_OF_ORDER' | 'COPY_DIFFERS';

/** A log could not be copied. The message states why and what to do. */
export class LogCopyFailed extends Error {
  override readonly name = 'LogCopyFailed';
  readonly code: Code;
  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}

/** Creates the error for a copy with another order of events than the original. */
export const outOfOrder = (): LogCopyFailed =>
  new LogCopyFailed(
    'OUT_OF_ORDER',
    'Responses were lost, so the copied events are in a different order. Copy again to an empty target.',
  );
