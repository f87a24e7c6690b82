import { type RequestHandler, Router } from 'express';
import { send } from './answer.ts';
import { refuseOtherMethods } from './refuse.ts';

export type Readiness = {
  /** Whether every role of this process can do its work. */
  readonly ready: boolean;
  readonly roles: Readonly<Record<string, { readonly ready: boolean; readonly reason?: string }>>;
  /** What is wrong and yet no reason to send nobody here. */
  readonly degraded: readonly { readonly what: string; readonly since: string; readonly reason?: string }[];
};

export type Health = {
  readonly readiness: () => Promise<Readiness>;
  /** Prometheus' text of this process. */
  readonly metrics: { render(): Promise<{ readonly contentType: string; readonly text: string }> };
};

/** Of a process whose parts are not built yet. */
export const startingHealth = (roles: readonly string[]) => async (): Promise<Readiness> => ({
  ready: false,
  roles: Object.fromEntries(roles.map((role) => [role, { ready: false, reason: 'the process is starting' }])),
  degraded: [],
});

/** What an orchestrator asks, outside the API and without a token. */
export const healthRouter = ({ readiness, metrics }: Health): Router => {
  const router = Router({ caseSensitive: true });
  const get = (path: string, handler: RequestHandler): void => {
    router
      .route(path)
      .get(handler)
      .all(refuseOtherMethods(['GET']));
  };

  get('/healthz', (_request, response) => send(response, { status: 200, body: { status: 'ok' } }));

  get('/readyz', async (_request, response) => {
    const { ready, roles, degraded } = await readiness();
    const status = ready ? (degraded.length === 0 ? 'ready' : 'degraded') : 'unready';
    send(response, { status: ready ? 200 : 503, body: { status, roles, degraded } });
  });

  get('/metrics', async (_request, response) => {
    const { contentType, text } = await metrics.render();
    response.setHeader('Content-Type', contentType);
    response.end(text);
  });
  return router;
};
