import { z } from 'zod';
import type { JobFields } from '../commands/job/job-input.ts';
import { Name } from '../commands/job/job-input.ts';
import { Tenant } from '../domain/values.ts';

export const DEFAULT_TENANT = 'default';

/** Schema of `application.json`. */
export const ApplicationFile = z.strictObject({
  name: Name,
  /** Default: the name. */
  displayName: Name.optional(),
  tenant: Tenant.optional(),
});
export type ApplicationFile = z.infer<typeof ApplicationFile>;

/** Most jobs, and most JSON values (lists and objects included), of one file or of a request that carries all files. */
export const MOST_JOBS = 10_000;
export const MOST_VALUES = 400_000;

/** Schema of `jobs.json`. Each job is checked later, by itself. */
export const JobsFile = z.array(z.unknown(), 'must be a list of jobs').max(MOST_JOBS, `at most ${MOST_JOBS} jobs`);

/** One application as its folder defines it, not checked yet. */
export type ApplicationSource = {
  /** The folder's name, for messages. */
  readonly folder: string;
  readonly application: unknown;
  /** Undefined: the application's jobs are left alone. */
  readonly jobs?: unknown;
};

/** One job as its file defines it, checked. */
export type DesiredJob = {
  readonly fields: JobFields;
  /** Warnings about what was accepted all the same. */
  readonly warnings: readonly string[];
};

/** One application as its files define it, checked. */
export type DesiredApplication = {
  readonly tenant: string;
  readonly name: string;
  readonly displayName: string;
  /** Undefined: the jobs are left alone. An empty list deletes all jobs that the sync owns. */
  readonly jobs: readonly DesiredJob[] | undefined;
};
