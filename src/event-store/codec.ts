import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { ACTOR_TYPES, type Actor, type DomainEvent, EventMetadata, type EventType } from '../domain/events/index.ts';
import { StreamParked, UnreadableEvent, UnwritableEvent } from './errors.ts';
import type { DecodedEvent, NewEvent, RecordedEvent } from './port.ts';
import type { EncodedEvent, StoredEvent } from './stored-event.ts';

/** The reader level of this version. An event whose metadata requires a higher one (`minReader`) stops the reader. */
export const READER_LEVEL = 1;

/** Converts the data of one version to the next. It is pure; the current schema checks the result. */
export type Upcaster = (data: unknown) => unknown;

/** The used part of a schema. Checking against all of z.ZodType takes the compiler minutes with this many events. */
type EventSchema = {
  readonly shape: { readonly type: { readonly value: EventType } };
  safeParse(stored: unknown): z.ZodSafeParseResult<DomainEvent>;
};

export type CodecOptions = {
  /** One schema for each event type, as in `DomainEvent.options`. */
  readonly schemas: readonly EventSchema[];
  /** The upcasters of each type, from version 1 on. The current version is their number plus one. */
  readonly upcasters?: Partial<Record<EventType, readonly Upcaster[]>>;
  readonly readerLevel?: number;
  /** Types whose events are encoded and recalled as given, without validation. */
  readonly unchecked?: ReadonlySet<EventType>;
  /** Called for each event that is skipped because this version does not know its type or version. */
  readonly onSkipped?: (skipped: { readonly type: string; readonly version: number }) => void;
  /** Called when reading an event that parks its stream. */
  readonly onParked?: (parked: StreamParked) => void;
};

export type Codec = {
  /** @throws UnwritableEvent for an event of a checked type that does not fit its schema and so could not be read back */
  encode(event: NewEvent): EncodedEvent;
  /**
   * Decodes an event. Returns `undefined` for an event that this version does not know and can skip. Returns (not throws)
   * StreamParked for an event of a known type and version that does not fit its schema; nothing else creates one. An event
   * of the current version with a valid sum is not validated again.
   * @throws UnreadableEvent if the event requires a newer reader
   */
  decode(raw: StoredEvent): DecodedEvent | undefined;
  /**
   * Like `decode`, for an event that this codec has encoded itself. An event of an unchecked type is returned as is and must
   * not be changed. A codec without this method decodes such events like any others.
   * @throws UnreadableEvent like `decode`
   */
  recall?(event: NewEvent, stored: StoredEvent): DecodedEvent | undefined;
};

type KnownType = {
  readonly schema: EventSchema;
  readonly lifts: readonly Upcaster[];
  readonly version: number;
  /** The checksum of type and version, with which that of the data begins. */
  readonly sumBegin: number;
};

const NONE: ReadonlySet<EventType> = new Set();

export const createCodec = ({
  schemas,
  upcasters = {},
  readerLevel = READER_LEVEL,
  unchecked = NONE,
  onSkipped = () => {},
  onParked = () => {},
}: CodecOptions): Codec => {
  const known = new Map<string, KnownType>();
  for (const schema of schemas) {
    const type = schema.shape.type.value;
    const lifts = upcasters[type] ?? [];
    const version = lifts.length + 1;
    known.set(type, { schema, lifts, version, sumBegin: crc32(`${type} ${version} `) });
  }

  const read = (raw: StoredEvent): RecordedEvent | undefined => {
    const storedMetadata = parsed('metadata', raw.metadata);
    const usual = defaultMetadata(storedMetadata);
    const { v, minReader = 0, sum } = usual?.envelope ?? valid(Envelope.safeParse(storedMetadata));
    if (minReader > readerLevel) throw new UnreadableEvent({ ...raw, minReader, reader: readerLevel });
    const entry = known.get(raw.type);
    if (entry === undefined || v > entry.version) {
      onSkipped({ type: raw.type, version: v });
      return undefined;
    }
    const stored = { type: raw.type, data: parsed('data', raw.data) };
    const metadata = usual?.metadata ?? valid(EventMetadata.safeParse(storedMetadata));
    const event = isAsChecked(stored, sum, { stored: raw.data, sumBegin: entry.sumBegin })
      ? stored
      : valid(entry.schema.safeParse({ ...stored, data: lifted(stored.data, entry.lifts.slice(v - 1)) }));
    return {
      ...event,
      id: raw.id,
      metadata,
      stream: raw.stream,
      revision: raw.revision,
      position: raw.position,
      // In a copied log, the metadata holds the time at which the original log recorded the event.
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
      const text = JSON.stringify(data);
      if (entry === undefined) return { type, data: text, metadata: JSON.stringify({ ...metadata, v: 1 }) };
      if (!unchecked.has(type)) {
        readable(type, entry.schema.safeParse({ type, data }));
        readable(type, EventMetadata.safeParse(metadata));
      }
      const { version: v, sumBegin } = entry;
      return { type, data: text, metadata: JSON.stringify({ ...metadata, v, sum: crc32(text, sumBegin) }) };
    },

    decode,

    recall: (event, raw) => {
      const { type, metadata } = event;
      if (!unchecked.has(type) || metadata.minReader !== undefined) return decode(raw);
      const { stream, revision, position } = raw;
      return { ...event, stream, revision, position, recordedAt: metadata.recordedAt ?? raw.recordedAt };
    },
  };
};

/**
 * Returns whether an event's sum shows that it is unchanged since `encode` validated it. Validating it again would take most
 * of the time of reading.
 */
const isAsChecked = (
  event: { readonly type: string; readonly data: unknown },
  sum: number | undefined,
  { stored, sumBegin }: { readonly stored: string | object; readonly sumBegin: number },
): event is DomainEvent =>
  sum !== undefined && sum === crc32(typeof stored === 'string' ? stored : JSON.stringify(stored), sumBegin);

/** A stored event of a known type does not fit its schema. */
class Flaw extends Error {}

/** Parses stored JSON. The error omits the text, which may contain secrets. */
const parsed = (part: 'data' | 'metadata', stored: string | object): unknown => {
  if (typeof stored !== 'string') return stored;
  try {
    return JSON.parse(stored);
  } catch {
    throw new Flaw(`its ${part} is not valid JSON`);
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

/** The part of the metadata that determines how the rest of the event is read. */
export const Envelope = z.object({
  v: z.int().positive().default(1),
  minReader: z.int().optional(),
  sum: z.int().optional().catch(undefined),
});

type UsualMetadata = { readonly envelope: z.infer<typeof Envelope>; readonly metadata: EventMetadata };

const TYPES: ReadonlySet<unknown> = new Set(ACTOR_TYPES);
const isType = (value: unknown): value is Actor['type'] => TYPES.has(value);
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/**
 * Reads metadata of the usual shape: an actor with a type and a name, a correlation id, a version and a sum, and perhaps a
 * reason. Equals the result of the schemas, but is much faster; `undefined` for other metadata, which the schemas read.
 */
export const defaultMetadata = (stored: unknown): UsualMetadata | undefined => {
  if (!isRecord(stored)) return undefined;
  const { actor, correlationId, reason, v, sum, ...others } = stored;
  if (typeof correlationId !== 'string' || !isRecord(actor)) return undefined;
  if (!Number.isSafeInteger(v) || !Number.isSafeInteger(sum) || !(Number(v) > 0)) return undefined;
  if (reason !== undefined && typeof reason !== 'string') return undefined;
  for (const _ in others) return undefined;
  const { type, name, ...ofActor } = actor;
  if (!isType(type) || typeof name !== 'string') return undefined;
  for (const _ in ofActor) return undefined;
  return {
    envelope: { v: Number(v), sum: Number(sum) },
    metadata: { actor: { type, name }, correlationId, ...(reason === undefined ? {} : { reason }) },
  };
};
