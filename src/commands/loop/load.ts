import { type ApplicationState, applicationAfter, presentApplication } from '../../domain/application.ts';
import {
  type Application,
  type DomainEvent,
  isApplicationEvent,
  isHomeEvent,
  isJobEvent,
  isRunEvent,
  type JobDefinition,
  type RunEvent,
  type RunInput,
} from '../../domain/events/index.ts';
import { evolveRuns, initialRuns, type Runs } from '../../domain/execution/tail.ts';
import type { HomeHistory } from '../../domain/home.ts';
import { evolveJob, initialJob, type Job } from '../../domain/job/job.ts';
import { applicationStream, homeStream, jobStream, runsStream } from '../../domain/streams.ts';
import { lastCopied } from '../../event-store/identity.ts';
import { type EventStore, NO_STREAM, type RecordedEvent, type Revision } from '../../event-store/port.ts';
import { lastEventOf } from '../../event-store/read-log.ts';
import type { LoadedState } from './handle-command.ts';

type LastEvent<T> = {
  readonly event: T;
  /** Revision of the stream's last event; `event` is the last of its family. */
  readonly revision: Revision;
};

/** Finds the last event of a stream that `pick` accepts, and the revision of the stream's last event. */
const lastOf = async <T>(
  store: EventStore,
  stream: string,
  pick: (event: RecordedEvent) => T | undefined,
): Promise<LastEvent<T | undefined>> => {
  let revision = NO_STREAM;
  const stands = (at: Revision): void => {
    revision = Math.max(revision, at);
  };
  for await (const event of store.readStream(stream, { direction: 'backwards', onPassedOver: stands })) {
    stands(event.revision);
    const picked = pick(event);
    if (picked !== undefined) return { event: picked, revision };
  }
  return { event: undefined, revision };
};

/** The same for a family of events. Usually it is the stream's last one, which is read in a batch with others. */
export const lastOfFamily = async <E extends DomainEvent>(
  store: EventStore,
  stream: string,
  isOfFamily: (event: DomainEvent) => event is E,
): Promise<LastEvent<RecordedEvent<E> | undefined>> => {
  const pick = (event: RecordedEvent): RecordedEvent<E> | undefined => (isOfFamily(event) ? event : undefined);
  const last = await lastEventOf(store, stream);
  const event = last && pick(last);
  return event === undefined ? lastOf(store, stream, pick) : { event, revision: event.revision };
};

export type LoadedJob = LoadedState<Job> & {
  /** Revision of the event with the definition; later events of the stream are forfeited names. */
  readonly definitionRevision: Revision;
};

/** Loads a job from its newest job event: each carries the whole definition. */
export const loadJob = async (store: EventStore, jobId: number): Promise<LoadedJob> => {
  const { event, revision } = await lastOfFamily(store, jobStream(jobId), isJobEvent);
  return event === undefined
    ? { state: initialJob, revision, definitionRevision: NO_STREAM }
    : { state: evolveJob(initialJob, event), revision, definitionRevision: event.revision };
};

/** Loads a job at a revision of its stream; absent if that event is no job event. */
export const loadJobAt = async (store: EventStore, jobId: number, revision: number): Promise<Job> => {
  if (revision < 0) return initialJob;
  for await (const event of store.readStream(jobStream(jobId), { from: revision, limit: 1 })) {
    if (isJobEvent(event)) return evolveJob(initialJob, event);
  }
  return initialJob;
};

/** Finds a job's last run event, and the revision of the last event of its stream of runs. */
export const lastRunEvent = async (
  store: EventStore,
  jobId: number,
): Promise<LastEvent<RecordedEvent<RunEvent>> | undefined> => {
  const { event, revision } = await lastOfFamily(store, runsStream(jobId), isRunEvent);
  return event && { event, revision };
};

/** Maximum newest events to search: more than the read models are ever behind. */
const MAX_SEARCHED = 1_000;

/** Returns whether one of a job's newest run events matches: read models may not contain it yet. */
export const hasRecentRunEvent = async (
  store: EventStore,
  jobId: number,
  matches: (event: RunEvent) => boolean,
): Promise<boolean> => {
  const newestFirst = { direction: 'backwards', limit: MAX_SEARCHED } as const;
  for await (const event of store.readStream(runsStream(jobId), newestFirst)) {
    if (isRunEvent(event) && matches(event)) return true;
  }
  return false;
};

/** The definition in the job event at this revision. */
export const definitionAt = async (store: EventStore, jobId: number, revision: number): Promise<JobDefinition> => {
  const job = await loadJobAt(store, jobId, revision);
  if (job.status === 'absent') throw new Error(`revision ${revision} of job ${jobId} carries no definition`);
  return job.definition;
};

/**
 * The input of one run, by the revision of its request.
 * @throws Error if the request no longer exists
 */
export const inputOf = async (store: EventStore, jobId: number, revision: number): Promise<RunInput> => {
  for await (const event of store.readStream(runsStream(jobId), { from: revision, limit: 1 })) {
    if (event.type === 'ExecutionRequested' && event.data.input !== undefined) return event.data.input;
  }
  throw new Error(`revision ${revision} of the runs of job ${jobId} has no input`);
};

export const loadRuns = async (store: EventStore, jobId: number): Promise<LoadedState<Runs>> => {
  const last = await lastRunEvent(store, jobId);
  if (last === undefined) return { state: initialRuns, revision: NO_STREAM };
  return { state: evolveRuns(initialRuns, last.event), revision: last.revision };
};

/** Loads an application from its newest application event: each carries the whole application. */
export const loadApplicationState = async (
  store: EventStore,
  applicationId: number,
): Promise<LoadedState<ApplicationState>> => {
  const { event, revision } = await lastOfFamily(store, applicationStream(applicationId), isApplicationEvent);
  return { state: event === undefined ? { status: 'absent' } : applicationAfter(event), revision };
};

/** Loads an existing application; a deleted one counts as absent. */
export const loadApplication = async (
  store: EventStore,
  applicationId: number,
): Promise<LoadedState<Application | undefined>> => {
  const { state, revision } = await loadApplicationState(store, applicationId);
  return { state: presentApplication(state), revision };
};

/** The application of a job, including a deleted one; `undefined` if there is no such job. It never changes. */
export const applicationOfJob = async (store: EventStore, jobId: number): Promise<number | undefined> => {
  const { state: job } = await loadJob(store, jobId);
  return job.status === 'absent' ? undefined : job.definition.applicationId;
};

/** Loads where the log was last stored, and whether it is a copy. */
export const loadHomeHistory = async (store: EventStore): Promise<LoadedState<HomeHistory>> => {
  const [{ event, revision }, copied] = await Promise.all([
    lastOf(store, homeStream, (each) => (isHomeEvent(each) ? each : undefined)),
    lastCopied(store),
  ]);
  return { state: { last: event, copied: copied?.data }, revision };
};
