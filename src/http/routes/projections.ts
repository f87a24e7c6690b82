import { z } from 'zod';
import { BuildStarted, ProjectionView, RebuildPlan } from '../../projections/queries/projection-views.ts';
import { defineRoute, type Route } from '../route.ts';
import type { RouteDeps } from './deps.ts';

const NamedProjection = z.strictObject({ name: z.string().min(1).max(100) });
const RebuildBody = z
  .strictObject({
    /** Compare it with the live one, row by row, before it takes its place. */
    verify: z.boolean().optional(),
    dryRun: z.boolean().optional(),
  })
  .optional();

export const projectionRoutes = ({ projections }: Pick<RouteDeps, 'projections'>): Route[] => [
  defineRoute({
    method: 'get',
    path: '/projections',
    operationId: 'listProjections',
    summary: 'Lists the read models, and how far each has come',
    permission: 'scheduler:admin',
    bound: 'closed',
    readsNoList: true,
    result: z.array(ProjectionView.meta({ id: 'Projection' })),
    answers: { 200: 'Each read model with its generations' },
    handle: async () => ({ status: 200, body: await projections.list() }),
  }),
  defineRoute({
    method: 'post',
    path: '/projections/:name/rebuild',
    operationId: 'rebuildProjection',
    summary: 'Builds a read model (or all) anew from the log, beside the live one',
    permission: 'scheduler:admin',
    bound: 'closed',
    params: NamedProjection,
    body: RebuildBody,
    example: { dryRun: true },
    action: 'rebuild',
    result: z.union([z.array(BuildStarted), z.array(RebuildPlan)]),
    answers: {
      200: 'What a rebuild would do, where `dryRun` asked for it',
      202: 'The generations that are being built',
    },
    handle: async ({ params: { name }, body: { verify = false, dryRun = false } = {} }) =>
      dryRun
        ? { status: 200, body: await projections.plan(name) }
        : { status: 202, body: await projections.build(name, { purpose: 'rebuild', compares: verify }) },
  }),
  defineRoute({
    method: 'post',
    path: '/projections/:name/verify',
    operationId: 'verifyProjection',
    summary: 'Compares a read model (or all), row by row, with one that is built from the log for it',
    permission: 'scheduler:admin',
    bound: 'closed',
    params: NamedProjection,
    action: 'verify',
    result: z.array(BuildStarted),
    answers: { 202: 'The generations that are being built to be compared' },
    handle: async ({ params: { name } }) => ({
      status: 202,
      body: await projections.build(name, { purpose: 'verify', compares: true }),
    }),
  }),
];
