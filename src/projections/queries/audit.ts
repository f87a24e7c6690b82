import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import { CHANGED_KINDS } from '../../domain/history/change-of.ts';
import { EVERY_TENANT, type Tenant } from '../../domain/values.ts';
import { INSTALLATION } from '../read-models/rejections.ts';
import type { QueryContext } from './context.ts';
import { keysetOf } from './keyset.ts';
import { allOf, type ListPage, type PageRequest, toListPage } from './page.ts';
import type { AuditEntry, AuditOutcome } from './records/history.ts';
import { bigint, instant, isId, present, storable } from './row.ts';
import { isOfBound, type Scope } from './scope.ts';
import { views } from './views.ts';

export type AuditFilter = {
  readonly actor?: string;
  readonly action?: string;
  readonly outcome?: AuditOutcome;
  readonly code?: string;
  readonly applicationId?: number;
  /** At or after, ISO. */
  readonly from?: string;
  /** Before, ISO. */
  readonly to?: string;
};

const Row = z.object({
  at: instant,
  position: z.string(),
  actor: z.string().nullable(),
  sub: z.string().nullable(),
  action: z.string().nullable(),
  kind: z.enum(CHANGED_KINDS).nullable(),
  id: bigint.nullable(),
  name: z.string().nullable(),
  applicationId: bigint.nullable(),
  path: z.string().nullable(),
  reason: z.string().nullable(),
  code: z.string().nullable(),
  requestId: z.string(),
  from: z.string().nullable(),
  count: bigint.nullable(),
});

const changeColumns = sql.fragment`
  at, position, actor, sub, action, kind, object_id AS id, object_name AS name, application_id AS "applicationId",
  NULL AS path, reason, NULL AS code, request_id AS "requestId", NULL AS from, NULL::bigint AS count`;
const rejectionColumns = sql.fragment`
  at, position, actor, NULL AS sub, action, NULL AS kind, NULL::bigint AS id, NULL AS name,
  NULL::bigint AS "applicationId", path, NULL AS reason, code, request_id AS "requestId", source AS from, count`;

/**
 * Lists changes and rejected requests, newest first. Reads both from indexes, in one order, so that every page costs the
 * same.
 * @throws BadCursor
 */
export const listAudit =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope, filter: AuditFilter, { limit, cursor }: PageRequest): Promise<ListPage<AuditEntry>> => {
    const keyset = keysetOf({ at: 'timestamptz', position: 'text' }, { cursor, isDescending: true });
    const conditions = [...conditionsOf(scope, filter), keyset.isBeyond('listed')];
    const first = sql.fragment`ORDER BY ${keyset.order('listed')} LIMIT ${limit + 1}`;
    const { code, outcome, applicationId } = filter;
    if (!isId(applicationId ?? 0)) return { items: [] };
    // Rejected requests have no application, because it was not looked up.
    const showsChanges = outcome !== 'rejected' && code === undefined;
    const showsRejections = outcome !== 'done' && applicationId === undefined && scope.applications === undefined;
    const changes = sql.fragment`
      SELECT ${changeColumns} FROM ${views.changes} AS listed
      WHERE ${allOf([...conditions, isOfApplication(applicationId), isOfBound(scope, sql.fragment`listed`)])}
      ${first}`;
    const ofCode = code === undefined ? sql.fragment`TRUE` : sql.fragment`listed.code = ${storable(code)}`;
    const rejections = sql.fragment`
      SELECT ${rejectionColumns} FROM ${views.rejections} AS listed WHERE ${allOf([...conditions, ofCode])}
      ${first}`;
    const parts = [...(showsChanges ? [changes] : []), ...(showsRejections ? [rejections] : [])];
    if (parts.length === 0) return { items: [] };
    const rows = await readerFor(scope).any(sql.type(Row)`
      SELECT * FROM (${sql.join(
        parts.map((part) => sql.fragment`(${part})`),
        sql.fragment` UNION ALL `,
      )}) AS listed
      ${first}`);
    return toListPage(rows, { limit, keyset, placeOf: ({ at, position }) => [at, position], item: entryOf });
  };

/** Conditions on `listed` for both changes and rejections. */
const conditionsOf = ({ tenant }: Scope, { actor, action, from, to }: AuditFilter): FragmentSqlToken[] => {
  const conditions = [tenant === EVERY_TENANT ? sql.fragment`TRUE` : sql.fragment`listed.tenant = ${tenant}`];
  if (actor !== undefined) conditions.push(sql.fragment`listed.actor = ${storable(actor)}`);
  if (action !== undefined) conditions.push(sql.fragment`listed.action = ${storable(action)}`);
  if (from !== undefined) conditions.push(sql.fragment`listed.at >= ${from}::timestamptz`);
  if (to !== undefined) conditions.push(sql.fragment`listed.at < ${to}::timestamptz`);
  return conditions;
};

const isOfApplication = (applicationId: number | undefined): FragmentSqlToken =>
  applicationId === undefined ? sql.fragment`TRUE` : sql.fragment`listed.application_id = ${applicationId}`;

const entryOf = ({ position: _, kind, id, name, applicationId, path, ...row }: z.infer<typeof Row>): AuditEntry => ({
  ...present(row),
  of: present(kind === null ? { path } : { kind, id, name, applicationId }),
  outcome: row.code === null ? 'done' : 'rejected',
});

/** Tenants with rejected requests before this instant; `undefined` stands for unknown callers. */
export const tenantsWithOldRejections =
  ({ readerFor }: QueryContext) =>
  async (before: string): Promise<readonly (Tenant | undefined)[]> => {
    const rows = await readerFor({}).any(sql.type(z.object({ tenant: z.string() }))`
      SELECT DISTINCT tenant FROM ${views.rejections} WHERE at < ${before}::timestamptz`);
    return rows.map(({ tenant }) => (tenant === INSTALLATION ? undefined : tenant));
  };
