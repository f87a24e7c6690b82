import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import type { Tenant } from '../../domain/values.ts';
import { storable } from '../columns.ts';
import type { TenantScope } from './port/scope.ts';
import { bigint } from './row.ts';
import { views } from './views.ts';

const Found = z.object({ tenant: z.string() });

/** Tenants whose erasure was requested and has not ended, oldest first. */
export const openErasures =
  (readerFor: RowReaderFor) =>
  async (limit: number): Promise<readonly Tenant[]> => {
    const rows = await readerFor({}).any(sql.type(Found)`
      SELECT tenant FROM ${views.erasures} WHERE NOT ended ORDER BY requested_at, tenant LIMIT ${limit}`);
    return rows.map(({ tenant }) => tenant);
  };

const Counted = z.object({ action: z.string(), count: bigint });

/** How many changes of a tenant were made under a correlation id from an instant (ISO) on, by action. */
export const countEnded =
  (readerFor: RowReaderFor) =>
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
