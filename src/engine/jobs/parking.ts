import { lastRunEvent, loadApplicationState, loadJob } from '../../commands/loop/load.ts';
import { applicationStream, jobStream, runsStream } from '../../domain/streams.ts';
import { StreamParked } from '../../event-store/errors.ts';
import { slicesOf } from '../../runtime/slices.ts';
import type { EngineContext } from '../context.ts';
import type { LoadedParked } from '../ports.ts';
import { readWithRetry } from '../read-with-retry.ts';
import { loadedApplication } from './application-values.ts';
import type { EngineJob } from './job-records.ts';

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
  holds(job: EngineJob): boolean;
  /** Notes that a stream was parked until `untilMs` (epoch ms): earlier slots are missed or late because of that. */
  release(stream: string, untilMs: number): void;
  /** Whether slots after the cursor were left because the job was parked. */
  heldAfter(job: EngineJob, cursorMs: number): boolean;
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
    heldAfter: (job, cursorMs) =>
      released.size > 0 && streamsOf(job).some((stream) => cursorMs < (released.get(stream) ?? 0)),
  };
};

const streamsOf = ({ jobId, applicationId }: EngineJob): readonly string[] => [
  jobStream(jobId),
  runsStream(jobId),
  applicationStream(applicationId),
];

const AT_ONCE = 100;

/**
 * Reads the parked streams of the read models from the log. Those that can be read by now go into the engine's tables,
 * since read models lack them until they are rebuilt. The others stay parked.
 */
export const readParked = async (deps: EngineContext, parked: readonly LoadedParked[]): Promise<void> => {
  for (const some of slicesOf(parked, AT_ONCE)) await Promise.all(some.map((each) => readOne(deps, each)));
};

const readOne = async (deps: EngineContext, { stream, readMs }: LoadedParked): Promise<void> => {
  const { world, parking } = deps;
  try {
    await readWithRetry(world, () => take(deps, stream));
    parking.release(stream, readMs ?? world.clock.now());
  } catch (error) {
    if (!(error instanceof StreamParked)) throw error;
    parking.park(error);
  }
};

const take = async ({ store, table, values }: EngineContext, stream: string): Promise<void> => {
  const [, family, digits] = /^(job|runs|app)-(\d+)$/.exec(stream) ?? [];
  const id = Number(digits);
  if (family === 'app') {
    const { state, revision } = await loadApplicationState(store, id);
    if (state.status !== 'absent') values.load({ ...loadedApplication(state), revision });
  } else if (family !== undefined) {
    // The runs of a job that the read models skipped are missing too, so they are always read.
    const { state, definitionRevision: revision } = await loadJob(store, id);
    const last = await lastRunEvent(store, id);
    if (state.status === 'absent') return;
    const type = state.status === 'deleted' ? 'JobDeleted' : 'JobUpdated';
    table.applyJobEvent({ type, data: state.definition, revision });
    if (last !== undefined) table.applyRunEvent({ ...last.event, revision: last.revision });
  }
};
