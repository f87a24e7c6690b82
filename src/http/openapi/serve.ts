import { type RequestHandler, Router } from 'express';
import { send } from '../answer.ts';
import { refuseOtherMethods } from '../refuse.ts';
import type { Route } from '../route.ts';
import { openApiDocument } from './document.ts';

/** `GET /openapi.json` serves the API's description without a token: it holds no data. */
export const openApiRouter = (routes: readonly Route[], version: string): Router => {
  const router = Router({ caseSensitive: true });
  let document: Readonly<Record<string, unknown>> | undefined;
  const show: RequestHandler = (_request, response) => {
    document ??= openApiDocument(routes, version);
    send(response, { status: 200, body: document });
  };
  router
    .route('/openapi.json')
    .get(show)
    .all(refuseOtherMethods(['GET']));
  return router;
};
