import { z } from 'zod';
import { ProjectionSchema, RebuildStartedSchema } from '../openapi/other-schemas.ts';
import { defineRoute, type Route } from '../route.ts';
import { NoBody, NoParams, NoQuery } from '../validate.ts';
import type { RouteDeps } from './deps.ts';

export const projectionRoutes = ({ projections }: Pick<RouteDeps, 'projections'>): Route[] => [
  defineRoute({
    method: 'get',
    path: '/projections',
    operationId: 'listProjections',
    summary: 'Lists the read models, and how far each has come',
    permission: 'scheduler:admin',
    readsNoList: true,
    params: NoParams,
    query: NoQuery,
    body: NoBody,
    result: z.array(ProjectionSchema),
    answers: { 200: 'Each read model with its generations' },
    handle: async () => ({ status: 200, body: await projections.list() }),
  }),
  defineRoute({
    method: 'post',
    path: '/projections/:name/rebuild',
    operationId: 'rebuildProjection',
    summary: 'Builds a read model (or all) anew from the log, beside the live one',
    permission: 'scheduler:admin',
    params: z.strictObject({ name: z.string().min(1).max(100) }),
    query: NoQuery,
    body: NoBody,
    action: 'rebuild',
    result: RebuildStartedSchema,
    answers: { 202: 'The generations that are being built' },
    handle: async ({ params }) => ({ status: 202, body: await projections.rebuild(params.name) }),
  }),
];
