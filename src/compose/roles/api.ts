import path from 'node:path';
import type { Express } from 'express';
import { type ApplicationSource, DEFAULT_TENANT } from '../../bootstrap/definitions.ts';
import { readFolder, showable, sourcesOf } from '../../bootstrap/read-folder.ts';
import { createSync, type Sync, type SyncRequest } from '../../bootstrap/sync.ts';
import { checkReceivers } from '../../commands/alert-rule/receivers.ts';
import { createBeatWork } from '../../commands/execution/beat-work.ts';
import { createFindExpected } from '../../commands/execution/expected-execution.ts';
import type { WorkContext } from '../../commands/execution/work-feed.ts';
import { createWorkTakes } from '../../commands/execution/work-takes.ts';
import { createJobChecks } from '../../commands/job/check-job.ts';
import { createFindNamed } from '../../commands/loop/names.ts';
import { loadFileVariables } from '../../config.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { EVERY_TENANT } from '../../domain/values.ts';
import { enginesOf } from '../../engine/cluster/list-engines.ts';
import type { Engine } from '../../engine/engine.ts';
import { StreamParked } from '../../event-store/errors.ts';
import { comparePositions } from '../../event-store/port.ts';
import { createExplainLog } from '../../explain/explain-log.ts';
import { createApp } from '../../http/app.ts';
import type { ApiContext } from '../../http/context.ts';
import { createSse, createStreamCount, POLL_SHARES, POLLS } from '../../http/sse/index.ts';
import { readUiFiles } from '../../http/ui.ts';
import { everyProjection } from '../../projections/all.ts';
import { planRebuild, requestBuild } from '../../projections/builds.ts';
import { requestFlush } from '../../projections/checkpoints.ts';
import { listProjections, listStopped } from '../../projections/list-projections.ts';
import type { Queries } from '../../projections/queries/index.ts';
import { placeBefore, treeHas, treeStoreOf } from '../../projections/queries/tree.ts';
import { documents } from '../../projections/read-models/documents.ts';
import { offers } from '../../projections/read-models/offers.ts';
import { unattendedProjections } from '../../projections/registry.ts';
import type { ProjectionRunner } from '../../projections/runner.ts';
import { noteSigner, publicKeyOf } from '../../proofs/note.ts';
import { createProver, type Prover } from '../../proofs/prover.ts';
import { fileProblem } from '../../runtime/file-problem.ts';
import { PACKAGE_ROOT } from '../../runtime/package-root.ts';
import { pollUntilFound } from '../../runtime/poll.ts';
import type { AlertSender } from '../alerts.ts';
import { type ListWatch, watchLists } from '../lists.ts';
import type { Shared } from '../shared.ts';
import type { SignIn } from '../sign-in.ts';
import { openPreview } from '../single-calls.ts';
import { whenLogBegan } from '../storage.ts';

/** A job that calls this server, so that new users immediately see executions. */
const SAMPLE_DIR = path.join(PACKAGE_ROOT, 'examples/bootstrap');
/** How long to wait for the read models before the sync, and to show its changes. */
const CATCH_UP_MS = 120_000;
const SHOW_MS = 10_000;

/**
 * Syncs BOOTSTRAP_DIR or, in development mode, the sample. A parked stream blocks only its own application. Errors in the
 * files are logged and reported as an issue, and the previous definitions stay.
 */
export const syncAtStart = async ({ config, queries, world, issues }: Shared, sync: Sync): Promise<void> => {
  const { bootstrapDir: dir, bootstrapEnvPrefix } = config;
  const isDevelopment = config.mode === 'development';
  const variables = loadFileVariables({ ...process.env, BOOTSTRAP_ENV_PREFIX: bootstrapEnvPrefix });
  const syncAll = async (sources: readonly ApplicationSource[], mode: SyncRequest['mode']): Promise<void> => {
    const { position } = await sync({
      sources,
      mode,
      tenantFor: (requested) => requested ?? DEFAULT_TENANT,
      origin: { correlationId: world.random.uuid(), canReadExecutions: true },
      catchUpMs: CATCH_UP_MS,
    });
    if (position !== undefined) await queries.awaitPosition(position, SHOW_MS);
  };
  const run = async (from: string, mode: SyncRequest['mode']): Promise<void> => {
    const folders = await readFolder(from, variables);
    const sources = sourcesOf(folders);
    try {
      await syncAll(sources, mode);
    } catch (error) {
      if (error instanceof DomainError) throw new DomainError(error.code, showable(folders)(error.message));
      if (!(error instanceof StreamParked)) throw error;
      for (const source of sources) await syncOrLog(source, mode);
    }
  };
  const syncOrLog = async (source: ApplicationSource, mode: SyncRequest['mode']): Promise<void> => {
    try {
      await syncAll([source], mode);
    } catch (error) {
      if (!(error instanceof StreamParked)) throw error;
      world.log.error(
        { folder: source.folder, reason: error.message },
        'bootstrap: could not apply the files of an application',
      );
    }
  };
  const runOrReport = async (from: string): Promise<void> => {
    try {
      await run(from, 'apply');
    } catch (error) {
      const problem = fileProblem(error);
      if (!(error instanceof DomainError) && problem === undefined) throw error;
      const reason =
        error instanceof DomainError
          ? error.message
          : `Can't read the folder ${from} (BOOTSTRAP_DIR): ${problem}. Create it and let the user of this process read it, or correct BOOTSTRAP_DIR.`;
      world.log.error(
        { dir: from, reason },
        'bootstrap: BOOTSTRAP_DIR was rejected; the existing definitions are unchanged',
      );
      issues.add('bootstrap', reason);
    }
  };
  // Updates the sample's address, because the port may have changed. A deleted sample is not created again.
  if (isDevelopment) await run(SAMPLE_DIR, 'updates');
  if (dir !== undefined) await runOrReport(dir);
  else if (isDevelopment && (await isEmpty(queries))) await run(SAMPLE_DIR, 'apply');
};

/** Returns whether the file system caused the error: the folder is missing or unreadable. */
const isEmpty = async (queries: Queries): Promise<boolean> =>
  (await queries.listApplications({ tenant: EVERY_TENANT }, { limit: 1 })).items.length === 0;

/** The admin UI, as built by `npm ci`. */
const UI_FOLDER = path.join(PACKAGE_ROOT, 'ui/dist/');

/** Tracks the lag of the lists, in a process that serves them. */
export const watchOwnLists = (shared: Shared, projections: ProjectionRunner | undefined): ListWatch =>
  // Most processes run all projections, and need not find out who does.
  watchLists(shared, async () =>
    projections?.status().every(({ state }) => state === 'running')
      ? []
      : unattendedProjections(shared.pool, everyProjection),
  );

/** Creates what gives work to workers and takes their heartbeats. Once it has stopped, the front has to close. */
export const openWork = ({ core, queries, beats, onStop }: Shared): ApiContext['work'] => {
  const context: WorkContext = {
    ...core,
    beats,
    queries: { ...queries, offeredQueues: () => queries.offeredQueues({ tenant: EVERY_TENANT }) },
    shownTo: () => {
      const [work, pauses] = [queries.reachedBy(offers), queries.reachedBy(documents)];
      if (work === undefined || pauses === undefined) return undefined;
      return comparePositions(work, pauses) < 0 ? work : pauses;
    },
  };
  const { take, feed, stop } = createWorkTakes(context);
  onStop(async () => stop());
  return {
    take,
    beat: createBeatWork({ ...context, feed }),
    beginPoll: createStreamCount(POLL_SHARES, POLLS),
    reported: beats.reported,
    workers: beats.workers,
  };
};

/** How long a new stream of events waits for the lists. */
const SHOWN_WITHIN_MS = 2_000;

export const createApi = (
  shared: Shared,
  sources: SignIn & {
    readonly work: ApiContext['work'];
    readonly lists: ListWatch;
    readonly engine: Engine | undefined;
    readonly testAlertRule: AlertSender['test'];
  },
) => {
  const { config, version, store, pool, logId, world, queries, core, membership, names } = shared;
  const { work, lists, engine, authenticate, sessions, testAlertRule } = sources;
  const sync = createSync({
    ...shared,
    commands: core.commands,
    checks: { ...createJobChecks(core), receivers: (input) => checkReceivers(core, input) },
  });
  const events = createSse({
    store,
    logId,
    world,
    awaitShown: (position) => queries.awaitPosition(position, SHOWN_WITHIN_MS),
  });
  shared.onStop(async () => events.stop());
  const api: Omit<ApiContext, 'health'> = {
    authenticate,
    sessions,
    testAlertRule,
    work,
    sync,
    events,
    commands: core.commands,
    queries,
    clock: world.clock,
    timers: world.timers,
    named: createFindNamed(store),
    logBegan: whenLogBegan(store),
    expectedOf: createFindExpected(core, names),
    preview: openPreview(shared),
    projections: {
      list: () => listProjections({ pool, store, logId }, everyProjection),
      stopped: () => listStopped(pool, everyProjection),
      build: (name, order) => requestBuild(pool, { name, projections: everyProjection }, order),
      plan: (name) => planRebuild(pool, { name, projections: everyProjection }),
    },
    explainLog: createExplainLog(store, world, (...requested) => placeBefore(pool, ...requested)),
    prover: openProver(shared),
    engines: enginesOf(membership, engine),
    lagSeconds: lists.lagSeconds,
    quotas: shared.quotas,
    once: core.once,
    store,
    defaultTargets: config.targets.allowed,
    notices: shared.notices,
    version,
    tracer: shared.tracing.tracer,
    echo: config.mode === 'development',
    uiFiles: readUiFiles(UI_FOLDER),
  };
  return {
    /** Creates the application for requests. */
    appOf: (health: ApiContext['health']): Express => createApp({ ...api, health }),
    /** Brings applications and jobs to the state of BOOTSTRAP_DIR. */
    syncAtStart: (): Promise<void> => syncAtStart(shared, sync),
  };
};

const CAUGHT_UP_MS = 10_000;
const POLL_INTERVAL_MS = 20;
const SIGNER_NAME = 'carillon';

/** Creates the prover on the trees of the read models, signed with AUDIT_KEY. */
export const openProver = ({ config, madeUp, pool, store, logId, queries, world }: Shared): Prover => {
  const key = config.audit.key ?? madeUp?.auditKey;
  const caughtUp = async (): Promise<boolean> => {
    const end = await store.end();
    if (end === undefined) return true;
    const isThere = async () => (await treeHas(pool, end)) || undefined;
    if (!(await isThere())) await requestFlush(pool);
    return (await pollUntilFound(world, { limitMs: CAUGHT_UP_MS, everyMs: POLL_INTERVAL_MS }, isThere)) ?? false;
  };
  return createProver({
    signer: key === undefined ? undefined : noteSigner(SIGNER_NAME, Buffer.from(key, 'base64')),
    earlierKeys: config.audit.publicKeys.map(publicKeyOf),
    logId,
    treeOf: (tenant) => treeStoreOf(pool, tenant),
    caughtUp,
    log: store,
    expiredJobs: async function* (tenant) {
      for await (const { jobId } of queries.expiredJobs({ tenant })) yield jobId;
    },
    now: world.clock.now,
  });
};
