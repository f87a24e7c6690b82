import { isRejectionEvent } from '../../domain/events/index.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { storable } from '../queries/row.ts';
import { bigint, indexedText, instant, type RecordChange, record, sortedText, text } from '../record.ts';
import { writeMissing } from '../write-records.ts';

const rejectionRecord = record(
  'rejection',
  {
    position: sortedText(),
    /** Empty if the caller is unknown. */
    tenant: text(),
    at: instant(),
    code: text(),
    action: indexedText().optional(),
    path: text().optional(),
    actor: indexedText().optional(),
    source: text().optional(),
    count: bigint(),
    requestId: text(),
  },
  { key: ['tenant', 'at', 'position'] },
);

type RejectionChange = RecordChange<typeof rejectionRecord>;

/** Rejected requests, and for each tenant the instant before which they are deleted. */
export type RejectionChanges = {
  readonly rejected: RejectionChange[];
  /** By tenant; the empty text for the installation. */
  readonly cuts: Map<string, string>;
};

/** Stands for the installation. No tenant has an empty name. */
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

/** Requests rejected because of their caller or target, until they are deleted. */
export const rejections = defineProjection<RejectionChanges>({
  name: 'rejections',
  shape: '2',
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
      writeMissing(client, `${schema}.rejections`, { ...rejectionRecord, rows: rejected }),
    ]);
  },
});
