import { evolveApplication } from '../domain/application/application.ts';
import { type Application, ApplicationEvent, type DomainEvent, JobEvent, RunEvent } from '../domain/events/index.ts';
import { evolveJob, initialJob, type Job } from '../domain/job/job.ts';
import { evolveRuns, initialRuns, type Runs } from '../domain/runs/tail.ts';
import { applicationStream, jobStream, runsStream } from '../domain/streams.ts';
import { type EventStore, NO_STREAM, type Revision } from '../event-store/port.ts';
import type { Loaded } from './handle-command.ts';

type Guard<E extends DomainEvent> = (event: DomainEvent) => event is E;
const typesOf = (schema: { options: readonly { shape: { type: { value: string } } }[] }): ReadonlySet<string> =>
  new Set(schema.options.map((option) => option.shape.type.value));
const jobTypes = typesOf(JobEvent);
const runTypes = typesOf(RunEvent);
const applicationTypes = typesOf(ApplicationEvent);
export const isJobEvent: Guard<JobEvent> = (event): event is JobEvent => jobTypes.has(event.type);
export const isRunEvent: Guard<RunEvent> = (event): event is RunEvent => runTypes.has(event.type);
export const isApplicationEvent: Guard<ApplicationEvent> = (event): event is ApplicationEvent =>
  applicationTypes.has(event.type);

export type LoadedJob = Loaded<Job> & {
  /** Of the event that carries the definition; forfeited names may lie between it and the stream's end. */
  readonly definitionRevision: Revision;
};

/** The job by its newest event that carries a definition: each is whole, so nothing before it matters. */
export const loadJob = async (store: EventStore, jobId: number): Promise<LoadedJob> => {
  let revision = NO_STREAM;
  for await (const event of store.readStream(jobStream(jobId), { direction: 'backwards' })) {
    revision = Math.max(revision, event.revision);
    if (!isJobEvent(event) || event.type === 'NameForfeited') continue;
    return { state: evolveJob(initialJob, event), revision, definitionRevision: event.revision };
  }
  return { state: initialJob, revision, definitionRevision: NO_STREAM };
};

/** The job as its definition of this revision has it; absent where that revision carries none. */
export const loadJobAt = async (store: EventStore, jobId: number, revision: number): Promise<Job> => {
  if (revision < 0) return initialJob;
  for await (const event of store.readStream(jobStream(jobId), { from: revision, limit: 1 })) {
    if (isJobEvent(event)) return evolveJob(initialJob, event);
  }
  return initialJob;
};

export const loadRuns = async (store: EventStore, jobId: number): Promise<Loaded<Runs>> => {
  const [last] = await store.readLast([runsStream(jobId)]);
  if (last === undefined || !isRunEvent(last)) return { state: initialRuns, revision: NO_STREAM };
  return { state: evolveRuns(initialRuns, last), revision: last.revision };
};

/** The application by its newest event that carries it whole: at most names that were forfeited lie behind. */
export const loadApplication = async (
  store: EventStore,
  applicationId: number,
): Promise<Loaded<Application | undefined>> => {
  const stream = applicationStream(applicationId);
  const [last] = await store.readLast([stream]);
  if (last !== undefined && isApplicationEvent(last))
    return { state: evolveApplication(last), revision: last.revision };
  let revision = NO_STREAM;
  for await (const event of store.readStream(stream, { direction: 'backwards' })) {
    revision = Math.max(revision, event.revision);
    if (isApplicationEvent(event)) return { state: evolveApplication(event), revision };
  }
  return { state: undefined, revision };
};
