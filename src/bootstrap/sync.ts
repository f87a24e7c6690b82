import type { CheckReceivers } from '../commands/alert-rule/receivers.ts';
import type { Commands } from '../commands/index.ts';
import { requireHookPermission } from '../commands/job/check-fields.ts';
import type { JobChecks } from '../commands/job/check-job.ts';
import { DomainError, rejectField } from '../domain/domain-error.ts';
import { actorName } from '../domain/events/index.ts';
import type { TaskConfig } from '../domain/tasks/stored.ts';
import type { Tenant } from '../domain/values.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { Logger, Runtime } from '../runtime/runtime.ts';
import { kindsIn, RESOURCE_NOUNS } from './app-resources.ts';
import { apply, type CommandOrigin, type LogPosition } from './apply.ts';
import { type CheckedApplication, checkApplications, checkAppResources, checkJobs } from './check-definitions.ts';
import type { ApplicationSource, DesiredApplication } from './definitions.ts';
import { type CurrentApplication, type Plan, plan, readCurrent } from './plan.ts';
import { readAppResources } from './plan-app-resources.ts';
import { type ReportedApplication, type ReportedJob, reportOf } from './report.ts';

export type SyncDeps = {
  readonly commands: Commands;
  readonly queries: Queries;
  readonly checks: JobChecks & { readonly receivers: CheckReceivers };
  /** Waits until the read models reach the current end of the log; false if that takes longer than `limitMs`. */
  readonly caughtUp: (limitMs: number) => Promise<boolean>;
  /** This service's origin, the value of `${PUBLIC_URL}`. */
  readonly publicUrl: string;
  readonly world: Runtime;
};

export type SyncRequest = {
  readonly sources: readonly ApplicationSource[];
  /** `updates` neither creates nor deletes. */
  readonly mode: 'plan' | 'apply' | 'updates';
  /** Addresses of jobs and applications to adopt, or `all` that others changed. Everything else is then left unchanged. */
  readonly adopt?: readonly string[] | 'all' | undefined;
  /** Maximum deletions of jobs; `undefined` for no limit. */
  readonly allowDelete?: number | undefined;
  readonly tenantFor: (requested: string | undefined) => Tenant;
  /** Origin of the sync, recorded in the metadata of its events. */
  readonly origin: CommandOrigin;
  /** How long to wait for the read models. */
  readonly catchUpMs: number;
};

export type SyncResult = {
  readonly applications: readonly ReportedApplication[];
  /** Position of the last appended event; `undefined` if nothing was recorded. */
  readonly position: LogPosition | undefined;
};

/** Brings applications and their jobs to the state of the files. Repeated with the same files, it records nothing. */
export type Sync = (request: SyncRequest) => Promise<SyncResult>;

/**
 * Codes of a lost race: two servers may sync the same files at the same time. A validated schedule is rejected only if its
 * one instant has passed since.
 */
const CONFLICTS: ReadonlySet<string> = new Set([
  'NAME_TAKEN',
  'STALE_REVISION',
  'JOB_NOT_FOUND',
  'CONTENTION',
  'BAD_SCHEDULE',
]);

const MAX_TRIES = 12;
const TRY_AGAIN_MS = 1_000;

/**
 * Creates the sync: check, plan, apply, and plan again after a lost race.
 * @throws BootstrapRejected before anything is recorded
 * @throws DomainError READ_MODELS_BEHIND; DELETIONS_REJECTED before anything of a plan is recorded; the code of the last
 * lost race after 12 attempts
 */
export const createSync =
  (deps: SyncDeps): Sync =>
  async (request) => {
    const { timers, random, log } = deps.world;
    const checked = await checkApplications(request.sources, request.tenantFor);
    for (let tries = 1; ; tries++) {
      const plans = await planAll(deps, checked, request);
      for (const each of plans) requirePermissionForHooks(each, request.origin);
      if (request.mode === 'plan') {
        return { applications: plans.map((each) => reportOf(each)), position: undefined };
      }
      rejectDeletions(plans, request);
      try {
        return await applyAll(deps, plans, request);
      } catch (error) {
        if (!(error instanceof DomainError) || !CONFLICTS.has(error.code) || tries === MAX_TRIES) throw error;
        log.info({ code: error.code }, 'bootstrap: other changes came in between: planning again');
        await timers.sleep(TRY_AGAIN_MS * (0.5 + random.fraction()));
      }
    }
  };

const planAll = async (
  deps: SyncDeps,
  checked: readonly CheckedApplication[],
  { mode, adopt, catchUpMs }: SyncRequest,
): Promise<Plan[]> => {
  if (!(await deps.caughtUp(catchUpMs))) {
    throw new DomainError(
      'READ_MODELS_BEHIND',
      'the read models have not caught up with the log: check that a process with the role projections is running',
    );
  }
  const current = await readCurrent(deps.queries, checked);
  const applicationIds = current.map(({ application }) => application?.id);
  const jobs = await checkJobs(checked, applicationIds, deps);
  const plans: Plan[] = [];
  for (const [index, each] of checked.entries()) {
    const { tenant, name, fields } = each;
    const { application, jobs: views = [] } = current[index] ?? {};
    const kinds = kindsIn(each.resources);
    const there = new Set(views.map(({ job }) => job.name));
    const toCome = (jobs[index] ?? []).filter(({ fields: { name: job } }) => !there.has(job));
    const resources = await checkAppResources(each, {
      ...{ receivers: deps.checks.receivers, applicationId: application?.id, index },
      secrets: await secretsOf(deps, each, application?.id),
      jobs: new Set([...there, ...toCome.map((job) => job.fields.name)]),
      waitingJobs: new Map(toCome.flatMap(({ fields, waits }) => (waits === undefined ? [] : [[fields.name, waits]]))),
    });
    const desired = { tenant, name, fields, jobs: jobs[index], resources, kinds };
    const owner = actorName({ type: 'bootstrap', name });
    const stored =
      application === undefined || kinds.size === 0
        ? []
        : await readAppResources(deps.queries, {
            ...desired,
            applicationId: application.id,
            jobs: views,
            wanted: resources,
            owner,
          });
    const before = { application, jobs: views };
    const planned = plan({
      desired,
      current: before,
      stored,
      tasks: await tasksOf(deps.checks, desired, before),
      nowMs: deps.world.clock.now(),
      adopts: (address) => adopt === 'all' || (adopt?.includes(address) ?? false),
    });
    if (mode !== 'updates') plans.push(planned);
    else if (planned.application.kind !== 'create') {
      plans.push({ ...planned, jobs: planned.jobs.filter(({ kind }) => kind === 'update'), resources: [] });
    }
  }
  switch (adopt) {
    case undefined:
      return plans;
    case 'all':
      return plans.filter(({ application }) => application.kind !== 'create').map(onlyAdoptions);
    default:
      return adopt.map((address) => adoption(plans, address));
  }
};

/** The secrets that an application's alert rules can use. */
const secretsOf = async (
  { queries }: SyncDeps,
  { tenant, resources }: CheckedApplication,
  applicationId: number | undefined,
) => {
  if (resources.alertRules === undefined || applicationId === undefined) return [];
  return (await queries.getValues({ tenant }, applicationId))?.secrets ?? [];
};

/** The part of a plan for this address. @throws DomainError BAD_INPUT unless it is both in the files and on the server */
const adoption = (plans: readonly Plan[], address: string): Plan => {
  for (const planned of plans) {
    const { desired, application, jobs } = planned;
    if (application.kind === 'create') continue;
    if (desired.name === address) return { ...onlyAdoptions(planned), jobs: [] };
    const job = jobs.find(({ name }) => `${desired.name}/${name}` === address);
    if (job?.kind === 'update' || job?.kind === 'keep') {
      return { ...planned, application: { kind: 'keep', id: application.id }, jobs: [job], resources: [] };
    }
  }
  throw rejectField(
    'BAD_INPUT',
    '/adopt',
    `${address} cannot be adopted: it must exist both in the files and on the server`,
  );
};

/** Reduces a plan to the resources that others changed last. */
const onlyAdoptions = ({ application, jobs, resources, ...planned }: Plan): Plan => {
  const owner = actorName({ type: 'bootstrap', name: planned.desired.name });
  const isOwn = application.kind === 'update' && application.by === owner;
  return {
    ...planned,
    application: isOwn ? { kind: 'keep', id: application.id } : application,
    jobs: jobs.filter((job) => job.kind === 'update' && job.current.job.updatedBy !== owner),
    resources: resources.filter((each) => each.kind === 'update' && each.stored.by !== owner),
  };
};

/** Tasks of existing jobs, sealed so that an unchanged secret equals the stored one. */
const tasksOf = async (
  checks: JobChecks,
  { tenant, jobs = [] }: DesiredApplication,
  { application, jobs: views }: CurrentApplication,
): Promise<ReadonlyMap<string, TaskConfig>> => {
  const tasks = new Map<string, TaskConfig>();
  if (application === undefined) return tasks;
  const stored = new Map(views.map(({ job }) => [job.name, job]));
  for (const { fields } of jobs) {
    const previous = stored.get(fields.name);
    if (previous === undefined) continue;
    tasks.set(fields.name, await checks.seal(fields, { tenant, applicationId: application.id, previous }));
  }
  return tasks;
};

/** @throws DomainError FORBIDDEN before anything is recorded, if a plan sets hooks that the caller can't set */
const requirePermissionForHooks = ({ desired, application, jobs, current }: Plan, origin: CommandOrigin): void => {
  if (application.kind === 'create' || application.kind === 'update') {
    requireHookPermission(origin, { given: desired.fields, before: current.application });
  }
  for (const job of jobs) {
    if (job.kind === 'create') requireHookPermission(origin, { given: job.desired.fields });
    if (job.kind === 'update') {
      requireHookPermission(origin, { given: job.desired.fields, before: job.current.job });
    }
  }
};

const MAX_NAMED = 10;

const rejectDeletions = (plans: readonly Plan[], { allowDelete = Number.POSITIVE_INFINITY }: SyncRequest): void => {
  const deleted = plans.flatMap(({ desired, jobs, resources }) => [
    ...jobs.flatMap(({ kind, name }) => (kind === 'delete' ? [`${desired.name}/${name}`] : [])),
    ...resources.flatMap((action) =>
      action.kind === 'delete'
        ? [`${RESOURCE_NOUNS[action.stored.kind]} ${action.stored.name} of ${desired.name}`]
        : [],
    ),
  ]);
  if (deleted.length <= allowDelete) return;
  const more = deleted.length - MAX_NAMED;
  const named = [...deleted.slice(0, MAX_NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
  const things = deleted.length === 1 ? '1 resource' : `${deleted.length} resources`;
  throw new DomainError(
    'DELETIONS_REJECTED',
    `nothing was applied: ${things} would be deleted, but allowDelete is ${allowDelete}: ${named}`,
  );
};

const applyAll = async (deps: SyncDeps, plans: readonly Plan[], { origin }: SyncRequest): Promise<SyncResult> => {
  const applications: ReportedApplication[] = [];
  let position: LogPosition | undefined;
  let changes = 0;
  const onChange = (): void => {
    changes += 1;
  };
  try {
    for (const each of plans) {
      const applied = await apply(deps.commands, each, { origin, onChange });
      position = applied.position ?? position;
      const report = reportOf(each, applied.created);
      logReport(deps.world.log, report);
      applications.push(report);
    }
  } catch (error) {
    throw error instanceof DomainError && changes > 0 ? brokenOff(error, changes) : error;
  }
  return { applications, position };
};

/** A checked change is rejected only if something else has changed since, or a quota is reached. */
const brokenOff = ({ code, message, errors }: DomainError, changes: number): DomainError => {
  const before = changes === 1 ? '1 change was already applied' : `${changes} changes were already applied`;
  return new DomainError(code, `${message}; ${before}, and the next apply continues from there`, errors);
};

const DONE = { create: 'created', update: 'updated', delete: 'deleted' } as const;

/** Logs the changes of a sync, and why it skipped resources. */
const logReport = (
  log: Logger,
  { tenant, name: application, jobs, resources = [], ...outcome }: ReportedApplication,
): void => {
  if (outcome.action === 'create' || outcome.action === 'update') {
    log.info({ tenant, application }, `bootstrap: ${DONE[outcome.action]} the application`);
  }
  if (outcome.action === 'skip') {
    log.warn({ tenant, application, by: outcome.by }, `bootstrap: skipped the application: ${outcome.reason}`);
  }
  for (const { kind, name, action, by, reason } of resources) {
    const about = { tenant, application, by, [kind]: name };
    if (action === 'skip') log.warn(about, `bootstrap: skipped a ${RESOURCE_NOUNS[kind]}: ${reason}`);
    else if (action !== 'keep') log.info(about, `bootstrap: ${DONE[action]} a ${RESOURCE_NOUNS[kind]}`);
  }
  for (const job of jobs) logJob(log, { tenant, application, job: job.name, jobId: job.id }, job);
};

const logJob = (log: Logger, about: Readonly<Record<string, unknown>>, { action, reason, by }: ReportedJob): void => {
  switch (action) {
    case 'create':
    case 'update':
    case 'delete':
      log.info(about, `bootstrap: ${DONE[action]} a job`);
      return;
    case 'skip':
      if (reason === 'manually modified' || reason?.startsWith('waits'))
        log.warn({ ...about, by }, `bootstrap: skipped a job: ${reason}`);
      else log.debug({ ...about, by }, `bootstrap: skipped a job: ${reason}`);
      return;
    case 'ignore':
      log.debug({ ...about, by }, 'bootstrap: ignored a job that is not in the files and not owned by the sync');
      return;
    case 'keep':
      return;
  }
};
