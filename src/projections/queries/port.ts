import type { RefusalCode } from '../../domain/codes/problem-codes.ts';
import type {
  CallResult,
  ExecutionError,
  JobDefinition,
  JobSnapshot,
  LateReason,
  Trigger,
} from '../../domain/events/index.ts';
import type { TenantChoice } from '../../domain/values.ts';
import type { Position, Revision } from '../../event-store/port.ts';

/** Whose objects may be seen: one tenant's, or everybody's for an administrator who asked for it. */
export type Scope = {
  readonly tenant: TenantChoice;
  /** Aborted when whoever asks has gone: what is looked up for them is then cancelled. */
  readonly signal?: AbortSignal;
};

export type PageRequest = { readonly limit: number; readonly cursor?: string };
export type ListPage<T> = {
  readonly items: readonly T[];
  /** Opaque; absent on the last page. */
  readonly next?: string;
  /** Exact, where a counter is kept for this filter. */
  readonly total?: number;
};

export type ApplicationSummary = { readonly id: number; readonly name: string; readonly displayName: string };
export type ApplicationView = ApplicationSummary & {
  readonly createdAt: string;
  readonly createdBy: string;
  readonly updatedAt: string;
  readonly updatedBy: string;
  readonly revision: Revision;
};

export type VariableView = {
  readonly name: string;
  readonly value: string;
  readonly updatedAt: string;
  readonly updatedBy: string;
};
/** That a secret is there. */
export type SecretView = Omit<VariableView, 'value'> & {
  readonly allowedOrigins?: readonly string[];
  /** Its data key is gone: it has to be set again. */
  readonly erased?: true;
};
export type ValuesView = { readonly variables: readonly VariableView[]; readonly secrets: readonly SecretView[] };

export type JobView = {
  readonly job: JobDefinition;
  readonly application: ApplicationSummary;
  readonly revision: Revision;
};

export type JobFilter = {
  readonly applicationId?: number;
  readonly enabled?: boolean;
  /** Part of the name, letter case aside. */
  readonly name?: string;
  readonly label?: { readonly key: string; readonly value: string };
  readonly taskType?: string;
  readonly createdBy?: string;
};

export const EXECUTION_STATUSES = ['pending', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

export type ExecutionView = {
  readonly id: number;
  readonly jobId: number;
  readonly applicationId: number;
  readonly status: ExecutionStatus;
  readonly trigger: Trigger;
  readonly scheduledAt: string;
  readonly startedAt: string | null;
  /** Why a slot was called more than 1 s after it was due. */
  readonly late?: LateReason;
  readonly finishedAt: string | null;
  readonly createdAt: string;
  readonly createdBy?: string;
  readonly attempt: number;
  readonly engineId?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly jobSnapshot: JobSnapshot | null;
  readonly result?: CallResult;
  readonly error?: ExecutionError;
};

export type ExecutionFilter = {
  readonly jobId?: number;
  readonly applicationId?: number;
  readonly status?: ExecutionStatus;
  readonly trigger?: Trigger;
  /** createdAt at or after, ISO. */
  readonly from?: string;
  /** createdAt before, ISO. */
  readonly to?: string;
};

export type Statistics = {
  readonly jobs: { readonly total: number; readonly enabled: number };
  readonly executions: Readonly<Record<ExecutionStatus, number>> & { readonly last24h: number };
};

/** Each throws QueryTooSlow, QueryAbandoned and PostgresUnavailable (src/db/reader.ts) where it has to. */
export type Queries = {
  listJobs(scope: Scope, filter: JobFilter, page: PageRequest): Promise<ListPage<JobView>>;
  getJob(scope: Scope, jobId: number): Promise<JobView | undefined>;
  /** Whether such a job exists or existed: executions of a deleted job stay readable. */
  jobEverExisted(scope: Scope, jobId: number): Promise<boolean>;
  listApplications(scope: Scope, page: PageRequest): Promise<ListPage<ApplicationView>>;
  getApplication(scope: Scope, applicationId: number): Promise<ApplicationView | undefined>;
  /** By name; undefined where there is no such application. They are bounded, so there is one page of each. */
  getValues(scope: Scope, applicationId: number): Promise<ValuesView | undefined>;
  /** Newest first. @throws BadCursor */
  listExecutions(scope: Scope, filter: ExecutionFilter, page: PageRequest): Promise<ListPage<ExecutionView>>;
  getExecution(scope: Scope, executionId: number): Promise<ExecutionView | undefined>;
  statistics(scope: Scope): Promise<Statistics>;
  /** True once every read model has applied the log up to here; false when that took longer. */
  awaitPosition(position: Position, timeoutMs: number): Promise<boolean>;
};

/** Nobody waits for the answer any more. */
export { QueryAbandoned } from '../../db/reader.ts';

export class BadCursor extends Error {
  override readonly name = 'BadCursor';
  readonly code = 'BAD_CURSOR' satisfies RefusalCode;
}
