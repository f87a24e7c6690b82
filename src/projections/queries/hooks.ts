import { sql } from 'slonik';
import { z } from 'zod';
import { type Tenant, toInstant } from '../../domain/values.ts';
import type { QueryContext } from './context.ts';
import { type DueHook, dueHook, type HookView, hookRecord } from './records/hooks.ts';
import { found } from './row.ts';
import { type Scope, visible } from './scope.ts';
import { views } from './views.ts';

const Found = z.object({ tenant: z.string() });

/** Whether any hook is still to be called. */
export const hasOpenHooks =
  ({ readerFor }: QueryContext) =>
  async (): Promise<boolean> => {
    const open = sql.fragment`SELECT FROM ${views.hooks} WHERE next_at IS NOT NULL`;
    return (await readerFor({}).one(sql.type(found)`SELECT EXISTS (${open}) AS found`)).found;
  };

/** Tenants with due hooks, the longest waiting first. */
export const tenantsWithDueHooks =
  ({ readerFor, clock }: QueryContext) =>
  async (limit: number): Promise<readonly Tenant[]> => {
    const rows = await readerFor({}).any(sql.type(Found)`
      SELECT tenant FROM ${views.hooks} WHERE next_at <= ${toInstant(clock.now())}::timestamptz
      GROUP BY tenant ORDER BY min(next_at) LIMIT ${limit}`);
    return rows.map(({ tenant }) => tenant);
  };

/** Due hooks of a tenant, the longest waiting first. */
export const dueHooks =
  ({ readerFor, clock }: QueryContext) =>
  async (tenant: Tenant, limit: number): Promise<readonly DueHook[]> => {
    const rows = await readerFor({}).any(sql.type(dueHook.row)`
      SELECT ${dueHook.selected} FROM ${views.hooks} AS hook
      WHERE hook.tenant = ${tenant} AND hook.next_at <= ${toInstant(clock.now())}::timestamptz
      ORDER BY hook.next_at LIMIT ${limit}`);
    return rows.map(dueHook.view);
  };

/** The hook of an execution; `undefined` if it has none. */
export const hookOf =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope, executionId: number): Promise<HookView | undefined> => {
    const row = await readerFor(scope).maybeOne(sql.type(hookRecord.row)`
      SELECT ${hookRecord.selected} FROM ${views.hooks} AS hook JOIN ${visible(scope)} USING (tenant)
      WHERE hook.execution_id = ${executionId}`);
    return row === null ? undefined : hookRecord.view(row);
  };
