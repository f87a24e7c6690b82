import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import { storable } from '../columns.ts';
import { decodeKeyCursor, encodeKeyCursor } from './cursor.ts';
import type { ListPage, PageRequest } from './port/pages.ts';
import type { Scope, TenantScope } from './port/scope.ts';
import type { TenantView } from './port/tenants.ts';
import { bigint } from './row.ts';
import { views } from './views.ts';

const Row = z.object({ tenant: z.string(), applications: bigint, jobs: bigint, tokens: bigint });

/** What each tenant has or had: an application or a token comes before all else. */
const COUNTS = sql.fragment`
  SELECT tenant, sum(applications)::int8 AS applications, sum(jobs)::int8 AS jobs, sum(tokens)::int8 AS tokens
  FROM (
    SELECT tenant, count(*) FILTER (WHERE NOT deleted) AS applications, 0::int8 AS jobs, 0::int8 AS tokens
    FROM ${views.applications} GROUP BY tenant
    UNION ALL
    SELECT tenant, 0, count(*) FILTER (WHERE NOT deleted), 0 FROM ${views.jobs} GROUP BY tenant
    UNION ALL
    SELECT tenant, 0, 0, count(*) FILTER (WHERE token::json ->> 'revokedAt' IS NULL) FROM ${views.tokens} GROUP BY tenant
    UNION ALL
    SELECT DISTINCT tenant, 0::int8, 0::int8, 0::int8 FROM ${views.calendars}
  ) AS counted GROUP BY tenant`;

/** The tenants that have or had anything, by name, by code points. @throws BadCursor */
export const listTenants =
  (readerFor: RowReaderFor) =>
  async (scope: Pick<Scope, 'signal'>, { limit, cursor }: PageRequest): Promise<ListPage<TenantView>> => {
    const beyond =
      cursor === undefined ? sql.fragment`TRUE` : sql.fragment`tenant COLLATE "C" > ${decodeKeyCursor(cursor).key}`;
    const rows = await readerFor(scope).any(sql.type(Row)`
      SELECT * FROM (${COUNTS}) AS tenants WHERE ${beyond} ORDER BY tenant COLLATE "C" LIMIT ${limit + 1}`);
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const hasMore = rows.length > limit && last !== undefined;
    return { items: [...items], ...(hasMore ? { next: encodeKeyCursor({ key: last.tenant, id: 0 }) } : {}) };
  };

/** Undefined where there never was anything of the tenant. */
export const getTenant =
  (readerFor: RowReaderFor) =>
  async (scope: TenantScope): Promise<TenantView | undefined> => {
    const row = await readerFor(scope).maybeOne(sql.type(Row)`
      SELECT * FROM (${COUNTS}) AS tenants WHERE tenant = ${storable(scope.tenant)}`);
    return row ?? undefined;
  };
