import type { Difference } from '../domain/difference.ts';
import { maskSealed } from '../domain/redaction/index.ts';
import type { JobAction, Plan } from './plan.ts';

/** One job of a report. */
export type ReportedJob = {
  readonly name: string;
  readonly action: JobAction['kind'];
  /** Absent if there is no such job yet. */
  readonly id?: number;
  /** Why a job was skipped, and who changed or created it. */
  readonly reason?: string;
  readonly by?: string;
  /** The changed fields of an update; secrets are masked. */
  readonly changes?: readonly Difference[];
  readonly warnings?: readonly string[];
};

/** One application of a report. */
export type ReportedApplication = {
  readonly tenant: string;
  readonly name: string;
  readonly action: 'create' | 'update' | 'keep' | 'skip';
  readonly id?: number;
  readonly reason?: string;
  readonly by?: string;
  readonly changes?: readonly Difference[];
  readonly jobs: readonly ReportedJob[];
};

/**
 * Turns a plan into the report that callers get.
 * @param created ids of the jobs that were created, by name
 */
export const reportOf = (
  { desired: { tenant, name }, application, jobs }: Plan,
  created: ReadonlyMap<string, number> = new Map(),
): ReportedApplication => {
  const { kind: action, ...about } = application;
  return { tenant, name, action, ...about, jobs: jobs.map((job) => reportJob(job, created)) };
};

const reportJob = (action: JobAction, created: ReadonlyMap<string, number>): ReportedJob => {
  const { kind, name } = action;
  switch (action.kind) {
    case 'create': {
      const id = created.get(name);
      return { name, action: kind, ...(id === undefined ? {} : { id }), ...warningsOf(action.desired.warnings) };
    }
    case 'update':
      return {
        name,
        action: kind,
        id: action.current.job.jobId,
        changes: action.changes.map(shown),
        ...warningsOf(action.desired.warnings),
      };
    case 'skip':
      return { name, action: kind, reason: action.reason, ...whoseOf(action) };
    case 'leave':
      return { name, action: kind, id: action.current.job.jobId, by: action.current.job.updatedBy };
    case 'keep':
    case 'delete':
      return { name, action: kind, id: action.current.job.jobId };
  }
};

/** Which job was skipped, if it is there, and who is the reason. */
const whoseOf = ({ current, reason }: Extract<JobAction, { kind: 'skip' }>): Pick<ReportedJob, 'id' | 'by'> => {
  if (current === undefined) return {};
  const { jobId: id, createdBy, updatedBy } = current.job;
  switch (reason) {
    case 'manually modified':
      return { id, by: updatedBy };
    case 'created by another source':
      return { id, by: createdBy };
    case 'its instant has passed':
      return { id };
  }
};

const warningsOf = (warnings: readonly string[]) => (warnings.length === 0 ? {} : { warnings });

const shown = ({ pointer, ...values }: Difference): Difference => ({
  pointer,
  ...Object.fromEntries(Object.entries(values).map(([side, value]) => [side, maskSealed(value)])),
});
