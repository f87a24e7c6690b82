import { z } from 'zod';
import { ERASURES, loadDocument } from '../../commands/loop/documents.ts';
import { defined } from '../../domain/defined.ts';
import { rejectField } from '../../domain/domain-error.ts';
import { actorName, type TenantErasure } from '../../domain/events/index.ts';
import { type Tenant, toInstant } from '../../domain/values.ts';
import type { Queries } from '../../projections/queries/index.ts';
import type { JobNames } from '../../projections/queries/job-names.ts';
import { allItems } from '../../projections/queries/page.ts';
import { showApplication } from '../../projections/queries/records/applications.ts';
import type { TenantScope } from '../../projections/queries/scope.ts';
import type { TenantView } from '../../projections/queries/tenants.ts';
import type { ApiContext } from '../context.ts';
import { alertRuleResource } from '../resources/alerts.ts';
import { tlsResource } from '../resources/applications.ts';
import { TenantErasureSchema, TenantSchema, TenantStateSchema } from '../resources/common.ts';
import { executionResource } from '../resources/executions.ts';
import { jobResource } from '../resources/jobs.ts';
import { respondToCommand } from '../responses/command-responses.ts';
import { defineRoute, PREFIX, type Route } from '../route.ts';
import { ADMINISTRATORS, found, listRoute } from './shapes.ts';

const EraseQuery = z.strictObject({ confirm: z.string().optional() });

export const tenantRoutes = ({ commands, queries, clock, store }: ApiContext): Route[] => [
  listRoute({
    path: '/tenants',
    operationId: 'listTenants',
    summary: 'Lists the tenants that have or had data in this installation, by name',
    ...ADMINISTRATORS,
    items: TenantSchema,
    responses: { 200: 'A page of tenants' },
    page: queries.listTenants,
  }),
  defineRoute({
    method: 'get',
    path: '/tenants/:tenant',
    operationId: 'getTenant',
    summary: 'Shows the counts of a tenant, and the progress of its erasure if one was requested',
    ...ADMINISTRATORS,
    result: TenantStateSchema,
    responses: { 200: 'The tenant' },
    handle: async ({ scope: caller, params: { tenant } }) => {
      const scope = { ...caller, tenant };
      const view = await tenantOf(queries, scope);
      const { state: erasure } = await loadDocument(store, ERASURES, tenant);
      const shown = erasure && (await erasureResource(queries, erasure));
      return { status: 200, body: defined({ ...view, erasure: shown }) };
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/tenants/:tenant',
    operationId: 'eraseTenant',
    summary: 'Permanently erases a tenant: deletes all its data and data keys, and rejects all its commands',
    ...ADMINISTRATORS,
    query: EraseQuery,
    result: TenantErasureSchema,
    responses: { 202: 'The erasure, which continues in the background; `GET /tenants/:tenant` shows its progress' },
    handle: async ({ scope: caller, context, params: { tenant }, query: { confirm } }) => {
      if (confirm !== tenant) {
        const message = `must repeat the name of the tenant, ${JSON.stringify(tenant)}, because the erasure is permanent`;
        throw rejectField('NOT_CONFIRMED', '/confirm', message);
      }
      await tenantOf(queries, { ...caller, tenant });
      const done = await commands.eraseTenant(context, tenant);
      const headers = { Location: `${PREFIX}/tenants/${encodeURIComponent(tenant)}` };
      return respondToCommand(done, { status: 202, headers, body: await erasureResource(queries, done.value) });
    },
  }),
  defineRoute({
    method: 'get',
    path: '/tenants/:tenant/export',
    operationId: 'exportTenant',
    summary: 'Exports all data of a tenant, one object per line; sealed values stay sealed',
    ...ADMINISTRATORS,
    takesLong: true,
    lines: ExportLine,
    responses: { 200: 'The tenant as NDJSON; the last line has the kind end' },
    handle: async ({ scope: caller, params: { tenant } }) => {
      const scope = { ...caller, tenant };
      await tenantOf(queries, scope);
      const lines = exportTenant(queries, scope, clock.now());
      const headers = { 'Content-Disposition': `attachment; filename="${exportFileName(tenant)}"` };
      return { status: 200, headers, lines };
    },
  }),
];

/** What an erasure keeps: the log only grows, and proofs depend on each of its events. */
const RETAINED =
  'Unencrypted data in the log (names, descriptions, bodies, variables, results, the audit) and its lists, because proofs need ' +
  'each event. Users and tokens of the tenant cannot see it; administrators (scheduler:admin) can see and export it.';

/** @throws DomainError TENANT_NOT_FOUND */
const tenantOf = async (queries: ApiContext['queries'], scope: TenantScope): Promise<TenantView> =>
  found(await queries.getTenant(scope), 'TENANT_NOT_FOUND', `data of a tenant ${JSON.stringify(scope.tenant)}`);

/** An erasure in the API; while it runs, with counts from the read models. */
const erasureResource = async (
  queries: ApiContext['queries'],
  { tenant, createdAt: from, createdBy, correlationId, reason, erasedAt, counts }: TenantErasure,
) =>
  defined({
    status: erasedAt === undefined ? 'running' : 'ended',
    createdAt: from,
    createdBy: actorName(createdBy),
    reason,
    erasedAt,
    retained: RETAINED,
    counts: counts ?? (await queries.countEnded({ tenant }, { correlationId, from })),
  });

/** Kinds of lines of an export, in this order; the last line contains the counts. */
export const EXPORT_KINDS = [
  'tenant',
  'application',
  'calendar',
  'pause',
  'alertRule',
  'token',
  'savedView',
  'acknowledgement',
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

/**
 * Exports all data of a tenant from the read models, page by page, as the API shows it: sealed values stay sealed. An export
 * whose last line is not `end` is incomplete.
 */
async function* exportTenant(queries: Queries, scope: TenantScope, nowMs: number): AsyncGenerator<ExportLine> {
  const counts: Partial<Record<ExportKind, number>> = {};
  const lineOf = (kind: ExportKind, data: object): ExportLine => {
    counts[kind] = (counts[kind] ?? 0) + 1;
    return { kind, data: { ...data } };
  };

  yield lineOf('tenant', { tenant: scope.tenant, exportedAt: toInstant(nowMs) });
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
  for (const view of await queries.listSavedViews(scope)) yield lineOf('savedView', view);
  for (const each of await queries.listAcknowledgements(scope)) yield lineOf('acknowledgement', each);
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

/** The file name of an export for browsers. */
const exportFileName = (tenant: Tenant): string => `${tenant.replace(/[^\w.-]/g, '_')}.ndjson`;
