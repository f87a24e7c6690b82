import type { CheckReceivers } from '../commands/alert-rule/receivers.ts';
import { defined } from '../domain/defined.ts';
import { DomainError, rejectField } from '../domain/domain-error.ts';
import type { AppResource } from './app-resources.ts';
import { type AlertRuleFields, alertRuleOf, appResourcesIn } from './app-resources.ts';
import { type CheckedApplication, waitsFor } from './check-definitions.ts';
import type { Waits } from './definitions.ts';
import { BootstrapRejected, collect, type FileProblem } from './rejected.ts';

type CheckOptions = {
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
  { receivers: check, applicationId, secrets, index, jobs, waitingJobs }: CheckOptions,
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
