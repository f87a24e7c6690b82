import { isRunEvent } from '../../domain/events/families.ts';
import { runsStream } from '../../domain/streams.ts';
import { StreamParked } from '../../event-store/errors.ts';
import type { EventStore } from '../../event-store/port.ts';
import type { World } from '../../world.ts';
import type { EngineJob } from '../jobs/job-table.ts';
import { readSurely } from '../read-surely.ts';
import type { Limits } from './limits.ts';

type ReadStartsDeps = {
  readonly store: EventStore;
  /** With the clock that all engines share. */
  readonly world: Pick<World, 'clock' | 'timers' | 'log'>;
  readonly limits: Pick<Limits, 'rated' | 'began'>;
};

const AT_ONCE = 100;
/** Most events of a job that are looked at: a rate that looks back further counts the newest calls alone. */
const MOST_EVENTS = 1_000;

/**
 * Reads from the log what began lately of jobs with a rate, so that an engine that starts counts it. What comes after
 * the state that it has loaded, its subscription brings.
 */
export const readStarts = async (deps: ReadStartsDeps): Promise<void> => {
  const rated = deps.limits.rated();
  for (let from = 0; from < rated.length; from += AT_ONCE) {
    await Promise.all(rated.slice(from, from + AT_ONCE).map((each) => readOne(deps, each)));
  }
};

type RatedJob = { readonly job: EngineJob; readonly perMs: number };

const readOne = async ({ store, world, limits }: ReadStartsDeps, rated: RatedJob): Promise<void> => {
  if (rated.job.runsRevision < 0) return;
  const agesMs = await readSurely(world, () => agesOfStarts({ store, world }, rated));
  for (const ageMs of agesMs) limits.began(rated.job, ageMs);
};

const agesOfStarts = async (
  { store, world }: Pick<ReadStartsDeps, 'store' | 'world'>,
  { job, perMs }: RatedJob,
): Promise<number[]> => {
  const agesMs: number[] = [];
  const newestFirst = { direction: 'backwards', from: job.runsRevision, limit: MOST_EVENTS } as const;
  try {
    for await (const event of store.readStream(runsStream(job.jobId), newestFirst)) {
      const ageMs = world.clock.now() - event.recordedAt;
      if (ageMs >= perMs) break;
      if (isRunEvent(event) && event.type === 'ExecutionStarted') agesMs.push(ageMs);
    }
  } catch (error) {
    // Nothing of such a job is called.
    if (!(error instanceof StreamParked)) throw error;
  }
  return agesMs;
};
