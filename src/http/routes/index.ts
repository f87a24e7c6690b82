import { z } from 'zod';
import type { Route } from '../route.ts';
import { alertRuleRoutes } from './alert-rules.ts';
import { applicationRoutes } from './applications.ts';
import { auditRoutes } from './audit.ts';
import { backfillRoutes } from './backfills.ts';
import { bootstrapRoutes } from './bootstrap.ts';
import { bulkRoutes, operationRoutes } from './bulk.ts';
import { callbackRoutes } from './callbacks.ts';
import { calendarRoutes, pauseRoutes } from './closures.ts';
import type { RouteDeps } from './deps.ts';
import { executionChangeRoutes, executionRoutes } from './executions.ts';
import { historyRoutes, jobHistoryRoutes, revertRoutes } from './histories.ts';
import { dataKeyRoutes, engineRoutes, projectionRoutes } from './installation.ts';
import { jobChangeRoutes, jobRoutes } from './jobs.ts';
import { occurrenceRoutes } from './occurrences.ts';
import { previewRoutes } from './preview.ts';
import { proofRoutes } from './proofs.ts';
import { statisticsRoutes } from './statistics.ts';
import { tenantRoutes } from './tenants.ts';
import { sessionRoutes, tokenRoutes } from './tokens.ts';
import { valueRoutes } from './values.ts';

export type { RouteDeps } from './deps.ts';

/** Every route of the API, below its prefix. */
export const routesOf = (deps: RouteDeps): Route[] => {
  const routes = routesById(deps);
  return [...routes, ...routes.flatMap(byAddress)];
};

const OF_A_JOB = '/jobs/:id';
const AddressName = z.string().min(1).max(200);

/** A route of a job by its id, at the job's address: there PUT means the whole job, and PATCH changes some fields. */
const byAddress = (route: Route): Route[] => {
  const { path, params, method, operationId } = route;
  if (!path.startsWith(OF_A_JOB) || !(params instanceof z.ZodObject)) return [];
  return [
    {
      ...route,
      method: method === 'put' ? 'patch' : method,
      path: path.replace(OF_A_JOB, '/applications/:application/jobs/:job'),
      operationId: `${operationId}ByName`,
      addresses: 'job',
      params: params.omit({ id: true }).extend({ application: AddressName, job: AddressName }),
    },
  ];
};

const routesById = (deps: RouteDeps): Route[] => [
  // Before the job routes: `/jobs/:id` would match `/jobs/bulk`.
  ...bulkRoutes(deps),
  ...jobRoutes(deps),
  ...jobChangeRoutes(deps),
  ...jobHistoryRoutes(deps),
  ...executionRoutes(deps),
  ...executionChangeRoutes(deps),
  ...callbackRoutes(deps),
  ...backfillRoutes(deps),
  ...occurrenceRoutes(deps),
  ...applicationRoutes(deps),
  // Before the routes of secrets: `/secrets/:name` would match `/secrets/erase`.
  ...dataKeyRoutes(deps),
  ...valueRoutes(deps),
  ...calendarRoutes(deps),
  ...pauseRoutes(deps),
  ...alertRuleRoutes(deps),
  ...historyRoutes(deps),
  ...revertRoutes(deps),
  ...operationRoutes(deps),
  ...tokenRoutes(deps),
  ...sessionRoutes(deps),
  ...tenantRoutes(deps),
  ...engineRoutes(deps),
  ...statisticsRoutes(deps),
  ...auditRoutes(deps),
  ...proofRoutes(deps),
  ...projectionRoutes(deps),
  ...bootstrapRoutes(deps),
  ...previewRoutes(deps),
];
