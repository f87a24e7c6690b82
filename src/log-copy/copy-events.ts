import { z } from 'zod';
import { CARILLON } from '../domain/events/index.ts';
import { appendWithRetry } from '../event-store/append-with-retry.ts';
import type { Codec } from '../event-store/codec.ts';
import { StreamParked } from '../event-store/errors.ts';
import {
  type Append,
  type AppendResult,
  comparePositions,
  type EventStore,
  LOG_START,
  type NewEvent,
  NO_STREAM,
  type Position,
  type Revision,
  type TextEvent,
} from '../event-store/port.ts';
import type { EncodedEvent } from '../event-store/stored-event.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { parseJsonAs } from '../runtime/text.ts';
import { createErasedKeys, keepsLast, outOfOrder, visibleEvents } from './visible-events.ts';

/** Appends events as their stored texts, without parsing them, whatever their types and versions. */
export type Carrier = {
  /** The codec of both logs. It decodes no event: read them as texts. */
  readonly codec: Codec;
  /** Creates an event that this codec encodes as these texts. Only its id is valid. */
  carry(id: string, texts: EncodedEvent): NewEvent;
};

export const createCarrier = (): Carrier => {
  const carried = new WeakMap<NewEvent, EncodedEvent>();
  return {
    codec: {
      encode: (event) => {
        const texts = carried.get(event);
        if (texts === undefined) throw new TypeError('this event was not copied');
        return texts;
      },
      decode: (stored) => new StreamParked({ ...stored, why: 'a copy of a log reads events only as texts' }),
    },
    carry: (id, texts) => {
      const metadata = { actor: CARILLON, correlationId: '' };
      const event: NewEvent = { type: 'LogCreated', data: { id: '' }, id, metadata };
      carried.set(event, texts);
      return event;
    },
  };
};

const Metadata = z.looseObject({ recordedAt: z.int().optional(), copiedFrom: z.string().optional() });
/** Parses metadata; `undefined` if no version can read it. Such metadata is copied unchanged. */
const parsed = (metadata: string) => parseJsonAs(Metadata, metadata);

/**
 * Adds to the metadata of an event when it was first recorded, which the codec of the copy then reports as its time,
 * and its position in the original log.
 */
export const withOrigin = (
  texts: EncodedEvent,
  { recordedAt, position }: { readonly recordedAt: number; readonly position: Position },
): EncodedEvent => {
  const metadata = parsed(texts.metadata);
  if (metadata === undefined) return texts;
  return { ...texts, metadata: JSON.stringify({ recordedAt, ...metadata, copiedFrom: position }) };
};

/** Returns when an event was first recorded, and its metadata without the origin. */
export const withoutOrigin = (
  { metadata }: EncodedEvent,
  recordedAt: number,
): { readonly recordedAt: number; readonly metadata: string } => {
  const fields = parsed(metadata);
  // Unreadable metadata can not hold the time, so times are not compared.
  if (fields === undefined) return { recordedAt: 0, metadata };
  const { recordedAt: first, copiedFrom: _, ...rest } = fields;
  return { recordedAt: first ?? recordedAt, metadata: JSON.stringify(rest) };
};

const PLACEHOLDER_BYTES = 200;
/** The limits of one append. A log accepts 1 MiB. */
const MAX_APPEND = { events: 100, bytes: 512 * 1_024 } as const;

type PendingAppend = {
  readonly stream: string;
  readonly expectedRevision: Revision;
  readonly events: NewEvent[];
  sizeBytes: number;
};

/** Both logs, and what copies events from one to the other. */
export type Copying = {
  readonly source: EventStore;
  readonly copy: EventStore;
  readonly carrier: Carrier;
  readonly world: Runtime;
};

/**
 * Copies the events up to the end of the source that the copy lacks, continuing each stream at its last revision. Then it cuts streams and erases
 * keys in the copy as they were in the source.
 * @returns the number of events copied by this call
 * @throws LogCopyFailed OUT_OF_ORDER, SOURCE_WRITTEN
 */
export const copyEvents = async (
  { source, copy, carrier, world }: Copying,
  end: Position,
  onProgress: (events: number) => void,
): Promise<number> => {
  const heads = new Map<string, Revision>();
  const cuts = new Map<string, Revision>();
  const erased = createErasedKeys();
  const writer = createOrderedWriter(copy, world);
  let eventsRead = 0;
  let copied = 0;

  const learnHeads = async (events: readonly TextEvent[]): Promise<void> => {
    const firsts = new Map<string, Revision>();
    for (const { stream, revision } of events) {
      if (!heads.has(stream) && !firsts.has(stream)) firsts.set(stream, revision);
    }
    const last = await copy.readLast([...firsts.keys()]);
    [...firsts].forEach(([stream, revision], index) => {
      heads.set(stream, last[index]?.revision ?? NO_STREAM);
      if (revision > 0) cuts.set(stream, revision);
    });
  };

  /** Consecutive events of one stream are appended together, usually as they were appended originally. */
  let pending: PendingAppend | undefined;
  const sendPending = async (): Promise<void> => {
    const append = pending;
    pending = undefined;
    if (append !== undefined) await writer.append(append, append.sizeBytes);
  };

  const copyOne = async (event: TextEvent): Promise<void> => {
    const { stream, revision } = event;
    const { texts } = event;
    erased.note(stream, texts);
    const head = heads.get(stream) ?? NO_STREAM;
    if (revision <= head) {
      // An interrupted copy contains the first events of the source. If an earlier event is missing, its append got no
      // response.
      if (copied > 0) throw outOfOrder();
      return;
    }
    const copiedTexts = withOrigin(texts, event);
    const carried = carrier.carry(event.id, copiedTexts);
    const sizeBytes =
      2 * copiedTexts.type.length + Buffer.byteLength(copiedTexts.data) + Buffer.byteLength(copiedTexts.metadata);
    heads.set(stream, revision);
    copied += 1;
    const follows = pending?.stream === stream && revision === head + 1 && pending.events.length < MAX_APPEND.events;
    if (pending !== undefined && follows && pending.sizeBytes + sizeBytes <= MAX_APPEND.bytes) {
      pending.events.push(carried);
      pending.sizeBytes += sizeBytes;
      return;
    }
    await sendPending();
    let expectedRevision = head;
    const missing = { count: revision - head - 1, random: world.random };
    for (const events of missing.count > 0 ? placeholders(carrier, missing) : []) {
      await writer.append({ stream, expectedRevision, events }, PLACEHOLDER_BYTES * events.length);
      expectedRevision += events.length;
    }
    pending = { stream, expectedRevision, events: [carried], sizeBytes };
  };

  for await (const events of visibleEvents(source, end)) {
    await learnHeads(events);
    for (const event of events) await copyOne(event);
    eventsRead += events.length;
    onProgress(eventsRead);
  }
  await sendPending();
  await writer.flush();
  for (const [stream, revision] of cuts) await copy.truncateBefore(stream, revision);
  for (const stream of heads.keys()) if (keepsLast(stream)) await copy.keepLast(stream);
  await erased.erase(copy);
  return copied;
};

const PLACEHOLDERS_PER_APPEND = 1_000;
/** No version knows this type, and every version can skip it: a log that hides cut events may still deliver it. */
const PLACEHOLDER_TYPE = 'PrefixCut';

/** Yields events that take the place of cut ones, so that the following events get their original revisions. */
function* placeholders(
  carrier: Carrier,
  { count, random }: { count: number; random: Runtime['random'] },
): Generator<readonly NewEvent[], void, undefined> {
  const metadata = JSON.stringify({ actor: { type: 'system', name: 'log copy' }, correlationId: random.uuid() });
  for (let left = count; left > 0; left -= PLACEHOLDERS_PER_APPEND) {
    yield Array.from({ length: Math.min(left, PLACEHOLDERS_PER_APPEND) }, () =>
      carrier.carry(random.uuid(), { type: PLACEHOLDER_TYPE, data: '{}', metadata }),
    );
  }
}

/** Maximum appends in progress: enough to keep both kinds of logs busy. */
const WINDOW = { appends: 512, bytes: 8 * 1_048_576 } as const;

type OrderedWriter = {
  /** Starts an append. Resolves when there is room for the next one. */
  append(append: Append, sizeBytes: number): Promise<void>;
  /** Resolves when all appends have ended. */
  flush(): Promise<void>;
};

/**
 * Creates a writer that keeps many appends in progress. A log executes appends in the order in which they are sent. An
 * append without a response is retried, perhaps after later ones; its position shows if the order is broken.
 * @throws LogCopyFailed OUT_OF_ORDER
 */
export const createOrderedWriter = (copy: EventStore, world: Runtime): OrderedWriter => {
  const window: { readonly response: Promise<AppendResult>; readonly sizeBytes: number }[] = [];
  let bytes = 0;
  let reached = LOG_START;
  const awaitFirst = async (): Promise<void> => {
    const first = window.shift();
    if (first === undefined) return;
    bytes -= first.sizeBytes;
    const { position } = await first.response;
    if (comparePositions(position, reached) <= 0) throw outOfOrder();
    reached = position;
  };
  return {
    append: async (append, sizeBytes) => {
      const response = appendWithRetry(copy, append, { world });
      // A failure is reported when the append is the first in the window.
      response.catch(() => {});
      window.push({ response, sizeBytes });
      bytes += sizeBytes;
      if (window.length < WINDOW.appends && bytes < WINDOW.bytes) return;
      // Waits until half of the window is free, so that the next appends are sent together again.
      while (window.length > WINDOW.appends / 2 || bytes > WINDOW.bytes / 2) await awaitFirst();
    },
    flush: async () => {
      while (window.length > 0) await awaitFirst();
    },
  };
};
