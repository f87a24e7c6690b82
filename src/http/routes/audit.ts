import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import { rejectField } from '../../domain/domain-error.ts';
import { EVERY_TENANT, InstantInput, toInstant, toMs } from '../../domain/values.ts';
import type { ExplainReport } from '../../explain/log-reading.ts';
import { AUDIT_OUTCOMES, AuditEntry } from '../../projections/queries/records/history.ts';
import { QueryAbandoned } from '../../projections/queries/scope.ts';
import { hasAllPermissions } from '../callers/authorize.ts';
import type { ApiContext } from '../context.ts';
import { ExplainReportSchema } from '../resources/audit.ts';
import { pageQuery, pageResponse, toPageRequest } from '../responses/pages.ts';
import { defineRoute, type Route } from '../route.ts';
import { PathId } from '../validate.ts';
import { Text } from './filters.ts';

const ExplainQuery = z.strictObject({
  from: InstantInput.meta({ description: 'Slots after this instant' }),
  to: InstantInput.exactOptional().meta({ description: 'Slots up to this instant; default: now' }),
});

const AuditQuery = z.strictObject({
  ...pageQuery,
  actor: Text.exactOptional().meta({ description: 'The caller, as in the entries' }),
  action: Text.exactOptional().meta({ description: 'An operation of this API, such as deleteJob' }),
  outcome: z.enum(AUDIT_OUTCOMES).exactOptional(),
  code: Text.exactOptional().meta({ description: 'The code of the rejection' }),
  applicationId: PathId.exactOptional(),
  from: InstantInput.exactOptional().meta({ description: 'At or after this instant' }),
  to: InstantInput.exactOptional().meta({ description: 'Before this instant' }),
});

export const auditRoutes = ({ queries, explainLog, clock }: ApiContext): Route[] => [
  defineRoute({
    method: 'get',
    path: '/audit',
    operationId: 'listAudit',
    summary: 'Lists the changes and rejected requests of the tenant, newest first',
    permission: 'scheduler:audit:read',
    bound: 'narrowed',
    query: AuditQuery,
    result: z.array(AuditEntry),
    responses: { 200: 'A page of changes and rejections' },
    handle: async ({ scope, query, link }) => {
      const { limit, cursor, ...filter } = query;
      const page = await queries.listAudit(scope, filter, toPageRequest({ limit, cursor }));
      return pageResponse(page, link, (entry) => entry);
    },
  }),
  defineRoute({
    method: 'get',
    path: '/audit/explain',
    operationId: 'explainSlots',
    summary: 'Checks in the log that each slot is explained exactly once; administrators can check all tenants',
    permission: 'scheduler:audit:read',
    bound: 'closed',
    readsNoList: true,
    takesLong: true,
    query: ExplainQuery,
    result: ExplainReportSchema,
    responses: { 200: 'The outcomes of the slots, and the faults' },
    handle: async ({ scope, caller, link, query: { from, to = toInstant(clock.now()) } }) => {
      const span = { afterMs: toMs(from), untilMs: toMs(to) };
      if (span.untilMs <= span.afterMs) throw rejectField('BAD_INPUT', '/to', 'must be after `from`');
      const isOfAll = hasAllPermissions(caller) && link.query.tenant === undefined;
      const found = await explainLog({ ...scope, tenant: isOfAll ? EVERY_TENANT : scope.tenant, span });
      if (found === undefined) throw new QueryAbandoned('the caller no longer waits for the response');
      return { status: 200, body: { from, to, ...explanationResource(found) } };
    },
  }),
];

const explanationResource = ({ jobs, slots, faults, unreadable, expiredMs }: ExplainReport) =>
  defined({
    explained: faults.first.length + unreadable.length === 0,
    jobs,
    slots,
    faults: faults.counts,
    faultySlots: faults.first.map(({ jobId, kind, firstMs, lastMs, count }) =>
      defined({ jobId, kind, first: toInstant(firstMs), last: toInstant(lastMs), count }),
    ),
    unreadable,
    expiredBefore: expiredMs === undefined ? undefined : toInstant(expiredMs),
  });
