import { z } from 'zod';
import { CARILLON } from '../domain/events/index.ts';
import type { Codec } from '../event-store/codec.ts';
import { StreamParked } from '../event-store/errors.ts';
import type { NewEvent, Position } from '../event-store/port.ts';
import type { EncodedEvent } from '../event-store/stored-event.ts';
import { parseJsonAs } from '../runtime/text.ts';

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
