import { createAlertSender } from './compose/alerts.ts';
import { openFronts } from './compose/fronts.ts';
import { startHeartbeat } from './compose/heartbeat.ts';
import { showReadModels } from './compose/metrics/read-model-metrics.ts';
import { startKeyCheck } from './compose/missing-keys.ts';
import { readinessOf } from './compose/readiness.ts';
import { startBackground } from './compose/roles/background.ts';
import { createEngineRole, keepTime, startOtherEngines } from './compose/roles/engine.ts';
import { startProjectionsRole } from './compose/roles/projections.ts';
import { startPublisher } from './compose/roles/publisher.ts';
import { ROLES, type Role } from './compose/roles.ts';
import { removeRunFile, writeRunFile } from './compose/run-file.ts';
import { openBase, openShared } from './compose/shared.ts';
import { createSignIn } from './compose/sign-in.ts';
import { readersOf, stallOf, watchStalls } from './compose/stall-monitor.ts';
import { type OnStop, type ServiceOptions, startParts } from './compose/start.ts';
import type { Storage } from './compose/storage.ts';
import { defined } from './domain/defined.ts';
import type { Readiness } from './http/context.ts';
import { startRejections } from './operations/rejections.ts';

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
  const apiRole = shared.roles.includes('api') ? await import('./compose/roles/api.ts') : undefined;
  const lists = apiRole?.watchOwnLists(shared);
  const readiness = readinessOf(shared, { projections, engine, others, publisher, lists, stalls });
  const api = lists && apiRole?.createApi(shared, { ...signIn, lists, engine, testAlertRule: sender.test });
  fronts.serve(readiness, api && ((health) => api.appOf({ ...health, notices: rejections })));

  startKeyCheck(shared);
  await engine?.start();
  startBackground(shared, sender);
  await api?.syncAtStart();
  if (config.heartbeatUrl !== undefined) {
    const makesProgress = async (): Promise<boolean> => (await readiness()).makesProgress;
    const heartbeat = startHeartbeat({ url: config.heartbeatUrl, makesProgress, fetch, world });
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
