import { type Column, incomingRows, jsonOrNull, storable } from '../columns.ts';
import { defineProjection } from '../projection.ts';
import { type ChangeRow, foldChanges, keyOf } from './changes-fold.ts';

const columns: readonly Column<ChangeRow>[] = [
  ['position', 'text', (row) => row.position],
  ['revision', 'integer', (row) => row.revision],
  ['tenant', 'text', (row) => storable(row.tenant)],
  ['at', 'timestamptz', (row) => new Date(row.atMs).toISOString()],
  ['actor', 'text', (row) => storable(row.actor)],
  ['action', 'text', (row) => row.action],
  ['kind', 'text', (row) => row.of.kind],
  ['key', 'text', (row) => storable(keyOf(row.of))],
  ['object_id', 'bigint', (row) => row.of.id ?? null],
  ['object_name', 'text', (row) => (row.of.name === undefined ? null : storable(row.of.name))],
  ['application_id', 'bigint', (row) => row.of.applicationId ?? null],
  ['fields', 'json text', (row) => jsonOrNull(row.fields)],
  ['reason', 'text', (row) => (row.reason === undefined ? null : storable(row.reason))],
  ['request_id', 'text', (row) => storable(row.requestId)],
];

/**
 * Every change that somebody asked for: what audits list, and the versions of all that is small. Of a job, whose
 * versions are in the read model of jobs, it has who, when and why alone.
 */
export const changes = defineProjection<readonly ChangeRow[]>({
  name: 'changes',
  shape: '3',
  streamPrefixes: [
    'job-',
    'app-',
    'calendar-',
    'pause-',
    'alertrule-',
    'operation-',
    'token-',
    'tenant-',
    'runs-',
    'testcalls-',
  ],
  views: ['changes'],
  tables: (schema) => `
    CREATE TABLE ${schema}.changes (
      position text COLLATE "C" PRIMARY KEY,
      revision integer NOT NULL,
      tenant text NOT NULL,
      at timestamptz NOT NULL,
      actor text NOT NULL,
      action text NOT NULL,
      kind text NOT NULL,
      -- The id, or the name within its tenant or application.
      key text NOT NULL,
      object_id bigint,
      object_name text,
      application_id bigint,
      fields text,
      reason text,
      request_id text NOT NULL
    )`,
  indexes: (schema) => `
    CREATE INDEX IF NOT EXISTS changes_by_time ON ${schema}.changes (at, position);
    CREATE INDEX IF NOT EXISTS changes_of_tenant ON ${schema}.changes (tenant, at, position);
    CREATE INDEX IF NOT EXISTS changes_by_actor ON ${schema}.changes (actor, tenant, at, position);
    CREATE INDEX IF NOT EXISTS changes_by_action ON ${schema}.changes (tenant, action, at, position);
    CREATE INDEX IF NOT EXISTS changes_of_application ON ${schema}.changes (tenant, application_id, at, position);
    CREATE INDEX IF NOT EXISTS changes_of_object ON ${schema}.changes (kind, key, tenant, revision)`,
  fold: foldChanges,
  write: async (client, schema, rows) => {
    const { names, source, values } = incomingRows(columns, rows);
    await client.query({
      name: `${schema}_write`,
      text: `INSERT INTO ${schema}.changes (${names}) SELECT ${names} FROM ${source} ON CONFLICT (position) DO NOTHING`,
      values,
    });
  },
});
