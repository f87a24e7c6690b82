import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import type { Authenticate } from '../http/callers/authenticate.ts';
import { countCallers } from '../http/callers/quotas.ts';
import type { ApiContext } from '../http/context.ts';
import { createFront } from '../http/front.ts';
import { createHealthApp, createStartingApp } from '../http/health-app.ts';
import type { Base } from './shared.ts';

/** The servers of a process: for the API and, if `METRICS_PORT` is set, one only for health and metrics. */
export type Fronts = {
  readonly url: string;
  /** Serves the health of the process and its API, if it has one. */
  serve(readiness: ApiContext['health']['readiness'], appOf?: (health: ApiContext['health']) => Express): void;
  /** Makes the API close before all parts started so far, because its responses need them. */
  closeFirst(): void;
};

/** Time limit for HTTP responses during a stop. A whole stop can take 29 s: see cli/start.ts. */
const CLOSE_MS = 3_000;

/** Listens, if required, and first responds that the process is starting. */
export const openFronts = async (base: Base, authenticate: Authenticate): Promise<Fronts> => {
  const { config, roles, local, world, metrics, notices, measures, quotas, startWait, onStop } = base;
  const { host, port, portNamed, metricsPort, isOpen, publicUrl = '' } = config.http;
  if (port === undefined) return { url: publicUrl, serve: () => {}, closeFirst: () => {} };
  const development = config.mode === 'development';
  const starting = { roles, reason: startWait.reason };
  const privateHealth = { world, metrics, notices, measure: measures.measureRequest, authenticate: undefined };
  const publicHealth = { ...privateHealth, authenticate: isOpen ? undefined : countCallers(authenticate, quotas) };

  const front = createFront(createStartingApp({ ...starting, ...publicHealth }), local);
  const closeFirst = (): void => onStop(() => front.close(CLOSE_MS));
  closeFirst();
  if (development && !isOpen) {
    world.log.warn({ host }, 'development mode is reachable from other machines: /_/scheduler/echo needs no token');
  }
  const anyOther = development && !portNamed;
  const listening = await listen(front.server, { host, port, anyOther });
  const back = createFront(createStartingApp({ ...starting, ...privateHealth }), local);
  if (metricsPort !== undefined) {
    onStop(() => back.close(CLOSE_MS));
    await listen(back.server, { host, port: metricsPort, anyOther: false });
  }
  return {
    url: `http://${reachableHost(host)}:${listening}`,
    serve: (readiness, appOf = createHealthApp) => {
      back.serve(createHealthApp({ ...privateHealth, readiness }));
      front.serve(appOf({ ...publicHealth, readiness }));
    },
    closeFirst,
  };
};

/** A host for the printed URL: `localhost` if the server listens on all addresses. */
const reachableHost = (host: string): string => {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
};

/** Another process listens on the requested port. */
class PortTaken extends Error {
  override readonly name = 'PortTaken';
  readonly code = 'PORT_TAKEN';
}

/**
 * Makes the server listen.
 * @returns the port; with `anyOther`, a free one if `port` is taken
 * @throws PortTaken without `anyOther`
 */
export const listen = async (
  server: Server,
  { host, port, anyOther }: { readonly host: string; readonly port: number; readonly anyOther: boolean },
): Promise<number> => {
  try {
    await listenOn(server, host, port);
  } catch (error) {
    if (!isTaken(error)) throw error;
    if (!anyOther)
      throw new PortTaken(`Port ${port} is in use. Stop the process that uses it, or set PORT to another port.`);
    await listenOn(server, host, 0);
  }
  return portOf(server);
};

const listenOn = async (server: Server, host: string, port: number): Promise<void> => {
  server.listen(port, host);
  await once(server, 'listening');
};

const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';

const portOf = (server: Server): number => {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
};
