import { z } from 'zod';
import type { JobFields } from '../commands/job/job-input.ts';
import { DisplayName, Name } from '../commands/job/job-input.ts';
import { RetentionInput } from '../commands/job/rules-input.ts';
import { isRecord } from '../domain/defined.ts';
import type { JobDefaults } from '../domain/events/index.ts';
import { HookInput } from '../domain/tasks/http/kind.ts';
import { Tenant } from '../domain/values.ts';
import { type AppResource, type AppResourceKind, AppResources, type Waits } from './app-resources.ts';
import { MAX_JOBS } from './bounds.ts';

export const DEFAULT_TENANT = 'default';

/** The JSON Schema of a file, for editors. */
const Schema = z.string().max(2_000);

export const ApplicationFile = z.strictObject({
  $schema: Schema.optional(),
  name: Name,
  /** Default: the name. */
  displayName: DisplayName.optional(),
  tenant: Tenant.optional(),
  onFailure: HookInput.exactOptional(),
  onSuccess: HookInput.exactOptional(),
  retention: RetentionInput.exactOptional(),
  ...AppResources.shape,
});

export type ApplicationFile = z.infer<typeof ApplicationFile>;

/** Schema of `jobs.json`: a list of jobs, or an object that contains it beside a `$schema`. */
export const jobsFileOf = <J extends z.ZodType>(job: J) =>
  z
    .union(
      [z.array(job), z.strictObject({ $schema: Schema.optional(), jobs: z.array(job) })],
      'must be a list of jobs, or an object with the list as jobs',
    )
    .refine((file) => (listOfJobs(file)?.jobs.length ?? 0) <= MAX_JOBS, `at most ${MAX_JOBS} jobs`);

/** Each job is validated separately later. */
export const JobsFile = jobsFileOf(z.unknown());

/** The jobs of a file that may be invalid, and the pointer to their list; `undefined` if it has none. */
export const listOfJobs = (
  file: unknown,
): { readonly jobs: readonly unknown[]; readonly pointer: string } | undefined => {
  if (Array.isArray(file)) return { jobs: file, pointer: '' };
  return isRecord(file) && Array.isArray(file.jobs) ? { jobs: file.jobs, pointer: '/jobs' } : undefined;
};

/** An application as defined by its folder, not validated yet. */
export type ApplicationSource = {
  /** Folder name for messages. */
  readonly folder: string;
  readonly application: unknown;
  /** `undefined` if the application's jobs are left unchanged. */
  readonly jobs?: unknown;
};

/** A validated job of a file. */
export type DesiredJob = {
  readonly fields: JobFields;
  /** Warnings about accepted settings. */
  readonly warnings: readonly string[];
  readonly waits?: Waits | undefined;
};

/** The fields that a sync sets on an application. */
export type ApplicationFields = JobDefaults & { readonly displayName: string };

/** A validated application of the files. */
export type DesiredApplication = {
  readonly tenant: string;
  readonly name: string;
  readonly fields: ApplicationFields;
  /** `undefined` if the jobs are left unchanged. An empty list deletes all jobs that the sync owns. */
  readonly jobs: readonly DesiredJob[] | undefined;
  readonly resources: readonly AppResource[];
  /** The kinds of resources that the file defines. */
  readonly kinds: ReadonlySet<AppResourceKind>;
};
