import type pg from 'pg';
import type { EncodedAppend } from '../check-append.ts';
import type { StoredId } from '../judge.ts';
import { positionOf, type Revision } from '../port.ts';
import type { Heads } from './heads.ts';

export type StoredIds = (stream: string, revision: Revision) => StoredId | undefined;

type StoredIdRow = [stream: string, revision: string, id: string, position: string];

const STORED_IDS = `
  select e.stream, e.revision, e.id, e.position
  from unnest($1::text[], $2::integer[], $3::integer[]) as wanted (stream, first, last)
  join log_events e on e.stream = wanted.stream and e.revision between wanted.first and wanted.last`;

/** What stands where those appends wanted to go that come too late: they may have been made already. */
export const readStoredIds = async (
  client: pg.Client,
  batch: readonly EncodedAppend[],
  { streams }: Heads,
): Promise<StoredIds> => {
  const late = batch.filter(({ append }) => append.expectedRevision < (streams.get(append.stream)?.revision ?? 0));
  if (late.length === 0) return () => undefined;
  const { rows } = await client.query<StoredIdRow>({
    text: STORED_IDS,
    values: [
      late.map(({ append }) => append.stream),
      late.map(({ append }) => append.expectedRevision + 1),
      late.map(({ append }) => append.expectedRevision + append.events.length),
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
