import { evolveApplication } from '../../domain/application.ts';
import { defined } from '../../domain/defined.ts';
import { isApplicationEvent } from '../../domain/events/families.ts';
import type { Application } from '../../domain/events/index.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { applicationRecord, type SecretView } from '../queries/records/applications.ts';
import { writeNewest } from '../write-records.ts';

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
    } else if (event.type === 'NameRevoked' && APPLICATION_STREAM.test(event.stream)) {
      changes.set(event.data.ownerId, { ...changes.get(event.data.ownerId), revision: event.revision });
    }
  }
  return changes.size === 0 ? undefined : changes;
};

/** The secrets without their values, which stay in the log. */
const shownSecrets = ({ secrets = [], erasedGeneration = 0 }: Application): SecretView[] =>
  secrets.map(({ value, ...shown }) =>
    defined({ ...shown, erased: value.$sealed.generation <= erasedGeneration ? true : undefined }),
  );

const rowOf = (application: Application, state: { readonly deleted: boolean; readonly revision: number }) => ({
  ...application,
  ...state,
  id: application.applicationId,
  onFailure: application.onFailure,
  onSuccess: application.onSuccess,
  retention: application.retention,
  variables: application.variables ?? [],
  secrets: shownSecrets(application),
  limits: application.limits ?? [],
  tls: (application.tls ?? []).map(({ key: _, ...shown }) => shown),
});

export const applications = defineProjection<ApplicationChanges>({
  name: 'applications',
  shape: '7',
  streamPrefixes: [PREFIX_OF.application],
  views: ['applications'],
  tables: (schema) => `CREATE TABLE ${schema}.applications (${applicationRecord.ddl})`,
  indexes: (schema) => `
    CREATE INDEX IF NOT EXISTS applications_of_tenant
      ON ${schema}.applications (tenant, created_at, application_id)`,
  fold: foldApplications,
  write: async (client, schema, changes) => {
    const rows = [...changes.values()].flatMap(({ application, deleted = false, revision }) =>
      application ? [rowOf(application, { deleted, revision })] : [],
    );
    await writeNewest(client, `${schema}.applications`, { ...applicationRecord, rows });
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
