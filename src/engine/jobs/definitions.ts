import { loadJob } from '../../commands/loop/load.ts';
import { isJobEvent, type JobDefinition, type JobEvent } from '../../domain/events/index.ts';
import { jobStream } from '../../domain/streams.ts';
import { isWorkerTask, targetOf } from '../../domain/tasks/kinds.ts';
import { StreamParked } from '../../event-store/errors.ts';
import { NO_STREAM, type RecordedEvent, type Revision } from '../../event-store/port.ts';
import type { EngineSetup } from '../context.ts';
import type { Parking } from './parking.ts';

export type KnownDefinition = {
  readonly definition: JobDefinition;
  readonly revision: number;
  /** Whether this revision deleted the job. */
  readonly deleted: boolean;
};

/** A cache of job definitions for calls. Those not used lately are dropped when it exceeds its limit in bytes. */
export type Definitions = {
  get(jobId: number): KnownDefinition | undefined;
  put(jobId: number, known: KnownDefinition): void;
  /** Reads the definitions that are missing or older than that revision, in one request. */
  fetch(wanted: readonly { readonly jobId: number; readonly jobRevision: Revision }[]): Promise<void>;
};

/** Approximate memory of a definition without its texts, and of what its plain calls share (`../run/send-task.ts`). */
const BASE_BYTES = 600 + 1_300;
/** Of each character of its texts. */
const CHARACTER_BYTES = 2 + 1;

export const createDefinitions = ({ store, definitionBytes }: EngineSetup, { park }: Parking): Definitions => {
  const known = new Map<number, KnownDefinition & { readonly sizeBytes: number; isUsed: boolean }>();
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
    const sizeBytes = BASE_BYTES + CHARACTER_BYTES * sizeOf(definition);
    known.set(jobId, { definition, revision, deleted, sizeBytes, isUsed: false });
    totalBytes += sizeBytes;
    for (const [oldest, entry] of known) {
      if (totalBytes <= definitionBytes) break;
      if (oldest === jobId) continue;
      if (!entry.isUsed) drop(oldest);
      else {
        // Moved to the end, where it is dropped unless it is used again.
        known.delete(oldest);
        known.set(oldest, { ...entry, isUsed: false });
      }
    }
  };

  /** Reads a definition that is not the last event of its stream: `NameRevoked` came after it. */
  const fetchBehind = async (jobId: number): Promise<void> => {
    try {
      const { state, definitionRevision: revision } = await loadJob(store, jobId);
      if (state.status === 'absent') return;
      put(jobId, { definition: state.definition, revision, deleted: state.status === 'deleted' });
    } catch (error) {
      if (!(error instanceof StreamParked)) throw error;
      park(error);
    }
  };

  return {
    get: (jobId) => {
      const entry = known.get(jobId);
      if (entry !== undefined) entry.isUsed = true;
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
        if (event instanceof StreamParked) park(event);
        else if (event !== undefined && isJobEvent(event)) put(jobId, definitionOf(event));
        else await fetchBehind(jobId);
      }
    },
  };
};

/** Takes the definition out of a job's event. */
export const definitionOf = (event: RecordedEvent<JobEvent>): KnownDefinition => ({
  definition: event.data,
  revision: event.revision,
  deleted: event.type === 'JobDeleted',
});

/** Counts the characters of the long parts, without writing the whole definition as JSON. */
const sizeOf = ({ description = '', taskConfig }: JobDefinition): number => {
  if (isWorkerTask(taskConfig)) return description.length + sizeOfJson(taskConfig.input);
  const { url = '', body, headers } = taskConfig;
  return description.length + url.length + sizeOfJson(body) + sizeOfJson(headers);
};

const sizeOfJson = (value: unknown): number => (value === undefined ? 0 : JSON.stringify(value).length);

/** Longest part of a URL that is kept in a key, characters. */
const MAX_TEXT = 300;

/**
 * The key under which a task's calls share places: the target's origin. If the origin holds a parameter, it is known
 * only at the call, so the key is the application with the URL as written.
 */
export const targetKey = (job: Pick<JobDefinition, 'applicationId' | 'taskType' | 'taskConfig'>): string => {
  const { applicationId, taskConfig } = job;
  const text = isWorkerTask(taskConfig) ? taskConfig.queue : (taskConfig.endpoint ?? taskConfig.url ?? '');
  // Most targets are written so that their origin is at hand.
  const origin = targetOf(job) ?? (holdsParameter(text) ? undefined : URL.parse(text)?.origin);
  return origin ?? `application ${applicationId}: ${text.slice(0, MAX_TEXT)}`;
};

/** Whether the URL has a parameter in its origin. */
const holdsParameter = (text: string): boolean => {
  const parameter = text.indexOf('${');
  if (parameter === -1) return false;
  const authority = text.indexOf('//') + 2;
  const length = text.slice(authority).search(/[/?#\\]/);
  return length === -1 || parameter < authority + length;
};
