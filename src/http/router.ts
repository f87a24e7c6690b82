import { type RequestHandler, Router } from 'express';
import { DomainError } from '../domain/domain-error.ts';
import type { Authenticate } from './callers/authenticate.ts';
import { send } from './responses/response.ts';
import type { Method, OpenRoute } from './route.ts';

type Served<R> = {
  readonly serve: (route: R) => RequestHandler;
  /** Authenticates a request whose method no route of the path has. */
  readonly guard?: (route: R) => Authenticate | undefined;
};

/** Maps paths and methods to routes, and rejects other methods of their paths. */
export const routerOf = <R extends { readonly path: string; readonly method: Method }>(
  routes: readonly R[],
  { serve, guard }: Served<R>,
): Router => {
  const router = Router({ caseSensitive: true });
  for (const [path, ofPath] of Map.groupBy(routes, (route) => route.path)) {
    const at = router.route(path);
    for (const route of ofPath) at[route.method](serve(route));
    const [first] = ofPath;
    at.all(
      rejectOtherMethods(
        ofPath.map(({ method }) => method.toUpperCase()),
        first && guard?.(first),
      ),
    );
  }
  return router;
};

/** The router of routes that authenticate themselves or not at all. */
export const openRouterOf = (routes: readonly OpenRoute[]): Router =>
  routerOf(routes, { serve: (route) => route.serve, guard: (route) => route.guard });

/** Rejects other methods of a known path with 405, and responds to OPTIONS. A path that requires a token checks it first. */
export const rejectOtherMethods = (methods: readonly string[], authenticate?: Authenticate): RequestHandler => {
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  return async (request, response) => {
    if (request.method !== 'OPTIONS') await authenticate?.(request);
    response.setHeader('Allow', allow);
    if (request.method !== 'OPTIONS') throw new DomainError('METHOD_NOT_ALLOWED', `this path allows ${allow}`);
    send(response, { status: 204 });
  };
};
