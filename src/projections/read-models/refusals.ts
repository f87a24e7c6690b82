import type { ClientBase } from 'pg';
import { isRefusalEvent } from '../../domain/events/families.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { storable } from '../queries/row.ts';
import { instant, integer, type RecordChange, record, sortedText, text } from '../record.ts';
import { incomingRows } from '../write-records.ts';

const refusalRecord = record(
  'refusal',
  {
    position: sortedText(),
    /** Empty where nobody knows who asked. */
    tenant: text(),
    at: instant(),
    code: text(),
    action: text().optional(),
    path: text().optional(),
    actor: text().optional(),
    source: text().optional(),
    count: integer(),
    requestId: text(),
  },
  { key: ['tenant', 'at', 'position'] },
);
type RefusalChange = RecordChange<typeof refusalRecord>;

/** Refused requests, and for each tenant before which instant they are kept no longer. */
export type RefusalChanges = {
  readonly refused: readonly RefusalChange[];
  /** By tenant; that of the installation is the empty text. */
  readonly cuts: ReadonlyMap<string, string>;
};

/** Stands for the installation among the tenants, none of which has an empty name. */
export const INSTALLATION = '';

export const foldRefusals = (events: readonly RecordedEvent[]): RefusalChanges | undefined => {
  let refused: RefusalChange[] = [];
  const cuts = new Map<string, string>();
  for (const event of events) {
    if (!isRefusalEvent(event)) continue;
    if (event.type === 'RequestsRefused') {
      const { tenant = INSTALLATION, lastAt: at, from: source, minute: _, ...row } = event.data;
      refused.push({ ...refusalRecord.blank, ...row, position: event.position, tenant, at, source });
    } else {
      const { tenant, before } = event.data;
      cuts.set(tenant ?? INSTALLATION, before);
      refused = refused.filter((row) => row.tenant !== (tenant ?? INSTALLATION) || row.at >= before);
    }
  }
  return refused.length + cuts.size === 0 ? undefined : { refused, cuts };
};

/** Requests that were refused for who asked or what they would call, as long as they are kept. */
export const refusals = defineProjection<RefusalChanges>({
  name: 'refusals',
  shape: '1',
  streamPrefixes: [PREFIX_OF.refusals],
  views: ['refusals'],
  tables: (schema) => `CREATE TABLE ${schema}.refusals (${refusalRecord.ddl})`,
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

const writeRefused = async (client: ClientBase, schema: string, rows: readonly RefusalChange[]): Promise<void> => {
  const { names, source, values } = incomingRows(refusalRecord.columns, rows);
  await client.query({
    name: `${schema}_write`,
    text: `INSERT INTO ${schema}.refusals (${names}) SELECT ${names} FROM ${source}
     ON CONFLICT (tenant, at, position) DO NOTHING`,
    values,
  });
};
