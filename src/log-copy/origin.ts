import { z } from 'zod';
import type { EncodedEvent } from '../event-store/codec.ts';
import type { Position } from '../event-store/port.ts';

const Metadata = z.looseObject({ recordedAt: z.int().optional(), copiedFrom: z.string().optional() });

/**
 * The same event with the time of its first recording, which the copy's codec then goes by, and its place in the log
 * that it is copied from.
 */
export const withOrigin = (
  texts: EncodedEvent,
  { recordedAt, position }: { readonly recordedAt: number; readonly position: Position },
): EncodedEvent => {
  const metadata = Metadata.parse(JSON.parse(texts.metadata));
  return { ...texts, metadata: JSON.stringify({ recordedAt, ...metadata, copiedFrom: position }) };
};

/** The time of an event's first recording, and its metadata without where it comes from. */
export const withoutOrigin = (
  { metadata }: EncodedEvent,
  recordedAt: number,
): { readonly recordedAt: number; readonly metadata: string } => {
  const { recordedAt: first, copiedFrom: _, ...rest } = Metadata.parse(JSON.parse(metadata));
  return { recordedAt: first ?? recordedAt, metadata: JSON.stringify(rest) };
};
