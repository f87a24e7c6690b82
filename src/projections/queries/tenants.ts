import { sql } from 'slonik';
import { z } from 'zod';
import type { Tenant } from '../../domain/values.ts';
import type { QueryContext } from './context.ts';
import { keysetOf } from './keyset.ts';
import { type ListPage, type PageRequest, toListPage } from './page.ts';
import { bigint, storable } from './row.ts';
import type { CallerScope, TenantScope } from './scope.ts';
import { views } from './views.ts';

const Row = z.object({ tenant: z.string(), applications: bigint, jobs: bigint, tokens: bigint });
/** A tenant with counts of its resources. */
export type TenantView = z.infer<typeof Row>;

/** Existing or former tenants: an application or a token comes before all else. */
const COUNTS = sql.fragment`
  SELECT tenant COLLATE "C" AS tenant, sum(applications)::int8 AS applications, sum(jobs)::int8 AS jobs, sum(tokens)::int8 AS tokens
  FROM (
    SELECT tenant, count(*) FILTER (WHERE kind = 'application' AND NOT ended) AS applications, 0::int8 AS jobs,
      count(*) FILTER (WHERE kind = 'token' AND NOT ended) AS tokens
    FROM ${views.documents} WHERE kind IN ('application', 'token', 'calendar') GROUP BY tenant
    UNION ALL
    SELECT tenant, 0, count(*) FILTER (WHERE NOT deleted), 0 FROM ${views.jobs} GROUP BY tenant
  ) AS counted GROUP BY tenant`;

/** Tenants with current or former resources, by name, by code points. @throws BadCursor */
export const listTenants =
  ({ readerFor }: QueryContext) =>
  async (caller: CallerScope, { limit, cursor }: PageRequest): Promise<ListPage<TenantView>> => {
    const keyset = keysetOf({ tenant: 'text' }, { cursor });
    const rows = await readerFor(caller).any(sql.type(Row)`
      SELECT * FROM (${COUNTS}) AS listed WHERE ${keyset.isBeyond('listed')} ORDER BY ${keyset.order('listed')} LIMIT ${limit + 1}`);
    return toListPage(rows, {
      limit,
      keyset,
      placeOf: ({ tenant }) => [tenant],
      item: (row) => row,
    });
  };

/** `undefined` if the tenant never had any resource. */
export const getTenant =
  ({ readerFor }: QueryContext) =>
  async (scope: TenantScope): Promise<TenantView | undefined> => {
    const row = await readerFor(scope).maybeOne(sql.type(Row)`
      SELECT * FROM (${COUNTS}) AS listed WHERE tenant = ${storable(scope.tenant)}`);
    return row ?? undefined;
  };

const Found = z.object({ tenant: z.string() });

/** Tenants with a requested, unfinished erasure, oldest first. */
export const openErasures =
  ({ readerFor }: QueryContext) =>
  async (limit: number): Promise<readonly Tenant[]> => {
    const rows = await readerFor({}).any(sql.type(Found)`
      SELECT tenant FROM ${views.erasures} WHERE NOT ended ORDER BY created_at, tenant LIMIT ${limit}`);
    return rows.map(({ tenant }) => tenant);
  };

const Counted = z.object({ action: z.string(), count: bigint });

/** Number of a tenant's changes with a correlation id since an instant (ISO), by action. */
export const countEnded =
  ({ readerFor }: QueryContext) =>
  async (
    scope: TenantScope,
    { correlationId, from }: { readonly correlationId: string; readonly from: string },
  ): Promise<Readonly<Record<string, number>>> => {
    const rows = await readerFor(scope).any(sql.type(Counted)`
      SELECT action, count(*)::int8 AS count FROM ${views.changes}
      WHERE tenant = ${storable(scope.tenant)} AND at >= ${from}::timestamptz
        AND request_id = ${storable(correlationId)} AND kind <> 'tenant'
      GROUP BY action ORDER BY action`);
    return Object.fromEntries(rows.map(({ action, count }) => [action, count]));
  };
