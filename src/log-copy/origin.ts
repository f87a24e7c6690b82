import { z } from 'zod';
import type { EncodedEvent } from '../event-store/codec.ts';
import type { Position } from '../event-store/port.ts';
import { jsonAs } from './json-as.ts';

const Metadata = z.looseObject({ recordedAt: z.int().optional(), copiedFrom: z.string().optional() });
/** Undefined for what no release can read either: it is copied as it is. */
const parsed = (metadata: string) => jsonAs(Metadata, metadata);

/**
 * The same event with the time of its first recording, which the copy's codec then goes by, and its place in the log
 * that it is copied from.
 */
export const withOrigin = (
  texts: EncodedEvent,
  { recordedAt, position }: { readonly recordedAt: number; readonly position: Position },
): EncodedEvent => {
  const metadata = parsed(texts.metadata);
  if (metadata === undefined) return texts;
  return { ...texts, metadata: JSON.stringify({ recordedAt, ...metadata, copiedFrom: position }) };
};

/** The time of an event's first recording, and its metadata without where it comes from. */
export const withoutOrigin = (
  { metadata }: EncodedEvent,
  recordedAt: number,
): { readonly recordedAt: number; readonly metadata: string } => {
  const said = parsed(metadata);
  // Then the time of the first recording is in the original alone.
  if (said === undefined) return { recordedAt: 0, metadata };
  const { recordedAt: first, copiedFrom: _, ...rest } = said;
  return { recordedAt: first ?? recordedAt, metadata: JSON.stringify(rest) };
};
