import { z } from 'zod';
import type { CommandResult } from '../../commands/command.ts';
import type { RequestedExecution } from '../../commands/execution/request-execution.ts';
import type { JobWithApplication } from '../../commands/job/change-job.ts';
import { RecordedRejection } from '../../commands/recorded-rejection.ts';
import { defined } from '../../domain/defined.ts';
import { type Duration, durationMs } from '../../domain/duration.ts';
import { durationInput } from '../../domain/duration-input.ts';
import { JobDefinition, type JobShown } from '../../domain/events/index.ts';
import type { Position } from '../../event-store/port.ts';
import type { Queries } from '../../projections/queries/index.ts';
import type { JobNames } from '../../projections/queries/job-names.ts';
import type { Scope } from '../../projections/queries/scope.ts';
import type { ApiContext } from '../context.ts';
import { PREFIX } from '../prefix.ts';
import { applicationSummary } from '../resources/applications.ts';
import { executionResource, toRequestedExecutionView } from '../resources/executions.ts';
import { jobResource } from '../resources/jobs.ts';
import { etagOf } from './etag.ts';
import type { ServedResponse } from './response.ts';

/**
 * Adds a command's position in the log to an answer, its warnings (`Carillon-Warning`), and the engines that have not
 * taken the change in (`Carillon-Engines-Pending`).
 */
export const respondToCommand = <T>(
  { position, warnings = [], pendingEngines = [] }: CommandResult<T>,
  answer: ServedResponse,
): ServedResponse => ({
  ...answer,
  position,
  headers: {
    ...answer.headers,
    ...(warnings.length === 0 ? {} : { 'Carillon-Warning': warnings.map(quoted).join(', ') }),
    ...(pendingEngines.length === 0 ? {} : { 'Carillon-Engines-Pending': pendingEngines.join(', ') }),
  },
});

/** What the body of a change of a calendar or a pause says of engines that have not taken it in. */
export const pendingOf = ({
  pendingEngines = [],
}: Pick<CommandResult<unknown>, 'pendingEngines'>): { readonly pendingEngines?: readonly string[] } =>
  pendingEngines.length === 0 ? {} : { pendingEngines };

/** Like `respondToCommand`, for a command whose answer shows a job: adds the job, for `withJobBody`, and its ETag. */
export const respondWithJob = (
  result: CommandResult<JobWithApplication>,
  answer: Omit<ServedResponse, 'body' | 'job' | 'definition'>,
): ServedResponse => {
  const { job, application } = result.value;
  return respondToCommand(result, {
    ...answer,
    headers: { ETag: etagOf(result.revision), ...answer.headers },
    job: { jobId: job.jobId, revision: result.revision, application: applicationSummary(application) },
    definition: job,
  });
};

/** Parsing fixes the order of the fields, so that a repeated request gets the same bytes, also from another release. */
const shownAs = ({ application, outlook }: JobShown, job: JobDefinition) => ({
  ...jobResource(JobDefinition.parse(job), application),
  ...outlook,
});

type OutlookDeps = {
  readonly scope: Scope;
  readonly queries: ApiContext['queries'];
  readonly awaitShown: AwaitShown;
  /** Whether an earlier attempt at the request made the change. */
  readonly isRepeated: boolean;
};

/** Adds the body of an answer that shows a job, with its outlook unless that is not to be seen. */
export const withJobBody = async (
  { definition, ...answer }: ServedResponse,
  outlook: OutlookDeps | undefined,
): Promise<ServedResponse> => {
  const { job } = answer;
  if (job === undefined || definition === undefined) return answer;
  const found = outlook && (await findOutlook({ ...answer, job, definition }, outlook));
  const shown = found === undefined ? job : { ...job, outlook: found };
  return { ...answer, job: shown, body: shownAs(shown, definition) };
};

/**
 * Finds when a job that was changed runs next, and its state, as GET shows them. They are left out if the read models
 * don't show the change in time: the change is made, so it is answered all the same.
 */
const findOutlook = async (
  {
    status,
    position,
    job,
    definition,
  }: Pick<ServedResponse, 'status' | 'position'> & { readonly job: JobShown; readonly definition: JobDefinition },
  { scope, queries, awaitShown, isRepeated }: OutlookDeps,
): Promise<JobShown['outlook']> => {
  const isNew = status === 201 && !isRepeated;
  if (position !== undefined && !(await awaitShown(position))) return undefined;
  const ofNew = isNew ? await queries.newJobOutlook(definition).catch(() => undefined) : undefined;
  const found = ofNew ?? (await queries.getJob(scope, job.jobId).catch(() => undefined));
  if (found === undefined || ('revision' in found && found.revision !== job.revision)) return undefined;
  const { nextRunAt, state } = found;
  return defined({ nextRunAt, state });
};

/** How long a request waits for the end of the execution that it asked for. */
export const WaitQuery = z.strictObject({ wait: durationInput({ least: '1s', most: '60s' }).exactOptional() });

/**
 * Answers with an execution that was requested, or with its end where that is waited for.
 * @throws DomainError OVERLAP where the job's rule let none begin
 */
export const respondWithExecution = (
  done: CommandResult<RequestedExecution>,
  wait: Duration | undefined,
): ServedResponse => {
  const view = toRequestedExecutionView(done.value);
  const { error } = done.value;
  if (error !== undefined) {
    const detail = `${error.message}, so execution ${view.id} was cancelled; a trigger with overlap queue, allow or replace runs anyway`;
    throw new RecordedRejection('OVERLAP', detail, done.position);
  }
  const headers = { Location: `${PREFIX}/executions/${view.id}` };
  const awaits = wait === undefined ? {} : { awaits: { executionId: view.id, forMs: durationMs(wait) } };
  return respondToCommand(done, {
    status: 202,
    headers,
    body: executionResource(view, namesOf(done.value)),
    ...awaits,
  });
};

const namesOf = ({ job, application }: RequestedExecution): JobNames =>
  defined({
    jobName: job.name,
    applicationId: job.applicationId,
    applicationName: application?.name,
  });

/** Completes a stored answer. An answer that shows a job is stored without its body, which the job's event still has. */
export const withBody = async (answer: ServedResponse, { jobAt }: ApiContext): Promise<ServedResponse> => {
  const { job, body } = answer;
  if (job === undefined || body !== undefined) return answer;
  return { ...answer, body: shownAs(job, await jobAt(job.jobId, job.revision)) };
};

const MAX_WAIT_MS = 2_000;

/** Waits until the read models show what is recorded up to a position; false if they don't. */
type AwaitShown = (position: Position) => Promise<boolean>;

/** Makes the wait of one request: up to 2 s in all, and none if its caller takes an answer before its change can be read. */
export const createAwaitShown = (
  { awaitPosition }: Queries,
  { eventual }: { readonly eventual: boolean },
): AwaitShown => {
  let isBehind = eventual;
  return async (position) => {
    if (isBehind) return false;
    isBehind = !(await awaitPosition(position, MAX_WAIT_MS));
    return !isBehind;
  };
};

type ConsistencyOptions = { readonly awaitShown: AwaitShown; readonly eventual: boolean };

/**
 * Waits until the read models show what the answer's command recorded, so that the caller's next query finds it. A
 * repeated answer waits too. If they don't, it returns the answer with `Carillon-Consistency: pending`.
 */
export const whenReadable = async <Shown extends Pick<ServedResponse, 'position' | 'headers'>>(
  answer: Shown,
  { awaitShown, eventual }: ConsistencyOptions,
): Promise<Shown> => {
  if (answer.position === undefined || eventual) return answer;
  if (await awaitShown(answer.position)) return answer;
  return { ...answer, headers: { ...answer.headers, 'Carillon-Consistency': 'pending' } };
};

const POLL_INTERVAL_MS = 200;
/** So many requests of a process wait for ends at once; one more is answered as it is. */
const MAX_WAITING = 200;

export type EndWatch = (answer: ServedResponse, scope: Scope) => Promise<ServedResponse>;

/** Waits for the end of the execution that an answer is of: the answer is 200 then, with the whole execution. */
export const createEndWatch = ({ queries, timers }: ApiContext): EndWatch => {
  let waiting = 0;
  return async ({ awaits, ...answer }, scope) => {
    if (awaits === undefined || waiting >= MAX_WAITING) return answer;
    waiting += 1;
    try {
      for (let waitedMs = 0; waitedMs < awaits.forMs; waitedMs += POLL_INTERVAL_MS) {
        await timers.sleep(POLL_INTERVAL_MS, scope.signal);
        const view = await queries.getExecution(scope, awaits.executionId);
        if (view === undefined || view.finishedAt === null) continue;
        const names = await queries.namesOfJobs(scope, [view.jobId]);
        return { ...answer, status: 200, body: executionResource(view, names.get(view.jobId)) };
      }
      return answer;
    } finally {
      waiting -= 1;
    }
  };
};

/**
 * Quotes a text for a header. Headers hold visible ASCII only; other characters are percent-encoded, and so is a percent
 * sign that would be taken for one of these.
 */
const quoted = (text: string): string => {
  const letters = /[^\x20-\x7e]|%(?=[\da-f]{2})/giu;
  const escaped = text.toWellFormed().replace(letters, (letter) => encodeURIComponent(letter));
  return `"${escaped.replace(/["\\]/g, '\\$&')}"`;
};
