import type { JobRecord } from './engine-job.ts';
import { canPack, createIdleJobs } from './idle-jobs.ts';

/**
 * The jobs that the engine knows: as records while something of them is in progress, packed while they rest. As long as
 * anybody holds a job's record, it is the one that changes.
 */
export type JobRecords = {
  /** A job's record, to be looked at or changed here and now. After a change it is to be kept. */
  find(jobId: number): JobRecord | undefined;
  /** Notes that a record is held outside of the table from now on, and so stays a record until it is kept again. */
  handOut(job: JobRecord): void;
  /** Takes in what a record says now. */
  keep(job: JobRecord): void;
  delete(jobId: number): void;
  /** The jobs, each to be looked at or changed as one that was found. */
  all(): Iterable<JobRecord>;
  readonly size: () => number;
};

const FIRST_SWEEP = 1_024;

export const createJobRecords = (): JobRecords => {
  const inUse = new Map<number, JobRecord>();
  /** All jobs. Those in use are here as they were last at rest. */
  const packed = createIdleJobs();
  /** Records of jobs at rest that may still be held: one that is found again has to be the same. */
  const held = new Map<number, WeakRef<JobRecord>>();
  let sweepAt = FIRST_SWEEP;

  const sweep = (): void => {
    for (const [jobId, job] of held) if (job.deref() === undefined) held.delete(jobId);
    sweepAt = Math.max(FIRST_SWEEP, held.size * 2);
  };

  const find = (jobId: number): JobRecord | undefined =>
    inUse.get(jobId) ?? held.get(jobId)?.deref() ?? packed.get(jobId);

  const handOut = (job: JobRecord): void => void inUse.set(job.jobId, job);

  return {
    find,
    handOut,
    keep: (job) => {
      const isAtRest = canPack(job);
      if (isAtRest || !packed.has(job.jobId)) packed.put(job);
      if (!isAtRest) handOut(job);
      else if (inUse.delete(job.jobId)) {
        held.set(job.jobId, new WeakRef(job));
        if (held.size >= sweepAt) sweep();
      }
    },
    delete: (jobId) => {
      inUse.delete(jobId);
      held.delete(jobId);
      packed.delete(jobId);
    },
    *all() {
      for (const jobId of packed.ids()) {
        const job = find(jobId);
        if (job !== undefined) yield job;
      }
    },
    size: packed.size,
  };
};
