import type {
  Application,
  Execution,
  Job,
  JobState,
  Occurrence,
  Pause,
  Preview,
  Queue,
  Upcoming,
} from '../../packages/client/src/schema.ts';
import {
  type CommandColumn,
  type CommandView,
  fromNow,
  relative,
  seconds,
  took,
  viewOf,
  viewOfList,
  withInstant,
} from './table.ts';

/** Columns for the API's responses. */

type LastChange = { readonly updatedAt: string; readonly updatedBy: string };
export const CHANGED = [
  { title: 'CHANGED', of: ({ updatedAt }, nowMs) => relative(updatedAt, nowMs) },
  { title: 'BY', of: ({ updatedBy }) => updatedBy },
] as const satisfies readonly CommandColumn<LastChange>[];
export const CHANGED_FIELD: CommandColumn<LastChange> = {
  title: 'Changed',
  of: ({ updatedAt, updatedBy }, nowMs) => `${withInstant(updatedAt, nowMs)}, by ${updatedBy}`,
};

type Schedule = {
  readonly pattern?: string | undefined;
  readonly schedule?: object | undefined;
  readonly timezone: string;
};
const scheduleText = ({ pattern, schedule, timezone }: Schedule): string => {
  const text = pattern ?? (schedule && Object.entries(schedule).flat().join(' '));
  return text === undefined ? 'manual' : `${text}${timezone === 'UTC' ? '' : ` ${timezone}`}`;
};
type Request = { readonly method: string; readonly url?: string; readonly endpoint?: string; readonly path?: string };
const lineOfRequest = ({ method, url, endpoint = '', path = '' }: Request): string =>
  `${method} ${url ?? `${endpoint}${path}`}`;

const lineOfWork = ({ queue, task }: { readonly queue: string; readonly task: string }): string =>
  `${task} in ${queue}`;

const responseOf = ({ result }: { readonly result?: Execution['result'] }): number | undefined =>
  result?.taskType === 'HttpInvokerTask' ? result.status : undefined;

const lineOfSnapshot = (snapshot: NonNullable<Execution['jobSnapshot']>): string =>
  snapshot.taskType === 'WorkerTask' ? lineOfWork(snapshot) : lineOfRequest(snapshot);

type JobLike = { readonly state?: JobState | undefined };
const stateOf = ({ state }: JobLike): string | undefined => state?.name;
/** Reason, actor and end of a job's state. */
const stateText = ({ state }: JobLike, nowMs: number): string | undefined => {
  if (state === undefined) return undefined;
  const { name, reason: cause, by, until, count } = state;
  const more = [
    ...(count === undefined ? [] : [`${count} in a row`]),
    ...(cause === undefined ? [] : [cause]),
    ...(by === undefined ? [] : [`by ${by}`]),
    ...(until === undefined ? [] : [`until ${withInstant(until, nowMs)}`]),
  ];
  return [name, ...more].join(', ');
};
const labelsText = (labels: Readonly<Record<string, string>> = {}): string =>
  Object.entries(labels)
    .map((each) => each.join(':'))
    .join(' ');

const addressOf = ({ application, name }: { application: { name: string }; name: string }) =>
  `${application.name}/${name}`;

const taskText = (job: Job): string =>
  job.taskType === 'WorkerTask' ? lineOfWork(job.taskConfig) : lineOfRequest(job.taskConfig);

type FailureLike = { readonly error?: { readonly code: string; readonly message: string } | undefined };
const errorText = ({ error }: FailureLike): string | undefined => error && `${error.code}: ${error.message}`;
type OfJob = {
  readonly jobId: number;
  readonly jobName?: string | undefined;
  readonly applicationName?: string | undefined;
};
/** A name never consists of digits only, so a leading number is the id. */
export const jobText = ({ jobId, jobName, applicationName }: OfJob): string =>
  applicationName === undefined || jobName === undefined
    ? [jobId, jobName].join(' ').trim()
    : `${applicationName}/${jobName}`;

const hookText = ({ hook }: Execution, nowMs: number): string | undefined => {
  if (hook === undefined) return undefined;
  const { name, status, attempts, nextAt, response } = hook;
  const more = [
    ...(attempts === 0 ? [] : [`attempt ${attempts}`]),
    ...[errorText(hook) ?? response].filter((part) => part !== undefined),
    ...(nextAt === undefined ? [] : [`next ${withInstant(nextAt, nowMs)}`]),
  ];
  return [`${name} ${status}`, ...more].join(', ');
};

const MAX_SHOWN = 1_000;
const shortJson = (value: unknown = null): string => JSON.stringify(value).slice(0, MAX_SHOWN);
const SLOT_COLUMNS: readonly CommandColumn<Occurrence>[] = [
  { title: 'SLOT', of: ({ at }) => seconds(at) },
  { title: 'OUTCOME', of: ({ outcome }) => outcome, isState: true },
  { title: 'WHEN', of: ({ at, dueAt = at }, nowMs) => relative(dueAt, nowMs) },
  {
    title: 'REASON',
    of: ({ reason, expected, expectedReason: cause, dueAt }) =>
      reason ?? (expected && `${expected} for ${cause}`) ?? (dueAt && `moved to ${seconds(dueAt)}`),
  },
  { title: 'EXECUTION', of: ({ executionId }) => executionId },
];
/** The address of a paused job, the name of an application; their ids if the names are not known yet. */
const pausedText = ({ scope, of, jobName, applicationName }: Pause): string | number | undefined => {
  if (scope === 'job') return jobText({ jobId: Number(of), jobName, applicationName });
  return typeof of === 'object' ? labelsText(of) : (applicationName ?? of);
};
const startOfPause = ({ createdAt, from = createdAt }: Pause): string => (from > createdAt ? from : createdAt);

type Attempt = Execution['attempts'][number];
/** `2026-03-29T02:00:00Z, took 31 ms: HTTP_503: …`, with the status of the response instead if there is no error. */
const attemptText = ({ startedAt, finishedAt, status, error }: Attempt): string => {
  const duration = startedAt === null ? '' : `, took ${took(Date.parse(finishedAt) - Date.parse(startedAt))}`;
  const end = errorText({ error }) ?? (status === undefined ? undefined : `HTTP ${status}`);
  return `${seconds(startedAt ?? finishedAt)}${duration}${end === undefined ? '' : `: ${end}`}`;
};

const EXECUTION_FIELDS: readonly CommandColumn<Execution>[] = [
  { title: 'Execution', of: ({ id }) => id },
  { title: 'Job', of: jobText },
  { title: 'Status', of: ({ status }) => status, isState: true },
  { title: 'Waits for', of: ({ waitsFor }) => waitsFor },
  { title: 'Trigger', of: ({ trigger, createdBy }) => (createdBy ? `${trigger}, by ${createdBy}` : trigger) },
  { title: 'Due', of: ({ scheduledAt }, nowMs) => withInstant(scheduledAt, nowMs) },
  { title: 'Late', of: ({ late }) => late },
  { title: 'Started', of: ({ startedAt }, nowMs) => withInstant(startedAt, nowMs) },
  { title: 'Finished', of: ({ finishedAt }, nowMs) => withInstant(finishedAt, nowMs) },
  { title: 'Took', of: ({ durationMs: ms }) => (ms === null ? '' : took(ms)) },
  { title: 'Attempt', of: ({ attempt }) => attempt },
  { title: 'Retry', of: ({ retryAt }, nowMs) => withInstant(retryAt, nowMs) },
  { title: 'Called', of: ({ jobSnapshot }) => jobSnapshot && lineOfSnapshot(jobSnapshot) },
  { title: 'Worker', of: ({ worker }) => worker },
  { title: 'Error', of: errorText },
  { title: 'Response', of: responseOf },
  { title: 'Hook', of: hookText },
  { title: 'Data', of: ({ result }) => result && shortJson(result.data) },
];

/** The view of an execution has a field for each of its attempts that ended. */
const executionView: CommandView = (data, nowMs) => {
  const { attempts = [] }: Partial<Execution> = Object(data);
  const ended = attempts.map(
    (each): CommandColumn<Execution> => ({
      title: `Attempt ${each.attempt}`,
      of: () => attemptText(each),
    }),
  );
  const place = EXECUTION_FIELDS.findIndex(({ title }) => title === 'Attempt') + 1;
  return viewOf(EXECUTION_FIELDS.toSpliced(place, 0, ...ended))(data, nowMs);
};

export const VIEWS = {
  jobs: viewOf<Job>([
    { title: 'JOB', of: addressOf },
    { title: 'STATE', of: stateOf, isState: true },
    { title: 'NEXT', of: ({ nextRunAt }, nowMs) => fromNow(nextRunAt, nowMs) },
    { title: 'LAST', of: ({ lastExecution }) => lastExecution?.status, isState: true },
    { title: 'SCHEDULE', of: scheduleText },
    { title: 'ID', of: ({ id }) => id },
    { title: 'TASK', of: taskText, isWide: true },
    { title: 'LABELS', of: ({ labels }) => labelsText(labels), isWide: true },
  ]),
  job: viewOf<Job>([
    { title: 'Job', of: addressOf },
    { title: 'Id', of: ({ id }) => id },
    { title: 'State', of: stateText },
    { title: 'Description', of: ({ description }) => description },
    { title: 'Schedule', of: scheduleText },
    { title: 'Next run', of: ({ nextRunAt }, nowMs) => withInstant(nextRunAt, nowMs) },
    { title: 'Last execution', of: ({ lastExecution }) => lastExecution?.id },
    { title: 'Last status', of: ({ lastExecution }) => lastExecution?.status, isState: true },
    { title: 'Task', of: taskText },
    { title: 'Labels', of: ({ labels }) => labelsText(labels) },
    CHANGED_FIELD,
  ]),
  executions: viewOf<Execution>([
    { title: 'ID', of: ({ id }) => id },
    { title: 'STATUS', of: ({ status }) => status, isState: true },
    { title: 'JOB', of: jobText },
    { title: 'DUE', of: ({ scheduledAt }, nowMs) => relative(scheduledAt, nowMs) },
    { title: 'TOOK', of: ({ durationMs: ms }) => (ms !== null && took(ms)) || '' },
    { title: 'TRIGGER', of: ({ trigger }) => trigger },
    { title: 'ERROR', of: errorText },
  ]),
  execution: executionView,
  openExecutions: viewOf<Execution>([
    { title: 'ID', of: ({ id }) => id },
    { title: 'STATUS', of: ({ status }) => status, isState: true },
    { title: 'JOB', of: jobText },
    { title: 'SINCE', of: ({ startedAt, createdAt }, nowMs) => relative(startedAt ?? createdAt, nowMs) },
    { title: 'ATTEMPT', of: ({ attempt }) => attempt },
    {
      title: 'WAITS FOR',
      of: ({ waitsFor, retryAt }, nowMs) => waitsFor ?? (retryAt && `retry ${relative(retryAt, nowMs)}`),
    },
    { title: 'PROGRESS', of: ({ progress }) => (progress === undefined ? '' : shortJson(progress)) },
  ]),
  occurrences: viewOf(SLOT_COLUMNS),
  lateSlots: viewOf<Occurrence>([{ title: 'JOB', of: jobText }, ...SLOT_COLUMNS]),
  upcoming: viewOfList<Upcoming['first'][number]>('first', [
    { title: 'NEXT', of: ({ at }, nowMs) => relative(at, nowMs) },
    { title: 'JOB', of: jobText },
    { title: 'SLOT', of: ({ at }) => seconds(at) },
    { title: 'ZONE', of: ({ timezone }) => timezone },
  ]),
  preview: viewOf<Preview>([
    { title: 'Schedule', of: ({ scheduleText }) => scheduleText },
    { title: 'Request', of: ({ request }) => request && `${request.method} ${request.url}` },
    {
      title: 'Headers',
      of: ({ request }) =>
        request &&
        Object.entries(request.headers)
          .map((header) => header.join(': '))
          .join(', '),
    },
    { title: 'Body', of: ({ request }) => (request?.body === undefined ? '' : shortJson(request.body)) },
    { title: 'Target', of: ({ target }) => target && (target.allowed ? 'allowed' : `blocked: ${target.reason}`) },
    { title: 'Response', of: ({ sent }) => sent && [sent.status, responseOf(sent) ?? errorText(sent)].join(', ') },
    { title: 'Data', of: ({ sent }) => sent?.result && shortJson(sent.result.data) },
  ]),
  previewSlots: viewOf<Preview['slots'][number]>([
    { title: 'SLOT', of: ({ at }) => seconds(at) },
    { title: 'LOCAL TIME', of: ({ local }) => local },
    { title: 'WHEN', of: ({ at }, nowMs) => relative(at, nowMs) },
    { title: 'NOTE', of: ({ note }) => note },
  ]),
  applications: viewOf<Application>([
    { title: 'APPLICATION', of: ({ name }) => name },
    { title: 'ID', of: ({ id }) => id },
    { title: 'DISPLAY NAME', of: ({ displayName }) => displayName },
    ...CHANGED,
  ]),
  application: viewOf<Application>([
    { title: 'Application', of: ({ name }) => name },
    { title: 'Id', of: ({ id }) => id },
    { title: 'Display name', of: ({ displayName }) => displayName },
    { title: 'Created', of: ({ createdAt, createdBy }, nowMs) => `${withInstant(createdAt, nowMs)}, by ${createdBy}` },
    CHANGED_FIELD,
  ]),
  pauses: viewOf<Pause>([
    { title: 'PAUSE', of: ({ id }) => id },
    { title: 'SCOPE', of: ({ scope }) => scope },
    { title: 'APPLIES TO', of: pausedText },
    { title: 'ENDS', of: ({ until }, nowMs) => (until === undefined ? 'when ended' : relative(until, nowMs)) },
    { title: 'CATCH UP', of: ({ catchUp }) => catchUp ?? 'skip' },
    { title: 'STARTS', of: (pause, nowMs) => relative(startOfPause(pause), nowMs) },
    { title: 'BY', of: ({ createdBy }) => createdBy },
    { title: 'REASON', of: ({ reason }) => reason },
  ]),
  queues: viewOf<Queue>([
    {
      title: 'QUEUE',
      of: ({ applicationId, applicationName = applicationId, queue }) => `${applicationName}/${queue}`,
    },
    { title: 'WAITING', of: ({ offered }) => offered },
    { title: 'OLDEST', of: ({ oldestOfferedAt }, nowMs) => fromNow(oldestOfferedAt, nowMs) },
    { title: 'RUNNING', of: ({ taken }) => taken },
    {
      title: 'WORKERS',
      of: ({ workers }) => workers.map(({ id, host }) => (host === undefined ? id : `${id} on ${host}`)).join(', '),
    },
  ]),
};
