import type { CheckReceivers } from '../commands/alert-rule/check-receivers.ts';
import { Refusal, refuseField } from '../domain/refusal.ts';
import type { Belonging } from './belonging.ts';
import { alertRuleOf, belongingsIn } from './belongings.ts';
import type { CheckedApplication } from './check-definitions.ts';
import { BootstrapRefused, collect, type FileProblem } from './refused.ts';

type CheckOptions = {
  readonly receivers: CheckReceivers;
  /** Undefined where the application is yet to be created. */
  readonly applicationId: number | undefined;
  /** Place of the application among all. */
  readonly index: number;
  /** Names of the jobs that there will be. */
  readonly jobs: ReadonlySet<string>;
};

/**
 * Checks what belongs to an application, the receivers of its alert rules included.
 * @throws BootstrapRefused naming everything that is wrong
 */
export const checkBelongings = async (
  { tenant, folder, belongings }: CheckedApplication,
  { receivers: check, applicationId, index, jobs }: CheckOptions,
): Promise<Belonging[]> => {
  const problems: FileProblem[] = [];
  const collectAt = (field: string, run: () => Promise<void> | void): Promise<void> => {
    const place = { file: `${folder}/application.json`, pointer: `/applications/${index}/application` };
    return collect(problems, place, () => within(field, run));
  };
  const requireJob = (job: string | undefined): void => {
    if (job !== undefined && !jobs.has(job)) throw refuseField('UNKNOWN_JOB', '/job', `there is no job ${job}`);
  };
  for (const [place, { job }] of (belongings.pauses ?? []).entries()) {
    await collectAt(`/pauses/${place}`, () => requireJob(job));
  }
  const rules: Belonging[] = [];
  for (const [name, rule] of Object.entries(belongings.alertRules ?? {})) {
    await collectAt(`/alertRules/${name}`, async () => {
      requireJob(rule.job);
      if (rule.job !== undefined && rule.labels)
        throw refuseField('BAD_INPUT', '/labels', 'cannot be given beside a job: it chooses jobs itself');
      if (applicationId === undefined && rule.receivers.some(({ type }) => type !== 'email')) {
        throw refuseField(
          'UNKNOWN_APPLICATION',
          '/receivers',
          'a secret of the application is needed, which is yet to be made',
        );
      }
      const { receivers } = await check({
        tenant,
        ...(applicationId === undefined ? {} : { applicationId }),
        receivers: rule.receivers,
      });
      rules.push({ kind: 'alertRule', name, value: alertRuleOf(rule, receivers) });
    });
  }
  if (problems.length > 0) throw new BootstrapRefused(problems);
  return [...belongingsIn(belongings), ...rules];
};

/** Runs a check whose refusals are about a field. */
const within = async (field: string, run: () => Promise<void> | void): Promise<void> => {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const errors = error.errors.map(({ pointer, message }) => ({ pointer: `${field}${pointer}`, message }));
    throw new Refusal(error.code, error.message, errors);
  }
};
