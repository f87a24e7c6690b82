import { applicationStream, jobStream, runsStream } from '../../domain/streams.ts';
import type { StreamParked } from '../../event-store/errors.ts';
import type { EngineJob } from './job-table.ts';

type JobIds = Pick<EngineJob, 'jobId' | 'applicationId'>;

/**
 * Parks jobs for which an event of their stream, their runs or their application can't be read, or by which this engine
 * is led astray. Such a job is neither claimed nor called until an engine starts that can do better. All other jobs go on.
 */
export type Parking = {
  /** Parks the jobs of a stream until this process ends. */
  park(parked: Pick<StreamParked, 'stream'>): void;
  /** Parks a job of which this engine would have claimed a slot that is settled, until this process ends. */
  parkJob(jobId: number): void;
  /** How many jobs were parked by themselves. */
  jobs(): number;
  holds(job: JobIds): boolean;
  /** Notes that a stream was parked until `untilMs` (epoch ms): earlier slots are missed or late because of that. */
  release(stream: string, untilMs: number): void;
  /** Why slots after the cursor were left: `PARKED`, or undefined for other reasons. */
  reasonAfter(job: JobIds, cursorMs: number): 'PARKED' | undefined;
};

export const createParking = (): Parking => {
  const held = new Set<string>();
  const jobs = new Set<number>();
  const released = new Map<string, number>();

  return {
    park: ({ stream }) => held.add(stream),
    parkJob: (jobId) => jobs.add(jobId),
    jobs: () => jobs.size,
    holds: (job) => jobs.has(job.jobId) || (held.size > 0 && streamsOf(job).some((stream) => held.has(stream))),
    release: (stream, untilMs) => released.set(stream, untilMs),
    reasonAfter: (job, cursorMs) =>
      released.size > 0 && streamsOf(job).some((stream) => cursorMs < (released.get(stream) ?? 0))
        ? 'PARKED'
        : undefined,
  };
};

const streamsOf = ({ jobId, applicationId }: JobIds): readonly string[] => [
  jobStream(jobId),
  runsStream(jobId),
  applicationStream(applicationId),
];
