import { applicationStream, jobStream, runsStream } from '../../domain/streams.ts';
import type { StreamParked } from '../../event-store/errors.ts';
import type { EngineJob } from './job-table.ts';

type JobIds = Pick<EngineJob, 'jobId' | 'applicationId'>;

/**
 * Jobs that nobody can act on, since an event of their own stream, of their runs or of their application can't be read.
 * Nothing of them is claimed or called until an engine starts that reads it; all other jobs go on.
 */
export type Parking = {
  /** From now on, until this process ends. */
  park(parked: Pick<StreamParked, 'stream'>): void;
  holds(job: JobIds): boolean;
  /** What was parked once can be read by now: slots from before this moment, epoch ms, are missed or late for it. */
  release(stream: string, untilMs: number): void;
  /** Why slots from after this moment were left; undefined where that has another reason. */
  reasonAfter(job: JobIds, cursorMs: number): 'PARKED' | undefined;
};

export const createParking = (): Parking => {
  const held = new Set<string>();
  const released = new Map<string, number>();

  return {
    park: ({ stream }) => held.add(stream),
    holds: (job) => held.size > 0 && streamsOf(job).some((stream) => held.has(stream)),
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
