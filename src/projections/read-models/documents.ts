import { evolveApplication } from '../../domain/application.ts';
import {
  isAcknowledgementEvent,
  isAlertRuleEvent,
  isApplicationEvent,
  isCalendarEvent,
  isOperationEvent,
  isPauseEvent,
  isSavedViewEvent,
  isTenantEvent,
  isTokenEvent,
} from '../../domain/events/index.ts';
import { hasEnded } from '../../domain/operation.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import { toInstant } from '../../domain/values.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { toApplicationValues, toApplicationView } from '../queries/records/applications.ts';
import { type DocumentChange, documentRecord } from '../queries/records/documents.ts';
import { toOperationView } from '../queries/records/operations.ts';
import { toTokenView } from '../queries/records/tokens.ts';
import { writeIncoming, writeNewest } from '../write-records.ts';

const APPLICATION_STREAM = /^app-\d+$/;

export type DocumentChanges = {
  /** By kind and key. */
  readonly documents: Map<string, DocumentChange>;
  /** New revisions of applications with an event that changes nothing else in their stream, by stream. */
  readonly revisions: Map<string, number>;
};

/** Keeps the documents of the last event of each object. A revoked name only moves the revision. */
export const foldDocuments = (
  events: readonly RecordedEvent[],
  changes: DocumentChanges = { documents: new Map(), revisions: new Map() },
): DocumentChanges | undefined => {
  const { documents, revisions } = changes;
  for (const event of events) {
    for (const each of documentsOf(event)) documents.set(`${each.kind} ${each.key}`, each);
    if (event.type === 'NameRevoked' && APPLICATION_STREAM.test(event.stream))
      revisions.set(event.stream, event.revision);
  }
  return documents.size + revisions.size === 0 ? undefined : changes;
};

/** Returns the documents after an event, which carries the whole state of its object. */
const documentsOf = (event: RecordedEvent): DocumentChange[] => {
  const from = { ...documentRecord.blank, key: event.stream, revision: event.revision };
  if (isApplicationEvent(event)) {
    const application = evolveApplication(event);
    const { applicationId, tenant, name, createdAt } = application;
    const ended = event.type === 'ApplicationDeleted';
    const of = { ...from, tenant, id: applicationId, applicationId, name, createdAt, ended };
    return [
      { ...of, kind: 'application', doc: toApplicationView(application) },
      { ...of, kind: 'applicationValues', doc: toApplicationValues(application) },
    ];
  }
  if (isTokenEvent(event)) {
    const { tokenId: id, tenant, createdAt, revokedAt } = event.data;
    const doc = toTokenView(event.data);
    return [{ ...from, kind: 'token', tenant, id, createdAt, ended: revokedAt !== undefined, doc }];
  }
  if (isAcknowledgementEvent(event)) {
    const { tenant, jobId: id, applicationId, acknowledgedAt: createdAt } = event.data;
    const ended = event.type === 'AcknowledgementEnded';
    return [{ ...from, kind: 'acknowledgement', tenant, id, applicationId, createdAt, ended, doc: event.data }];
  }
  if (isSavedViewEvent(event)) {
    const { tenant, views } = event.data;
    return [
      {
        ...from,
        kind: 'savedViews',
        tenant,
        createdAt: toInstant(event.recordedAt),
        ended: views.length === 0,
        doc: { views },
      },
    ];
  }
  if (isOperationEvent(event)) {
    const { operationId: id, tenant, createdAt } = event.data;
    const doc = toOperationView(event.data);
    return [{ ...from, kind: 'operation', tenant, id, createdAt, ended: hasEnded(event.data), doc }];
  }
  if (isTenantEvent(event)) {
    const { tenant, createdAt, erasedAt } = event.data;
    return [{ ...from, kind: 'erasure', tenant, createdAt, ended: erasedAt !== undefined, doc: {} }];
  }
  if (isAlertRuleEvent(event)) {
    const { tenant, name, applicationId, createdAt } = event.data;
    const ended = event.type === 'AlertRuleDeleted';
    return [{ ...from, kind: 'alertRule', tenant, name, applicationId, createdAt, ended, doc: event.data }];
  }
  if (isPauseEvent(event)) {
    const { pauseId: id, applicationId, createdAt, until, liftedAt } = event.data;
    const tenant = event.data.scope === 'installation' ? undefined : event.data.tenant;
    const [endedAt] = [until, liftedAt].filter((end) => end !== undefined).sort();
    const ended = liftedAt !== undefined;
    return [{ ...from, kind: 'pause', tenant, id, applicationId, createdAt, endedAt, ended, doc: event.data }];
  }
  if (isCalendarEvent(event)) {
    const { dates, tenant, ...calendar } = event.data;
    const { name, updatedAt: createdAt } = calendar;
    const of = { ...from, tenant, name, createdAt, ended: event.type === 'CalendarDeleted' };
    return [
      { ...of, kind: 'calendar', doc: { ...calendar, dateCount: dates.length } },
      { ...of, kind: 'calendarVersion', key: `${event.stream}/${event.revision}`, doc: { dates } },
    ];
  }
  return [];
};

const ofRevision = documentRecord.part('key', 'revision');

/**
 * Small objects that are read whole. Each row is the newest state of an object, or a version of a calendar, and depends on no
 * event of another object: one that this version can't read is no reason to stop the others.
 */
export const documents = defineProjection<DocumentChanges>({
  name: 'documents',
  shape: '3',
  streamPrefixes: [
    PREFIX_OF.application,
    PREFIX_OF.token,
    PREFIX_OF.acknowledgement,
    PREFIX_OF.savedViews,
    PREFIX_OF.operation,
    PREFIX_OF.tenant,
    PREFIX_OF.alertRule,
    PREFIX_OF.pause,
    PREFIX_OF.calendar,
  ],
  views: ['documents'],
  parksNewerEvents: true,
  tables: (schema) => `CREATE TABLE ${schema}.documents (${documentRecord.ddl})`,
  indexes: (schema) => `
    CREATE INDEX IF NOT EXISTS documents_by_id ON ${schema}.documents (kind, id);
    CREATE INDEX IF NOT EXISTS documents_of_tenant ON ${schema}.documents (kind, tenant, created_at, id);
    CREATE INDEX IF NOT EXISTS documents_by_name ON ${schema}.documents (kind, tenant, name, revision);
    CREATE INDEX IF NOT EXISTS open_documents ON ${schema}.documents (kind, tenant, created_at) WHERE NOT ended;
    CREATE INDEX IF NOT EXISTS pauses_by_end ON ${schema}.documents (ended_at) WHERE kind = 'pause'`,
  fold: foldDocuments,
  write: async (client, schema, { documents: changed, revisions }) => {
    await Promise.all([
      writeNewest(client, `${schema}.documents`, { ...documentRecord, rows: changed.values() }),
      writeIncoming(
        client,
        `${schema}_revisions`,
        { ...ofRevision, rows: [...revisions].map(([key, revision]) => ({ key, revision })) },
        ({ source }) => `UPDATE ${schema}.documents AS kept SET revision = incoming.revision FROM ${source}
         WHERE kept.kind = 'application' AND kept.key = incoming.key AND kept.revision < incoming.revision`,
      ),
    ]);
  },
});
