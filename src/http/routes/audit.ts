import { z } from 'zod';
import { refuseField } from '../../domain/refusal.ts';
import { EVERY_TENANT, InstantInput, toInstant, toMs } from '../../domain/values.ts';
import type { LogExplanation } from '../../explain/log-reading.ts';
import { QueryAbandoned } from '../../projections/queries/port/scope.ts';
import { LogExplanationSchema } from '../openapi/audit-schemas.ts';
import { defineRoute, type Route } from '../route.ts';
import type { RouteDeps } from './deps.ts';

const ExplainQuery = z.strictObject({
  from: InstantInput.meta({ description: 'Slots after this instant' }),
  to: InstantInput.exactOptional().meta({ description: 'Slots up to this instant; default: now' }),
});

export const auditRoutes = ({ explainLog, clock }: Pick<RouteDeps, 'explainLog' | 'clock'>): Route[] => [
  defineRoute({
    method: 'get',
    path: '/audit/explain',
    operationId: 'explainSlots',
    summary: 'Checks by the whole log that each slot is explained, once; of all tenants for administrators',
    permission: 'scheduler:audit:read',
    bound: 'closed',
    readsNoList: true,
    takesLong: true,
    query: ExplainQuery,
    result: LogExplanationSchema,
    answers: { 200: 'What became of the slots, and those that are not explained' },
    handle: async ({ scope, isAdministrator, link, query: { from, to = toInstant(clock.now()) } }) => {
      const span = { afterMs: toMs(from), untilMs: toMs(to) };
      if (span.untilMs <= span.afterMs) throw refuseField('BAD_INPUT', '/to', 'must be after `from`');
      const isOfAll = isAdministrator && link.query.tenant === undefined;
      const found = await explainLog({ ...scope, tenant: isOfAll ? EVERY_TENANT : scope.tenant, span });
      if (found === undefined) throw new QueryAbandoned('nobody waits for the answer any more');
      return { status: 200, body: { from, to, ...explanationResource(found) } };
    },
  }),
];

const explanationResource = ({ jobs, slots, faults, unread, expiredMs }: LogExplanation) => ({
  explained: faults.first.length + unread.length === 0,
  jobs,
  slots,
  faults: faults.counts,
  faulty: faults.first.map(({ jobId, kind, firstMs, lastMs, count }) => ({
    jobId,
    kind,
    first: toInstant(firstMs),
    last: toInstant(lastMs),
    ...(count === undefined ? {} : { count }),
  })),
  unread,
  ...(expiredMs === undefined ? {} : { expiredBefore: toInstant(expiredMs) }),
});
