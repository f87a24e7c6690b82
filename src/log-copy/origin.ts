import { z } from 'zod';
import type { Position } from '../event-store/port.ts';
import type { EncodedEvent } from '../event-store/stored-event.ts';
import { parseJsonAs } from '../runtime/json.ts';

const Metadata = z.looseObject({ recordedAt: z.int().optional(), copiedFrom: z.string().optional() });
/** Parses metadata; undefined if no release can read it. Such metadata is copied unchanged. */
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
