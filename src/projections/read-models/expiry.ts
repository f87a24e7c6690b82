import type { ClientBase } from 'pg';
import { type EventOf, ExpiredTotals } from '../../domain/events/index.ts';
import { toInstant } from '../../domain/values.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { bigint, instant, json, type RecordChange, record, text } from '../record.ts';
import { writeIncoming } from '../write-records.ts';

/** The totals of a job's expired executions. Each event includes all earlier ones. */
export const expiryRecord = record(
  'expired',
  {
    jobId: bigint(),
    tenant: text(),
    applicationId: bigint(),
    /** Executions created before it have expired. */
    before: instant(),
    /** The first event that the job's stream of runs keeps. */
    keptFrom: bigint(),
    firstId: bigint().optional(),
    lastId: bigint().optional(),
    succeeded: bigint(),
    failed: bigint(),
    cancelled: bigint(),
    /** The number of called slots by the reason why they were late. */
    called: json(ExpiredTotals.shape.called),
    recordedAt: instant(),
  },
  { key: ['jobId'] },
);

type ExpiredData = EventOf<'ExecutionsExpired'>['data'];
/** Adds the fields that only the ledger uses. */
export type ExpiryRow = RecordChange<typeof expiryRecord> &
  Pick<ExpiredData['totals'], 'notCalled'> &
  Pick<ExpiredData, 'activeDefinition'>;

/** The newest expiry of each job. */
export type Expiries = Map<number, ExpiryRow>;

/** Folds expiries. Adds to `expiries`, if given. */
export const foldExpiries = (events: readonly RecordedEvent[], expiries: Expiries = new Map()): Expiries => {
  for (const event of events) {
    if (event.type !== 'ExecutionsExpired') continue;
    const { tail: _, totals, ...row } = event.data;
    const { ids, ...counts } = totals;
    const [firstId, lastId] = [ids?.first, ids?.last];
    expiries.set(row.jobId, { ...row, ...counts, firstId, lastId, recordedAt: toInstant(event.recordedAt) });
  }
  return expiries;
};

const expiredBefore = expiryRecord.part('jobId', 'before');

/** Deletes the rows of jobs that were created before their expiry. The table has `job_id` and `created_at`. */
export const deleteExpired = async (
  client: ClientBase,
  { schema, table }: { readonly schema: string; readonly table: string },
  expiries: Expiries,
): Promise<void> => {
  await writeIncoming(
    client,
    `${schema}_expire`,
    { ...expiredBefore, rows: expiries.values() },
    ({ source }) => `DELETE FROM ${schema}.${table} AS kept USING ${source}
     WHERE kept.job_id = incoming.job_id AND kept.created_at < incoming.before`,
  );
};
