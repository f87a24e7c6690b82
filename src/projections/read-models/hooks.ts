import { isRunEvent, type RunEvent } from '../../domain/events/index.ts';
import { hookAfter } from '../../domain/execution/hook.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { type HookChange, hookRecord } from '../queries/records/hooks.ts';
import { writeNewest } from '../write-records.ts';
import { deleteExpired } from './expiry.ts';

/** By execution. */
export type HookChanges = Map<number, HookChange>;

export const foldHooks = (events: readonly RecordedEvent[], rows: HookChanges = new Map()): HookChanges | undefined => {
  for (const event of events) {
    const row = isRunEvent(event) ? rowOf(event) : undefined;
    if (row !== undefined) rows.set(row.executionId, row);
  }
  return rows.size === 0 ? undefined : rows;
};

const rowOf = (event: RecordedEvent<RunEvent>): HookChange | undefined => {
  const hook = hookAfter(event);
  if (hook === undefined || !('executionId' in event.data)) return undefined;
  const { executionId, jobId, tenant, createdAt } = event.data;
  return { ...hookRecord.blank, executionId, jobId, tenant, createdAt, ...hook, revision: event.revision };
};

/** The attempts to call the hooks of ended executions, and when the next one is due. */
export const hooks = defineProjection<HookChanges>({
  name: 'hooks',
  shape: '2',
  streamPrefixes: [PREFIX_OF.runs],
  views: ['hooks'],
  tables: (schema) => `CREATE TABLE ${schema}.hooks (${hookRecord.ddl})`,
  indexes: (schema) => `
    CREATE INDEX IF NOT EXISTS due_hooks ON ${schema}.hooks (next_at) WHERE next_at IS NOT NULL;
    CREATE INDEX IF NOT EXISTS due_hooks_of_tenant ON ${schema}.hooks (tenant, next_at) WHERE next_at IS NOT NULL;
    CREATE INDEX IF NOT EXISTS hooks_of_job ON ${schema}.hooks (job_id, created_at)`,
  fold: foldHooks,
  write: (client, schema, rows) => writeNewest(client, `${schema}.hooks`, { ...hookRecord, rows: rows.values() }),
  expire: (client, schema, expiries) => deleteExpired(client, { schema, table: 'hooks' }, expiries),
});
