import { z } from 'zod';
import type { JobFields } from '../commands/jobs/job-input.ts';
import { Name } from '../commands/jobs/job-input.ts';
import { Tenant } from '../domain/values.ts';

export const DEFAULT_TENANT = 'default';

/** `application.json`. */
export const ApplicationFile = z.strictObject({
  name: Name,
  /** The name, unless given. */
  displayName: Name.optional(),
  tenant: Tenant.optional(),
});
export type ApplicationFile = z.infer<typeof ApplicationFile>;

/** Of a file, or of a request that carries all files: its jobs, and its values with lists and objects included. */
export const MOST_JOBS = 10_000;
export const MOST_VALUES = 400_000;

/** `jobs.json`, each job still to be judged by itself. */
export const JobsFile = z.array(z.unknown(), 'must be a list of jobs').max(MOST_JOBS, `at most ${MOST_JOBS} jobs`);

/** One application as its folder has it, not judged yet. */
export type ApplicationSource = {
  /** For messages: the folder's name. */
  readonly folder: string;
  readonly application: unknown;
  /** Undefined: the application's jobs are left alone. */
  readonly jobs?: unknown;
};

export type DesiredJob = {
  readonly fields: JobFields;
  /** What its author may want to know although it was accepted. */
  readonly warnings: readonly string[];
};

/** One application as it is to be. */
export type DesiredApplication = {
  readonly tenant: string;
  readonly name: string;
  readonly displayName: string;
  /** Undefined: left alone. An empty list deletes all that is owned. */
  readonly jobs: readonly DesiredJob[] | undefined;
};
