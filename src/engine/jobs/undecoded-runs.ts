import { isRunEvent, type RunEvent } from '../../domain/events/index.ts';
import { StreamParked } from '../../event-store/errors.ts';
import { decodedOf } from '../../event-store/forms.ts';
import type { RecordedEvent, UndecodedEvent } from '../../event-store/port.ts';
import type { EngineContext } from '../context.ts';

/**
 * The newest run events of jobs that other engines own, as they are stored: one a job. Decoding all of them was most of
 * the work that an engine had with the executions of others.
 */
export type UndecodedRuns = {
  /**
   * Keeps an event in place of an earlier one of its job.
   * @returns the oldest events, decoded, once all together are too large
   */
  keep(jobId: number, event: UndecodedEvent): readonly RecordedEvent<RunEvent>[];
  /** Takes out and decodes the event of a job; undefined where none is kept, or it can't be read. */
  take(jobId: number): RecordedEvent<RunEvent> | undefined;
  /** Takes out and decodes all of them. */
  takeAll(): readonly RecordedEvent<RunEvent>[];
  /** Forgets the event of a job, if a newer one is known. */
  forget(jobId: number, revision: number): void;
};

/** Of some 30,000 events. */
const LIMIT_BYTES = 32 * 1_048_576;
/**
 * How much is kept where that is too much: some thousand events are taken at once, since a Map that has lost its first
 * entries is slow to give the next one.
 */
const KEPT_SHARE = 31 / 32;

const NONE: readonly never[] = [];

/** If an event can't be read, its stream is parked or the engine fails, as where it is decoded at once. */
export const createUndecodedRuns = (
  { parking, state }: Pick<EngineContext, 'parking' | 'state'>,
  limitBytes = LIMIT_BYTES,
): UndecodedRuns => {
  /** By job, the one that got its event last at the end. */
  const kept = new Map<number, UndecodedEvent>();
  let sizeBytes = 0;

  const drop = (jobId: number): UndecodedEvent | undefined => {
    const event = kept.get(jobId);
    if (event === undefined) return undefined;
    kept.delete(jobId);
    sizeBytes -= sizeOf(event);
    return event;
  };

  const take = (jobId: number): RecordedEvent<RunEvent> | undefined => {
    const event = drop(jobId);
    try {
      const found = event && decodedOf(event);
      if (found instanceof StreamParked) parking.park(found);
      else if (found !== undefined && isRunEvent(found)) return found;
    } catch (error) {
      state.fail(error);
    }
    return undefined;
  };

  /** Takes the oldest until no more than this is kept. */
  const takeUntil = (keptBytes: number): readonly RecordedEvent<RunEvent>[] => {
    const taken: RecordedEvent<RunEvent>[] = [];
    for (const jobId of kept.keys()) {
      if (sizeBytes <= keptBytes) break;
      const event = take(jobId);
      if (event !== undefined) taken.push(event);
    }
    return taken;
  };

  return {
    keep: (jobId, event) => {
      drop(jobId);
      kept.set(jobId, event);
      sizeBytes += sizeOf(event);
      return sizeBytes > limitBytes ? takeUntil(limitBytes * KEPT_SHARE) : NONE;
    },
    take,
    takeAll: () => takeUntil(0),
    forget: (jobId, revision) => {
      if ((kept.get(jobId)?.revision ?? revision) < revision) drop(jobId);
    },
  };
};

/** Units of its texts, most of which are bytes. */
const sizeOf = ({ stored: { data, metadata } }: UndecodedEvent): number => data.length + metadata.length;
