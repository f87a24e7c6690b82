import { z } from 'zod';
import { BackfillInput } from '../../commands/backfill.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { Instant } from '../../domain/values.ts';
import type { ListPage } from '../../projections/queries/page.ts';
import {
  BACKFILL_STATUSES,
  type BackfillView,
  backfillRecord,
  backfillView,
  NONE_BEGUN,
} from '../../projections/queries/records/backfills.ts';
import type { Scope } from '../../projections/queries/scope.ts';
import type { ApiContext } from '../context.ts';
import { jobNameSchemas } from '../resources/common.ts';
import { respondToCommand } from '../responses/command-responses.ts';
import { jobNamesOf, PagesQuery, pageResponse, toPageRequest } from '../responses/pages.ts';
import { defineRoute, PREFIX, type Route, type RouteRequest } from '../route.ts';
import { jobNotFound } from './jobs.ts';

const BackfillSchema = z
  .object({
    ...backfillRecord.schemas,
    applicationId: z.int().optional(),
    ...jobNameSchemas,
    status: z.enum(BACKFILL_STATUSES),
    waiting: z.int().meta({ description: 'Slots left to call' }),
    running: z.int(),
    succeeded: z.int(),
    failed: z.int(),
    cancelled: z.int(),
  })
  .meta({ id: 'Backfill' });

const DryRunSchema = z
  .object({ total: z.int(), slots: z.array(Instant) })
  .meta({ id: 'BackfillDryRun', description: 'The slots that a backfill would call' });

export const backfillRoutes = ({ commands, queries, quotas }: ApiContext): Route[] => {
  const backfillOf = async (scope: Scope, jobId: number, backfillId: number): Promise<BackfillView> => {
    const view = await queries.getBackfill(scope, { jobId, backfillId });
    if (view !== undefined) return view;
    throw new DomainError('BACKFILL_NOT_FOUND', `job ${jobId} has no backfill ${backfillId}`);
  };

  const shown = async (scope: Scope, page: ListPage<BackfillView>, link: RouteRequest['link']) => {
    const names = await jobNamesOf(queries, scope, page.items);
    return pageResponse(page, link, (backfill) => ({ ...backfill, ...names.get(backfill.jobId) }));
  };

  return [
    defineRoute({
      method: 'post',
      path: '/jobs/:id/backfills',
      operationId: 'requestBackfill',
      summary: 'Calls past slots, or lists which slots it would call',
      permission: 'scheduler:jobs:trigger',
      bound: 'job',
      accepts: BackfillInput,
      result: z.union([BackfillSchema, DryRunSchema]),
      responses: { 200: 'The slots of a dry run', 202: 'The backfill' },
      handle: async ({ context, scope, params: { id }, body }) => {
        quotas.countTrigger(context.tenant);
        const done = await commands.requestBackfill(context, id, body);
        if (done.value.kind === 'dryRun') {
          const { slots } = done.value;
          return respondToCommand(done, { status: 200, body: { total: slots.length, slots } });
        }
        const { backfillId, ...backfill } = done.value.backfill;
        const view = backfillView({ ...backfillRecord.blank, ...backfill, id: backfillId }, NONE_BEGUN);
        const headers = { Location: `${PREFIX}/jobs/${id}/backfills/${backfillId}` };
        const names = await queries.namesOfJobs(scope, [id]);
        return respondToCommand(done, { status: 202, headers, body: { ...view, ...names.get(id) } });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/jobs/:id/backfills',
      operationId: 'listBackfills',
      summary: "Lists a job's backfills, newest first, including those of a deleted job",
      permission: 'scheduler:executions:read',
      bound: 'job',
      query: PagesQuery,
      result: z.array(BackfillSchema),
      responses: { 200: 'A page of backfills' },
      handle: async ({ scope, params: { id }, query, link }) => {
        if (!(await queries.jobEverExisted(scope, id))) throw jobNotFound(id);
        return shown(scope, await queries.listBackfills(scope, toPageRequest(query), id), link);
      },
    }),
    defineRoute({
      method: 'get',
      path: '/backfills',
      operationId: 'listAllBackfills',
      summary: 'Lists the backfills of all jobs, newest first',
      permission: 'scheduler:executions:read',
      bound: 'narrowed',
      query: PagesQuery,
      result: z.array(BackfillSchema),
      responses: { 200: 'A page of backfills' },
      handle: async ({ scope, query, link }) =>
        shown(scope, await queries.listBackfills(scope, toPageRequest(query)), link),
    }),
    defineRoute({
      method: 'get',
      path: '/jobs/:id/backfills/:backfillId',
      operationId: 'getBackfill',
      summary: 'Shows the progress of a backfill',
      permission: 'scheduler:executions:read',
      bound: 'job',
      result: BackfillSchema,
      responses: { 200: 'The backfill' },
      handle: async ({ scope, params: { id, backfillId } }) => ({
        status: 200,
        body: { ...(await backfillOf(scope, id, backfillId)), ...(await queries.namesOfJobs(scope, [id])).get(id) },
      }),
    }),
    defineRoute({
      method: 'delete',
      path: '/jobs/:id/backfills/:backfillId',
      operationId: 'cancelBackfill',
      summary: 'Cancels a backfill; open executions continue',
      permission: 'scheduler:jobs:trigger',
      bound: 'job',
      responses: { 204: 'The backfill calls no further slots' },
      handle: async ({ context, scope, params: { id, backfillId } }) => {
        const { status } = await backfillOf(scope, id, backfillId);
        if (status === 'cancelled') return { status: 204 };
        const done = await commands.cancelBackfill(context, { jobId: id, backfillId });
        return respondToCommand(done, { status: 204 });
      },
    }),
  ];
};
