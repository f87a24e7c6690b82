import { type RequestHandler, Router } from 'express';
import { refuseOtherMethods } from '../refuse.ts';
import type { Route } from '../route.ts';
import { type StaticFile, sendFile, staticFile } from '../static-file.ts';
import { openApiDocument } from './document.ts';

/** `GET /openapi.json` serves the API's description without a token: it holds no data. It is made once, when it is first asked for. */
export const openApiRouter = (routes: readonly Route[], version: string): Router => {
  const router = Router({ caseSensitive: true });
  let file: StaticFile | undefined;
  const show: RequestHandler = (request, response) => {
    file ??= staticFile(
      Buffer.from(`${JSON.stringify(openApiDocument(routes, version))}\n`, 'utf8'),
      'application/json; charset=utf-8',
    );
    return sendFile(request, response, { file, cacheControl: 'no-cache' });
  };
  router
    .route('/openapi.json')
    .get(show)
    .all(refuseOtherMethods(['GET']));
  return router;
};
