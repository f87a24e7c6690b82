import { z } from 'zod';
import { InstantInput } from '../../domain/values.ts';
import { AUDIT_OUTCOMES } from '../../projections/queries/port/history.ts';
import { AuditEntrySchema } from '../openapi/history-schemas.ts';
import { pageAnswer, pageQuery, toPageRequest } from '../pages.ts';
import { defineRoute, type Route } from '../route.ts';
import { PathId } from '../validate.ts';
import type { RouteDeps } from './deps.ts';
import { Text } from './filters.ts';

const AuditQuery = z.strictObject({
  ...pageQuery,
  actor: Text.exactOptional().meta({ description: 'Who asked, as entries write it' }),
  action: Text.exactOptional().meta({ description: 'An operation of this API, such as deleteJob' }),
  outcome: z.enum(AUDIT_OUTCOMES).exactOptional(),
  code: Text.exactOptional().meta({ description: 'Why it was refused' }),
  applicationId: PathId.exactOptional(),
  from: InstantInput.exactOptional().meta({ description: 'At this instant or later' }),
  to: InstantInput.exactOptional().meta({ description: 'Before this instant' }),
});

export const auditEntryRoutes = ({
  queries,
}: {
  readonly queries: Pick<RouteDeps['queries'], 'listAudit'>;
}): Route[] => [
  defineRoute({
    method: 'get',
    path: '/audit',
    operationId: 'listAudit',
    summary: 'Lists all changes of the tenant and what was refused, newest first',
    permission: 'scheduler:audit:read',
    bound: 'narrowed',
    query: AuditQuery,
    result: z.array(AuditEntrySchema),
    answers: { 200: 'A page of changes and refusals' },
    handle: async ({ scope, query, link }) => {
      const { limit, cursor, ...filter } = query;
      const page = await queries.listAudit(scope, filter, toPageRequest({ limit, cursor }));
      return pageAnswer(page, link, (entry) => entry);
    },
  }),
];
