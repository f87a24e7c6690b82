import type { ChangedObject } from '../../../domain/history/change-of.ts';
import type { FieldChange } from '../../../domain/history/changed-fields.ts';

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
  /** The `sub` of a user who goes by another name: two users of one name differ by it. */
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
