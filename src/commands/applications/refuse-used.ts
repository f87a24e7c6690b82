import { Refusal } from '../../domain/refusal.ts';
import type { ApplicationRef, ApplicationUses } from '../job-uses.ts';

/** @throws Refusal APPLICATION_IN_USE, READ_MODELS_BEHIND */
export const refuseUsedApplication = async (uses: ApplicationUses, application: ApplicationRef): Promise<void> => {
  const { jobs, executions } = await uses.ofApplication(application);
  const named = [
    ...some(
      jobs.total,
      'job',
      jobs.first.map(({ jobId, name }) => `${jobId} (${name})`),
    ),
    ...some(executions.total, 'open execution', executions.first.map(String)),
  ];
  if (named.length === 0) return;
  throw new Refusal(
    'APPLICATION_IN_USE',
    `application ${application.applicationId} has the ${named.join(', and the ')}: delete its jobs and await or cancel their executions first`,
  );
};

const some = (total: number, kind: string, first: readonly string[]): string[] => {
  if (total === 0) return [];
  const others = total > first.length ? ` and ${total - first.length} more` : '';
  return [`${kind}${total === 1 ? '' : 's'} ${first.join(', ')}${others}`];
};
