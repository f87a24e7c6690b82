import { loadJob } from '../../commands/loop/load.ts';
import { isJobEvent } from '../../domain/events/families.ts';
import type { JobDefinition, JobEvent } from '../../domain/events/index.ts';
import { jobStream } from '../../domain/streams.ts';
import { StreamParked } from '../../event-store/errors.ts';
import { type EventStore, NO_STREAM, type RecordedEvent, type Revision } from '../../event-store/port.ts';

export type KnownDefinition = {
  readonly definition: JobDefinition;
  readonly revision: number;
  /** The job was deleted with this revision. */
  readonly deleted: boolean;
};

/** A job's definition at this revision of the job, or a later one. */
export type WantedDefinition = { readonly jobId: number; readonly jobRevision: Revision };

/** Definitions of jobs about to be called: the least recently used go when they take too many bytes. */
export type Definitions = {
  get(jobId: number): KnownDefinition | undefined;
  put(jobId: number, known: KnownDefinition): void;
  /** Reads those that are not at hand, or only as they were before that revision, in one go. */
  fetch(wanted: readonly WantedDefinition[]): Promise<void>;
};

type DefinitionOptions = {
  readonly store: EventStore;
  readonly limitBytes: number;
  /** Told of each that can't be read; the others are fetched all the same. */
  readonly parked: (stream: StreamParked) => void;
};

/** What a definition takes in memory beyond its texts, about. */
const BASE_BYTES = 600;

export const createDefinitions = ({ store, limitBytes, parked }: DefinitionOptions): Definitions => {
  const known = new Map<number, KnownDefinition & { sizeBytes: number }>();
  let totalBytes = 0;

  const drop = (jobId: number): void => {
    const entry = known.get(jobId);
    if (entry === undefined) return;
    totalBytes -= entry.sizeBytes;
    known.delete(jobId);
  };

  const put: Definitions['put'] = (jobId, { definition, revision, deleted }) => {
    const before = known.get(jobId);
    if (before !== undefined && before.revision > revision) return;
    drop(jobId);
    const sizeBytes = BASE_BYTES + 2 * sizeOf(definition);
    known.set(jobId, { definition, revision, deleted, sizeBytes });
    totalBytes += sizeBytes;
    for (const oldest of known.keys()) {
      if (totalBytes <= limitBytes || oldest === jobId) break;
      drop(oldest);
    }
  };

  /** Names that were forfeited lie between the definition and the stream's end. */
  const fetchBehind = async (jobId: number): Promise<void> => {
    try {
      const { state, definitionRevision: revision } = await loadJob(store, jobId);
      if (state.status === 'absent') return;
      put(jobId, { definition: state.definition, revision, deleted: state.status === 'deleted' });
    } catch (error) {
      if (!(error instanceof StreamParked)) throw error;
      parked(error);
    }
  };

  return {
    get: (jobId) => {
      const entry = known.get(jobId);
      if (entry === undefined) return undefined;
      known.delete(jobId);
      known.set(jobId, entry);
      return entry;
    },
    put,
    fetch: async (wanted) => {
      const missing = wanted
        .filter(({ jobId, jobRevision }) => (known.get(jobId)?.revision ?? NO_STREAM) < jobRevision)
        .map(({ jobId }) => jobId);
      if (missing.length === 0) return;
      const last = await store.readLast(missing.map(jobStream));
      for (const [index, jobId] of missing.entries()) {
        const event = last[index];
        if (event instanceof StreamParked) parked(event);
        else if (event !== undefined && isJobEvent(event)) {
          put(jobId, definitionOf(event));
        } else {
          await fetchBehind(jobId);
        }
      }
    },
  };
};

/** As an event of the job has it. */
export const definitionOf = (event: RecordedEvent<JobEvent>): KnownDefinition => ({
  definition: event.data,
  revision: event.revision,
  deleted: event.type === 'JobDeleted',
});

/** Characters of the parts that can be long, without writing the whole as JSON. */
const sizeOf = ({ description = '', taskConfig }: JobDefinition): number =>
  description.length +
  (taskConfig.url?.length ?? 0) +
  (taskConfig.body === undefined ? 0 : JSON.stringify(taskConfig.body).length) +
  (taskConfig.headers === undefined ? 0 : JSON.stringify(taskConfig.headers).length);
