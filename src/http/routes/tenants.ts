import { z } from 'zod';
import { Refusal } from '../../domain/refusal.ts';
import { Tenant, toInstant } from '../../domain/values.ts';
import { ExportLineSchema, TenantSchema } from '../openapi/tenant-schemas.ts';
import { PagesQuery, pageAnswer, toPageRequest } from '../pages.ts';
import { defineRoute, type Route } from '../route.ts';
import { exportFileName, exportTenant } from '../tenant-export.ts';
import { NoBody, NoParams, NoQuery } from '../validate.ts';
import type { RouteDeps } from './deps.ts';

const TenantParams = z.strictObject({ tenant: Tenant });

export const tenantRoutes = ({ queries, clock }: Pick<RouteDeps, 'queries' | 'clock'>): Route[] => [
  defineRoute({
    method: 'get',
    path: '/tenants',
    operationId: 'listTenants',
    summary: 'Lists the tenants of the installation that have or had anything, by name',
    permission: 'scheduler:admin',
    params: NoParams,
    query: PagesQuery,
    body: NoBody,
    result: z.array(TenantSchema),
    answers: { 200: 'A page of tenants' },
    handle: async ({ scope, query, link }) => {
      const page = await queries.listTenants(scope, toPageRequest(query));
      return pageAnswer(page, link, (tenant) => tenant);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/tenants/:tenant/export',
    operationId: 'exportTenant',
    summary: 'Exports all that there is of a tenant, a line a thing; nothing that is sealed is opened',
    permission: 'scheduler:admin',
    params: TenantParams,
    query: NoQuery,
    body: NoBody,
    takesLong: true,
    lines: ExportLineSchema,
    answers: { 200: 'The tenant, as lines of JSON (NDJSON); the last one is of the kind end' },
    handle: async ({ scope: caller, params: { tenant } }) => {
      const scope = { ...caller, tenant };
      if (!(await queries.tenantExists(scope))) {
        throw new Refusal('TENANT_NOT_FOUND', `there is nothing of a tenant ${JSON.stringify(tenant)}`);
      }
      const nowMs = clock.now();
      const lines = exportTenant({ queries, scope, at: toInstant(nowMs), nowMs });
      const headers = { 'Content-Disposition': `attachment; filename="${exportFileName(tenant)}"` };
      return { status: 200, headers, lines };
    },
  }),
];
