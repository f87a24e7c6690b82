import type { RefusalCode } from '../domain/codes/problem-codes.ts';
import { Refusal } from '../domain/refusal.ts';
import type { ApplicationId, PauseId, Tenant } from '../domain/values.ts';

/** Jobs that name something, as the read models know them; the first of them where there are many. */
export type NamingJobs = {
  readonly first: readonly { readonly jobId: number; readonly name: string }[];
  readonly total: number;
};

type LimitRef = { readonly tenant: Tenant; readonly applicationId: ApplicationId; readonly name: string };

export type ApplicationRef = { readonly tenant: Tenant; readonly applicationId: ApplicationId };

/** Executions that have not ended; the first of them where there are many. */
export type OpenExecutions = { readonly first: readonly number[]; readonly total: number };

/** What an application has that keeps it from being deleted, or that ends with it, as the read models know it. */
export type ApplicationUses = {
  /**
   * Its living jobs, and the executions that have not ended, also of deleted jobs.
   * @throws Refusal READ_MODELS_BEHIND unless the read models show all that the log has when this is called
   */
  ofApplication(
    application: ApplicationRef,
  ): Promise<{ readonly jobs: NamingJobs; readonly executions: OpenExecutions }>;
  /** Its pauses that are in force. */
  pausesOf(application: ApplicationRef): Promise<readonly PauseId[]>;
};

/** Finds the living jobs that name a calendar or a limit. It waits for the read models to show what the log has. */
export type JobUses = ApplicationUses & {
  ofCalendar(tenant: Tenant, name: string): Promise<NamingJobs>;
  ofLimit(limit: LimitRef): Promise<NamingJobs>;
};

/** @throws Refusal with this code if jobs name it */
export const refuseInUse = (code: RefusalCode, what: string, { first, total }: NamingJobs): void => {
  if (total === 0) return;
  const named = first.map(({ jobId, name }) => `${jobId} (${name})`).join(', ');
  const others = total > first.length ? ` and ${total - first.length} more` : '';
  throw new Refusal(code, `${what} is named by ${total === 1 ? 'job' : 'jobs'} ${named}${others}: change these first`);
};
