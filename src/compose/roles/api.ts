import path from 'node:path';
import type { Express } from 'express';
import { createSync } from '../../bootstrap/sync.ts';
import { checkReceivers } from '../../commands/alert-rule/receivers.ts';
import { createBeatWork } from '../../commands/execution/beat-work.ts';
import { createFindExpected } from '../../commands/execution/expected-execution.ts';
import { createTakeWork } from '../../commands/execution/take-work.ts';
import { createWorkPolls } from '../../commands/execution/work-polls.ts';
import { createJobChecks } from '../../commands/job/check-job.ts';
import {
  applicationOfJob,
  definitionAt,
  loadAlertRule,
  loadAllowedTargets,
  loadErasure,
} from '../../commands/loop/load.ts';
import { createFindNamed } from '../../commands/loop/names.ts';
import { EVERY_TENANT } from '../../domain/values.ts';
import { enginesOf } from '../../engine/cluster/list-engines.ts';
import type { Engine } from '../../engine/engine.ts';
import { createExplainLog } from '../../explain/explain-log.ts';
import { createApp } from '../../http/app.ts';
import type { ApiContext } from '../../http/context.ts';
import { createStreamCount, POLL_SHARES, POLLS } from '../../http/sse/event-stream.ts';
import { createSse } from '../../http/sse/index.ts';
import { readUiFiles } from '../../http/ui.ts';
import { everyProjection } from '../../projections/all.ts';
import { planRebuild, requestBuild } from '../../projections/builds.ts';
import { requestFlush } from '../../projections/checkpoints.ts';
import { listProjections, listStopped } from '../../projections/list-projections.ts';
import { placeBefore, treeHas, treeStoreOf } from '../../projections/queries/tree.ts';
import { offers } from '../../projections/read-models/offers.ts';
import { unattendedProjections } from '../../projections/registry.ts';
import { noteSigner, publicKeyOf } from '../../proofs/note.ts';
import { createProver, type Prover } from '../../proofs/prover.ts';
import { PACKAGE_ROOT } from '../../runtime/package-root.ts';
import { pollUntilFound } from '../../runtime/poll.ts';
import type { AlertSender } from '../alerts.ts';
import { type ListWatch, watchLists } from '../lists.ts';
import type { Shared } from '../shared.ts';
import type { SignIn } from '../sign-in.ts';
import { openPreview } from '../single-calls.ts';
import { whenLogBegan } from '../storage.ts';
import { syncAtStart } from '../sync-at-start.ts';

/** The admin UI, as built by `npm ci`. */
const UI_FOLDER = path.join(PACKAGE_ROOT, 'ui/dist/');

/** Tracks the lag of the lists, in a process that serves them. */
export const watchOwnLists = (shared: Shared): ListWatch => {
  const { store, world, readers, queries, pool, onStop } = shared;
  const lists = watchLists({
    store,
    world,
    logEnd: readers.logEnd,
    reached: queries.reached,
    unattended: () => unattendedProjections(pool, everyProjection),
  });
  onStop(async () => lists.stop());
  return lists;
};

/** Creates what gives work to workers and takes their heartbeats. */
const openWork = ({ core, queries, beats, world, onStop }: Shared): ApiContext['work'] => {
  const polls = createWorkPolls({
    world,
    offeredQueues: () => queries.offeredQueues({ tenant: EVERY_TENANT }),
    onChange: (listener) => queries.onChange(offers, listener),
  });
  onStop(async () => polls.stop());
  return {
    take: createTakeWork({ ...core, queries }),
    beat: createBeatWork({ ...core, queries, beats }),
    polls,
    beginPoll: createStreamCount(POLL_SHARES, POLLS),
    workers: beats.workers,
  };
};

type ApiSources = SignIn & {
  readonly lists: ListWatch;
  readonly engine: Engine | undefined;
  readonly testAlertRule: AlertSender['test'];
};

type Api = {
  /** Creates the application for requests. */
  appOf(health: ApiContext['health']): Express;
  /** Brings applications and jobs to the state of BOOTSTRAP_DIR. */
  syncAtStart(): Promise<void>;
};

export const createApi = (shared: Shared, sources: ApiSources): Api => {
  const { config, version, store, pool, logId, world, queries, core, membership, names } = shared;
  const { lists, engine, authenticate, sessions, testAlertRule } = sources;
  const sync = createSync({
    ...shared,
    commands: core.commands,
    checks: { ...createJobChecks(core), receivers: (input) => checkReceivers(core, input) },
  });
  const events = createSse({ store, logId, world });
  shared.onStop(async () => events.stop());
  const api: Omit<ApiContext, 'health'> = {
    authenticate,
    sessions,
    testAlertRule,
    work: openWork(shared),
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
    explainLog: createExplainLog({ store, world, placeBefore: (...asked) => placeBefore(pool, ...asked) }),
    prover: openProver(shared),
    engines: enginesOf({ membership, engine }),
    lagSeconds: lists.lagSeconds,
    quotas: shared.quotas,
    once: core.once,
    alertRule: async (tenant, name) => (await loadAlertRule(store, tenant, name)).state,
    erasureOf: async (tenant) => (await loadErasure(store, tenant)).state,
    allowedTargets: async () => (await loadAllowedTargets(store)).state,
    defaultTargets: config.targets.allowed,
    jobAt: (jobId, revision) => definitionAt(store, jobId, revision),
    applicationOfJob: (jobId) => applicationOfJob(store, jobId),
    notices: shared.notices,
    version,
    tracer: shared.tracing.tracer,
    echo: config.mode === 'development',
    uiFiles: readUiFiles(UI_FOLDER),
  };
  return {
    appOf: (health) => createApp({ ...api, health }),
    syncAtStart: () => syncAtStart(shared, sync),
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
