import { evolveApplication } from '../../domain/application/application.ts';
import { isApplicationEvent } from '../../domain/events/families.ts';
import type { Application } from '../../domain/events/index.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { type Column, incomingRows, storable } from '../columns.ts';
import { defineProjection } from '../projection.ts';

const APPLICATION_STREAM = /^app-(\d+)$/;

export type ApplicationRowChange = {
  readonly application?: Application;
  readonly deleted?: boolean;
  readonly revision: number;
};
export type ApplicationChanges = ReadonlyMap<number, ApplicationRowChange>;

/**
 * Keeps the last event of each application, because every event holds the whole state. A forfeited name only moves the
 * revision.
 */
export const foldApplications = (events: readonly RecordedEvent[]): ApplicationChanges | undefined => {
  const changes = new Map<number, ApplicationRowChange>();
  for (const event of events) {
    if (isApplicationEvent(event)) {
      const deleted = event.type === 'ApplicationDeleted';
      const { revision } = event;
      changes.set(event.data.applicationId, { application: evolveApplication(event), deleted, revision });
    } else if (event.type === 'NameForfeited' && APPLICATION_STREAM.test(event.stream)) {
      changes.set(event.data.ownerId, { ...changes.get(event.data.ownerId), revision: event.revision });
    }
  }
  return changes.size === 0 ? undefined : changes;
};

/** Lists the secrets without their values, which stay in the log. */
const shownSecrets = ({ secrets = [], erasedGeneration = 0 }: Application) =>
  secrets.map(({ name, updatedAt, updatedBy, value, allowedOrigins, signing }) => ({
    name,
    updatedAt,
    updatedBy,
    ...(allowedOrigins === undefined ? {} : { allowedOrigins }),
    ...(signing ? { signing } : {}),
    ...(value.$sealed.generation <= erasedGeneration ? { erased: true } : {}),
  }));

/** A deleted application keeps its row, so that lists can still name it beside executions of its jobs. */
type Row = Application & { readonly deleted: boolean; readonly revision: number };
const columns: readonly Column<Row>[] = [
  ['application_id', 'bigint', (row) => row.applicationId],
  ['tenant', 'text', (row) => storable(row.tenant)],
  ['name', 'text', (row) => storable(row.name)],
  ['display_name', 'text', (row) => storable(row.displayName)],
  ['created_at', 'timestamptz', (row) => row.createdAt],
  ['created_by', 'text', (row) => storable(row.createdBy)],
  ['updated_at', 'timestamptz', (row) => row.updatedAt],
  ['updated_by', 'text', (row) => storable(row.updatedBy)],
  ['variables', 'json text', (row) => JSON.stringify(row.variables ?? [])],
  ['secrets', 'json text', (row) => JSON.stringify(shownSecrets(row))],
  ['limits', 'json text', (row) => JSON.stringify(row.limits ?? [])],
  ['tls', 'json text', (row) => JSON.stringify((row.tls ?? []).map(({ key: _, ...shown }) => shown))],
  ['deleted', 'boolean', (row) => row.deleted],
  ['revision', 'integer', (row) => row.revision],
];

export const applications = defineProjection<ApplicationChanges>({
  name: 'applications',
  shape: '5',
  streamPrefixes: ['app-'],
  views: ['applications'],
  tables: (schema) => `
    CREATE TABLE ${schema}.applications (
      application_id bigint PRIMARY KEY,
      tenant text NOT NULL,
      name text NOT NULL,
      display_name text NOT NULL,
      created_at timestamptz NOT NULL,
      created_by text NOT NULL,
      updated_at timestamptz NOT NULL,
      updated_by text NOT NULL,
      variables text NOT NULL,
      secrets text NOT NULL,
      limits text NOT NULL,
      tls text NOT NULL,
      deleted boolean NOT NULL,
      revision integer NOT NULL
    )`,
  indexes: (schema) => `
    CREATE INDEX IF NOT EXISTS applications_of_tenant
      ON ${schema}.applications (tenant, created_at, application_id)`,
  fold: foldApplications,
  write: async (client, schema, changes) => {
    const rows = [...changes.values()].flatMap(({ application, deleted = false, revision }) =>
      application ? [{ ...application, deleted, revision }] : [],
    );
    const { names, source, values } = incomingRows(columns, rows);
    await client.query({
      name: `${schema}_write`,
      text: `INSERT INTO ${schema}.applications AS kept (${names}) SELECT ${names} FROM ${source}
       ON CONFLICT (application_id) DO UPDATE SET
         name = excluded.name, display_name = excluded.display_name, updated_at = excluded.updated_at,
         updated_by = excluded.updated_by, variables = excluded.variables, secrets = excluded.secrets,
         limits = excluded.limits, tls = excluded.tls, deleted = excluded.deleted, revision = excluded.revision
       WHERE kept.revision < excluded.revision`,
      values,
    });
    const forfeits = [...changes].filter(([, { application }]) => application === undefined);
    if (forfeits.length === 0) return;
    await client.query({
      name: `${schema}_revisions`,
      text: `UPDATE ${schema}.applications AS kept SET revision = moved.revision
       FROM unnest($1::bigint[], $2::integer[]) AS moved (application_id, revision)
       WHERE kept.application_id = moved.application_id AND kept.revision < moved.revision`,
      values: [forfeits.map(([id]) => id), forfeits.map(([, { revision }]) => revision)],
    });
  },
});
