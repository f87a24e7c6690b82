import { z } from 'zod';
import { PreviewJob } from '../../commands/job/preview-job.ts';
import type { PreviewAuthority } from '../../commands/job/send-preview.ts';
import { AnySnapshot } from '../../domain/events/index.ts';
import { HttpSnapshot } from '../../domain/tasks/http/stored.ts';
import { WorkerSnapshot } from '../../domain/tasks/worker/stored.ts';
import { Instant } from '../../domain/values.ts';
import { requirePermission } from '../callers/authorize.ts';
import type { ApiContext } from '../context.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import { JsonSchema } from '../resources/common.ts';
import { ResultSchema, shownResult } from '../resources/executions.ts';
import { defineRoute, type Route } from '../route.ts';
import { CommandBody } from '../validate.ts';

const PreviewBody = PreviewJob.meta({ id: 'PreviewJob' });

const PreviewSchema = z
  .object({
    scheduleText: z.string(),
    slots: z.array(
      z.object({ at: Instant, local: z.string(), dueAt: Instant.optional(), note: z.string().optional() }),
    ),
    request: HttpSnapshot.omit({ omitted: true })
      .extend({ body: JsonSchema.optional(), resolvedParameters: AnySnapshot.shape.resolvedParameters })
      .optional(),
    work: WorkerSnapshot.omit({ omitted: true })
      .extend({ input: JsonSchema.optional(), resolvedParameters: AnySnapshot.shape.resolvedParameters })
      .optional()
      .meta({ description: 'The work of a worker task, in place of the request' }),
    target: z.object({ allowed: z.boolean(), reason: z.string().optional() }).optional(),
    sent: z
      .object({
        status: z.enum(['succeeded', 'failed']),
        startedAt: Instant.optional().meta({ description: 'Absent if the request was never sent' }),
        durationMs: z.int().optional(),
        result: ResultSchema.optional(),
        error: z.object({ code: z.string(), message: z.string() }).optional(),
      })
      .optional()
      .meta({ description: 'The outcome of the request, if it was sent' }),
  })
  .meta({ id: 'Preview' });

export const previewRoutes = ({ preview, quotas }: ApiContext): Route[] => [
  defineRoute({
    method: 'post',
    path: '/preview',
    operationId: 'previewJob',
    summary: "Previews any part of a job's definition, and sends its request once if requested",
    permission: 'scheduler:jobs:read',
    bound: 'preview',
    ofOneTenant: true,
    // A test call is recorded, and made again with each request.
    changesNothing: true,
    takesReason: true,
    takesLong: true,
    body: CommandBody,
    accepts: PreviewBody,
    example: EXAMPLES.preview,
    result: PreviewSchema,
    answers: {
      200: 'The schedule in plain language, its next slots, the request, and whether its target is allowed; with the response, if the request was sent',
    },
    handle: async ({ context, body, scope, caller }) => {
      const authority: PreviewAuthority = {
        send: () => {
          requirePermission(caller, 'scheduler:jobs:trigger');
          // The response contains what the target returned.
          requirePermission(caller, 'scheduler:executions:read');
          quotas.countTrigger(context.tenant);
        },
        sendUnsaved: () => requirePermission(caller, 'scheduler:jobs:write'),
        signal: scope.signal ?? new AbortController().signal,
      };
      const { value, position } = await preview(context, body, authority);
      const { sent, ...shown } = value;
      if (sent === undefined) return { status: 200, body: shown, position };
      const { result, ...rest } = sent;
      const shownSent = result === undefined ? rest : { ...rest, result: shownResult(result) };
      return { status: 200, body: { ...shown, sent: shownSent }, position };
    },
  }),
];
