import { z } from 'zod';
import { CompletionInput, HeartbeatInput, type TokenHolder, tokenRejected } from '../../commands/execution/callback.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { hashOfToken } from '../../domain/execution/callback.ts';
import { EVERY_TENANT } from '../../domain/values.ts';
import type { ApiContext } from '../context.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import { respondToCommand } from '../responses/command-responses.ts';
import { COMPLETION_TOKEN, defineRoute, type Route, type RouteRequest } from '../route.ts';
import { CommandBody, IdParams, PathId } from '../validate.ts';

/** The address that a call carries names the job, so that no read model has to know the execution yet. */
const JobQuery = z.strictObject({ job: PathId.optional() });

type CallbackRequest = Pick<RouteRequest, 'bearerToken' | 'context' | 'countBody'> & {
  readonly params: { readonly id: number };
  readonly query: z.output<typeof JobQuery>;
};

/** With these the target of an execution with `completion: callback` says how far it is, and how it ended. */
export const callbackRoutes = ({ commands, queries }: ApiContext): Route[] => {
  /** Runs a command with the token of the caller. A token that was valid before gets another answer than any other. */
  const byToken = async <T>(request: CallbackRequest, run: (holder: TokenHolder) => Promise<T>): Promise<T> => {
    const { params, query, context, countBody: admit } = request;
    const token = request.bearerToken();
    const view = async () => queries.getExecution({ tenant: EVERY_TENANT }, params.id);
    const jobId = query.job ?? (await view())?.jobId;
    if (jobId === undefined) throw tokenRejected();
    try {
      const { correlationId, traceparent } = context;
      const traced = traceparent === undefined ? {} : { traceparent };
      return await run({ jobId, executionId: params.id, token, correlationId, admit, ...traced });
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'COMPLETION_TOKEN_REJECTED') throw error;
      if ((await view())?.tokenHash !== hashOfToken(token)) throw error;
      throw new DomainError(
        'EXECUTION_ENDED',
        `execution ${params.id} has ended: its token was already used, or its time has expired`,
      );
    }
  };

  return [
    defineRoute({
      method: 'post',
      path: '/executions/:id/complete',
      operationId: 'completeExecution',
      summary: 'Reports the outcome of a call that the target accepted with 202',
      permission: COMPLETION_TOKEN,
      bound: 'closed',
      params: IdParams,
      query: JobQuery,
      body: CommandBody,
      accepts: CompletionInput,
      example: EXAMPLES.complete,
      answers: { 204: 'The execution has ended' },
      handle: async (request) => {
        const done = await byToken(request, (holder) => commands.completeExecution(holder, request.body));
        return respondToCommand(done, { status: 204 });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/executions/:id/heartbeat',
      operationId: 'heartbeatExecution',
      summary: 'Reports that the target is still working on an execution, and its progress',
      permission: COMPLETION_TOKEN,
      bound: 'closed',
      params: IdParams,
      query: JobQuery,
      body: CommandBody.optional(),
      accepts: HeartbeatInput,
      example: EXAMPLES.heartbeat,
      answers: { 204: 'Heard' },
      handle: async (request) => {
        const done = await byToken(request, (holder) => commands.heartbeatExecution(holder, request.body));
        return respondToCommand(done, { status: 204 });
      },
    }),
  ];
};
