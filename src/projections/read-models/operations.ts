import { isOperationEvent } from '../../domain/events/families.ts';
import type { Operation } from '../../domain/events/index.ts';
import { hasEnded } from '../../domain/operation.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { operationRecord } from '../queries/records/operations.ts';
import { writeNewest } from '../write-records.ts';

export type OperationRow = Operation & { readonly revision: number };
type OperationChanges = ReadonlyMap<number, OperationRow>;

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
  streamPrefixes: [PREFIX_OF.operation],
  views: ['operations'],
  tables: (schema) => `CREATE TABLE ${schema}.operations (${operationRecord.ddl})`,
  indexes: (schema) => `
    CREATE INDEX IF NOT EXISTS operations_of_tenant ON ${schema}.operations (tenant, created_at, operation_id);
    CREATE INDEX IF NOT EXISTS open_operations ON ${schema}.operations (tenant, operation_id) WHERE NOT ended`,
  fold: foldOperations,
  write: (client, schema, changes) =>
    writeNewest(client, `${schema}.operations`, { ...operationRecord, rows: [...changes.values()].map(rowOf) }),
});

const rowOf = ({ revision, ...operation }: OperationRow) => ({
  id: operation.operationId,
  tenant: operation.tenant,
  ended: hasEnded(operation),
  createdAt: operation.createdAt,
  operation: { ...operation, planned: [] },
  revision,
});
