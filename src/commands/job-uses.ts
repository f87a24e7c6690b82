import type { RefusalCode } from '../domain/codes/problem-codes.ts';
import { Refusal } from '../domain/refusal.ts';
import type { ApplicationId, Tenant } from '../domain/values.ts';

/** Jobs that name something, as the read models know them; the first of them where there are many. */
export type NamingJobs = {
  readonly first: readonly { readonly jobId: number; readonly name: string }[];
  readonly total: number;
};

type LimitRef = { readonly tenant: Tenant; readonly applicationId: ApplicationId; readonly name: string };

/** Finds the living jobs that name a calendar or a limit. It waits for the read models to show what the log has. */
export type JobUses = {
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
