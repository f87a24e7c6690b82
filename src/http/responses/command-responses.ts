import { z } from 'zod';
import { type CommandResult, RecordedRejection } from '../../commands/command.ts';
import type { RequestedExecution } from '../../commands/execution/request-execution.ts';
import type { JobWithApplication } from '../../commands/job/change-job.ts';
import { definitionAt } from '../../commands/loop/load.ts';
import { defined } from '../../domain/defined.ts';
import { durationMs } from '../../domain/duration.ts';
import { durationInput } from '../../domain/duration-input.ts';
import { JobDefinition, type JobShown } from '../../domain/events/index.ts';
import type { Position } from '../../event-store/port.ts';
import type { Queries } from '../../projections/queries/index.ts';
import type { JobNames } from '../../projections/queries/job-names.ts';
import type { Scope } from '../../projections/queries/scope.ts';
import type { ApiContext } from '../context.ts';
import { applicationSummary } from '../resources/applications.ts';
import { executionResource, toRequestedExecutionView } from '../resources/executions.ts';
import { jobResource } from '../resources/jobs.ts';
import { PREFIX } from '../route.ts';
import { etagOf, type ServedResponse } from './response.ts';

/**
 * Adds to a response: the command's log position, its warnings (`Carillon-Warning`), and the engines that have not applied
 * the change (`Carillon-Engines-Pending`).
 */
export const respondToCommand = <T>(
  { position, warnings = [], pendingEngines = [] }: CommandResult<T>,
  response: ServedResponse,
): ServedResponse => ({
  ...response,
  position,
  headers: {
    ...response.headers,
    ...(warnings.length === 0 ? {} : { 'Carillon-Warning': warnings.map(quoted).join(', ') }),
    ...(pendingEngines.length === 0 ? {} : { 'Carillon-Engines-Pending': pendingEngines.join(', ') }),
  },
});

/** The engines that have not applied a change of a calendar or pause, for the response's body. */
export const pendingOf = ({
  pendingEngines = [],
}: CommandResult<unknown>): { readonly pendingEngines?: readonly string[] } =>
  pendingEngines.length === 0 ? {} : { pendingEngines };

/** Like `respondToCommand`, for a response that shows a job: adds the job, for `withJobBody`, and its ETag. */
export const respondWithJob = (
  result: CommandResult<JobWithApplication>,
  response: Omit<ServedResponse, 'body' | 'job' | 'definition'>,
): ServedResponse => {
  const { job, application } = result.value;
  return respondToCommand(result, {
    ...response,
    headers: { ETag: etagOf(result.revision), ...response.headers },
    job: { jobId: job.jobId, revision: result.revision, application: applicationSummary(application) },
    definition: job,
  });
};

/** Parsing fixes the order of the fields, so that a repeated request gets the same bytes, also from another version. */
const shownAs = ({ application, outlook }: JobShown, job: JobDefinition) => ({
  ...jobResource(JobDefinition.parse(job), application),
  ...outlook,
});

/** What finds the outlook of a changed job. */
type Outlook = {
  readonly scope: Scope;
  readonly queries: Queries;
  readonly awaitShown: AwaitShown | undefined;
  /** Whether an earlier attempt at the request made the change. */
  readonly isRepeated: boolean;
};

/** Adds the body of a response that shows a job, with its outlook if the caller can see it. */
export const withJobBody = async (
  { definition, ...response }: ServedResponse,
  outlook: Outlook | undefined,
): Promise<ServedResponse> => {
  const { job } = response;
  if (job === undefined || definition === undefined) return response;
  const found = outlook && (await findOutlook(response, definition, outlook));
  const shown = found === undefined ? job : { ...job, outlook: found };
  return { ...response, job: shown, body: shownAs(shown, definition) };
};

/**
 * Finds the next run and state of a changed job, as GET shows them. Omits them if the read models don't show the change in
 * time: the change is made, so the response is sent anyway.
 */
const findOutlook = async (
  { status, position, job }: ServedResponse,
  definition: JobDefinition,
  { scope, queries, awaitShown, isRepeated }: Outlook,
): Promise<JobShown['outlook']> => {
  const isNew = status === 201 && !isRepeated;
  if (position !== undefined && !(await awaitShown?.(position))) return undefined;
  const ofNew = isNew ? await queries.newJobOutlook(definition).catch(() => undefined) : undefined;
  const found = ofNew ?? (await queries.getJob(scope, definition.jobId).catch(() => undefined));
  if (found === undefined || ('revision' in found && found.revision !== job?.revision)) return undefined;
  const { nextRunAt, state } = found;
  return defined({ nextRunAt, state });
};

/** How long a request waits for the end of its execution. */
export const WaitQuery = z.strictObject({ wait: durationInput({ least: '1s', most: '60s' }).exactOptional() });

const RequestedBody = z.object({ id: z.int() });

/** The execution that a request waits for, by its query and its response; a repeated request waits again. */
export const awaitedBy = (query: unknown, { status, body }: ServedResponse): Awaited | undefined => {
  const { data: { wait } = {} } = WaitQuery.partial().safeParse(query);
  const { data: execution } = RequestedBody.safeParse(body);
  if (status !== 202 || wait === undefined || execution === undefined) return undefined;
  return { executionId: execution.id, forMs: durationMs(wait) };
};

/** The execution to wait for; its end becomes the response. */
type Awaited = { readonly executionId: number; readonly forMs: number };

/**
 * Returns the requested execution.
 * @throws DomainError OVERLAP if the job's overlap policy started none
 */
export const respondWithExecution = (done: CommandResult<RequestedExecution>): ServedResponse => {
  const view = toRequestedExecutionView(done.value);
  const { error } = done.value;
  if (error !== undefined) {
    const detail = `${error.message}, so execution ${view.id} was cancelled; a trigger with overlap queue, allow or replace runs anyway`;
    throw new RecordedRejection('OVERLAP', detail, done.position);
  }
  const headers = { Location: `${PREFIX}/executions/${view.id}` };
  return respondToCommand(done, {
    status: 202,
    headers,
    body: executionResource(view, namesOf(done.value)),
  });
};

const namesOf = ({ job, application }: RequestedExecution): JobNames =>
  defined({
    jobName: job.name,
    applicationId: job.applicationId,
    applicationName: application?.name,
  });

/** Completes a stored response. One that shows a job is stored without its body, which the job's event still has. */
export const withBody = async (response: ServedResponse, { store }: ApiContext): Promise<ServedResponse> => {
  const { job, body } = response;
  if (job === undefined || body !== undefined) return response;
  return { ...response, body: shownAs(job, await definitionAt(store, job.jobId, job.revision)) };
};

const MAX_WAIT_MS = 2_000;

/** Waits until the read models reach a position; false if they don't in time. */
type AwaitShown = (position: Position) => Promise<boolean>;

/** Creates the wait of one request: up to 2 s in total. */
export const createAwaitShown = ({ awaitPosition }: Queries): AwaitShown => {
  let isBehind = false;
  return async (position) => {
    if (isBehind) return false;
    isBehind = !(await awaitPosition(position, MAX_WAIT_MS));
    return !isBehind;
  };
};

/** What states the position of its change. */
export type Recorded = Pick<ServedResponse, 'position' | 'headers'>;

/**
 * Waits until the read models show the command's change, so that the caller's next query finds it; also for a repeated
 * response. If they don't in time, adds `Carillon-Consistency: pending`.
 * @param awaitShown `undefined` if the caller accepts a response before the change can be read
 */
export const whenReadable = async <Shown extends Recorded>(
  response: Shown,
  awaitShown: AwaitShown | undefined,
): Promise<Shown> => {
  if (response.position === undefined || awaitShown === undefined) return response;
  if (await awaitShown(response.position)) return response;
  return { ...response, headers: { ...response.headers, 'Carillon-Consistency': 'pending' } };
};

const POLL_INTERVAL_MS = 200;
/** Maximum requests of a process that wait for executions; further ones get their response immediately. */
const MAX_WAITING = 200;

export type EndWatch = (
  response: ServedResponse,
  awaited: Awaited | undefined,
  scope: Scope,
) => Promise<ServedResponse>;

/** Waits for the end of a response's execution: the response is then 200 with the whole execution. */
export const createEndWatch = ({ queries, timers }: ApiContext): EndWatch => {
  let waiting = 0;
  return async (response, awaited, scope) => {
    if (awaited === undefined || waiting >= MAX_WAITING) return response;
    waiting += 1;
    try {
      for (let waitedMs = 0; waitedMs < awaited.forMs; waitedMs += POLL_INTERVAL_MS) {
        await timers.sleep(POLL_INTERVAL_MS, scope.signal);
        const view = await queries.getExecution(scope, awaited.executionId);
        if (view === undefined || view.finishedAt === null) continue;
        const names = await queries.namesOfJobs(scope, [view.jobId]);
        return { ...response, status: 200, body: executionResource(view, names.get(view.jobId)) };
      }
      return response;
    } finally {
      waiting -= 1;
    }
  };
};

/**
 * Quotes a text for a header. Headers contain visible ASCII only; other characters are percent-encoded, and so are ambiguous
 * percent signs.
 */
const quoted = (text: string): string => {
  const letters = /[^\x20-\x7e]|%(?=[\da-f]{2})/giu;
  const escaped = text.toWellFormed().replace(letters, (letter) => encodeURIComponent(letter));
  return `"${escaped.replace(/["\\]/g, '\\$&')}"`;
};
