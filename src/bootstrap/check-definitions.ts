import { setImmediate } from 'node:timers/promises';
import type { CheckReceivers } from '../commands/alert-rule/receivers.ts';
import type { NamesToCome } from '../commands/job/check-job.ts';
import { checkRenamed } from '../commands/job/job-input.ts';
import { parseInput } from '../commands/parse.ts';
import { defined, isRecord } from '../domain/defined.ts';
import { DomainError, rejectField } from '../domain/domain-error.ts';
import { JobDefaults } from '../domain/events/index.ts';
import { isOmitted } from '../domain/omitted.ts';
import { isKeepMark, pointerIn, valuesOf } from '../domain/tasks/walk.ts';
import type { Tenant } from '../domain/values.ts';
import {
  type AlertRuleFields,
  type AppResource,
  type AppResources,
  alertRuleOf,
  appResourcesIn,
  type Waits,
} from './app-resources.ts';
import {
  type ApplicationFields,
  ApplicationFile,
  type ApplicationSource,
  type DesiredJob,
  JobsFile,
  listOfJobs,
} from './definitions.ts';
import { BootstrapRejected, collect, type FileProblem, MAX_PROBLEMS } from './rejected.ts';
import type { SyncDeps } from './sync.ts';

export type CheckedApplication = {
  readonly folder: string;
  readonly tenant: Tenant;
  readonly name: string;
  readonly fields: ApplicationFields;
  /** Not checked yet; `undefined` if the application's jobs are left unchanged. */
  readonly jobs: ReturnType<typeof listOfJobs>;
  /** Checked except for the receivers of alert rules. */
  readonly resources: AppResources;
};

/**
 * Checks every application of the set, except its jobs.
 * @param tenantFor turns the optional tenant of a file into the tenant to change; rejects a tenant that the caller can't
 * change
 * @throws BootstrapRejected naming every error
 */
export const checkApplications = async (
  sources: readonly ApplicationSource[],
  tenantFor: (requested: string | undefined) => Tenant,
): Promise<CheckedApplication[]> => {
  const problems: FileProblem[] = [];
  const folders = new Map<string, string>();
  const checked: CheckedApplication[] = [];
  for (const [index, source] of sources.entries()) {
    const { folder } = source;
    const at = { file: `${folder}/application.json`, pointer: `/applications/${index}/application` };
    const jobsAt = { file: `${folder}/jobs.json`, pointer: `/applications/${index}/jobs` };
    const application = await collect(problems, at, () => parseInput(ApplicationFile, source.application));
    await collect(problems, jobsAt, () => parseInput(JobsFile.optional(), source.jobs));
    if (application === undefined) continue;
    const { name, displayName = name } = application;
    const fields = { displayName, ...JobDefaults.parse(application) };
    const tenant = tenantFor(application.tenant);
    const key = JSON.stringify([tenant, name]);
    const other = folders.get(key);
    if (other !== undefined) {
      const message = `the application is already in ${other}: remove one`;
      problems.push({ ...at, pointer: `${at.pointer}/name`, field: '/name', message });
    }
    folders.set(key, folder);
    checked.push({ folder, tenant, name, fields, jobs: listOfJobs(source.jobs), resources: application });
  }
  if (problems.length > 0) throw new BootstrapRejected(problems);
  return checked;
};

/**
 * Checks every job of the set, including targets and parameters, and the hooks of the applications.
 * @param applicationIds of the applications in order; `undefined` for one that does not exist yet
 * @returns the jobs of each application in order; `undefined` if they are left unchanged
 * @throws BootstrapRejected naming every error
 */
export const checkJobs = async (
  applications: readonly CheckedApplication[],
  applicationIds: readonly (number | undefined)[],
  { checks, publicUrl }: SyncDeps,
): Promise<(readonly DesiredJob[] | undefined)[]> => {
  const problems: FileProblem[] = [];
  const checked: (readonly DesiredJob[] | undefined)[] = [];
  const withLimit = createConcurrencyLimit();
  for (const [index, { tenant, folder, name, fields, jobs, resources }] of applications.entries()) {
    const names = new Set<string>();
    const owner = { tenant, applicationId: applicationIds[index], toCome: namesToCome(resources) };
    const at = { file: `${folder}/application.json`, pointer: `/applications/${index}/application` };
    await collect(problems, at, () => checks.checkHooks(owner, fields));
    if (owner.applicationId === undefined) await collect(problems, at, () => checkRenamed(name, undefined));
    const checkOne = async (given: unknown, jobIndex: number): Promise<readonly DesiredJob[]> => {
      if (problems.length >= MAX_PROBLEMS) return [];
      const pointer = `/applications/${index}/jobs${jobs?.pointer}/${jobIndex}`;
      const place = { file: `${folder}/jobs.json`, job: nameOf(given, jobIndex), pointer };
      const job = await collect(problems, place, async () => {
        const { missingSecrets, ...checkedJob } = await checks.check(owner, fillPublicUrl(given, publicUrl));
        const { name: job } = checkedJob.fields;
        if (names.has(job)) throw rejectField('NAME_TAKEN', '/name', 'another job of the file has this name');
        names.add(job);
        rejectKept(checkedJob.fields);
        const [secret] = missingSecrets;
        return {
          ...checkedJob,
          ...(secret && { waits: waitsFor(`the secret ${secret}`, { application: name, set: secret }) }),
        };
      });
      return job === undefined ? [] : [job];
    };
    checked.push(jobs === undefined ? undefined : (await withLimit(jobs.jobs, checkOne)).flat());
  }
  if (problems.length > 0) throw new BootstrapRejected(problems);
  return checked;
};

/** Why a resource is skipped until a secret is set: secrets can be set only after the application was created. */
const waitsFor = (what: string, { application, set }: { readonly application: string; readonly set: string }): Waits =>
  `waits for ${what}: carillon secrets set ${application} ${set}, then apply again`;

const namesToCome = ({ variables = {}, limits = {}, calendars = {} }: AppResources): NamesToCome => ({
  variables: new Set(Object.keys(variables)),
  limits: new Set(Object.keys(limits)),
  calendars: new Set(Object.keys(calendars)),
});

/** Maximum simultaneous checks: a set of thousands must not delay other requests. */
const CONCURRENT_CHECKS = 16;

const createConcurrencyLimit = () => {
  let begun = 0;
  return async <T, R>(items: readonly T[], run: (item: T, index: number) => Promise<R>): Promise<R[]> => {
    const results: R[] = [];
    const left = items.entries();
    const work = async (): Promise<void> => {
      for (const [index, item] of left) {
        begun += 1;
        // Yields to the event loop: checks may do no I/O, and thousands of them would block it.
        if (begun > CONCURRENT_CHECKS) await setImmediate();
        results[index] = await run(item, index);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT_CHECKS }, work));
    return results;
  };
};

const MAX_NAME = 200;

const nameOf = (job: unknown, index: number): string =>
  isRecord(job) && typeof job.name === 'string' ? JSON.stringify(job.name.slice(0, MAX_NAME)) : `at index ${index}`;

/** Rejects markers for keeping a stored secret or body: a file must define its job completely. */
const rejectKept = (fields: DesiredJob['fields']): void => {
  const message = 'give the value itself: files cannot keep stored values';
  for (const each of valuesOf(fields)) {
    const pointer = `/taskConfig${pointerIn(each)}`;
    if (isOmitted(each.value)) throw rejectField('BODY_NOT_STORED', pointer, message);
    if (isKeepMark(each.value)) throw rejectField('SECRET_NOT_REUSABLE', pointer, message);
  }
};

const PLACEHOLDER = '${PUBLIC_URL}';

/**
 * Replaces `${PUBLIC_URL}` at the beginning of a job's or hook's URL by this service's origin, so that files need not
 * contain the address. Jobs can always call this origin.
 */
const fillPublicUrl = (job: unknown, publicUrl: string): unknown => {
  if (!isRecord(job)) return job;
  const fill = ([field, value]: [string, unknown]) =>
    typeof value === 'string' && URL_FIELDS.has(field) && value.startsWith(PLACEHOLDER)
      ? [field, publicUrl + value.slice(PLACEHOLDER.length)]
      : [field, value];
  const filled = CALLED.flatMap((field) => {
    const call = job[field];
    return isRecord(call) ? [[field, Object.fromEntries(Object.entries(call).map(fill))]] : [];
  });
  return { ...job, ...Object.fromEntries(filled) };
};

const CALLED = ['taskConfig', 'onFailure', 'onSuccess'];
const URL_FIELDS: ReadonlySet<string> = new Set(['endpoint', 'url']);

type ResourceOwner = {
  readonly receivers: CheckReceivers;
  /** `undefined` if the application does not exist yet. */
  readonly applicationId: number | undefined;
  /** The application's secrets. */
  readonly secrets: readonly OwnSecret[];
  /** Index of the application. */
  readonly index: number;
  /** Names of the jobs after the sync. */
  readonly jobs: ReadonlySet<string>;
  /** Jobs that can't be created yet, by name. */
  readonly waitingJobs: ReadonlyMap<string, Waits>;
};

type OwnSecret = { readonly name: string; readonly signing?: boolean | undefined };

/**
 * Checks an application's resources, including the receivers of its alert rules.
 * @throws BootstrapRejected naming every error
 */
export const checkAppResources = async (
  { tenant, folder, name: application, resources }: CheckedApplication,
  { receivers: check, applicationId, secrets, index, jobs, waitingJobs }: ResourceOwner,
): Promise<AppResource[]> => {
  const problems: FileProblem[] = [];
  const collectAt = (field: string, run: () => Promise<void> | void): Promise<void> => {
    const place = { file: `${folder}/application.json`, pointer: `/applications/${index}/application` };
    return collect(problems, place, () => within(field, run));
  };
  const requireJob = (job: string | undefined): void => {
    if (job !== undefined && !jobs.has(job)) throw rejectField('UNKNOWN_JOB', '/job', `there is no job ${job}`);
  };
  for (const [place, { job }] of (resources.pauses ?? []).entries()) {
    await collectAt(`/pauses/${place}`, () => requireJob(job));
  }
  const waitsForJob = (job = ''): Waits | undefined =>
    waitingJobs.has(job) ? `waits for job ${job}, which ${waitingJobs.get(job)}` : undefined;
  const rules: AppResource[] = [];
  for (const [name, rule] of Object.entries(resources.alertRules ?? {})) {
    await collectAt(`/alertRules/${name}`, async () => {
      requireJob(rule.job);
      if (rule.job !== undefined && rule.labels)
        throw rejectField('BAD_INPUT', '/labels', 'is not allowed together with a job: it selects jobs by itself');
      const missing = missingSecret(rule.receivers, secrets);
      const { receivers } = await check({
        tenant,
        ...defined({ applicationId }),
        receivers: missing === undefined ? rule.receivers : rule.receivers.filter(({ type }) => type === 'email'),
      });
      const waits =
        missing === undefined ? waitsForJob(rule.job) : waitsFor(missing.what, { application, set: missing.set });
      rules.push({ kind: 'alertRule', name, value: alertRuleOf(rule, receivers), waits });
    });
  }
  if (problems.length > 0) throw new BootstrapRejected(problems);
  const others = appResourcesIn(resources).map((each) =>
    each.kind === 'pause' ? { ...each, waits: waitsForJob(each.name) } : each,
  );
  return [...others, ...rules];
};

/** A secret that a rule requires and that does not exist yet: secrets can be set only after the application was created. */
const missingSecret = (receivers: AlertRuleFields['receivers'], secrets: readonly OwnSecret[]) => {
  for (const receiver of receivers) {
    switch (receiver.type) {
      case 'email':
        break;
      case 'webhook':
        if (receiver.signedBy === undefined && !secrets.some(({ signing }) => signing)) {
          return { what: 'a signing key', set: 'SIGNING_KEY --signing' };
        }
        break;
      case 'slack':
      case 'teams':
      case 'pagerduty': {
        const { secret, secretApplicationId } = receiver;
        if (secretApplicationId === undefined && !secrets.some(({ name }) => name === secret)) {
          return { what: `the secret ${secret}`, set: secret };
        }
      }
    }
  }
  return undefined;
};

/** Runs a check and adds the field to its rejections. */
const within = async (field: string, run: () => Promise<void> | void): Promise<void> => {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const errors = error.errors.map(({ pointer, message }) => ({ pointer: `${field}${pointer}`, message }));
    throw new DomainError(error.code, error.message, errors);
  }
};
