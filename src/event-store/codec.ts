import { z } from 'zod';
import { type DomainEvent, EventMetadata, type EventType } from '../domain/events/index.ts';
import { StreamParked, UnreadableEvent, UnwritableEvent } from './errors.ts';
import type { NewEvent, Position, RecordedEvent, Revision } from './port.ts';

/** What this release understands; an event whose metadata asks for more (`minReader`) stops it. */
export const READER_LEVEL = 1;

/** An event as adapters store it. Data and metadata are JSON texts; the version stands in the metadata as `v`. */
export type EncodedEvent = { readonly type: string; readonly data: string; readonly metadata: string };

/** An event as an adapter read it. */
export type RawEvent = EncodedEvent & {
  readonly id: string;
  readonly stream: string;
  readonly revision: Revision;
  readonly position: Position;
  /** Epoch milliseconds by the log's clock. */
  readonly recordedAt: number;
};

/** The same, where an adapter's client may have parsed data and metadata already: texts, or what they say. */
export type StoredEvent = Omit<RawEvent, 'data' | 'metadata'> & {
  readonly data: string | object;
  readonly metadata: string | object;
};

/** Lifts the data of one version to the next. Pure; what it gives is checked by the current schema. */
export type Upcaster = (data: unknown) => unknown;

type EventSchema = z.ZodType<DomainEvent> & { readonly shape: { readonly type: { readonly value: EventType } } };

export type CodecOptions = {
  /** One for each type, as in `DomainEvent.options`. */
  readonly schemas: readonly EventSchema[];
  /** For each type its upcasters, from version 1 on: the current version is one more than there are of them. */
  readonly upcasters?: Partial<Record<EventType, readonly Upcaster[]>>;
  readonly readerLevel?: number;
  /** Called for each event that is passed over because this release doesn't know it. */
  readonly onSkipped?: (skipped: { readonly type: string; readonly version: number }) => void;
  /** Called for each event that parks its stream, each time that it is read. */
  readonly onParked?: (parked: StreamParked) => void;
};

/** What is read of an event that may not be passed over. */
export type DecodedEvent = RecordedEvent | StreamParked;

export type Codec = {
  /** @throws UnwritableEvent for one of a known type that would not be read again: it never gets into a log */
  encode(event: NewEvent): EncodedEvent;
  /**
   * The event; undefined for one that this release doesn't know and may pass over; StreamParked, given and not thrown,
   * where it is of a known type and version, yet not as that version has it. This is the one place that says so.
   * @throws UnreadableEvent when it asks for a newer reader
   */
  decode(raw: StoredEvent): DecodedEvent | undefined;
  /**
   * What `decode` gives of an event that this very codec has encoded, from the same texts, without checking it again.
   * Where it is missing, such events are decoded like any other.
   * @throws UnreadableEvent as `decode` does
   */
  recall?(event: NewEvent, raw: RawEvent): DecodedEvent | undefined;
};

/** The part of the metadata that is read before anything is known about the event. */
const Envelope = z.object({ v: z.int().positive().default(1), minReader: z.int().optional() });

export const createCodec = ({
  schemas,
  upcasters = {},
  readerLevel = READER_LEVEL,
  onSkipped = () => {},
  onParked = () => {},
}: CodecOptions): Codec => {
  const known = new Map<string, { schema: z.ZodType<DomainEvent>; lifts: readonly Upcaster[]; version: number }>();
  for (const schema of schemas) {
    const type = schema.shape.type.value;
    const lifts = upcasters[type] ?? [];
    known.set(type, { schema, lifts, version: lifts.length + 1 });
  }

  const read = (raw: StoredEvent): RecordedEvent | undefined => {
    const storedMetadata = parsed('metadata', raw.metadata);
    const { v, minReader = 0 } = valid(Envelope.safeParse(storedMetadata));
    if (minReader > readerLevel) throw new UnreadableEvent({ ...raw, minReader, reader: readerLevel });
    const entry = known.get(raw.type);
    if (entry === undefined || v > entry.version) {
      onSkipped({ type: raw.type, version: v });
      return undefined;
    }
    const data = lifted(parsed('data', raw.data), entry.lifts.slice(v - 1));
    const metadata = valid(EventMetadata.safeParse(storedMetadata));
    return {
      ...valid(entry.schema.safeParse({ type: raw.type, data })),
      id: raw.id,
      metadata,
      stream: raw.stream,
      revision: raw.revision,
      position: raw.position,
      // A copy keeps the times of the log that it was made of.
      recordedAt: metadata.recordedAt ?? raw.recordedAt,
    };
  };

  const decode: Codec['decode'] = (raw) => {
    try {
      return read(raw);
    } catch (error) {
      if (!(error instanceof Flaw)) throw error;
      const parked = new StreamParked({ ...raw, why: error.message });
      onParked(parked);
      return parked;
    }
  };

  return {
    encode: ({ type, data, metadata }) => {
      const entry = known.get(type);
      if (entry !== undefined) {
        readable(type, entry.schema.safeParse({ type, data }));
        readable(type, EventMetadata.safeParse(metadata));
      }
      return {
        type,
        data: JSON.stringify(data),
        metadata: JSON.stringify({ ...metadata, v: entry?.version ?? 1 }),
      };
    },

    decode,

    recall: (event, raw) => {
      const { minReader, recordedAt } = event.metadata;
      if (minReader !== undefined || !known.has(event.type)) return decode(raw);
      const { v: _, ...metadata } = JSON.parse(raw.metadata);
      const { stream, revision, position } = raw;
      const place = { stream, revision, position, recordedAt: recordedAt ?? raw.recordedAt };
      return { ...event, data: JSON.parse(raw.data), metadata, ...place };
    },
  };
};

/** What is wrong with a stored event. */
class Flaw extends Error {}

/** What is no JSON is not told of by its text, which may hold secrets. */
const parsed = (part: 'data' | 'metadata', stored: string | object): unknown => {
  if (typeof stored !== 'string') return stored;
  try {
    return JSON.parse(stored);
  } catch {
    throw new Flaw(`its ${part} is no JSON`);
  }
};

const lifted = (data: unknown, lifts: readonly Upcaster[]): unknown => {
  try {
    return lifts.reduce((lower, lift) => lift(lower), data);
  } catch {
    throw new Flaw('its data does not fit its version');
  }
};

const valid = <T>({ success, data, error }: z.ZodSafeParseResult<T>): T => {
  if (success) return data;
  throw new Flaw(z.prettifyError(error));
};

const readable = (type: string, { error }: z.ZodSafeParseResult<unknown>): void => {
  if (error !== undefined) throw new UnwritableEvent({ type, why: z.prettifyError(error) });
};
