import { afterJobEvent, afterRunEvent, type JobFacts } from '../domain/alert-rule/job-facts.ts';
import { type DomainEvent, isJobEvent, isRunEvent, type JobEvent, type RunEvent } from '../domain/events/index.ts';
import { jobStream, runsStream } from '../domain/streams.ts';
import { StreamParked } from '../event-store/errors.ts';
import { comparePositions, type EventStore, type Position, type RecordedEvent } from '../event-store/port.ts';

type Reader = EventStore;

/** Maximum events to read of a job without a recent success. */
const MAX_EVENTS = 500;
const CHUNK = 250;

/**
 * Loads the facts of jobs as of a position. Later events are excluded, so a subscription from there delivers each of them
 * once. Jobs that did not exist then, and those with a parked stream, are absent.
 */
export const loadFacts = async (
  store: Reader,
  jobIds: readonly number[],
  upTo: Position,
): Promise<ReadonlyMap<number, JobFacts>> => {
  const loaded = new Map<number, JobFacts>();
  for (let begin = 0; begin < jobIds.length; begin += CHUNK) {
    const chunk = jobIds.slice(begin, begin + CHUNK);
    const lastOfJobs = await store.readLast(chunk.map(jobStream));
    const lastOfRuns = await store.readLast(chunk.map(runsStream));
    for (const [index, jobId] of chunk.entries()) {
      const last = { ofJob: lastOfJobs[index], ofRuns: lastOfRuns[index] };
      const facts = await factsOf(store, { jobId, upTo, last });
      if (facts !== undefined) loaded.set(jobId, facts);
    }
  }
  return loaded;
};

type LastEvent = RecordedEvent | StreamParked | undefined;
type FactsInput = {
  readonly jobId: number;
  readonly upTo: Position;
  readonly last: { readonly ofJob: LastEvent; readonly ofRuns: LastEvent };
};

const factsOf = async (store: Reader, { jobId, upTo, last }: FactsInput): Promise<JobFacts | undefined> => {
  const jobs = { stream: jobStream(jobId), upTo, last: last.ofJob, pick: jobEvent, suffice: tellsStatus };
  const runs = { stream: runsStream(jobId), upTo, last: last.ofRuns, pick: runEvent, suffice: tellRuns };
  try {
    const ofJob = (await newestEvents(store, jobs)).reduce<JobFacts | undefined>(afterJobEvent, undefined);
    return ofJob && (await newestEvents(store, runs)).reduce(afterRunEvent, ofJob);
  } catch (error) {
    if (error instanceof StreamParked) return undefined;
    throw error;
  }
};

const jobEvent = (event: RecordedEvent): RecordedEvent<JobEvent> | undefined => (isJobEvent(event) ? event : undefined);
const runEvent = (event: RecordedEvent): RecordedEvent<RunEvent> | undefined => (isRunEvent(event) ? event : undefined);

type NewestInput<E extends DomainEvent> = {
  readonly stream: string;
  readonly upTo: Position;
  readonly last: LastEvent;
  readonly pick: (event: RecordedEvent) => RecordedEvent<E> | undefined;
  /** Returns whether these events, newest first, are enough. */
  readonly suffice: (newestFirst: readonly RecordedEvent<E>[]) => boolean;
};

/** The newest events of a stream up to a position, oldest first, until `suffice` returns true. */
const newestEvents = async <E extends DomainEvent>(
  store: Reader,
  { stream, upTo, last, pick, suffice }: NewestInput<E>,
): Promise<RecordedEvent<E>[]> => {
  if (last === undefined) return [];
  if (last instanceof StreamParked) throw last;
  const newest = comparePositions(last.position, upTo) <= 0 ? pick(last) : undefined;
  if (newest !== undefined && suffice([newest])) return [newest];
  const newestFirst: RecordedEvent<E>[] = [];
  for await (const event of store.readStream(stream, { direction: 'backwards' })) {
    const picked = comparePositions(event.position, upTo) <= 0 ? pick(event) : undefined;
    if (picked === undefined) continue;
    newestFirst.push(picked);
    if (newestFirst.length === MAX_EVENTS || suffice(newestFirst)) break;
  }
  return newestFirst.reverse();
};

/** Finds the last event that enabled or disabled the job. */
const tellsStatus = (newestFirst: readonly RecordedEvent<JobEvent>[]): boolean =>
  newestFirst.some(({ type }) => type !== 'JobUpdated');

/** Finds the last success, the last called slot and the start of each open execution. */
const tellRuns = (newestFirst: readonly RecordedEvent<RunEvent>[]): boolean => {
  const started = new Set(
    newestFirst.flatMap((event) => (event.type === 'ExecutionStarted' ? [event.data.executionId] : [])),
  );
  const calls = newestFirst.some(
    ({ type, data }) =>
      (type === 'ExecutionStarted' || type === 'ExecutionSucceeded') &&
      data.trigger === 'schedule' &&
      data.attempt === 1,
  );
  const open = newestFirst[0]?.data.tail.open ?? [];
  return (
    calls &&
    newestFirst.some(({ type }) => type === 'ExecutionSucceeded') &&
    open.every(({ executionId, state }) => state === 'pending' || state === 'offered' || started.has(executionId))
  );
};
