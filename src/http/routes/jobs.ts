import { z } from 'zod';
import type { JobDefinition } from '../../domain/events/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import { answerCommand, answerWithJob } from '../command-answers.ts';
import { etagOf, underIfMatch } from '../etag.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import { JobGlanceSchema } from '../openapi/glance-schemas.ts';
import { CreateJobBody, UpdateJobBody } from '../openapi/request-schemas.ts';
import { JobSchema } from '../openapi/resource-schemas.ts';
import { pageAnswer } from '../pages.ts';
import { PREFIX } from '../prefix.ts';
import { foundJob, listedJob } from '../resources.ts';
import { defineRoute, type Route } from '../route.ts';
import { CommandBody, IdParams, NoBody, NoParams, NoQuery } from '../validate.ts';
import type { RouteDeps } from './deps.ts';
import { GlancesQuery, JobsQuery, toJobsRequest } from './filters.ts';

export const jobNotFound = (id: number): Refusal => new Refusal('JOB_NOT_FOUND', `there is no job ${id}`);

export const jobRoutes = ({ commands, queries, clock }: RouteDeps): Route[] => [
  defineRoute({
    method: 'get',
    path: '/jobs',
    operationId: 'listJobs',
    summary: 'Lists jobs, oldest first unless sorted',
    permission: 'scheduler:jobs:read',
    params: NoParams,
    query: JobsQuery,
    body: NoBody,
    result: z.array(JobSchema),
    answers: { 200: 'A page of jobs' },
    handle: async ({ scope, query, link }) => {
      const asked = toJobsRequest(query);
      const page = await queries.listJobs(scope, asked.filter, asked.page);
      const shown = query.include === 'body' ? (job: JobDefinition) => job : listedJob;
      return pageAnswer(page, link, (view) => foundJob({ ...view, job: shown(view.job) }, clock.now()));
    },
  }),
  // Before the next one, which would match it.
  defineRoute({
    method: 'get',
    path: '/jobs/glances',
    operationId: 'glanceAtJobs',
    summary: 'Shows of a few jobs their schedule in words, and what became of their last 30 slots',
    permission: 'scheduler:jobs:read',
    params: NoParams,
    query: GlancesQuery,
    body: NoBody,
    result: z.array(JobGlanceSchema),
    answers: { 200: 'Those of the jobs that are there, by their ids' },
    handle: async ({ scope, query: { ids } }) => ({ status: 200, body: await queries.jobGlances(scope, ids) }),
  }),
  defineRoute({
    method: 'get',
    path: '/jobs/:id',
    operationId: 'getJob',
    summary: 'Shows a job',
    permission: 'scheduler:jobs:read',
    params: IdParams,
    query: NoQuery,
    body: NoBody,
    result: JobSchema,
    answers: { 200: 'The job' },
    handle: async ({ scope, params: { id } }) => {
      const view = await queries.getJob(scope, id);
      if (view === undefined) throw jobNotFound(id);
      const body = foundJob(view, clock.now());
      return { status: 200, headers: { ETag: etagOf(view.revision) }, body };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/jobs',
    operationId: 'createJob',
    summary: 'Creates a job',
    permission: 'scheduler:jobs:write',
    params: NoParams,
    query: NoQuery,
    body: CommandBody,
    accepts: CreateJobBody,
    example: EXAMPLES.createJob,
    result: JobSchema,
    answers: { 201: 'The job that was created' },
    handle: async ({ context, body }) => {
      const done = await commands.createJob(context, body);
      return answerWithJob(done, { status: 201, headers: { Location: `${PREFIX}/jobs/${done.value.job.jobId}` } });
    },
  }),
  defineRoute({
    method: 'put',
    path: '/jobs/:id',
    operationId: 'updateJob',
    summary: 'Changes a job: fields that are given replace those it has, null clears an optional one',
    permission: 'scheduler:jobs:write',
    params: IdParams,
    query: NoQuery,
    body: CommandBody,
    accepts: UpdateJobBody,
    example: EXAMPLES.updateJob,
    conditional: true,
    result: JobSchema,
    answers: { 200: 'The job after the change' },
    handle: async ({ context, params: { id }, body, ifMatch }) => {
      const done = await underIfMatch(ifMatch, (precondition) => commands.updateJob(context, id, body, precondition));
      return answerWithJob(done, { status: 200 });
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/jobs/:id',
    operationId: 'deleteJob',
    summary: 'Deletes a job; its executions stay readable',
    permission: 'scheduler:jobs:write',
    params: IdParams,
    query: NoQuery,
    body: NoBody,
    conditional: true,
    answers: { 204: 'The job is deleted' },
    handle: async ({ context, params: { id }, ifMatch }) => {
      const done = await underIfMatch(ifMatch, (precondition) => commands.deleteJob(context, id, precondition));
      return answerCommand(done, { status: 204 });
    },
  }),
];
