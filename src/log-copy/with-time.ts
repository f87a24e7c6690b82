import { z } from 'zod';
import type { EncodedEvent } from '../event-store/codec.ts';

const Metadata = z.looseObject({ recordedAt: z.int().optional() });

/** The same event with the time of its first recording, which the copy's codec then goes by. */
export const withTime = (texts: EncodedEvent, recordedAt: number): EncodedEvent => {
  const metadata = Metadata.parse(JSON.parse(texts.metadata));
  return metadata.recordedAt === undefined
    ? { ...texts, metadata: JSON.stringify({ ...metadata, recordedAt }) }
    : texts;
};

/** The time of an event's first recording, and its metadata without it. */
export const timeOf = (
  { metadata }: EncodedEvent,
  recordedAt: number,
): { readonly recordedAt: number; readonly metadata: string } => {
  const { recordedAt: first, ...rest } = Metadata.parse(JSON.parse(metadata));
  return { recordedAt: first ?? recordedAt, metadata: JSON.stringify(rest) };
};
