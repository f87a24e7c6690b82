import type { Tenant } from '../../../domain/values.ts';
import type { Scope } from './scope.ts';

/** Of what has expired, and of what is to. */
export type ExpiryQueries = {
  /**
   * Looks at so many jobs, deleted or not, by their ids: which have executions created before an instant, or slots that were
   * settled before it. One that cannot expire yet is among them.
   */
  jobsToExpire(asked: {
    readonly before: string;
    readonly after: number | undefined;
    readonly limit: number;
  }): Promise<{
    readonly jobs: readonly number[];
    /** The last job that was looked at; undefined where no more follow. */
    readonly next: number | undefined;
  }>;
  /** Jobs of which executions have expired, by their ids, and the first event that their streams of runs keep. */
  expiredJobs(asked: {
    /** Absent: of all. */
    readonly tenant?: Tenant;
    readonly after: number | undefined;
    readonly limit: number;
  }): Promise<readonly { readonly jobId: number; readonly keptFrom: number }[]>;
  /** How many executions of all tenants have expired, and up to when. */
  expiredSoFar(
    scope: Pick<Scope, 'signal'>,
  ): Promise<{ readonly executions: number; readonly before: string | undefined }>;
  /** Up to when executions have expired that the caller would see: of a job, around an execution's id, or of any job. */
  expiredBefore(
    scope: Scope,
    of?: { readonly jobId?: number; readonly executionId?: number },
  ): Promise<string | undefined>;
  /** The tenants with refused requests before this instant; undefined stands for those of nobody who is known. */
  tenantsWithOldRefusals(before: string): Promise<readonly (Tenant | undefined)[]>;
};
