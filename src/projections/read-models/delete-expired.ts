import type { ClientBase } from 'pg';
import { incomingRows } from '../write-records.ts';
import { type Expiries, expiryRecord } from './expiry-fold.ts';

const expiredBefore = expiryRecord.part('jobId', 'before');

/** Deletes the rows of jobs that were created before what has expired of these; a table has `job_id` and `created_at`. */
export const deleteExpired = async (
  client: ClientBase,
  { schema, table }: { readonly schema: string; readonly table: string },
  expiries: Expiries,
): Promise<void> => {
  if (expiries.size === 0) return;
  const { source, values } = incomingRows(expiredBefore.columns, expiries.values());
  await client.query({
    name: `${schema}_expire`,
    text: `DELETE FROM ${schema}.${table} AS kept USING ${source}
     WHERE kept.job_id = incoming.job_id AND kept.created_at < incoming.before`,
    values,
  });
};
