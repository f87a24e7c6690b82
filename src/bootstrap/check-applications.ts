import { parseInput } from '../commands/parse.ts';
import type { Tenant } from '../domain/values.ts';
import { collect } from './collect.ts';
import { ApplicationFile, type ApplicationSource, JobsFile } from './definitions.ts';
import { BootstrapRefused, type FileProblem } from './refused.ts';

export type CheckedApplication = {
  readonly folder: string;
  readonly tenant: Tenant;
  readonly name: string;
  readonly displayName: string;
  /** Not checked yet. Undefined: the application's jobs are left alone. */
  readonly jobs: readonly unknown[] | undefined;
};

/**
 * Checks every application of the set, except for its jobs.
 * @param tenantFor turns the tenant of a file, which may be absent, into the tenant to change; refuses a tenant that the
 * caller may not change
 * @throws BootstrapRefused naming everything that is wrong
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
    const jobs = await collect(problems, jobsAt, () => parseInput(JobsFile.optional(), source.jobs));
    if (application === undefined) continue;
    const { name, displayName = name } = application;
    const tenant = tenantFor(application.tenant);
    const key = JSON.stringify([tenant, name]);
    const other = folders.get(key);
    if (other !== undefined) {
      const message = `the application is in ${other} already`;
      problems.push({ ...at, pointer: `${at.pointer}/name`, field: '/name', message });
    }
    folders.set(key, folder);
    checked.push({ folder, tenant, name, displayName, jobs });
  }
  if (problems.length > 0) throw new BootstrapRefused(problems);
  return checked;
};
