import type { ApiContext } from '../../src/http/context.ts';
import type { Route } from '../../src/http/route.ts';
import { everyRoute } from '../../src/http/routes/index.ts';
import { stub } from './stub.ts';

const every = everyRoute(stub<ApiContext>({}));
export const { described } = every;
/** Every route of the API that requires a token: tests of all routes also cover future ones. */
export const allRoutes: readonly Route[] = every.routes;

export const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>): string => `${method.toUpperCase()} ${path}`;
