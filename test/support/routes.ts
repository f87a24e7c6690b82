import type { Route } from '../../src/http/route.ts';
import { type RouteDeps, routesOf } from '../../src/http/routes/index.ts';
import { stub } from './stub.ts';

/** Every route of the API, to be looked at: what a test says of all routes holds for the next one too. */
export const allRoutes: readonly Route[] = routesOf(stub<RouteDeps>({}));

export const nameOf = ({ method, path }: Route): string => `${method.toUpperCase()} ${path}`;
