import type { SlotHistory } from '../../domain/backfills/request-backfill.ts';
import type { ClosureBook } from '../../domain/closures/closure-book.ts';
import type { RefusalCode } from '../../domain/codes/problem-codes.ts';
import type {
  Alert,
  AlertRule,
  ApiToken,
  BulkItem,
  BulkWork,
  CallResult,
  ExecutionError,
  ExecutionSelection,
  ExecutionStatus,
  JobDefinition,
  JobSelection,
  JobSnapshot,
  LateReason,
  Limit,
  Notification,
  Operation,
  Pause,
  Reprocess,
  TlsSettings,
  Trigger,
} from '../../domain/events/index.ts';
import type { ChangedObject } from '../../domain/history/change-of.ts';
import type { FieldChange } from '../../domain/history/changed-fields.ts';
import type { SlotOutcome, SlotOutcomeName } from '../../domain/ledger/explain-slot.ts';
import type { SlotCounts } from '../../domain/ledger/slot-counts.ts';
import type { Tenant, TenantChoice } from '../../domain/values.ts';
import type { Position, Revision } from '../../event-store/port.ts';

/** Limits a query to the objects of one tenant, or of all tenants for an administrator. */
export type Scope = {
  readonly tenant: TenantChoice;
  /** Narrows what is listed, counted and selected to these applications. */
  readonly applications?: readonly number[];
  /** Shows what was recorded up to this instant, ISO, instead of all. Only queries that say so go by it. */
  readonly asOf?: string;
  /** Aborted when the caller no longer waits; the query is then cancelled. */
  readonly signal?: AbortSignal;
};

/** Limits a query to the objects of one tenant. */
export type TenantScope = Scope & { readonly tenant: Tenant };

export type PageRequest = { readonly limit: number; readonly cursor?: string };
/** By the time of creation. */
export type ListOrder = 'oldest first' | 'newest first';
/** A page of a list that can be read in both orders; each list has one that it is read in unless told. */
export type SortedPageRequest = PageRequest & { readonly order?: ListOrder };
/** What jobs may be listed by. Those that share a value are in the order of their ids. */
export const JOB_SORTS = [
  'createdAt',
  'name',
  'application',
  'enabled',
  'createdBy',
  'lastStatus',
  'lastRunAt',
  'nextRunAt',
] as const;
export type JobSort = { readonly by: (typeof JOB_SORTS)[number]; readonly isDescending: boolean };
/** Oldest first unless told. */
export type JobsPageRequest = PageRequest & { readonly sort?: JobSort };
export type ListPage<T> = {
  readonly items: readonly T[];
  /** Opaque; absent on the last page. */
  readonly next?: string;
  /** Opaque; absent on the first page, and from lists that are read forwards alone. */
  readonly previous?: string;
  /** The exact total; absent if no counter is kept for this filter. */
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
/** A secret without its value. */
export type SecretView = Omit<VariableView, 'value'> & {
  readonly allowedOrigins?: readonly string[];
  /** It signs every call of the application. */
  readonly signing?: true;
  /** Its data key was erased; the secret has to be set again. */
  readonly erased?: true;
};
export type ValuesView = {
  readonly variables: readonly VariableView[];
  readonly secrets: readonly SecretView[];
  readonly limits: readonly Limit[];
  readonly tls: readonly TlsView[];
};

/** TLS settings without the private key. */
export type TlsView = Omit<TlsSettings, 'key'>;

/** A calendar as lists show it. */
export type CalendarSummary = {
  readonly name: string;
  readonly description?: string;
  readonly dateCount: number;
  /** Slots due from here on are judged by its dates. */
  readonly since: string;
  readonly setBy: string;
};
export type CalendarView = Omit<CalendarSummary, 'dateCount'> & { readonly dates: readonly string[] };

export type PauseView = Omit<Pause, 'pauseId' | 'tenant' | 'applicationId' | 'target'> & {
  readonly id: number;
  /** The application or target that is paused. */
  readonly of?: number | string;
};

/** An API token as the API shows it. */
export type TokenView = Omit<ApiToken, 'tokenId' | 'tenant' | 'secretHash'> & { readonly id: number };

export type AlertRuleView = { readonly rule: AlertRule; readonly revision: Revision };

/** An alert that is firing, and what became of the notification that told it; absent while it is untold. */
export type AlertView = Omit<Alert, 'toldBy' | 'changedAt' | 'endedAt' | 'ended'> & {
  readonly rule: string;
  readonly notification?: Omit<Notification, 'alerts' | 'more'> | undefined;
};

export type AlertFilter = {
  readonly rule?: string;
  readonly jobId?: number;
  readonly applicationId?: number;
};

export type LimitRef = { readonly applicationId: number; readonly name: string };

/** The living jobs that name something: the first of them, and how many there are. */
export type NamingJobsView = {
  readonly first: readonly { readonly jobId: number; readonly name: string }[];
  readonly total: number;
};

/** Executions that have not ended: the first of them, and how many there are. */
export type OpenExecutionsView = { readonly first: readonly number[]; readonly total: number };

/** A tenant, and how much it has. */
export type TenantView = {
  readonly tenant: Tenant;
  readonly applications: number;
  readonly jobs: number;
  readonly tokens: number;
};

/** The newest execution of a job. */
export type LastExecution = Pick<
  ExecutionView,
  'id' | 'status' | 'trigger' | 'scheduledAt' | 'startedAt' | 'finishedAt'
>;

export type JobView = {
  readonly job: JobDefinition;
  /** The next slot to be called; null where there is none. */
  readonly nextRunAt: string | null;
  readonly lastExecution: LastExecution | null;
  /** How many slots were called since the schedule last changed; 0 for a job without `maxRuns`. */
  readonly runs: number;
  readonly application: ApplicationSummary;
  readonly revision: Revision;
};

/** What a list shows of a job at a glance. */
export type JobGlance = {
  readonly jobId: number;
  /** Its schedule in English. */
  readonly words: string;
  /** What became of its last slots, oldest first, 30 at the most. */
  readonly slots: readonly SlotGlance[];
};

/** A slot, or several in a row that were settled together without a call. */
export type SlotGlance = {
  readonly at: string;
  /** The last of several. */
  readonly last?: string;
  readonly outcome: ExecutionStatus | 'skipped' | 'missed';
  /** Why it was late, skipped or missed. */
  readonly reason?: string;
  readonly executionId?: number;
};

/** What happened in an hour. */
export type HourView = {
  readonly from: string;
  /** Executions that were created in it, by how they stand now. */
  readonly executions: Readonly<Record<ExecutionStatus, number>>;
  /** How often slots, one or several in a row, were settled without a call. */
  readonly uncalled: { readonly skipped: number; readonly missed: number };
  /** Of some calls of slots: how long after their time they were sent; null where there was none. */
  readonly lateness: {
    readonly sample: number;
    readonly medianMs: number;
    readonly p99Ms: number;
    readonly maxMs: number;
  } | null;
};

/** Why somebody should look at a job. */
export const ATTENTION_KINDS = ['disabled', 'failing', 'long', 'missed'] as const;
export type AttentionView = {
  readonly kind: (typeof ATTENTION_KINDS)[number];
  readonly jobId: number;
  readonly name: string;
  readonly application: string;
  readonly since: string;
  /** How often: failures in a row, or times that slots were missed. */
  readonly count: number;
  readonly executionId?: number;
  readonly error?: { readonly code: string; readonly message: string };
  readonly reason?: string;
};

/** The time ahead that is looked at, in so many equal parts. */
export type SlotsAhead = { readonly lengthMs: number; readonly parts: number };
export type UpcomingSlots = {
  readonly from: string;
  readonly to: string;
  /** How many slots come due in each part. */
  readonly counts: readonly number[];
  /** The jobs that run next, each with its next slot; 50 at the most. */
  readonly first: readonly UpcomingJob[];
};
export type UpcomingJob = {
  readonly jobId: number;
  readonly name: string;
  readonly timezone: string;
  readonly at: string;
};

export type JobFilter = Readonly<Omit<JobSelection, 'all'>>;

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
  /** Oldest first. */
  readonly attempts: readonly AttemptView[];
  /** When the next attempt is made. */
  readonly retryAt?: string;
  readonly engineId?: string;
  /** Revision of the definition that it was claimed by; absent before. */
  readonly jobRevision?: Revision;
  /** The execution that it repeats. */
  readonly rerunOf?: number;
  /** The backfill that it is of. */
  readonly backfillId?: number;
  /** Of the token of its last attempt; never shown. */
  readonly tokenHash?: string;
  /** When it fails unless its target has said how it ended. */
  readonly deadlineAt?: string;
  /** When its target was last heard of, and how far it was. */
  readonly heardAt?: string;
  readonly progress?: unknown;
  readonly labels?: Readonly<Record<string, string>>;
  readonly jobSnapshot: JobSnapshot | null;
  readonly result?: CallResult;
  readonly error?: ExecutionError;
};

/** An attempt that has ended. */
export type AttemptView = {
  readonly attempt: number;
  /** When its request was sent; null where none was. */
  readonly startedAt: string | null;
  readonly finishedAt: string;
  /** The status that the target answered with, where the attempt succeeded. */
  readonly status?: number | undefined;
  /** Why it did not succeed. */
  readonly error?: ExecutionError | undefined;
};

export type ExecutionFilter = Readonly<Omit<ExecutionSelection, 'all'>>;

/** An operation as the API shows it. */
export type OperationView = Omit<
  Operation,
  'operationId' | 'tenant' | 'work' | 'requestedBy' | 'planned' | 'cursor' | 'updatedAt'
> &
  BulkWork & { readonly id: number; readonly requestedBy: string };

/** Up to where, from where on, and how many items of an operation to look for. */
export type ItemWalk = {
  /** Items that were created later are left out, ISO. */
  readonly upTo: string;
  readonly after: Operation['cursor'];
  readonly limit: number;
};

/** An item of an operation, and its place in the walk. */
export type SelectedItem = { readonly item: BulkItem; readonly cursor: NonNullable<Operation['cursor']> };
export const BACKFILL_STATUSES = ['running', 'succeeded', 'failed', 'cancelled'] as const;
export type BackfillStatus = (typeof BACKFILL_STATUSES)[number];

/** How many slots a backfill has, and how they stand. */
export type BackfillCounts = {
  readonly total: number;
  /** Still to be called. */
  readonly waiting: number;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
};

export type BackfillView = BackfillCounts & {
  readonly id: number;
  readonly jobId: number;
  readonly status: BackfillStatus;
  readonly from: string;
  readonly to: string;
  readonly reprocess: Reprocess;
  readonly parallel: number;
  readonly reason?: string;
  readonly requestedAt: string;
  readonly requestedBy: string;
  readonly cancelledAt?: string;
  readonly cancelledBy?: string;
};

/** A slot of a job, and what became of it. */
export type OccurrenceView = SlotOutcome & {
  readonly jobId: number;
  /** The slot. */
  readonly at: string;
  /** Version of the definition that was in force then; the first is 1. */
  readonly definitionVersion: number;
};

/** A version of something, and what it changed in the one before it. */
export type HistoryEntry = {
  /** The first is 1. */
  readonly version: number;
  readonly at: string;
  readonly actor: string;
  /** The operation of the API that makes such a change. */
  readonly action: string;
  readonly reason?: string;
  /** The correlation id of the request, or of what else brought it about. */
  readonly requestId: string;
  readonly changes: readonly FieldChange[];
};

/** A change, or requests of one kind and one source that were refused. */
export type AuditEntry = {
  readonly at: string;
  /** Absent where nobody knows who asked. */
  readonly actor?: string;
  /** An operation of the API; absent where what was refused is none. */
  readonly action?: string;
  /** What was changed, or the path that was asked for. */
  readonly of: ChangedObject | { readonly path?: string };
  readonly reason?: string;
  readonly outcome: AuditOutcome;
  /** Why it was refused. */
  readonly code?: string;
  /** The correlation id of the request; of several, that of the first. */
  readonly requestId: string;
  /** The address that refused requests came from. */
  readonly from?: string;
  /** How many were refused. */
  readonly count?: number;
};

export const AUDIT_OUTCOMES = ['done', 'refused'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

export type AuditFilter = {
  readonly actor?: string;
  readonly action?: string;
  readonly outcome?: AuditOutcome;
  readonly code?: string;
  readonly applicationId?: number;
  /** At or after, ISO. */
  readonly from?: string;
  /** Before, ISO. */
  readonly to?: string;
};

export type OccurrenceFilter = {
  readonly jobId?: number;
  /** Slots after this instant, ISO. */
  readonly from: string;
  /** Slots up to this instant, ISO. */
  readonly to: string;
  readonly outcomes?: readonly SlotOutcomeName[];
};

export type Statistics = {
  readonly jobs: { readonly total: number; readonly enabled: number };
  readonly executions: Readonly<Record<ExecutionStatus, number>> & { readonly last24h: number };
};

/**
 * The queries of the read models. Each may throw QueryTooSlow, QueryAbandoned or PostgresUnavailable
 * (src/db/reader.ts).
 */
export type Queries = {
  listJobs(scope: Scope, filter: JobFilter, page: JobsPageRequest): Promise<ListPage<JobView>>;
  getJob(scope: Scope, jobId: number): Promise<JobView | undefined>;
  /** Those of these jobs that are there. */
  jobGlances(scope: Scope, jobIds: readonly number[]): Promise<readonly JobGlance[]>;
  /** How many slots come due in each part of the time ahead, and which jobs run next. */
  upcomingSlots(scope: Scope, ahead: SlotsAhead): Promise<UpcomingSlots>;
  /** Tells whether the job exists or existed. Executions of a deleted job stay readable. */
  jobEverExisted(scope: Scope, jobId: number): Promise<boolean>;
  /** The versions of a job, deleted or not, newest first; none of one that never existed. @throws BadCursor */
  jobHistory(scope: Scope, jobId: number, page: PageRequest): Promise<ListPage<HistoryEntry>>;
  /** The versions of something else that has a history, deleted or not, newest first. @throws BadCursor */
  objectHistory(scope: Scope, object: ChangedObject, page: PageRequest): Promise<ListPage<HistoryEntry>>;
  /** The fields that it had at a version, none of what was deleted; undefined where there is no such version. */
  objectVersion(
    scope: Scope,
    object: ChangedObject,
    version: number,
  ): Promise<Readonly<Record<string, unknown>> | undefined>;
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
  /** Changes and refused requests, newest first. @throws BadCursor */
  listAudit(scope: Scope, filter: AuditFilter, page: PageRequest): Promise<ListPage<AuditEntry>>;
  /** The tenants that have or had anything, by name. @throws BadCursor */
  listTenants(scope: Pick<Scope, 'signal'>, page: PageRequest): Promise<ListPage<TenantView>>;
  /** Undefined where there never was anything of the tenant. */
  getTenant(scope: TenantScope): Promise<TenantView | undefined>;
  /** Tenants whose erasure was requested and has not ended, oldest first. */
  openErasures(limit: number): Promise<readonly Tenant[]>;
  /** How many changes of a tenant were made under a correlation id from an instant (ISO) on, by action. */
  countEnded(
    scope: TenantScope,
    made: { readonly correlationId: string; readonly from: string },
  ): Promise<Readonly<Record<string, number>>>;
  listApplications(scope: Scope, page: PageRequest): Promise<ListPage<ApplicationView>>;
  getApplication(scope: Scope, applicationId: number): Promise<ApplicationView | undefined>;
  /**
   * Returns the variables, secrets and limits of an application by name; undefined if it does not exist. Their number is limited, so there are
   * no pages.
   */
  getValues(scope: Scope, applicationId: number): Promise<ValuesView | undefined>;
  /** By name, of one tenant. @throws BadCursor */
  listCalendars(scope: TenantScope, page: PageRequest): Promise<ListPage<CalendarSummary>>;
  getCalendar(scope: TenantScope, name: string): Promise<CalendarView | undefined>;
  /** Those in force, oldest first; those of the installation too. @throws BadCursor */
  listPauses(scope: Scope, page: PageRequest): Promise<ListPage<PauseView>>;
  /** Those of an application that are in force. */
  pausesOfApplication(scope: TenantScope, applicationId: number): Promise<readonly number[]>;
  /** Also one that has ended. */
  getPause(scope: Scope, pauseId: number): Promise<PauseView | undefined>;
  /** What closes the jobs of a tenant: its pauses, those of the installation, and these calendars. */
  loadClosures(
    scope: TenantScope,
    search: {
      readonly calendars: readonly string[];
      /** What ended before is left out, epoch ms. */
      readonly afterMs: number;
    },
  ): Promise<ClosureBook>;
  jobsWithCalendar(scope: TenantScope, name: string): Promise<NamingJobsView>;
  jobsWithLimit(scope: TenantScope, limit: LimitRef): Promise<NamingJobsView>;
  /** How many executions of a limit's jobs run, and how many were created and begun since an instant (ISO). */
  limitUse(
    scope: TenantScope,
    limit: LimitRef & { readonly since: string },
  ): Promise<{ readonly running: number; readonly begun: number }>;
  /** Its living jobs. */
  jobsOfApplication(scope: TenantScope, applicationId: number): Promise<NamingJobsView>;
  /** The executions of its jobs that have not ended, also of deleted jobs. */
  openExecutionsOf(scope: TenantScope, applicationId: number): Promise<OpenExecutionsView>;
  /** Newest first. @throws BadCursor */
  listExecutions(scope: Scope, filter: ExecutionFilter, page: SortedPageRequest): Promise<ListPage<ExecutionView>>;
  getExecution(scope: Scope, executionId: number): Promise<ExecutionView | undefined>;
  /** Where the last event of an execution is: its revision in its job's stream of runs. */
  lastEventOfExecution(
    scope: Scope,
    executionId: number,
  ): Promise<{ readonly jobId: number; readonly revision: number } | undefined>;
  /** Oldest first. A page may end before its limit. @throws BadCursor */
  listOccurrences(scope: Scope, filter: OccurrenceFilter, page: PageRequest): Promise<ListPage<OccurrenceView>>;
  /** Newest first. @throws BadCursor */
  listOperations(scope: Scope, page: PageRequest): Promise<ListPage<OperationView>>;
  getOperation(scope: Scope, operationId: number): Promise<OperationView | undefined>;
  /** The oldest operation of each tenant that has not ended. */
  openOperations(limit: number): Promise<readonly number[]>;
  /** The next items that an operation takes, in the order of their creation. */
  selectItems(scope: TenantScope, work: BulkWork, walk: ItemWalk): Promise<readonly SelectedItem[]>;
  /** How many items match that were created up to an instant. */
  countItems(scope: TenantScope, work: BulkWork, upTo: string): Promise<number>;
  /** Of a job, newest first. @throws BadCursor */
  listBackfills(scope: Scope, jobId: number, page: PageRequest): Promise<ListPage<BackfillView>>;
  getBackfill(scope: Scope, backfill: { jobId: number; backfillId: number }): Promise<BackfillView | undefined>;
  /** Oldest first. @throws BadCursor */
  listTokens(scope: Scope, page: PageRequest): Promise<ListPage<TokenView>>;
  getToken(scope: Scope, tokenId: number): Promise<TokenView | undefined>;
  /** By name, of one tenant. @throws BadCursor */
  listAlertRules(scope: TenantScope, page: PageRequest): Promise<ListPage<AlertRuleView>>;
  getAlertRule(scope: TenantScope, name: string): Promise<AlertRuleView | undefined>;
  countAlertRules(tenant: Tenant): Promise<number>;
  /** Whether any tenant has one. */
  hasAlertRules(): Promise<boolean>;
  /** Of all tenants. */
  allAlertRules(): Promise<readonly AlertRuleView[]>;
  /** The jobs that a rule watches, also those that are disabled. */
  jobsOfAlertRule(rule: Pick<AlertRule, 'tenant' | 'jobId' | 'applicationId'>): Promise<readonly number[]>;
  /** What was told of a rule's alerts, newest first. */
  listNotifications(scope: TenantScope, rule: string): Promise<readonly Notification[]>;
  /** Those that are firing, by rule and job. @throws BadCursor */
  listAlerts(scope: TenantScope, filter: AlertFilter, page: PageRequest): Promise<ListPage<AlertView>>;
  /** What became of these slots of a job, epoch ms. */
  slotHistory(scope: Scope, jobId: number, slotsMs: readonly number[]): Promise<SlotHistory>;
  statistics(scope: Scope): Promise<Statistics>;
  slotCounts(scope: Scope): Promise<SlotCounts>;
  /** So many hours up to now, oldest first. */
  hourlyStatistics(scope: Scope, hours: number): Promise<readonly HourView[]>;
  /** 100 at the most, the worst first. */
  jobsInNeed(scope: Scope): Promise<readonly AttentionView[]>;
  /** Resolves to true when every read model has applied the log up to here; to false after the timeout. */
  awaitPosition(position: Position, timeoutMs: number): Promise<boolean>;
};

export { QueryAbandoned } from '../../db/reader.ts';
export { EXECUTION_STATUSES, type ExecutionStatus } from '../../domain/events/index.ts';

export class BadCursor extends Error {
  override readonly name = 'BadCursor';
  readonly code = 'BAD_CURSOR' satisfies RefusalCode;
}
