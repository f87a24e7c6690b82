import { isTenantEvent } from '../../domain/events/families.ts';
import type { TenantErasure } from '../../domain/events/index.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { type Column, incomingRows, storable } from '../columns.ts';
import { defineProjection } from '../projection.ts';

type ErasureRow = Pick<TenantErasure, 'tenant' | 'requestedAt' | 'erasedAt'> & { readonly revision: number };
type ErasureChanges = ReadonlyMap<string, ErasureRow>;

const columns: readonly Column<ErasureRow>[] = [
  ['tenant', 'text', ({ tenant }) => storable(tenant)],
  ['requested_at', 'timestamptz', ({ requestedAt }) => requestedAt],
  ['ended', 'boolean', ({ erasedAt }) => erasedAt !== undefined],
  ['revision', 'integer', ({ revision }) => revision],
];

/** Folds the erasures of tenants: the last event of each holds it whole. */
export const foldErasures = (events: readonly RecordedEvent[]): ErasureChanges | undefined => {
  const changes = new Map<string, ErasureRow>();
  for (const event of events) {
    if (isTenantEvent(event)) changes.set(event.data.tenant, { ...event.data, revision: event.revision });
  }
  return changes.size === 0 ? undefined : changes;
};

/** Which tenants are erased: where processes find what is still to be carried out. */
export const erasures = defineProjection<ErasureChanges>({
  name: 'erasures',
  shape: '1',
  streamPrefixes: ['tenant-'],
  views: ['erasures'],
  tables: (schema) => `
    CREATE TABLE ${schema}.erasures (
      tenant text PRIMARY KEY,
      requested_at timestamptz NOT NULL,
      ended boolean NOT NULL,
      revision integer NOT NULL
    )`,
  indexes: (schema) => `CREATE INDEX IF NOT EXISTS open_erasures ON ${schema}.erasures (requested_at) WHERE NOT ended`,
  fold: foldErasures,
  write: async (client, schema, changes) => {
    const { names, source, values } = incomingRows(columns, changes.values());
    await client.query({
      name: `${schema}_write`,
      text: `INSERT INTO ${schema}.erasures AS kept (${names}) SELECT ${names} FROM ${source}
       ON CONFLICT (tenant) DO UPDATE
       SET requested_at = excluded.requested_at, ended = excluded.ended, revision = excluded.revision
       WHERE kept.revision < excluded.revision`,
      values,
    });
  },
});
