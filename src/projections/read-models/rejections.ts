import type { ClientBase } from 'pg';
import { isRejectionEvent } from '../../domain/events/families.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { storable } from '../queries/row.ts';
import { instant, integer, type RecordChange, record, sortedText, text } from '../record.ts';
import { incomingRows } from '../write-records.ts';

const rejectionRecord = record(
  'rejection',
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
type RejectionChange = RecordChange<typeof rejectionRecord>;

/** Rejected requests, and for each tenant before which instant they are kept no longer. */
export type RejectionChanges = {
  readonly rejected: RejectionChange[];
  /** By tenant; that of the installation is the empty text. */
  readonly cuts: Map<string, string>;
};

/** Stands for the installation among the tenants, none of which has an empty name. */
export const INSTALLATION = '';

export const foldRejections = (
  events: readonly RecordedEvent[],
  held?: RejectionChanges,
): RejectionChanges | undefined => {
  let rejected = held?.rejected ?? [];
  const cuts = held?.cuts ?? new Map<string, string>();
  for (const event of events) {
    if (!isRejectionEvent(event)) continue;
    if (event.type === 'RequestsRejected') {
      const { tenant = INSTALLATION, lastAt: at, from: source, minute: _, ...row } = event.data;
      rejected.push({ ...rejectionRecord.blank, ...row, position: event.position, tenant, at, source });
    } else {
      const { tenant, before } = event.data;
      cuts.set(tenant ?? INSTALLATION, before);
      rejected = rejected.filter((row) => row.tenant !== (tenant ?? INSTALLATION) || row.at >= before);
    }
  }
  return rejected.length + cuts.size === 0 ? undefined : { rejected, cuts };
};

/** Requests that were rejected for who asked or what they would call, as long as they are kept. */
export const rejections = defineProjection<RejectionChanges>({
  name: 'rejections',
  shape: '1',
  streamPrefixes: [PREFIX_OF.rejections],
  views: ['rejections'],
  tables: (schema) => `CREATE TABLE ${schema}.rejections (${rejectionRecord.ddl})`,
  indexes: (schema) => `
    CREATE INDEX IF NOT EXISTS rejections_by_time ON ${schema}.rejections (at, position);
    CREATE INDEX IF NOT EXISTS rejections_by_actor ON ${schema}.rejections (actor, tenant, at, position);
    CREATE INDEX IF NOT EXISTS rejections_by_code ON ${schema}.rejections (tenant, code, at, position);
    CREATE INDEX IF NOT EXISTS rejections_by_action ON ${schema}.rejections (tenant, action, at, position)`,
  fold: foldRejections,
  write: async (client, schema, { rejected, cuts }) => {
    await Promise.all([
      cuts.size > 0
        ? client.query({
            name: `${schema}_cuts`,
            text: `DELETE FROM ${schema}.rejections AS kept USING unnest($1::text[], $2::timestamptz[]) AS cut (tenant, before)
             WHERE kept.tenant = cut.tenant AND kept.at < cut.before`,
            values: [[...cuts.keys()].map(storable), [...cuts.values()]],
          })
        : undefined,
      rejected.length > 0 ? writeRejected(client, schema, rejected) : undefined,
    ]);
  },
});

const writeRejected = async (client: ClientBase, schema: string, rows: readonly RejectionChange[]): Promise<void> => {
  const { names, source, values } = incomingRows(rejectionRecord.columns, rows);
  await client.query({
    name: `${schema}_write`,
    text: `INSERT INTO ${schema}.rejections (${names}) SELECT ${names} FROM ${source}
     ON CONFLICT (tenant, at, position) DO NOTHING`,
    values,
  });
};
