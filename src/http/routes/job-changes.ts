import { RequestInput } from '../../commands/execution/request-execution.ts';
import type { Commands } from '../../commands/index.ts';
import { answerCommand, answerWithJob } from '../command-answers.ts';
import { underIfMatch } from '../etag.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import { PREFIX } from '../prefix.ts';
import { ExecutionSchema, executionResource, toRequestedExecutionView } from '../resources/executions.ts';
import { JobSchema } from '../resources/jobs.ts';
import { defineRoute, type Route } from '../route.ts';
import { CommandBody, IdParams } from '../validate.ts';
import type { RouteDeps } from './deps.ts';

export const jobChangeRoutes = ({ commands, quotas }: Pick<RouteDeps, 'commands' | 'quotas'>): Route[] => [
  switchRoute({ verb: 'enable', summary: 'Lets a job fire again', command: commands.enableJob }),
  switchRoute({ verb: 'disable', summary: 'Stops a job from firing', command: commands.disableJob }),
  triggerRoute(commands, quotas),
];

type Switch = {
  readonly verb: 'enable' | 'disable';
  readonly summary: string;
  readonly command: Commands['enableJob'];
};

const switchRoute = ({ verb, summary, command }: Switch): Route =>
  defineRoute({
    method: 'post',
    path: `/jobs/:id/${verb}`,
    operationId: `${verb}Job`,
    summary,
    permission: 'scheduler:jobs:write',
    bound: 'job',
    params: IdParams,
    conditional: true,
    result: JobSchema,
    answers: { 200: 'The job after the change' },
    handle: async ({ context, params: { id }, ifMatch }) => {
      const done = await underIfMatch(ifMatch, (precondition) => command(context, id, precondition));
      return answerWithJob(done, { status: 200 });
    },
  });

const triggerRoute = (commands: Commands, quotas: RouteDeps['quotas']): Route =>
  defineRoute({
    method: 'post',
    path: '/jobs/:id/trigger',
    operationId: 'triggerJob',
    summary: 'Has a job executed now, enabled or not',
    permission: 'scheduler:jobs:trigger',
    bound: 'job',
    params: IdParams,
    body: CommandBody.optional(),
    accepts: RequestInput,
    example: EXAMPLES.requestExecution,
    result: ExecutionSchema,
    answers: { 202: 'The execution that was requested' },
    handle: async ({ context, params: { id }, body }) => {
      quotas.countTrigger(context.tenant);
      const done = await commands.triggerJob(context, id, body);
      const view = toRequestedExecutionView(done.value);
      const headers = { Location: `${PREFIX}/executions/${view.id}` };
      const answer = { status: 202, headers, body: executionResource(view) };
      return answerCommand(done, answer);
    },
  });
