import type { Request } from 'express';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);

/** A method that routes know; undefined for any other text that a caller sends. */
export const knownMethod = (method: string): string | undefined => (METHODS.has(method) ? method : undefined);

/** The path of the route that served a request, with its parameters by name; undefined where no route did. */
export const templateOf = (request: Request): string | undefined => {
  const route: unknown = request.route;
  if (typeof route !== 'object' || route === null || !('path' in route)) return undefined;
  return typeof route.path === 'string' ? route.path : undefined;
};
