import type { ClientBase } from 'pg';
import type { ExecutionStatus, RunEvent } from '../../domain/events/index.ts';
import { toInstant } from '../../domain/values.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { bigint, instant, type RecordChange, record, text } from '../record.ts';
import { upsertRows, writeIncoming } from '../write-records.ts';
import { type Expiries, expiryRecord } from './expiry.ts';

/**
 * How many executions of a tenant ended in one minute of the log, and when the oldest of them was created. Queries use it to
 * find and count the executions that were open at an instant: none of them is older than those that ended later.
 */
export const endsRecord = record(
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

/** By minute and tenant. */
export type Ends = Map<string, EndsChange>;

/** Counts the executions that end. Adds to `ends`, if given. */
export const foldEnds = (events: readonly RecordedEvent[], ends: Ends = new Map()): Ends => {
  for (const event of events) {
    if (!isEnd(event)) continue;
    const ending = STATUS_OF_END[event.type];
    const { tenant, createdAt } = event.data;
    const minute = toInstant(Math.floor(event.recordedAt / MINUTE_MS) * MINUTE_MS);
    const key = `${minute} ${tenant}`;
    const before = ends.get(key) ?? { tenant, minute, earliest: createdAt, succeeded: 0, failed: 0, cancelled: 0 };
    const row = createdAt < before.earliest ? { ...before, earliest: createdAt } : before;
    ends.set(key, { ...row, [ending]: row[ending] + 1 });
  }
  return ends;
};

const expiredOfTenant = expiryRecord.part('tenant', 'before');

export const writeEnds = (client: ClientBase, schema: string, ends: Ends): Promise<void> =>
  upsertRows(
    client,
    `${schema}.execution_ends`,
    { ...endsRecord, rows: ends.values() },
    `UPDATE SET earliest = least(kept.earliest, excluded.earliest),
       succeeded = kept.succeeded + excluded.succeeded, failed = kept.failed + excluded.failed,
       cancelled = kept.cancelled + excluded.cancelled`,
  );

/**
 * Deletes the minutes before the latest expiry of a tenant. Later events are never cut, so a rebuild finds the same minutes
 * from there on.
 */
export const expireEnds = (client: ClientBase, schema: string, expiries: Expiries): Promise<void> =>
  writeIncoming(
    client,
    `${schema}_expire_ends`,
    { ...expiredOfTenant, rows: expiries.values() },
    ({ source }) => `DELETE FROM ${schema}.execution_ends AS kept USING ${source}
     WHERE kept.tenant = incoming.tenant AND kept.minute < incoming.before`,
  );
