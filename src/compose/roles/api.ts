import { fileURLToPath } from 'node:url';
import type { Express } from 'express';
import { createSync } from '../../bootstrap/sync.ts';
import { createFindExpected } from '../../commands/execution/expected-execution.ts';
import { createJobChecks } from '../../commands/job/check-job.ts';
import { applicationOfJob, definitionAt, loadAlertRule, loadErasure } from '../../commands/loop/load.ts';
import { createFindNamed } from '../../commands/loop/names.ts';
import { hasRoomIn } from '../../commands/named-values/limits.ts';
import { loadFileVariables } from '../../config.ts';
import { enginesOf } from '../../engine/cluster/list-engines.ts';
import type { Engine } from '../../engine/engine.ts';
import { createExplainLog } from '../../explain/explain-log.ts';
import { type AppDeps, createApp } from '../../http/app.ts';
import { createSse } from '../../http/sse/index.ts';
import { readUiFiles } from '../../http/ui.ts';
import { everyProjection } from '../../projections/all.ts';
import { listProjections, listStopped } from '../../projections/list-projections.ts';
import { unattendedProjections } from '../../projections/locks.ts';
import { placeBefore } from '../../projections/queries/tree.ts';
import { planRebuild, requestBuild } from '../../projections/rebuild.ts';
import type { AlertSender } from '../alerts.ts';
import { type ListWatch, watchLists } from '../lists.ts';
import { openPreview } from '../preview.ts';
import { openProver } from '../proving.ts';
import type { Shared } from '../shared.ts';
import type { SignIn } from '../sign-in.ts';
import { whenLogBegan } from '../storage.ts';
import { syncAtStart } from '../sync-at-start.ts';

/** The admin page, as `npm ci` builds it. */
const UI_FOLDER = fileURLToPath(new URL('../../../ui/dist/', import.meta.url));

/** Watches how far the lists are behind, in a process that answers them. */
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

type ApiParts = Pick<SignIn, 'authenticate' | 'sessions'> & {
  readonly lists: ListWatch;
  readonly engine: Engine | undefined;
  readonly testAlertRule: AlertSender['test'];
};

type Api = {
  /** Builds the application that answers. */
  appOf(health: AppDeps['health']): Express;
  /** Brings applications and jobs to what BOOTSTRAP_DIR says. */
  syncAtStart(): Promise<void>;
};

/** Builds the API of this process. */
export const createApi = (shared: Shared, parts: ApiParts): Api => {
  const { config, version, store, pool, logId, world, queries, core, membership, jobClosures, names } = shared;
  const { lists, engine, ...given } = parts;
  const development = config.mode === 'development';
  const sync = createSync({
    ...shared,
    commands: core.commands,
    checks: { ...createJobChecks({ store, tasks: core.tasks }), receivers: core.checkReceivers },
  });
  const events = createSse({ store, logId, world });
  shared.onStop(async () => events.stop());
  const api: Omit<AppDeps, 'health'> = {
    ...given,
    sync,
    events,
    commands: core.commands,
    queries,
    clock: world.clock,
    timers: world.timers,
    named: createFindNamed(store),
    logBegan: whenLogBegan(store),
    expectedOf: createFindExpected({ store, world, names, jobClosures, hasRoom: hasRoomIn({ queries, ...world }) }),
    preview: openPreview({ config, core, queries, names, caller: shared.caller, store, world, jobClosures }),
    projections: {
      list: () => listProjections({ pool, store, logId }, everyProjection),
      stopped: () => listStopped(pool, everyProjection),
      build: (name, order) => requestBuild(pool, { name, projections: everyProjection }, order),
      plan: (name) => planRebuild(pool, { name, projections: everyProjection }),
    },
    explainLog: createExplainLog({ store, world, placeBefore: (...asked) => placeBefore(pool, ...asked) }),
    prover: openProver({ ...shared, madeUpKey: shared.madeUp?.auditKey }),
    engines: enginesOf({ membership, engine }),
    lagSeconds: lists.lagSeconds,
    quotas: shared.quotas,
    once: core.once,
    alertRule: async (tenant, name) => (await loadAlertRule(store, tenant, name)).state,
    erasureOf: async (tenant) => (await loadErasure(store, tenant)).state,
    jobAt: (jobId, revision) => definitionAt(store, jobId, revision),
    applicationOfJob: (jobId) => applicationOfJob(store, jobId),
    notices: shared.notices,
    version,
    tracer: shared.tracing.tracer,
    echo: development,
    uiFiles: readUiFiles(UI_FOLDER),
  };
  return {
    appOf: (health) => createApp({ ...api, health }),
    syncAtStart: () =>
      syncAtStart({
        ...shared,
        sync,
        dir: config.bootstrapDir,
        development,
        variables: loadFileVariables({ ...process.env, BOOTSTRAP_ENV_PREFIX: config.bootstrapEnvPrefix }),
      }),
  };
};
