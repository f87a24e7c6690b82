import type pg from 'pg';
import type { EncodedAppend } from '../check-append.ts';
import { judge, type StoredId } from '../judge.ts';
import { type AppendResult, type NewEvent, NO_STREAM, positionOf, type Revision } from '../port.ts';
import type { EncodedEvent } from '../stored-event.ts';
import type { Heads, KeptHead } from './heads.ts';

/** Returns the event id stored at a revision of a stream, if it was read. */
type StoredIds = (stream: string, revision: Revision) => StoredId | undefined;

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

export type NewEventRow = EncodedEvent & {
  readonly event: NewEvent;
  readonly id: string;
  readonly stream: string;
  readonly revision: Revision;
};

export type BatchVerdict = {
  /** For each list of appends the results, up to the first that is rejected. */
  readonly answers: readonly (readonly (AppendResult | Error)[])[];
  /** The events to record, in log order. The first gets the position after the log's end. */
  readonly rows: readonly NewEventRow[];
  /** Streams whose events before a revision are to be deleted. */
  readonly cuts: readonly { readonly stream: string; readonly before: Revision }[];
};

const noHead: KeptHead = { revision: NO_STREAM, deleted: false, keepsLast: false };

/**
 * Judges appends one after another, each as if the earlier ones were already committed. After a rejected append the rest
 * of its list is left out.
 */
export const judgeBatch = (
  batch: readonly (readonly EncodedAppend[])[],
  heads: Heads,
  storedIds: StoredIds,
): BatchVerdict => {
  const now = new Map(heads.streams);
  const rows: NewEventRow[] = [];

  const standsAt = (stream: string, revision: Revision): StoredId | undefined => {
    const index = rows.findIndex((row) => row.stream === stream && row.revision === revision);
    const row = rows[index];
    return row === undefined
      ? storedIds(stream, revision)
      : { id: row.id, position: positionOf(heads.end + 1 + index) };
  };

  const answerTo = ({ append, events }: EncodedAppend): AppendResult | Error => {
    const { stream } = append;
    const head = now.get(stream) ?? noHead;
    const verdict = judge(append, head, (revision) => standsAt(stream, revision));
    if (verdict.kind === 'rejected') return verdict.error;
    if (verdict.kind === 'repeated') return verdict.appended;
    let revision = head.revision;
    for (const encoded of events) {
      revision += 1;
      rows.push({ ...encoded, stream, revision });
    }
    now.set(stream, { ...head, revision });
    return { revision, position: positionOf(heads.end + rows.length) };
  };

  const answers = batch.map((appends) => {
    const given: (AppendResult | Error)[] = [];
    for (const each of appends) {
      const answer = answerTo(each);
      given.push(answer);
      if (answer instanceof Error) break;
    }
    return given;
  });

  const cuts = [...now]
    .filter(([stream, { keepsLast, revision }]) => keepsLast && revision !== heads.streams.get(stream)?.revision)
    .map(([stream, { revision }]) => ({ stream, before: revision }));
  return { answers, rows, cuts };
};
