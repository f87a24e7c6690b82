import { isTenantEvent } from '../../domain/events/families.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { boolean, instant, integer, type RecordChange, record, text } from '../record.ts';
import { writeNewest } from '../write-records.ts';

const erasureRecord = record(
  'erasure',
  { tenant: text(), createdAt: instant(), ended: boolean(), revision: integer() },
  { key: ['tenant'] },
);
type ErasureChange = RecordChange<typeof erasureRecord>;
type ErasureChanges = ReadonlyMap<string, ErasureChange>;

/** Folds the erasures of tenants: the last event of each holds it whole. */
export const foldErasures = (events: readonly RecordedEvent[]): ErasureChanges | undefined => {
  const changes = new Map<string, ErasureChange>();
  for (const event of events) {
    if (!isTenantEvent(event)) continue;
    const { tenant, createdAt, erasedAt } = event.data;
    changes.set(tenant, { tenant, createdAt, ended: erasedAt !== undefined, revision: event.revision });
  }
  return changes.size === 0 ? undefined : changes;
};

/** Which tenants are erased: where processes find what is still to be carried out. */
export const erasures = defineProjection<ErasureChanges>({
  name: 'erasures',
  shape: '1',
  streamPrefixes: [PREFIX_OF.tenant],
  views: ['erasures'],
  tables: (schema) => `CREATE TABLE ${schema}.erasures (${erasureRecord.ddl})`,
  indexes: (schema) => `CREATE INDEX IF NOT EXISTS open_erasures ON ${schema}.erasures (created_at) WHERE NOT ended`,
  fold: foldErasures,
  write: (client, schema, changes) =>
    writeNewest(client, `${schema}.erasures`, { ...erasureRecord, rows: changes.values() }),
});
