import { z } from 'zod';
import { PREFIX_OF } from '../domain/streams.ts';
import type { Position, TextEvent } from '../event-store/port.ts';
import type { EncodedEvent } from '../event-store/stored-event.ts';
import { parseJsonAs } from '../runtime/text.ts';

/**
 * Determines which events are leaves of their tenant's tree, and what is hashed of each.
 *
 * Excluded are streams without actions of a tenant's users and jobs (`ids-`, `engine-`, `alertcheckpoint`), streams that are
 * cut or erased by design (`requests-`, `rejections-`, `keys-`), and streams of the log rather than a tenant (`log`,
 * `home`).
 */
export const LEAF_STREAMS: readonly string[] = [
  PREFIX_OF.job,
  PREFIX_OF.runs,
  PREFIX_OF.application,
  PREFIX_OF.calendar,
  PREFIX_OF.pause,
  PREFIX_OF.operation,
  PREFIX_OF.token,
  PREFIX_OF.acknowledgement,
  PREFIX_OF.savedViews,
  PREFIX_OF.jobName,
  PREFIX_OF.applicationName,
  PREFIX_OF.alertRule,
  PREFIX_OF.alertBook,
  PREFIX_OF.testCalls,
];

/** A leaf before hashing, and its event's position in the log. */
export type Leaf = {
  readonly tenant: string;
  readonly content: string;
  readonly position: Position;
  /** Epoch milliseconds. */
  readonly recordedAt: number;
};

/**
 * Makes the leaf of an event that was read verbatim; `undefined` if the event belongs to no tenant, such as a placeholder
 * for events that were cut before the log was copied.
 */
export const leafOf = (event: TextEvent): Leaf | undefined => {
  const { texts } = event;
  const tenant = tenantOf(texts.data);
  const content = tenant === undefined ? undefined : leafContent(event, texts);
  if (tenant === undefined || content === undefined) return undefined;
  const { position, recordedAt } = event;
  return { tenant, content, position, recordedAt: originalTime(texts.metadata) ?? recordedAt };
};

const TENANT_FIELD = '"tenant":';
const STRING = /"(?:[^"\\]|\\.)*"/y;

/** Finds the tenant without parsing the whole text, if nothing nested precedes it. In strings, quotes are escaped. */
const tenantOf = (data: string): string | undefined => {
  const at = data.indexOf(TENANT_FIELD);
  if (at < 0) return undefined;
  const isNested = data.lastIndexOf('{', at) > 0 || data.lastIndexOf('[', at) >= 0;
  if (isNested) return parseJsonAs(OfTenant, data)?.tenant;
  STRING.lastIndex = at + TENANT_FIELD.length;
  const found = STRING.exec(data)?.[0];
  if (found === undefined) return undefined;
  return found.includes('\\') ? parseJsonAs(z.string(), found) : found.slice(1, -1);
};

/**
 * The canonical form of an event: one JSON text of its id, type, data and original metadata, with keys in recorded order and
 * no white space. It excludes position, stream and revision, so it is identical in a copy of the log. The metadata is that
 * of the original log, including the time of recording.
 * @returns `undefined` if the metadata is no JSON object, which no version has written
 */
const leafContent = ({ id, recordedAt }: TextEvent, { type, data, metadata }: EncodedEvent): string | undefined => {
  const original = originalMetadata(metadata, recordedAt);
  if (original === undefined) return undefined;
  return `{"id":${JSON.stringify(id)},"type":${JSON.stringify(type)},"metadata":${original},"data":${data}}`;
};

const OfTenant = z.object({ tenant: z.string() });
const CopiedMetadata = z.looseObject({ recordedAt: z.int().optional(), copiedFrom: z.string().optional() });

const originalMetadata = (metadata: string, recordedAt: number): string | undefined => {
  // The last field shows whether a copy added metadata; other metadata is not parsed, because this runs for each event.
  if (!metadata.includes(COPIED_FIELD)) {
    return metadata.startsWith('{"') ? `{"recordedAt":${recordedAt},${metadata.slice(1)}` : undefined;
  }
  const fields = parseJsonAs(CopiedMetadata, metadata);
  if (fields === undefined) return undefined;
  const { recordedAt: first = recordedAt, copiedFrom: _, ...rest } = fields;
  return JSON.stringify({ recordedAt: first, ...rest });
};

const originalTime = (metadata: string): number | undefined =>
  metadata.includes(COPIED_FIELD) ? parseJsonAs(CopiedMetadata, metadata)?.recordedAt : undefined;

const COPIED_FIELD = '"copiedFrom":';
