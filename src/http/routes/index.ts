import type { Route } from '../route.ts';
import { applicationRoutes } from './applications.ts';
import type { RouteDeps } from './deps.ts';
import { executionRoutes } from './executions.ts';
import { jobChangeRoutes } from './job-changes.ts';
import { jobRoutes } from './jobs.ts';
import { projectionRoutes } from './projections.ts';
import { statisticsRoutes } from './statistics.ts';

export type { RouteDeps } from './deps.ts';

/** Every route of the API, below its prefix. */
export const routesOf = (deps: RouteDeps): Route[] => [
  ...jobRoutes(deps),
  ...jobChangeRoutes(deps),
  ...executionRoutes(deps),
  ...applicationRoutes(deps),
  ...statisticsRoutes(deps),
  ...projectionRoutes(deps),
];
