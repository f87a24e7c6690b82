import type { ExecutionStatus, RunEvent } from '../../domain/events/index.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import { toInstant } from '../../domain/values.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { bigint, instant, type RecordChange, record, text } from '../record.ts';
import { upsertRows, writeIncoming } from '../write-records.ts';
import { expiryRecord } from './expiry.ts';

/** How many executions of a tenant ended in one minute of the log, and when the oldest of them was created. */
const endsRecord = record(
  'ends',
  {
    tenant: text(),
    minute: instant(),
    earliest: instant(),
    succeeded: bigint(),
    failed: bigint(),
    cancelled: bigint(),
  },
  { key: ['tenant', 'minute'] },
);

type EndsChange = RecordChange<typeof endsRecord>;

const MINUTE_MS = 60_000;

const STATUS_OF_END = {
  ExecutionSucceeded: 'succeeded',
  ExecutionFailed: 'failed',
  ExecutionCancelled: 'cancelled',
} as const satisfies Partial<Record<RunEvent['type'], ExecutionStatus>>;
type EndEvent = Extract<RunEvent, { readonly type: keyof typeof STATUS_OF_END }>;
const isEnd = (event: RecordedEvent): event is RecordedEvent<EndEvent> => Object.hasOwn(STATUS_OF_END, event.type);

export type EndsChanges = {
  /** By minute and tenant. */
  readonly rows: Map<string, EndsChange>;
  /** The tenants with expired executions, and the time before which they expired. */
  readonly expired: Map<string, string>;
};

export const foldEnds = (
  events: readonly RecordedEvent[],
  changes: EndsChanges = { rows: new Map(), expired: new Map() },
): EndsChanges | undefined => {
  const { rows, expired } = changes;
  for (const event of events) {
    if (event.type === 'ExecutionsExpired') {
      const { tenant, before } = event.data;
      const known = expired.get(tenant);
      if (known === undefined || known < before) expired.set(tenant, before);
    }
    if (!isEnd(event)) continue;
    const ending = STATUS_OF_END[event.type];
    const { tenant, createdAt } = event.data;
    const minute = toInstant(Math.floor(event.recordedAt / MINUTE_MS) * MINUTE_MS);
    const key = `${minute} ${tenant}`;
    const before = rows.get(key) ?? { tenant, minute, earliest: createdAt, succeeded: 0, failed: 0, cancelled: 0 };
    const row = createdAt < before.earliest ? { ...before, earliest: createdAt } : before;
    rows.set(key, { ...row, [ending]: row[ending] + 1 });
  }
  return rows.size + expired.size === 0 ? undefined : changes;
};

const expiredOfTenant = expiryRecord.part('tenant', 'before');

/**
 * How many executions ended in each minute of the log, and how old the oldest of them was. Queries use it to find and count
 * the executions that were open at an instant: none of them is older than those that ended later.
 *
 * Minutes before the latest expiry of a tenant are deleted. Later events are never cut, so a rebuild finds the same minutes
 * from there on.
 */
export const executionEnds = defineProjection<EndsChanges>({
  name: 'execution_ends',
  shape: '1',
  streamPrefixes: [PREFIX_OF.runs],
  views: ['execution_ends'],
  tables: (schema) => `CREATE TABLE ${schema}.execution_ends (${endsRecord.ddl}) WITH (fillfactor = 70)`,
  indexes: () => '',
  fold: foldEnds,
  write: async (client, schema, { rows, expired }) => {
    const tenants = [...expired].map(([tenant, before]) => ({ tenant, before }));
    await Promise.all([
      upsertRows(
        client,
        `${schema}.execution_ends`,
        { ...endsRecord, rows: rows.values() },
        `UPDATE SET earliest = least(kept.earliest, excluded.earliest),
           succeeded = kept.succeeded + excluded.succeeded, failed = kept.failed + excluded.failed,
           cancelled = kept.cancelled + excluded.cancelled`,
      ),
      writeIncoming(
        client,
        `${schema}_expire`,
        { ...expiredOfTenant, rows: tenants },
        ({ source }) => `DELETE FROM ${schema}.execution_ends AS kept USING ${source}
         WHERE kept.tenant = incoming.tenant AND kept.minute < incoming.before`,
      ),
    ]);
  },
});
