import { type IdentifierSqlToken, sql } from 'slonik';
import { type Projection, viewSchema } from '../projection.ts';
import { alerts } from '../read-models/alerts.ts';
import { backfills } from '../read-models/backfills.ts';
import { changes } from '../read-models/changes.ts';
import { documents } from '../read-models/documents.ts';
import { executions } from '../read-models/executions.ts';
import { hooks } from '../read-models/hooks.ts';
import { jobs } from '../read-models/jobs.ts';
import { ledger } from '../read-models/ledger.ts';
import { offers } from '../read-models/offers.ts';
import { rejections } from '../read-models/rejections.ts';
import { schedule } from '../read-models/schedule.ts';
import type { DocumentKind } from './records/documents.ts';

const view = (projection: Projection, name: string) => sql.identifier([viewSchema(projection), name]);

/** The documents of one kind, as a FROM item. Before Postgres 16 each must have a name. */
export const documentsOf = (table: IdentifierSqlToken, kind: DocumentKind, name: string) =>
  sql.fragment`(SELECT * FROM ${table} WHERE kind = ${sql.literalValue(kind)}) AS ${sql.identifier([name])}`;

/** The documents in a table that are joined, as FROM items with the names `application`, `pause` and so on. */
export const documentsIn = (table: IdentifierSqlToken) => ({
  documents: table,
  applications: documentsOf(table, 'application', 'application'),
  operations: documentsOf(table, 'operation', 'operation'),
  erasures: documentsOf(table, 'erasure', 'erasure'),
  alertRules: documentsOf(table, 'alertRule', 'alert_rule'),
  pauses: documentsOf(table, 'pause', 'pause'),
  /** Like `version`, with when the next version began; null for the newest. */
  calendarVersions: sql.fragment`(
    SELECT *, lead(created_at) OVER (PARTITION BY tenant, name ORDER BY revision) AS valid_to
    FROM ${documentsOf(table, 'calendarVersion', 'version')}) AS version`,
});

/** The views of the live generations, for the shape that this version reads. */
export const views = {
  ...documentsIn(view(documents, 'documents')),
  alertBooks: view(alerts, 'alert_books'),
  alerts: view(alerts, 'alerts'),
  backfills: view(backfills, 'backfills'),
  changes: view(changes, 'changes'),
  hooks: view(hooks, 'hooks'),
  offers: view(offers, 'offers'),
  jobs: view(jobs, 'jobs'),
  jobCounts: view(jobs, 'job_counts'),
  jobVersions: view(jobs, 'job_versions'),
  executions: view(executions, 'executions'),
  executionTerms: view(executions, 'execution_terms'),
  expiredExecutions: view(executions, 'expired_executions'),
  executionEnds: view(executions, 'execution_ends'),
  executionCounts: view(executions, 'execution_counts'),
  executionMinutes: view(executions, 'execution_minutes'),
  calledSlotCounts: view(executions, 'called_slot_counts'),
  rejections: view(rejections, 'rejections'),
  schedule: view(schedule, 'schedule'),
  definitionsInForce: view(ledger, 'definitions_in_force'),
  slotRanges: view(ledger, 'slot_ranges'),
  uncalledSlotCounts: view(ledger, 'uncalled_slot_counts'),
} as const;
