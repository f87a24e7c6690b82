import { isRunEvent, type RunEvent } from '../../domain/events/index.ts';
import { runsStream } from '../../domain/streams.ts';
import { toMs } from '../../domain/values.ts';
import { StreamParked } from '../../event-store/errors.ts';
import { slicesOf } from '../../runtime/slices.ts';
import type { EngineContext } from '../context.ts';
import type { EngineJob } from '../jobs/job-records.ts';
import { readWithRetry } from '../read-with-retry.ts';

/** When calls of one limit began, as far back as its rate looks; monotonic ms. */
export type RecentStarts = {
  add(atMs: number): void;
  /** How many began after `sinceMs`. Earlier ones are forgotten. */
  countSince(sinceMs: number): number;
  /** When the nth one after `sinceMs` began; undefined where there are fewer. */
  nthSince(sinceMs: number, nth: number): number | undefined;
};

/** Forgotten entries are removed once there are this many. */
const CUT_AT = 1_024;

export const createRecentStarts = (): RecentStarts => {
  let times: number[] = [];
  /** Index of the first that still counts. */
  let first = 0;

  const forget = (sinceMs: number): void => {
    while (first < times.length && (times[first] ?? 0) <= sinceMs) first++;
    if (first < CUT_AT) return;
    times = times.slice(first);
    first = 0;
  };

  return {
    add: (atMs) => {
      let index = times.length;
      while (index > first && (times[index - 1] ?? 0) > atMs) index--;
      times.splice(index, 0, atMs);
    },
    countSince: (sinceMs) => {
      forget(sinceMs);
      return times.length - first;
    },
    nthSince: (sinceMs, nth) => {
      forget(sinceMs);
      return times[first + nth - 1];
    },
  };
};

const AT_ONCE = 100;
/** Most events of a job that are looked at: a rate that looks back further counts only the newest calls. */
const MAX_EVENTS = 1_000;

/**
 * Reads from the log what began lately of jobs with a rate, so that an engine that starts counts it. What comes after
 * the state that it has loaded, its subscription brings.
 */
export const readStarts = async (context: EngineContext): Promise<void> => {
  const { limits, world } = context;
  const known = limits.rated().filter(({ job }) => job.runsRevision >= 0);
  for (const some of slicesOf(known, AT_ONCE)) {
    const ages = await Promise.all(some.map((each) => readWithRetry(world, () => agesOfStarts(context, each))));
    for (const [index, { job }] of some.entries()) for (const ageMs of ages[index] ?? []) limits.began(job, ageMs);
  }
};

/** A job whose limit has a rate, with how far that looks back. */
export type RatedJob = { readonly job: EngineJob; readonly perMs: number };

const agesOfStarts = async ({ store, world }: EngineContext, { job, perMs }: RatedJob): Promise<number[]> => {
  const ageOf = (instant: string): number => Math.max(0, world.clock.now() - toMs(instant));
  // The request of a call in progress was sent any time since its claim.
  const agesMs = job.runs.open.flatMap(({ state, acceptedAt }) =>
    state === 'pending' ? [] : [acceptedAt === undefined ? 0 : ageOf(acceptedAt)],
  );
  const newestFirst = { direction: 'backwards', from: job.runsRevision, limit: MAX_EVENTS } as const;
  try {
    for await (const event of store.readStream(runsStream(job.jobId), newestFirst)) {
      if (world.clock.now() - event.recordedAt >= perMs) break;
      const startedAt = isRunEvent(event) ? startOfEnded(event) : undefined;
      if (startedAt !== undefined) agesMs.push(ageOf(startedAt));
    }
  } catch (error) {
    // Nothing of such a job is called.
    if (!(error instanceof StreamParked)) throw error;
  }
  return agesMs;
};

/** When the call began whose end an event records; undefined where none was made. */
const startOfEnded = ({ data }: RunEvent): string | undefined => {
  if (!('finishedAt' in data)) return undefined;
  const isLost = 'reason' in data && data.reason === 'ENGINE_LOST';
  return data.startedAt ?? (isLost ? data.finishedAt : undefined);
};
