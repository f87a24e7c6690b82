import { setImmediate } from 'node:timers/promises';
import type { JobChecks } from '../commands/jobs/check-job.ts';
import { isOmitted } from '../domain/omitted.ts';
import { refuseField } from '../domain/refusal.ts';
import type { CheckedApplication } from './check-applications.ts';
import { collect } from './collect.ts';
import type { DesiredJob } from './definitions.ts';
import { fillPublicUrl } from './public-url.ts';
import { BootstrapRefused, type FileProblem, MOST_PROBLEMS } from './refused.ts';

type CheckOptions = {
  readonly checks: Pick<JobChecks, 'check'>;
  readonly publicUrl: string;
  /** Of each application in turn; undefined for one that is yet to be created. */
  readonly applicationIds: readonly (number | undefined)[];
};

/**
 * Judges every job of the set, targets and parameters included.
 * @returns the jobs of each application in turn, undefined where they are left alone
 * @throws BootstrapRefused naming all that is wrong
 */
export const checkJobs = async (
  applications: readonly CheckedApplication[],
  { checks, publicUrl, applicationIds }: CheckOptions,
): Promise<(readonly DesiredJob[] | undefined)[]> => {
  const problems: FileProblem[] = [];
  const checked: (readonly DesiredJob[] | undefined)[] = [];
  const fewAtOnce = createFewAtOnce();
  for (const [index, { tenant, folder, jobs }] of applications.entries()) {
    const names = new Set<string>();
    const judge = async (given: unknown, jobIndex: number): Promise<readonly DesiredJob[]> => {
      if (problems.length >= MOST_PROBLEMS) return [];
      const pointer = `/applications/${index}/jobs/${jobIndex}`;
      const place = { file: `${folder}/jobs.json`, job: nameOf(given, jobIndex), pointer };
      const job = await collect(problems, place, async () => {
        const judged = await checks.check(
          { tenant, applicationId: applicationIds[index] },
          fillPublicUrl(given, publicUrl),
        );
        const { name, taskConfig } = judged.fields;
        if (names.has(name)) throw refuseField('NAME_TAKEN', '/name', 'another job of the file has this name');
        names.add(name);
        refuseKept(taskConfig);
        return judged;
      });
      return job === undefined ? [] : [job];
    };
    checked.push(jobs === undefined ? undefined : (await fewAtOnce(jobs, judge)).flat());
  }
  if (problems.length > 0) throw new BootstrapRefused(problems);
  return checked;
};

/** So many jobs at once, so that a set of thousands leaves room for everybody else. */
const FEW = 16;

const createFewAtOnce = () => {
  let begun = 0;
  return async <T, R>(items: readonly T[], run: (item: T, index: number) => Promise<R>): Promise<R[]> => {
    const results: R[] = [];
    const left = items.entries();
    const work = async (): Promise<void> => {
      for (const [index, item] of left) {
        begun += 1;
        // A turn of the event loop: judging may wait for nothing, and would keep the loop to itself.
        if (begun > FEW) await setImmediate();
        results[index] = await run(item, index);
      }
    };
    await Promise.all(Array.from({ length: FEW }, work));
    return results;
  };
};

const LONGEST_NAME = 200;

const nameOf = (job: unknown, index: number): string =>
  typeof job === 'object' && job !== null && 'name' in job && typeof job.name === 'string'
    ? JSON.stringify(job.name.slice(0, LONGEST_NAME))
    : `at index ${index}`;

/** A file is the whole truth about its job, so it can't leave a secret or a body to what is stored. */
const refuseKept = ({ headers = {}, auth, body }: DesiredJob['fields']['taskConfig']): void => {
  const kept = Object.entries(headers).find(([, value]) => typeof value !== 'string');
  const secret = auth?.authMethod === 'basic' ? auth.password : auth?.token;
  const message = 'give the value itself: what is stored is not kept';
  if (kept !== undefined) throw refuseField('SECRET_KEEP_REFUSED', `/taskConfig/headers/${kept[0]}`, message);
  if (isOmitted(body)) throw refuseField('BODY_KEEP_REFUSED', '/taskConfig/body', message);
  if (typeof secret === 'object') throw refuseField('SECRET_KEEP_REFUSED', '/taskConfig/auth', message);
};
