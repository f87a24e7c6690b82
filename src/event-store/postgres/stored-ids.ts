import type pg from 'pg';
import type { EncodedAppend } from '../check-append.ts';
import type { StoredId } from '../judge.ts';
import { positionOf, type Revision } from '../port.ts';
import type { Heads } from './heads.ts';

/** Returns the event id stored at a revision of a stream, if it was read. */
export type StoredIds = (stream: string, revision: Revision) => StoredId | undefined;

type StoredIdRow = [stream: string, revision: string, id: string, position: string];

const STORED_IDS = `
  SELECT e.stream, e.revision, e.id, e.position
  FROM unnest($1::text[], $2::integer[], $3::integer[]) AS wanted (stream, first, last)
  JOIN log_events e ON e.stream = wanted.stream AND e.revision BETWEEN wanted.first AND wanted.last`;

/**
 * Reads the event ids stored at the revisions that stale appends ask for. If they match, the append was made before.
 */
export const readStoredIds = async (
  client: pg.Client,
  batch: readonly EncodedAppend[],
  { streams }: Heads,
): Promise<StoredIds> => {
  const stale = batch.filter(({ append }) => append.expectedRevision < (streams.get(append.stream)?.revision ?? 0));
  if (stale.length === 0) return () => undefined;
  const { rows } = await client.query<StoredIdRow>({
    text: STORED_IDS,
    values: [
      stale.map(({ append }) => append.stream),
      stale.map(({ append }) => append.expectedRevision + 1),
      stale.map(({ append }) => append.expectedRevision + append.events.length),
    ],
    rowMode: 'array',
  });
  const found = new Map(
    rows.map(([stream, revision, id, position]) => [
      `${revision} ${stream}`,
      { id, position: positionOf(Number(position)) },
    ]),
  );
  return (stream, revision) => found.get(`${revision} ${stream}`);
};
