import { isOperationEvent } from '../../domain/events/families.ts';
import type { Operation } from '../../domain/events/index.ts';
import { hasEnded } from '../../domain/operations/operation.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { type Column, incomingRows, storable } from '../columns.ts';
import { defineProjection } from '../projection.ts';

export type OperationRow = Operation & { readonly revision: number };
type OperationChanges = ReadonlyMap<number, OperationRow>;

const columns: readonly Column<OperationRow>[] = [
  ['operation_id', 'bigint', ({ operationId }) => operationId],
  ['tenant', 'text', ({ tenant }) => storable(tenant)],
  ['ended', 'boolean', hasEnded],
  ['requested_at', 'timestamptz', ({ requestedAt }) => requestedAt],
  ['operation', 'json text', ({ revision: _, ...operation }) => JSON.stringify({ ...operation, planned: [] })],
  ['revision', 'integer', ({ revision }) => revision],
];

/** Folds the events of operations: the last event of each holds it whole. */
export const foldOperations = (events: readonly RecordedEvent[]): OperationChanges | undefined => {
  const changes = new Map<number, OperationRow>();
  for (const event of events) {
    if (isOperationEvent(event)) changes.set(event.data.operationId, { ...event.data, revision: event.revision });
  }
  return changes.size === 0 ? undefined : changes;
};

/** Changes of many jobs or executions, also those that have ended. */
export const operations = defineProjection<OperationChanges>({
  name: 'operations',
  shape: '1',
  streamPrefixes: ['operation-'],
  views: ['operations'],
  tables: (schema) => `
    CREATE TABLE ${schema}.operations (
      operation_id bigint PRIMARY KEY,
      tenant text NOT NULL,
      ended boolean NOT NULL,
      requested_at timestamptz NOT NULL,
      operation text NOT NULL,
      revision integer NOT NULL
    )`,
  indexes: (schema) => `
    CREATE INDEX IF NOT EXISTS operations_of_tenant ON ${schema}.operations (tenant, requested_at, operation_id);
    CREATE INDEX IF NOT EXISTS open_operations ON ${schema}.operations (tenant, operation_id) WHERE NOT ended`,
  fold: foldOperations,
  write: async (client, schema, changes) => {
    const { names, source, values } = incomingRows(columns, changes.values());
    await client.query({
      name: `${schema}_write`,
      text: `INSERT INTO ${schema}.operations AS kept (${names}) SELECT ${names} FROM ${source}
       ON CONFLICT (operation_id) DO UPDATE SET
         ended = excluded.ended, operation = excluded.operation, revision = excluded.revision
       WHERE kept.revision < excluded.revision`,
      values,
    });
  },
});
