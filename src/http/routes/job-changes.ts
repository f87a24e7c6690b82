import type { Commands } from '../../commands/port.ts';
import { answerDone } from '../done.ts';
import { etagOf, underIfMatch } from '../etag.ts';
import { Execution, Job } from '../openapi/resource-schemas.ts';
import { PREFIX } from '../prefix.ts';
import { applicationSummary, executionResource, jobResource, requestedView } from '../resources.ts';
import { defineRoute, type Route } from '../route.ts';
import { IdParams, NoBody, NoQuery } from '../validate.ts';
import type { RouteDeps } from './deps.ts';

export const jobChangeRoutes = (deps: RouteDeps): Route[] => [
  switchRoute(deps, { verb: 'enable', summary: 'Lets a job fire again', command: deps.commands.enableJob }),
  switchRoute(deps, { verb: 'disable', summary: 'Stops a job from firing', command: deps.commands.disableJob }),
  triggerRoute(deps),
];

type Switch = {
  readonly verb: 'enable' | 'disable';
  readonly summary: string;
  readonly command: Commands['enableJob'];
};

const switchRoute = ({ queries }: RouteDeps, { verb, summary, command }: Switch): Route =>
  defineRoute({
    method: 'post',
    path: `/jobs/:id/${verb}`,
    summary,
    permission: 'scheduler:jobs:write',
    params: IdParams,
    query: NoQuery,
    body: NoBody,
    conditional: true,
    result: Job,
    answers: { 200: 'The job after the change' },
    handle: async ({ context, params: { id }, ifMatch, eventual }) => {
      const done = await underIfMatch(ifMatch, (precondition) => command(context, id, precondition));
      const { job, application } = done.value;
      const headers = { ETag: etagOf(done.revision) };
      const answer = { status: 200, headers, body: jobResource(job, applicationSummary(application)) };
      return answerDone(done, { queries, eventual, answer });
    },
  });

const triggerRoute = ({ commands, queries }: RouteDeps): Route =>
  defineRoute({
    method: 'post',
    path: '/jobs/:id/trigger',
    summary: 'Has a job executed now, enabled or not',
    permission: 'scheduler:jobs:trigger',
    params: IdParams,
    query: NoQuery,
    body: NoBody,
    result: Execution,
    answers: { 202: 'The execution that was requested' },
    handle: async ({ context, params: { id }, eventual }) => {
      const done = await commands.triggerJob(context, id);
      const view = requestedView(done.value);
      const headers = { Location: `${PREFIX}/executions/${view.id}` };
      const answer = { status: 202, headers, body: executionResource(view) };
      return answerDone(done, { queries, eventual, answer });
    },
  });
