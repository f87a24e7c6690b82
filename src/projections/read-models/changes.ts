import type { ClientBase } from 'pg';
import { PREFIX_OF } from '../../domain/streams.ts';
import { defineProjection } from '../projection.ts';
import { copyRows, incomingRows } from '../write-records.ts';
import { type ChangeChanges, changeRecord, foldChanges } from './changes-fold.ts';
import { type Expiries, expiryRecord } from './expiry-fold.ts';

const { columns } = changeRecord;

const expiredRuns = expiryRecord.part('jobId', 'keptFrom');

/**
 * Every change that somebody asked for: what audits list, and the versions of all that is small. Of a job, whose
 * versions are in the read model of jobs, it has only who, when and why.
 */
export const changes = defineProjection<ChangeChanges>({
  name: 'changes',
  shape: '5',
  streamPrefixes: [
    PREFIX_OF.job,
    PREFIX_OF.application,
    PREFIX_OF.calendar,
    PREFIX_OF.pause,
    PREFIX_OF.alertRule,
    PREFIX_OF.operation,
    PREFIX_OF.token,
    PREFIX_OF.sessions,
    PREFIX_OF.tenant,
    PREFIX_OF.runs,
    PREFIX_OF.testCalls,
  ],
  views: ['changes'],
  tables: (schema) => `CREATE TABLE ${schema}.changes (${changeRecord.ddl})`,
  indexes: (schema) => `
    CREATE INDEX IF NOT EXISTS changes_by_time ON ${schema}.changes (at, position);
    CREATE INDEX IF NOT EXISTS changes_of_tenant ON ${schema}.changes (tenant, at, position);
    CREATE INDEX IF NOT EXISTS changes_by_actor ON ${schema}.changes (actor, tenant, at, position);
    CREATE INDEX IF NOT EXISTS changes_by_action ON ${schema}.changes (tenant, action, at, position);
    CREATE INDEX IF NOT EXISTS changes_of_application ON ${schema}.changes (tenant, application_id, at, position);
    CREATE INDEX IF NOT EXISTS changes_of_object ON ${schema}.changes (kind, key, tenant, revision);
    CREATE INDEX IF NOT EXISTS changes_of_runs ON ${schema}.changes (runs_of_job, revision)
      WHERE runs_of_job IS NOT NULL`,
  fold: foldChanges,
  write: async (client, schema, { rows, expiries }) => {
    const { names, source, values } = incomingRows(columns, rows);
    await Promise.all([
      client.query({
        name: `${schema}_write`,
        text: `INSERT INTO ${schema}.changes (${names}) SELECT ${names} FROM ${source} ON CONFLICT (position) DO NOTHING`,
        values,
      }),
      expire(client, schema, expiries),
    ]);
  },
  fill: {
    holdsRows: { live: 10_000, building: 20_000 },
    rowsOf: ({ rows, expiries }) => rows.length + expiries.size,
    begin:
      async () =>
      async (client, schema, { rows, expiries }) => {
        await copyRows(client, `${schema}.changes`, { columns, rows });
        await expire(client, schema, expiries);
      },
  },
});

const expire = async (client: ClientBase, schema: string, expiries: Expiries): Promise<void> => {
  if (expiries.size === 0) return;
  const { source, values } = incomingRows(expiredRuns.columns, expiries.values());
  await client.query({
    name: `${schema}_expire`,
    text: `DELETE FROM ${schema}.changes AS kept USING ${source}
     WHERE kept.runs_of_job = incoming.job_id AND kept.revision < incoming.kept_from`,
    values,
  });
};
