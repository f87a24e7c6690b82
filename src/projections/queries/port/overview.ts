import type { ExecutionStatus } from '../../../domain/events/index.ts';

export type Statistics = {
  readonly jobs: { readonly total: number; readonly enabled: number };
  readonly executions: Readonly<Record<ExecutionStatus, number>> & { readonly last24h: number };
};

/** What happened in an hour. */
export type HourView = {
  readonly from: string;
  /** Executions that were created in it, by how they stand now. */
  readonly executions: Readonly<Record<ExecutionStatus, number>>;
  /** Slots that were settled without a call; several that were settled together are of the hour of their last one. */
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
  /** Failures in a row, or slots that were missed. */
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
