import { z } from 'zod';
import type { ApiContext } from '../context.ts';
import { healthRoutes } from '../health.ts';
import { documentRoutes, openApiDocument } from '../openapi/document.ts';
import type { OpenRoute, Route } from '../route.ts';
import { signInRoutes } from '../sessions/oidc/router.ts';
import { sessionRoutes } from '../sessions/router.ts';
import { alertRuleRoutes } from './alert-rules.ts';
import { applicationRoutes } from './applications.ts';
import { attentionRoutes, savedViewRoutes } from './attention.ts';
import { auditRoutes } from './audit.ts';
import { backfillRoutes } from './backfills.ts';
import { bootstrapRoutes } from './bootstrap.ts';
import { calendarRoutes, pauseRoutes } from './closures.ts';
import { eventRoutes } from './events.ts';
import { callbackRoutes, executionChangeRoutes, executionRoutes } from './executions.ts';
import { historyRoutes, jobHistoryRoutes, revertRoutes } from './histories.ts';
import { allowedTargetsRoutes, dataKeyRoutes, engineRoutes, projectionRoutes } from './installation.ts';
import { bulkRoutes, jobChangeRoutes, jobRoutes, operationRoutes, previewRoutes } from './jobs.ts';
import { occurrenceRoutes, statisticsRoutes } from './occurrences.ts';
import { exportRoutes, proofRoutes } from './proofs.ts';
import { tenantRoutes } from './tenants.ts';
import { tokenRoutes, userRoutes } from './tokens.ts';
import { valueRoutes } from './values.ts';
import { workerRoutes } from './workers.ts';

/** Every route of the API below its prefix, by how it is served; all are in the description. */
export const everyRoute = (context: ApiContext) => {
  const byId = routesById(context);
  const routes = [...byId, ...byId.flatMap(byAddress)];
  const signIn = [...sessionRoutes(context), ...signInRoutes(context)];
  const documents: OpenRoute[] = documentRoutes(() => openApiDocument(described, context.version));
  const described = [...routes, ...signIn, ...documents, ...healthRoutes(context.health)];
  return { routes, signIn, documents, described };
};

const OF_A_JOB = '/jobs/:id';
const AddressName = z.string().min(1).max(200);

/** Adds routes at a job's address: there PUT replaces the whole job, and PATCH changes some fields. */
const byAddress = (route: Route): Route[] => {
  const { path, params, method, operationId } = route;
  if (!path.startsWith(OF_A_JOB) || !(params instanceof z.ZodObject)) return [];
  return [
    {
      ...route,
      method: method === 'put' && path === OF_A_JOB ? 'patch' : method,
      path: path.replace(OF_A_JOB, '/applications/:application/jobs/:job'),
      operationId: `${operationId}ByName`,
      addresses: 'job',
      params: params.omit({ id: true }).extend({ application: AddressName, job: AddressName }),
    },
  ];
};

const routesById = (context: ApiContext): Route[] => [
  // Before the job routes: `/jobs/:id` would match `/jobs/bulk`.
  ...bulkRoutes(context),
  ...jobRoutes(context),
  ...jobChangeRoutes(context),
  ...jobHistoryRoutes(context),
  ...executionRoutes(context),
  ...executionChangeRoutes(context),
  ...callbackRoutes(context),
  ...workerRoutes(context),
  ...backfillRoutes(context),
  ...occurrenceRoutes(context),
  ...applicationRoutes(context),
  // Before the routes of secrets: `/secrets/:name` would match `/secrets/erase`.
  ...dataKeyRoutes(context),
  ...valueRoutes(context),
  ...calendarRoutes(context),
  ...pauseRoutes(context),
  ...alertRuleRoutes(context),
  ...historyRoutes(context),
  ...revertRoutes(context),
  ...operationRoutes(context),
  ...tokenRoutes(context),
  ...userRoutes(context),
  ...tenantRoutes(context),
  ...engineRoutes(context),
  ...allowedTargetsRoutes(context),
  ...statisticsRoutes(context),
  ...attentionRoutes(context),
  ...savedViewRoutes(context),
  ...auditRoutes(context),
  ...proofRoutes(context),
  ...exportRoutes(context),
  ...eventRoutes(context),
  ...projectionRoutes(context),
  ...bootstrapRoutes(context),
  ...previewRoutes(context),
];
