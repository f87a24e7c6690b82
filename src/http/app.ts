import { type Express, type RequestHandler, Router } from 'express';
import { createSensitiveNames, MASK, maskSensitiveHeaders } from '../domain/redaction/mask.ts';
import { readBody } from './body.ts';
import { countCallers } from './callers/quotas.ts';
import type { ApiContext } from './context.ts';
import { appOf } from './health-app.ts';
import { createEndWatch } from './responses/command-responses.ts';
import { explainStopped, rejectUnknownRoute } from './responses/reject.ts';
import { send } from './responses/response.ts';
import { openRouterOf, routerOf } from './router.ts';
import { everyRoute } from './routes/index.ts';
import { serveRoute } from './serve-route.ts';
import { redirectToUi, uiRouter } from './ui.ts';
import { traceRequests } from './watch-requests.ts';

/** The express application that serves the whole API. It does not listen yet. */
export const createApp = (context: ApiContext): Express => {
  const { routes, documents, signIn } = everyRoute(context);
  const whenEnded = createEndWatch(context);
  const countCaller = countCallers(context.authenticate, context.quotas);
  const rest = Router().get('/', redirectToUi).use(rejectUnknownRoute);
  const api = [
    openRouterOf(documents),
    uiRouter(context.uiFiles),
    traceRequests(context.tracer),
    ...(context.echo ? [echoRouter()] : []),
    routerOf([...signIn, ...routes], {
      serve: (route) => ('permission' in route ? serveRoute(route, context, whenEnded) : route.serve),
      guard: (route) => ('permission' in route ? countCaller : route.guard),
    }),
    explainStopped(() => context.projections.stopped()),
  ];
  return appOf(context.health, api, rest);
};

/** `/echo` responds with the received request, without a token: a target for trying jobs. Development mode only. */
const echoRouter = (): Router => {
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
