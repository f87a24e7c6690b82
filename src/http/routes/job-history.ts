import { z } from 'zod';
import { answerWithJob } from '../command-answers.ts';
import { underIfMatch } from '../etag.ts';
import { PagesQuery, pageAnswer, toPageRequest } from '../pages.ts';
import { HistoryEntrySchema } from '../resources/audit.ts';
import { JobSchema } from '../resources/jobs.ts';
import { defineRoute, type Route } from '../route.ts';
import { IdParams, VersionParams } from '../validate.ts';
import type { RouteDeps } from './deps.ts';
import { jobNotFound } from './jobs.ts';

export const jobHistoryRoutes = ({ commands, queries }: Pick<RouteDeps, 'commands' | 'queries'>): Route[] => [
  defineRoute({
    method: 'get',
    path: '/jobs/:id/history',
    operationId: 'getJobHistory',
    summary: 'Lists the versions of a job, newest first: who changed what, and why; also of a deleted job',
    permission: 'scheduler:jobs:read',
    bound: 'job',
    params: IdParams,
    query: PagesQuery,
    result: z.array(HistoryEntrySchema),
    answers: { 200: 'A page of versions' },
    handle: async ({ scope, params: { id }, query, link }) => {
      const page = await queries.jobHistory(scope, id, toPageRequest(query));
      if (page.items.length === 0 && !(await queries.jobEverExisted(scope, id))) throw jobNotFound(id);
      return pageAnswer(page, link, (entry) => entry);
    },
  }),
  defineRoute({
    method: 'post',
    path: '/jobs/:id/history/:version/revert',
    operationId: 'revertJob',
    summary: 'Makes a job what one of its versions was',
    permission: 'scheduler:jobs:write',
    bound: 'job',
    params: VersionParams,
    conditional: true,
    result: JobSchema,
    answers: { 200: 'The job after the change' },
    handle: async ({ context, params: { id, version }, ifMatch }) => {
      const done = await underIfMatch(ifMatch, (precondition) =>
        commands.revertJob(context, id, version, precondition),
      );
      return answerWithJob(done, { status: 200 });
    },
  }),
];
