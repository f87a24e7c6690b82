import type { ClientBase } from 'pg';
import { isRefusalEvent } from '../../domain/events/families.ts';
import type { EventOf } from '../../domain/events/index.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { type Column, incomingRows, storable } from '../columns.ts';
import { defineProjection } from '../projection.ts';

type RefusalRow = EventOf<'RequestsRefused'>['data'] & { readonly position: string };

/** Refused requests, and for each tenant before which instant they are kept no longer. */
export type RefusalChanges = {
  readonly refused: readonly RefusalRow[];
  /** By tenant; that of the installation is the empty text. */
  readonly cuts: ReadonlyMap<string, string>;
};

/** Stands for the installation among the tenants, none of which has an empty name. */
export const INSTALLATION = '';

export const foldRefusals = (events: readonly RecordedEvent[]): RefusalChanges | undefined => {
  let refused: RefusalRow[] = [];
  const cuts = new Map<string, string>();
  for (const event of events) {
    if (!isRefusalEvent(event)) continue;
    if (event.type === 'RequestsRefused') {
      refused.push({ ...event.data, position: event.position });
    } else {
      const { tenant, before } = event.data;
      cuts.set(tenant ?? INSTALLATION, before);
      refused = refused.filter((row) => row.tenant !== tenant || row.lastAt >= before);
    }
  }
  return refused.length + cuts.size === 0 ? undefined : { refused, cuts };
};

const orNull = (text: string | undefined): string | null => (text === undefined ? null : storable(text));

const columns: readonly Column<RefusalRow>[] = [
  ['position', 'text', (row) => row.position],
  ['tenant', 'text', (row) => storable(row.tenant ?? INSTALLATION)],
  ['at', 'timestamptz', (row) => row.lastAt],
  ['code', 'text', (row) => row.code],
  ['action', 'text', (row) => orNull(row.action)],
  ['path', 'text', (row) => orNull(row.path)],
  ['actor', 'text', (row) => orNull(row.actor)],
  ['source', 'text', (row) => orNull(row.from)],
  ['count', 'integer', (row) => row.count],
  ['request_id', 'text', (row) => storable(row.requestId)],
];

/** Requests that were refused for who asked or what they would call, as long as they are kept. */
export const refusals = defineProjection<RefusalChanges>({
  name: 'refusals',
  shape: '1',
  streamPrefixes: ['refusals-'],
  views: ['refusals'],
  tables: (schema) => `
    CREATE TABLE ${schema}.refusals (
      position text COLLATE "C" NOT NULL,
      -- Empty where nobody knows who asked.
      tenant text NOT NULL,
      at timestamptz NOT NULL,
      code text NOT NULL,
      action text,
      path text,
      actor text,
      source text,
      count integer NOT NULL,
      request_id text NOT NULL,
      PRIMARY KEY (tenant, at, position)
    )`,
  indexes: (schema) => `
    CREATE INDEX IF NOT EXISTS refusals_by_time ON ${schema}.refusals (at, position);
    CREATE INDEX IF NOT EXISTS refusals_by_actor ON ${schema}.refusals (actor, tenant, at, position);
    CREATE INDEX IF NOT EXISTS refusals_by_code ON ${schema}.refusals (tenant, code, at, position);
    CREATE INDEX IF NOT EXISTS refusals_by_action ON ${schema}.refusals (tenant, action, at, position)`,
  fold: foldRefusals,
  write: async (client, schema, { refused, cuts }) => {
    await Promise.all([
      cuts.size > 0
        ? client.query({
            name: `${schema}_cuts`,
            text: `DELETE FROM ${schema}.refusals AS kept USING unnest($1::text[], $2::timestamptz[]) AS cut (tenant, before)
             WHERE kept.tenant = cut.tenant AND kept.at < cut.before`,
            values: [[...cuts.keys()].map(storable), [...cuts.values()]],
          })
        : undefined,
      refused.length > 0 ? writeRefused(client, schema, refused) : undefined,
    ]);
  },
});

const writeRefused = async (client: ClientBase, schema: string, rows: readonly RefusalRow[]): Promise<void> => {
  const { names, source, values } = incomingRows(columns, rows);
  await client.query({
    name: `${schema}_write`,
    text: `INSERT INTO ${schema}.refusals (${names}) SELECT ${names} FROM ${source}
     ON CONFLICT (tenant, at, position) DO NOTHING`,
    values,
  });
};
