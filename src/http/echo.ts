import { type RequestHandler, Router } from 'express';
import { createSensitiveNames, MASK, maskSensitiveHeaders } from '../domain/redaction/index.ts';
import { send } from './answer.ts';
import { readBody } from './read-body.ts';

/** `/echo` answers with the request that it got, and needs no token: a target to try jobs on. Development mode only. */
export const echoRouter = (): Router => {
  const router = Router({ caseSensitive: true });
  router.all('/echo{/*rest}', echo);
  return router;
};

const NAMES = createSensitiveNames();

const echo: RequestHandler = async (request, response) => {
  const body = (await readBody(request, response)).toString('utf8');
  const headers = Object.entries(request.headersDistinct).map(([name, values = []]) => [name, values.join(', ')]);
  const query = Object.entries(request.query).map(([name, value]) => [name, NAMES.parameter(name) ? MASK : value]);
  send(response, {
    status: 200,
    body: {
      method: request.method,
      path: request.path,
      query: Object.fromEntries(query),
      headers: maskSensitiveHeaders(Object.fromEntries(headers), NAMES),
      body: jsonOr(body),
    },
  });
};

const jsonOr = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text === '' ? null : text;
  }
};
