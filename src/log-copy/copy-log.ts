import type { z } from 'zod';
import { LogCopied, LogCreated } from '../domain/events/index.ts';
import { logStream } from '../domain/streams.ts';
import { appendWithRetry } from '../event-store/append-with-retry.ts';
import type { Codec } from '../event-store/codec.ts';
import { type EventStore, NO_STREAM, type Position, type TextEvent } from '../event-store/port.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type Copying, copyEvents, createCarrier, withOrigin, withoutOrigin } from './copy-events.ts';
import { LogCopyFailed, visibleEvents } from './visible-events.ts';

/** Opens an event log with the given codec. */
export type OpenLog = (codec: Codec) => EventStore;

export type LogCopyResult = {
  /** The identity of the copy. */
  readonly logId: string;
  /** The identity of the original. */
  readonly copyOf: string;
  /** The number of events copied by this call, not by an earlier one that was interrupted. */
  readonly copied: number;
  /** The number of events that are equal in both logs; undefined if they were not compared. */
  readonly verified: number | undefined;
};

/**
 * Copies a log without active writers into an empty one, or continues an interrupted copy. Events keep their order, ids,
 * revisions and times; cut streams and erased keys stay cut and erased. The copy has its own identity and positions. Each
 * event records its original position, by which a reader of the original finds its place in the copy.
 * @throws LogCopyFailed with a message that states what to do
 */
export const copyLog = async ({
  from,
  to,
  world,
  verify,
  released = false,
  onProgress = () => {},
}: {
  readonly from: OpenLog;
  readonly to: OpenLog;
  readonly world: Runtime;
  /** If true, both logs are compared event by event after copying. */
  readonly verify: boolean;
  /** Whether the engines can claim on the copy without a release; default false. */
  readonly released?: boolean;
  /** Called after each batch that the source hands out, with the number of events read so far. */
  readonly onProgress?: (events: number) => void;
}): Promise<LogCopyResult> => {
  const carrier = createCarrier();
  const source = from(carrier.codec);
  const copy = to(carrier.codec);
  try {
    const copying = { source, copy, carrier, world };
    const { id, copyOf, end } = await beginCopy(copying);
    const copied = await copyEvents(copying, end, onProgress);
    const verified = verify ? await verifyCopy(source, copy) : undefined;
    await finishCopy(copying, { copyOf, end, released });
    return { logId: id, copyOf, copied, verified };
  } finally {
    await Promise.all([source.close(), copy.close()]);
  }
};

const Data = LogCopied.shape.data;

/**
 * Records in the copy up to which position of the original it extends and whether its engines can claim without a release,
 * unless that is already recorded.
 */
const finishCopy = async ({ copy, carrier, world }: Copying, data: z.infer<typeof Data>): Promise<void> => {
  const [last] = await Array.fromAsync(copy.readStream(logStream, { direction: 'backwards', limit: 1, as: 'texts' }));
  const texts = last?.texts;
  const recorded = texts?.type === 'LogCopied' ? Data.parse(JSON.parse(texts.data)) : undefined;
  if (recorded?.end === data.end && recorded.released === data.released) return;
  const metadata = JSON.stringify({ actor: { type: 'system', name: 'log copy' }, correlationId: world.random.uuid() });
  const event = carrier.carry(world.random.uuid(), { type: 'LogCopied', data: JSON.stringify(data), metadata });
  const append = { stream: logStream, expectedRevision: last?.revision ?? NO_STREAM, events: [event] };
  await appendWithRetry(copy, append, { world });
};

/**
 * Compares two logs event by event, in log order: stream, revision, id, type, data, metadata and time. Events about the
 * logs themselves are not compared.
 * @returns the number of events that are equal in both
 * @throws LogCopyFailed COPY_DIFFERS naming the first difference
 */
const verifyCopy = async (source: EventStore, copy: EventStore): Promise<number> => {
  const originals = oneByOne(source);
  const copies = oneByOne(copy);
  try {
    for (let same = 0; ; same++) {
      const [original, copied] = await Promise.all([originals.next(), copies.next()]);
      if (original.done && copied.done) return same;
      const [here, there] = [original, copied].map(({ done, value }) => (done ? 'nothing' : describeEvent(value)));
      if (here !== there) {
        throw new LogCopyFailed(
          'COPY_DIFFERS',
          `after ${same} events the logs differ: ${here} in the original, ${there} in the copy`,
        );
      }
    }
  } finally {
    await Promise.all([originals.return(), copies.return()]);
  }
};

async function* oneByOne(store: EventStore): AsyncGenerator<TextEvent, void, undefined> {
  for await (const events of visibleEvents(store, await store.end())) yield* events;
}

/** Returns everything that must be equal in both logs as one text. */
const describeEvent = (event: TextEvent): string => {
  const { stream, revision, id, texts } = event;
  const { recordedAt, metadata } = withoutOrigin(texts, event.recordedAt);
  return `${texts.type} ${id} at ${stream}/${revision} of ${new Date(recordedAt).toISOString()}, ${texts.data} ${metadata}`;
};

const LogData = LogCreated.shape.data;
type Identity = z.infer<typeof LogData>;

/** Reads the identity of a log; undefined if the log does not begin with one. */
const readIdentity = async (store: EventStore): Promise<Identity | undefined> => {
  for await (const { texts } of store.readStream(logStream, { limit: 1, as: 'texts' })) {
    const { type, data } = texts;
    if (type === 'LogCreated') return LogData.parse(JSON.parse(data));
  }
  return undefined;
};

/**
 * Returns the identity of the copy, which it records if there is none yet, and the end of the source.
 * @throws LogCopyFailed if the source is empty, or the target is neither empty nor a copy of this source
 */
const beginCopy = async ({
  source,
  copy,
  carrier,
  world,
}: Copying): Promise<{ readonly id: string; readonly copyOf: string; readonly end: Position }> => {
  const original = await readIdentity(source);
  const end = await source.end();
  if (original === undefined || end === undefined)
    throw new LogCopyFailed('SOURCE_EMPTY', 'The source has no log. There is nothing to copy.');
  const begun = await readIdentity(copy);
  if (begun?.copyOf === original.id) return { id: begun.id, copyOf: original.id, end };
  if (begun !== undefined || (await copy.end()) !== undefined) {
    throw new LogCopyFailed(
      'TARGET_TAKEN',
      `The target already contains ${begun === undefined ? 'events' : `log ${begun.id}`}, which is not a copy of log ${original.id}. Use an empty target.`,
    );
  }
  const identity = { id: world.random.uuid(), copyOf: original.id };
  for await (const first of source.readStream(logStream, { limit: 1, as: 'texts' })) {
    const { type, metadata } = withOrigin(first.texts, first);
    const event = carrier.carry(first.id, { type, data: JSON.stringify(identity), metadata });
    await appendWithRetry(copy, { stream: logStream, expectedRevision: NO_STREAM, events: [event] }, { world });
  }
  return { ...identity, end };
};
