import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';
import { DomainError } from '../domain/domain-error.ts';
import type { ApplicationId, PauseId, Tenant } from '../domain/values.ts';
import { awaitReadModels, type CommandReads, type JobReferences, type OpenExecutions } from './read-models.ts';

type NamedRef = { readonly tenant: Tenant; readonly applicationId: ApplicationId; readonly name: string };

export type ApplicationRef = { readonly tenant: Tenant; readonly applicationId: ApplicationId };

/** What an application has that keeps it from being deleted, or that ends with it, as the read models know it. */
export type ApplicationUses = {
  /**
   * Its living jobs, and the executions that have not ended, also of deleted jobs.
   * @throws DomainError READ_MODELS_BEHIND unless the read models show all that the log has when this is called
   */
  ofApplication(
    application: ApplicationRef,
  ): Promise<{ readonly jobs: JobReferences; readonly executions: OpenExecutions }>;
  /** Its pauses that are in force. */
  pausesOf(application: ApplicationRef): Promise<readonly PauseId[]>;
};

/** Finds the living jobs that name a calendar, a limit, or a variable in the URL of a hook. It waits for the read models to show what the log has. */
export type JobUses = ApplicationUses & {
  ofCalendar(tenant: Tenant, name: string): Promise<JobReferences>;
  ofLimit(limit: NamedRef): Promise<JobReferences>;
  /** @throws DomainError READ_MODELS_BEHIND */
  ofHookVariable(variable: NamedRef): Promise<JobReferences>;
};

/** Looks up in the read models what names a thing, once they show what the log has. */
export const jobUsesOf = (reads: CommandReads): JobUses => {
  const { queries } = reads;
  const caughtUp = () => awaitReadModels(reads);
  const requireCaughtUp = async (): Promise<void> => {
    if (await caughtUp()) return;
    throw new DomainError(
      'READ_MODELS_BEHIND',
      'the read models have not caught up, so the jobs are not known yet: retry',
    );
  };
  return {
    ofCalendar: async (tenant, name) => {
      await caughtUp();
      return queries.jobsWithCalendar({ tenant }, name);
    },
    ofLimit: async ({ tenant, ...limit }) => {
      await caughtUp();
      return queries.jobsWithLimit({ tenant }, limit);
    },
    ofHookVariable: async ({ tenant, ...variable }) => {
      await requireCaughtUp();
      return queries.jobsWithHookVariable({ tenant }, variable);
    },
    ofApplication: async ({ tenant, applicationId }) => {
      await requireCaughtUp();
      const [jobs, executions] = await Promise.all([
        queries.jobsOfApplication({ tenant }, applicationId),
        queries.openExecutionsOf({ tenant }, applicationId),
      ]);
      return { jobs, executions };
    },
    pausesOf: async ({ tenant, applicationId }) => {
      await caughtUp();
      return queries.pausesOfApplication({ tenant }, applicationId);
    },
  };
};

/** @throws DomainError with this code if jobs name it */
export const rejectInUse = (code: DomainErrorCode, what: string, { first, total }: JobReferences): void => {
  if (total === 0) return;
  const named = first.map(({ jobId, name }) => `${jobId} (${name})`).join(', ');
  const others = total > first.length ? ` and ${total - first.length} more` : '';
  throw new DomainError(
    code,
    `${what} is used by ${total === 1 ? 'job' : 'jobs'} ${named}${others}: change these first`,
  );
};
