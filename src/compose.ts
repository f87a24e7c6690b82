import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { createAlertSender } from './compose/alerts.ts';
import { readinessOf, startKeyCheck } from './compose/readiness.ts';
import {
  createEngineRole,
  keepTime,
  startBackground,
  startOtherEngines,
  startProjectionsRole,
  startPublisher,
} from './compose/roles/start-roles.ts';
import { ROLES, type Role } from './compose/roles.ts';
import { removeRunFile, writeRunFile } from './compose/run-file.ts';
import { type Base, openBase, openShared, type Shared } from './compose/shared.ts';
import { createSignIn } from './compose/sign-in.ts';
import { readersOf, stallOf, watchStalls } from './compose/stall-monitor.ts';
import { type OnStop, type ServiceOptions, startParts } from './compose/start.ts';
import type { Storage } from './compose/storage.ts';
import { defined } from './domain/defined.ts';
import { LATE_REASONS, NOT_CALLED_REASONS } from './domain/events/index.ts';
import type { SlotCounts } from './domain/ledger/explain-slot.ts';
import { EVERY_TENANT, toMs } from './domain/values.ts';
import type { Authenticate } from './http/callers/authenticate.ts';
import { countCallers } from './http/callers/quotas.ts';
import type { ApiContext, Readiness } from './http/context.ts';
import { createFront } from './http/front.ts';
import { createHealthApp, createStartingApp } from './http/health-app.ts';
import { measureRequests } from './http/watch-requests.ts';
import { startRejections } from './operations/rejections.ts';
import { poll } from './runtime/poll.ts';
import { createOutageLog } from './runtime/retry.ts';
import type { Clock, Runtime } from './runtime/runtime.ts';
import { abortOnSignal } from './runtime/timeout.ts';

/** The servers of a process: for the API and, if `METRICS_PORT` is set, one only for health and metrics. */
type Fronts = {
  readonly url: string;
  /** Serves the health of the process and its API, if it has one. */
  serve(readiness: ApiContext['health']['readiness'], appOf?: (health: ApiContext['health']) => Express): void;
  /** Makes the API close before all parts started so far, because its responses need them. */
  closeFirst(): void;
};

/** Time limit for HTTP responses during a stop. A whole stop can take 29 s: see cli/start.ts. */
const CLOSE_MS = 3_000;

/** Listens, if required, and first responds that the process is starting. */
const openFronts = async (base: Base, authenticate: Authenticate): Promise<Fronts> => {
  const { config, roles, local, world, metrics, notices, quotas, startWait, onStop } = base;
  const { host, port, portNamed, metricsPort, isOpen, publicUrl = '' } = config.http;
  if (port === undefined) return { url: publicUrl, serve: () => {}, closeFirst: () => {} };
  const development = config.mode === 'development';
  const starting = { roles, reason: startWait.reason };
  const privateHealth = {
    world,
    metrics,
    notices,
    measure: measureRequests(metrics, world.clock),
    authenticate: undefined,
  };
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
const listen = async (
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

export const HEARTBEAT_EVERY_MS = 30_000;
const REPLY_TIMEOUT_MS = 10_000;

/**
 * Calls an external watch every 30 s while this process makes progress. If the calls stop, the watch notifies the operator,
 * even if this process can't.
 * @param makesProgress whether claims, the log and the read models make progress
 */
export const startHeartbeat = (
  url: string,
  makesProgress: () => Promise<boolean>,
  { fetch, world }: { readonly fetch: typeof globalThis.fetch; readonly world: Runtime },
): { stop(): Promise<void> } => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const outage = createOutageLog(world.log, 'calls of HEARTBEAT_URL');

  const beat = async (): Promise<void> => {
    if (!(await makesProgress())) return;
    try {
      const { ok, status } = await abortOnSignal(world.timers, REPLY_TIMEOUT_MS, (late) =>
        fetch(url, { signal: AbortSignal.any([signal, late]) }),
      );
      if (!ok) throw new Error(`HTTP ${status}`);
      outage.worked();
    } catch (error) {
      if (!signal.aborted) outage.failed(error);
    }
  };

  const running = poll(beat, { timers: world.timers, everyMs: HEARTBEAT_EVERY_MS, signal });
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};

/** How long a scrape waits for Postgres; afterwards it gets the previous counts. */
const TIMEOUT_MS = 3_000;
/** Counting jobs by state makes Postgres read every job. */
const COUNT_JOBS_EVERY_MS = 60_000;

/** Queues with the most offered work; each has labels of its own. */
const MAX_QUEUES = 100;

/** Registers counts of the read models: jobs by state, work of queues, settled slots, and expired data. */
export const showReadModels = ({ queries, metrics, world }: Shared): void => {
  const { clock, timers } = world;
  const patiently = <T>(load: (caller: { readonly signal: AbortSignal }) => Promise<T>): Promise<T> =>
    abortOnSignal(timers, TIMEOUT_MS, (signal) => load({ signal }));
  const jobStates = atMostEvery(COUNT_JOBS_EVERY_MS, clock, () =>
    patiently((caller) => queries.jobStates({ tenant: EVERY_TENANT, ...caller })),
  );
  metrics.gauges('carillon_jobs', async () =>
    Object.entries((await jobStates()) ?? {}).map(([state, value]) => ({ labels: { state }, value })),
  );
  const queues = async () => {
    const counts = await patiently((caller) => queries.offeredQueues({ tenant: EVERY_TENANT, ...caller }));
    const shown = counts.toSorted((a, b) => b.offered - a.offered).slice(0, MAX_QUEUES);
    return shown.map((each) => ({ ...each, labels: { application: String(each.applicationId), queue: each.queue } }));
  };
  metrics.gauges('carillon_work_offered', async () =>
    (await queues()).map(({ labels, offered }) => ({ labels, value: offered })),
  );
  metrics.gauges('carillon_work_taken', async () =>
    (await queues()).map(({ labels, taken }) => ({ labels, value: taken })),
  );
  metrics.gauges('carillon_work_oldest_offer_seconds', async () =>
    (await queues()).map(({ labels, oldestOfferedAt: at }) => ({
      labels,
      value: at === undefined ? 0 : Math.max(0, clock.now() - toMs(at)) / 1_000,
    })),
  );
  metrics.counted('carillon_slots_total', async () => {
    const counts = await patiently((caller) => queries.slotCounts({ tenant: EVERY_TENANT, ...caller }));
    // Reasons without occurrences are counted as 0: an alarm on an increase needs the value before it.
    const late = LATE_REASONS.map((reason) => counted('late', reason, counts.late[reason]));
    const notCalled = NOT_CALLED_REASONS.flatMap((reason) => [
      counted('skipped', reason, counts.skipped[reason]),
      counted('missed', reason, counts.missed[reason]),
    ]);
    return [counted('fired', '', counts.fired), ...late, ...notCalled];
  });
  metrics.counted('carillon_executions_expired_total', async () => [
    { labels: {}, value: (await patiently(queries.expiredSoFar)).executions },
  ]);
  metrics.gauges('carillon_execution_retention_cutoff_age_seconds', async () => {
    const { before } = await patiently(queries.expiredSoFar);
    return before === undefined ? [] : [{ labels: {}, value: (clock.now() - toMs(before)) / 1_000 }];
  });
};

/** Limits the rate of requests. In between, the last result counts, including a failure. */
const atMostEvery = <T>(everyMs: number, clock: Clock, load: () => Promise<T>): (() => Promise<T>) => {
  let last: { readonly sentAtMs: number; readonly response: Promise<T> } | undefined;
  return () => {
    const nowMs = clock.monotonic();
    if (last === undefined || nowMs - last.sentAtMs >= everyMs) last = { sentAtMs: nowMs, response: load() };
    return last.response;
  };
};

const counted = (outcome: keyof SlotCounts, reason: string, value = 0) => ({
  labels: { outcome, reason },
  value,
});

export { ROLES, type Role };

export type Service = {
  /** Its URL on this machine; external callers use `PUBLIC_URL`. */
  readonly url: string;
  /** The development token; undefined in production. */
  readonly token: string | undefined;
  /** Why its engine is on standby; `undefined` if it is not, or there is no engine. */
  readonly standbyReason: string | undefined;
  /** Its embedded Postgres, if any. */
  readonly embedded: Storage['embedded'];
  readonly readiness: () => Promise<Readiness>;
  /** Stops claiming, lets running calls finish, and closes everything. */
  stop(): Promise<void>;
};

/**
 * Creates every adapter, wires the roles and starts them; no other code creates adapters. If a part does not start, stops
 * the parts that were started.
 * @throws StoppedWhileStarting, and the error of the part that did not start, which states what to do
 */
export const startService = (options: ServiceOptions & { readonly signal: AbortSignal }): Promise<Service> =>
  startParts((onStop) => start(options, onStop), { ...options.world, signal: options.signal });

const start = async (options: ServiceOptions, onStop: OnStop): Promise<Omit<Service, 'stop'>> => {
  const base = await openBase(options, onStop);
  const { config } = base;
  const signIn = await createSignIn(base);
  const fronts = await openFronts(base, signIn.authenticate);
  const shared = await openShared(base, fronts.url);
  const { store, world } = shared;
  signIn.readFrom(store);
  showReadModels(shared);

  const projections = startProjectionsRole(shared);
  const rejections = startRejections({ ...shared, retentionMs: config.rejectionRetentionMs });
  onStop(rejections.stop);
  fronts.closeFirst();
  const apiRole = shared.roles.includes('api') ? await import('./compose/roles/api.ts') : undefined;
  // Takes that wait end right before the front closes: earlier, their workers would come back.
  const work = apiRole?.openWork(shared);
  const engine = createEngineRole(shared);
  const publisher = await startPublisher(shared, engine);
  const others = startOtherEngines(shared);
  await keepTime(shared, engine, others);
  const sender = await createAlertSender(shared);

  const stalls = watchStalls(shared, {
    readers: () => readersOf(projections, publisher),
    engineSinceMs: engine && stallOf(engine),
  });
  onStop(async () => stalls.stop());
  const lists = apiRole?.watchOwnLists(shared, projections);
  const readiness = readinessOf(shared, { projections, engine, others, publisher, lists, stalls });
  const api =
    lists && work && apiRole?.createApi(shared, { ...signIn, work, lists, engine, testAlertRule: sender.test });
  fronts.serve(readiness, api && ((health) => api.appOf({ ...health, notices: rejections })));

  startKeyCheck(shared);
  await engine?.start();
  startBackground(shared, sender);
  await api?.syncAtStart();
  if (config.heartbeatUrl !== undefined) {
    const makesProgress = async (): Promise<boolean> => (await readiness()).makesProgress;
    const heartbeat = startHeartbeat(config.heartbeatUrl, makesProgress, { fetch, world });
    onStop(heartbeat.stop);
  }
  const { url } = fronts;
  const { developmentToken: token } = signIn;
  if (config.http.port !== undefined) {
    await writeRunFile(config.dataDir, { url, pid: process.pid, ...defined({ token }) });
    onStop(() => removeRunFile(config.dataDir));
  }
  const status = engine?.status();
  const standbyReason = status?.state === 'standby' ? status.why : undefined;
  return { url, token, standbyReason, embedded: shared.embedded, readiness };
};
