import { hasPassed, sameSchedule } from '../commands/job/check-rules.ts';
import { isJobField } from '../commands/job/job-input.ts';
import { type Difference, differences } from '../domain/difference.ts';
import { actorName, JobDefaults } from '../domain/events/index.ts';
import type { TaskConfig } from '../domain/tasks/stored.ts';
import type { Tenant } from '../domain/values.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { JobView } from '../projections/queries/jobs-row.ts';
import { allItems } from '../projections/queries/page.ts';
import type { ApplicationView } from '../projections/queries/records/applications.ts';
import type { Waits } from './app-resources.ts';
import type { DesiredApplication, DesiredJob } from './definitions.ts';
import { type AppResourceAction, planAppResources, type StoredAppResource } from './plan-app-resources.ts';

export type CurrentApplication = {
  readonly application: ApplicationView | undefined;
  readonly jobs: readonly JobView[];
};

/** Reads applications and their jobs from the read models, in the order of `wanted`. */
export const readCurrent = async (
  queries: Queries,
  wanted: readonly { readonly tenant: Tenant; readonly name: string }[],
): Promise<CurrentApplication[]> => {
  const found = new Map<string, ApplicationView>();
  for (const tenant of new Set(wanted.map((each) => each.tenant))) {
    for await (const application of allItems((page) => queries.listApplications({ tenant }, page)))
      found.set(keyOf({ tenant, name: application.name }), application);
  }
  const current: CurrentApplication[] = [];
  for (const each of wanted) {
    const application = found.get(keyOf(each));
    const scope = { tenant: each.tenant };
    const jobs =
      application === undefined
        ? []
        : await Array.fromAsync(allItems((page) => queries.listJobs(scope, { applicationId: application.id }, page)));
    current.push({ application, jobs });
  }
  return current;
};

const keyOf = ({ tenant, name }: { tenant: Tenant; name: string }): string => JSON.stringify([tenant, name]);

type NotOwned = 'manually modified' | 'created by another source';

/** Why a job is left unchanged although its file differs. */
export type SkipReason = NotOwned | 'its instant has passed' | Waits;

/** What the sync does with a job; the table in docs/how-to/bootstrap.md has a row for each. */
export type JobAction =
  | { readonly kind: 'create'; readonly name: string; readonly desired: DesiredJob }
  | {
      readonly kind: 'update';
      readonly name: string;
      readonly current: JobView;
      readonly desired: DesiredJob;
      readonly changes: readonly Difference[];
    }
  | { readonly kind: 'keep'; readonly name: string; readonly current: JobView }
  /** A job with a passed instant, or one that waits, may not exist. `changes` are those that an update would make. */
  | {
      readonly kind: 'skip';
      readonly name: string;
      readonly current: JobView | undefined;
      readonly reason: SkipReason;
      readonly changes: readonly Difference[];
    }
  | { readonly kind: 'delete'; readonly name: string; readonly current: JobView }
  /** The job is not in the files, but the sync does not own it. */
  | { readonly kind: 'ignore'; readonly name: string; readonly current: JobView };

export type ApplicationAction =
  | { readonly kind: 'create' }
  | { readonly kind: 'keep'; readonly id: number }
  | ({ readonly kind: 'update' } & ApplicationDifference)
  | ({ readonly kind: 'skip'; readonly reason: NotOwned } & ApplicationDifference);

type ApplicationDifference = {
  readonly id: number;
  /** Who changed it last. */
  readonly by: string;
  readonly at: string;
  readonly changes: Difference[];
};

/** The changes that bring an application and its jobs to the state of its files. */
export type Plan = {
  readonly desired: DesiredApplication;
  readonly current: CurrentApplication;
  readonly application: ApplicationAction;
  readonly jobs: readonly JobAction[];
  readonly resources: readonly AppResourceAction[];
};

type PlanInput = {
  readonly desired: DesiredApplication;
  readonly current: CurrentApplication;
  /** The other resources of the application. */
  readonly stored: readonly StoredAppResource[];
  /** Desired tasks of existing jobs by name, sealed so that an unchanged secret equals the stored one. */
  readonly tasks: ReadonlyMap<string, TaskConfig>;
  readonly nowMs: number;
  /**
   * Whether the sync adopts the resource with this address (`crm`, `crm/nightly`), although another user changed it last.
   */
  readonly adopts: (address: string) => boolean;
};

/** Plans the changes that bring an application to the state of its files. Pure. */
export const plan = (input: PlanInput): Plan => {
  const { desired, current, stored, nowMs, adopts } = input;
  const owner = actorName({ type: 'bootstrap', name: desired.name });
  const wanted = desired.jobs ?? [];
  const byName = new Map(current.jobs.map((view) => [view.job.name, view]));
  const names = new Set(wanted.map(({ fields }) => fields.name));
  const unwanted = desired.jobs === undefined ? [] : current.jobs.filter(({ job }) => !names.has(job.name));
  return {
    desired,
    current,
    application: planApplication(input, owner),
    jobs: [
      ...unwanted.map((view) => planUnwanted(view, owner)),
      ...wanted.map((job) => planWanted(job, byName.get(job.fields.name), { ...input, owner })),
    ],
    resources: planAppResources({
      ...{ ...desired, wanted: desired.resources, stored },
      ...{ owner, nowMs, adopts: adopts(desired.name) },
    }),
  };
};

const planApplication = (
  { desired: { name, fields }, current: { application }, adopts }: PlanInput,
  owner: string,
): ApplicationAction => {
  if (application === undefined) return { kind: 'create' };
  const { id, updatedBy: by, updatedAt: at, displayName } = application;
  const changes = differences({ displayName, ...JobDefaults.parse(application) }, fields);
  if (changes.length === 0) return { kind: 'keep', id };
  const reason = notOwned(application, owner);
  const difference = { id, by, at, changes };
  return reason === undefined || adopts(name)
    ? { kind: 'update', ...difference }
    : { kind: 'skip', reason, ...difference };
};

const planUnwanted = (current: JobView, owner: string): JobAction => {
  const { name } = current.job;
  return { kind: notOwned(current.job, owner) === undefined ? 'delete' : 'ignore', name, current };
};

const planWanted = (
  desired: DesiredJob,
  current: JobView | undefined,
  { desired: application, owner, tasks, nowMs, adopts }: PlanInput & { readonly owner: string },
): JobAction => {
  const { fields, waits } = desired;
  const { name } = fields;
  const changes = current === undefined ? [] : changesOf(current, desired, tasks.get(name));
  const skip = (reason: SkipReason): JobAction => ({ kind: 'skip', name, current, reason, changes });
  const reason = current && notOwned(current.job, owner);
  const adopted = reason !== undefined && adopts(`${application.name}/${name}`);
  if (reason !== undefined && !adopted) return skip(reason);
  const isNewSchedule = current === undefined || !sameSchedule(fields, current.job);
  if (isNewSchedule && hasPassed(fields, nowMs)) return skip('its instant has passed');
  if (current !== undefined && changes.length === 0 && !adopted) return { kind: 'keep', name, current };
  if (waits !== undefined) return skip(waits);
  if (current === undefined) return { kind: 'create', name, desired };
  return { kind: 'update', name, current, desired, changes };
};

/** The sync owns what it changed last, even if another user created it. It changes nothing else, except what it adopts. */
const notOwned = (record: { createdBy: string; updatedBy: string }, owner: string): NotOwned | undefined => {
  if (record.updatedBy === owner) return undefined;
  return record.createdBy === owner ? 'manually modified' : 'created by another source';
};

const changesOf = ({ job }: JobView, { fields }: DesiredJob, taskConfig: TaskConfig | undefined): Difference[] => {
  const before = Object.entries(job).filter(([field]) => isJobField(field));
  return differences(normal(Object.fromEntries(before)), normal({ ...fields, taskConfig }));
};

/** Removes `confidential: false`, which equals an absent field. */
const normal = ({ confidential, ...fields }: Readonly<Record<string, unknown>>) =>
  confidential === true ? { ...fields, confidential } : fields;
