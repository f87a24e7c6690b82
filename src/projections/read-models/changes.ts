import { z } from 'zod';
import { actorName, isRunEvent } from '../../domain/events/index.ts';
import { type ChangedObject, changeOf, isChangeEvent } from '../../domain/history/change-of.ts';
import { allowedTargetsStream, PREFIX_OF } from '../../domain/streams.ts';
import { toInstant } from '../../domain/values.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { bigint, indexedText, instant, json, type RecordChange, record, sortedText, text } from '../record.ts';
import { copyRows, writeIncoming, writeMissing } from '../write-records.ts';
import { expiryRecord } from './expiry.ts';

/** A change, and who made it when, why and by which request. */
export const changeRecord = record(
  'change',
  {
    position: sortedText(),
    /** The revision of its event: the changes of one object are in one stream. */
    revision: bigint(),
    tenant: text(),
    at: instant(),
    actor: indexedText(),
    /** Of a user, if the name does not contain it. */
    sub: text().optional(),
    action: text(),
    kind: text(),
    /** The id, or the name within its tenant or application. */
    key: indexedText(),
    objectId: bigint().optional(),
    objectName: text().optional(),
    applicationId: bigint().optional(),
    fields: json(z.record(z.string(), z.unknown())).optional(),
    reason: text().optional(),
    requestId: text(),
    /** The job, if the event is in a stream of runs. Such a change expires with its event. */
    runsOfJob: bigint().optional(),
  },
  { key: ['position'] },
);

type ChangeRow = RecordChange<typeof changeRecord>;

/** Folds events into changes. Adds to `rows`, if given. */
export const foldChanges = (events: readonly RecordedEvent[], rows: ChangeRow[] = []): ChangeRow[] | undefined => {
  for (const event of events) {
    if (!isChangeEvent(event)) continue;
    const { actor, reason, correlationId: requestId } = event.metadata;
    const change = changeOf(event, actor);
    if (change === undefined) continue;
    const { tenant, action, of, fields } = change;
    rows.push({
      position: event.position,
      revision: event.revision,
      tenant,
      at: toInstant(event.recordedAt),
      actor: actorName(actor),
      sub: actor.sub,
      action,
      kind: of.kind,
      key: keyOf(of),
      objectId: of.id,
      objectName: of.name,
      applicationId: of.applicationId,
      fields,
      reason,
      requestId,
      runsOfJob: isRunEvent(event) ? event.data.jobId : undefined,
    });
  }
  return rows.length === 0 ? undefined : rows;
};

/** Kinds with names that are unique in a tenant or the installation. */
const NAMED_KINDS: ReadonlySet<ChangedObject['kind']> = new Set(['calendar', 'alertRule', 'view', 'allowedTargets']);

/** What distinguishes one object of a kind from the others of its tenant. */
export const keyOf = ({ kind, id, name, applicationId }: ChangedObject): string => {
  if (id !== undefined) return String(id);
  return NAMED_KINDS.has(kind) ? (name ?? '') : `${applicationId}/${name}`;
};

const expiredRuns = expiryRecord.part('jobId', 'keptFrom');

/**
 * Every requested change, for audits and as the versions of small objects. For a job it has only who, when and why: its
 * versions are in the read model of jobs.
 */
export const changes = defineProjection<ChangeRow[]>({
  name: 'changes',
  shape: '7',
  streamPrefixes: [
    PREFIX_OF.job,
    PREFIX_OF.application,
    PREFIX_OF.calendar,
    PREFIX_OF.pause,
    PREFIX_OF.alertRule,
    PREFIX_OF.operation,
    PREFIX_OF.token,
    PREFIX_OF.acknowledgement,
    PREFIX_OF.savedViews,
    PREFIX_OF.sessions,
    PREFIX_OF.tenant,
    allowedTargetsStream,
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
  write: (client, schema, rows) => writeMissing(client, `${schema}.changes`, { ...changeRecord, rows }),
  expire: (client, schema, expiries) =>
    writeIncoming(
      client,
      `${schema}_expire`,
      { ...expiredRuns, rows: expiries.values() },
      ({ source }) => `DELETE FROM ${schema}.changes AS kept USING ${source}
       WHERE kept.runs_of_job = incoming.job_id AND kept.revision < incoming.kept_from`,
    ),
  fill: {
    holdsRows: { live: 10_000, building: 20_000 },
    rowsOf: (rows) => rows.length,
    copy: ({ client, schema }, rows) => copyRows(client, `${schema}.changes`, { ...changeRecord, rows }),
  },
});
