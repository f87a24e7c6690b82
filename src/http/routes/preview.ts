import { EXAMPLES } from '../openapi/examples.ts';
import { PreviewSchema } from '../openapi/other-schemas.ts';
import { PreviewBody } from '../openapi/request-schemas.ts';
import { defineRoute, type Route } from '../route.ts';
import { CommandBody, NoParams, NoQuery } from '../validate.ts';
import type { RouteDeps } from './deps.ts';

export const previewRoutes = ({ preview }: Pick<RouteDeps, 'preview'>): Route[] => [
  defineRoute({
    method: 'post',
    path: '/preview',
    operationId: 'previewJob',
    summary: "Shows what any part of a job's definition would do, and changes nothing",
    permission: 'scheduler:jobs:read',
    changesNothing: true,
    params: NoParams,
    query: NoQuery,
    body: CommandBody,
    accepts: PreviewBody,
    example: EXAMPLES.preview,
    result: PreviewSchema,
    answers: { 200: 'The schedule in words, its next slots, the request and whether its target may be called' },
    handle: async ({ context, body }) => ({ status: 200, body: await preview(context, body) }),
  }),
];
