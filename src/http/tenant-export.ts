import { z } from 'zod';
import type { Tenant } from '../domain/values.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { JobNames } from '../projections/queries/job-names.ts';
import { allItems } from '../projections/queries/page.ts';
import { showApplication } from '../projections/queries/records/applications.ts';
import type { TenantScope } from '../projections/queries/scope.ts';
import { alertRuleResource } from './resources/alerts.ts';
import { tlsResource } from './resources/applications.ts';
import { executionResource } from './resources/executions.ts';
import { jobResource } from './resources/jobs.ts';

/** What each line of an export is of, in this order; the last line counts the others. */
export const EXPORT_KINDS = [
  'tenant',
  'application',
  'calendar',
  'pause',
  'alertRule',
  'token',
  'job',
  'execution',
  'change',
  'end',
] as const;
type ExportKind = (typeof EXPORT_KINDS)[number];

export const ExportLine = z
  .object({ kind: z.enum(EXPORT_KINDS), data: z.looseObject({}) })
  .meta({ id: 'ExportLine', description: 'As in the API; `end` has the counts of all kinds' });
export type ExportLine = z.infer<typeof ExportLine>;

type ExportInput = {
  readonly queries: Queries;
  readonly scope: TenantScope;
  /** When the export began, ISO. */
  readonly at: string;
  readonly nowMs: number;
};

/**
 * Exports all that the read models have of a tenant, page by page, as the API shows it: nothing that is sealed is opened.
 * An export whose last line is not `end` was broken off.
 */
export async function* exportTenant({ queries, scope, at, nowMs }: ExportInput): AsyncGenerator<ExportLine> {
  const counts: Partial<Record<ExportKind, number>> = {};
  const lineOf = (kind: ExportKind, data: object): ExportLine => {
    counts[kind] = (counts[kind] ?? 0) + 1;
    return { kind, data: { ...data } };
  };

  yield lineOf('tenant', { tenant: scope.tenant, exportedAt: at });
  for await (const view of allItems((page) => queries.listApplications(scope, page))) {
    const values = await queries.getValues(scope, view.id);
    const tls = values?.tls.map((settings) => tlsResource(settings, nowMs));
    yield lineOf('application', { ...showApplication(view), ...values, tls });
  }
  for await (const { name } of allItems((page) => queries.listCalendars(scope, page))) {
    const calendar = await queries.getCalendar(scope, name);
    if (calendar !== undefined) yield lineOf('calendar', calendar);
  }
  for await (const pause of allItems((page) => queries.listPauses(scope, page))) {
    if (pause.scope !== 'installation') yield lineOf('pause', pause);
  }
  for await (const { rule } of allItems((page) => queries.listAlertRules(scope, page))) {
    yield lineOf('alertRule', alertRuleResource(rule));
  }
  for await (const token of allItems((page) => queries.listTokens(scope, page))) yield lineOf('token', token);
  const names = new Map<number, JobNames>();
  for await (const { job, application } of allItems((page) => queries.listJobs(scope, {}, page))) {
    names.set(job.jobId, { jobName: job.name, applicationId: application.id, applicationName: application.name });
    yield lineOf('job', jobResource(job, application));
  }
  for await (const execution of allItems((page) => queries.listExecutions(scope, {}, page))) {
    yield lineOf('execution', executionResource(execution, names.get(execution.jobId)));
  }
  for await (const change of allItems((page) => queries.listAudit(scope, {}, page))) yield lineOf('change', change);
  yield { kind: 'end', data: { counts } };
}

/** The name of the file that a browser makes of an export. */
export const exportFileName = (tenant: Tenant): string => `${tenant.replace(/[^\w.-]/g, '_')}.ndjson`;
