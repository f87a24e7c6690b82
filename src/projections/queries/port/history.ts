import type { ChangedObject } from '../../../domain/history/change-of.ts';
import type { FieldChange } from '../../../domain/history/changed-fields.ts';
import type { ListPage, PageRequest } from './pages.ts';
import type { Scope } from './scope.ts';

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
  /** The `sub` of a user who goes by another name: it tells two of one name apart. */
  readonly sub?: string;
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

/** Of who changed what, and what was refused. */
export type HistoryQueries = {
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
  /** Changes and refused requests, newest first. @throws BadCursor */
  listAudit(scope: Scope, filter: AuditFilter, page: PageRequest): Promise<ListPage<AuditEntry>>;
};
