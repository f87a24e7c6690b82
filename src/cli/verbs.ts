import { InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { durationMs } from '../domain/duration.ts';
import type { VerbView, VerbWork } from './run-verb.ts';
import { relative, took } from './table.ts';

/** A verb of the command line: what it takes, what it asks the server for, and what it shows of the answer. */
export type Verb = {
  readonly says: string;
  /** What its list is narrowed by. */
  readonly filters?: readonly (keyof typeof FILTERS)[];
  readonly options?: readonly (keyof typeof OPTIONS)[];
  readonly work: VerbWork;
};

export type OptionText = readonly [flags: string, says: string, parse?: (text: string, before: unknown) => unknown];

/** Of an option that may be given several times. */
const several = (text: string, before: unknown): unknown[] => [...(Array.isArray(before) ? before : []), text];
const count = (text: string): number => {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a number from 1 on.');
};
const duration = (text: string): string => {
  if (/^[1-9]\d*(ms|s|m|h|d|w)$/.test(text)) return text;
  throw new InvalidArgumentError('It is a number and one of ms, s, m, h, d, w, such as 90s or 24h.');
};
const minutes = (text: string): number => Math.ceil(durationMs(duration(text)) / durationMs('1m'));
const instantOrAgo = (text: string): string =>
  /^\d+[a-z]+$/.test(text) ? new Date(Date.now() - durationMs(duration(text))).toISOString() : text;

/** By the parameters of the API that they become. */
export const FILTERS = {
  applicationId: ['--application <name>', 'of this application'],
  jobId: ['--job <job>', 'of this job, such as crm/nightly-sync'],
  name: ['--name <text>', 'with this in its name'],
  label: ['--label <key:value>', 'with this label; may be given several times', several],
  enabled: ['--enabled <true|false>', 'that are enabled, or not'],
  lastStatus: ['--status <status>', 'whose newest execution stands so, such as failed'],
  status: [
    '--status <status>',
    'that stand so: pending, running, succeeded, failed, cancelled; commas between several',
  ],
  trigger: ['--trigger <trigger>', 'schedule, manual, backfill or rerun'],
  errorCode: ['--error-code <code>', 'with this code of the error'],
  errorText: ['--error <words>', 'with these words in the error'],
  outcome: ['--outcome <outcome>', 'fired, late, skipped, missed or due; commas between several'],
  from: ['--since <when>', 'from so long ago on, such as 24h, or from an instant on', instantOrAgo],
  to: ['--to <instant>', 'up to this instant; now unless told'],
  minutes: ['--for <duration>', 'how far to look ahead, a day at the most; an hour unless told', minutes],
  sort: ['--sort <field>', 'such as name, nextRunAt or -lastRunAt'],
} as const satisfies Readonly<Record<string, OptionText>>;

export const OPTIONS = {
  limit: ['--limit <n>', 'how many; 50 unless told', count],
  reason: ['--reason <text>', 'recorded with the change'],
  for: ['--for <duration>', 'ends after so long, such as 2h', duration],
  until: ['--until <when>', 'ends at this instant, or when this date begins'],
  body: ['--body <text>', 'sent in place of the body of the job: JSON, a text, or @file'],
  header: ['--header <name: value>', 'sent in place of that of the job; may be given several times', several],
  query: ['--query <name=value>', 'in place of that of the URL; may be given several times', several],
  variable: ['--variable <name=value>', 'in place of that of the application; may be given several times', several],
  at: ['--at <instant>', 'the instant for which parameters are filled in; now unless told'],
  force: ['--force', 'also while it is paused'],
  original: ['--original', 'by the definition that the first one ran by'],
  wait: ['--wait <duration>', 'wait for the end so long, such as 30s: exit code 0 if it succeeded, 1 if not', duration],
  job: FILTERS.jobId,
  slot: ['--slot <instant>', 'when it was due, such as 2026-03-29T02:30:00Z'],
} as const satisfies Readonly<Record<string, OptionText>>;

type VerbColumn<Row> = {
  readonly title: string;
  readonly of: (row: Row, nowMs: number) => string | number | null | undefined;
  readonly isState?: true;
};

/** The schemas are loaded with the first answer: what only lists the verbs needs none of them. */
const viewOf =
  <S extends z.ZodType>(load: () => Promise<S>, columns: readonly VerbColumn<z.output<S>>[]): VerbView =>
  async (data, nowMs) => {
    const rows = z.array(await load()).safeParse(Array.isArray(data) ? data : [data]);
    if (!rows.success) throw new Error('the server answers otherwise than this release reads it: --json shows how');
    return { columns, rows: rows.data.map((row) => columns.map(({ of }) => String(of(row, nowMs) ?? ''))) };
  };

type Schedule = {
  readonly pattern?: string | undefined;
  readonly schedule?: object | undefined;
  readonly timezone: string;
};
const scheduleText = ({ pattern, schedule = {}, timezone }: Schedule): string =>
  `${pattern ?? Object.entries(schedule).flat().join(' ')}${timezone === 'UTC' ? '' : ` ${timezone}`}`;
const stateOf = ({ enabled, completed }: { enabled: boolean; completed?: true | undefined }): string => {
  if (completed) return 'completed';
  return enabled ? 'enabled' : 'disabled';
};
const seconds = (instant: string): string => instant.replace(/\.000Z$/, 'Z');
const sofar = (instant: string | null | undefined, nowMs: number): string =>
  instant == null ? '' : `${seconds(instant)}, ${relative(instant, nowMs)}`;
const shortly = (instant: string | null | undefined, nowMs: number): string =>
  instant == null ? '' : relative(instant, nowMs);
const labelsText = (labels: Readonly<Record<string, string>> = {}): string =>
  Object.entries(labels)
    .map((each) => each.join(':'))
    .join(' ');

const jobSchema = async () => {
  const { JobSchema } = await import('../http/resources/jobs.ts');
  const { application, id, name, description, enabled, completed, pattern, schedule, timezone } = JobSchema.shape;
  const { nextRunAt, lastExecution, labels, updatedAt, updatedBy } = JobSchema.shape;
  return z.object({
    ...{ application, id, name, description, enabled, completed, pattern, schedule, timezone },
    ...{ nextRunAt, lastExecution, labels, updatedAt, updatedBy },
    taskConfig: z
      .looseObject({ method: z.string(), url: z.string(), endpoint: z.string(), path: z.string() })
      .partial(),
  });
};
const addressOf = ({ application, name }: { application: { name: string }; name: string }) =>
  `${application.name}/${name}`;

const JOBS = viewOf(jobSchema, [
  { title: 'JOB', of: addressOf },
  { title: 'STATE', of: stateOf, isState: true },
  { title: 'NEXT', of: ({ nextRunAt }, nowMs) => shortly(nextRunAt, nowMs) },
  { title: 'LAST', of: ({ lastExecution }) => lastExecution?.status, isState: true },
  { title: 'SCHEDULE', of: scheduleText },
  { title: 'ID', of: ({ id }) => id },
]);

const JOB = viewOf(jobSchema, [
  { title: 'Job', of: addressOf },
  { title: 'Id', of: ({ id }) => id },
  { title: 'State', of: stateOf, isState: true },
  { title: 'Description', of: ({ description }) => description },
  { title: 'Schedule', of: scheduleText },
  { title: 'Next run', of: ({ nextRunAt }, nowMs) => sofar(nextRunAt, nowMs) },
  { title: 'Last execution', of: ({ lastExecution }) => lastExecution?.id },
  { title: 'It stands', of: ({ lastExecution }) => lastExecution?.status, isState: true },
  {
    title: 'Calls',
    of: ({ taskConfig: { method, url, endpoint = '', path = '' } }) => `${method} ${url ?? `${endpoint}${path}`}`,
  },
  { title: 'Labels', of: ({ labels }) => labelsText(labels) },
  { title: 'Changed', of: ({ updatedAt, updatedBy }, nowMs) => `${sofar(updatedAt, nowMs)}, by ${updatedBy}` },
]);

const executionSchema = async () => (await import('../http/resources/executions.ts')).ExecutionSchema;
type Failing = { readonly error?: { readonly code: string; readonly message: string } | undefined };
const errorText = ({ error }: Failing): string | undefined => error && `${error.code}: ${error.message}`;
/** A name is never of digits only, so what begins with them is the id. */
const jobText = ({
  jobId,
  jobSnapshot,
}: {
  jobId: number;
  jobSnapshot?: { name: string } | null | undefined;
}): string => [jobId, jobSnapshot?.name].join(' ').trim();

const EXECUTIONS = viewOf(executionSchema, [
  { title: 'ID', of: ({ id }) => id },
  { title: 'STATUS', of: ({ status }) => status, isState: true },
  { title: 'JOB', of: jobText },
  { title: 'DUE', of: ({ scheduledAt }, nowMs) => relative(scheduledAt, nowMs) },
  { title: 'TOOK', of: ({ durationMs: ms }) => (ms !== null && took(ms)) || '' },
  { title: 'TRIGGER', of: ({ trigger }) => trigger },
  { title: 'ERROR', of: errorText },
]);

const LONGEST_SHOWN = 1_000;
const EXECUTION = viewOf(executionSchema, [
  { title: 'Execution', of: ({ id }) => id },
  { title: 'Job', of: jobText },
  { title: 'Status', of: ({ status }) => status, isState: true },
  { title: 'Waits for', of: ({ waitsFor }) => waitsFor },
  { title: 'Trigger', of: ({ trigger, createdBy }) => (createdBy ? `${trigger}, by ${createdBy}` : trigger) },
  { title: 'Due', of: ({ scheduledAt }, nowMs) => sofar(scheduledAt, nowMs) },
  { title: 'Late', of: ({ late }) => late },
  { title: 'Started', of: ({ startedAt }, nowMs) => sofar(startedAt, nowMs) },
  { title: 'Finished', of: ({ finishedAt }, nowMs) => sofar(finishedAt, nowMs) },
  { title: 'Took', of: ({ durationMs: ms }) => (ms === null ? '' : took(ms)) },
  { title: 'Attempt', of: ({ attempt }) => attempt },
  { title: 'Retry', of: ({ retryAt }, nowMs) => sofar(retryAt, nowMs) },
  { title: 'Called', of: ({ jobSnapshot }) => jobSnapshot && `${jobSnapshot.method} ${jobSnapshot.url}` },
  { title: 'Error', of: errorText },
  { title: 'Answer', of: ({ result }) => result?.status },
  { title: 'Data', of: ({ result }) => result && JSON.stringify(result.data).slice(0, LONGEST_SHOWN) },
]);

const HISTORY = viewOf(
  async () => (await import('../projections/queries/records/history.ts')).HistoryEntry,
  [
    { title: 'VERSION', of: ({ version }) => version },
    { title: 'WHEN', of: ({ at }, nowMs) => relative(at, nowMs) },
    { title: 'BY', of: ({ actor }) => actor },
    { title: 'ACTION', of: ({ action }) => action },
    { title: 'CHANGES', of: ({ changes }) => changes.map(({ path }) => path).join(' ') },
    { title: 'REASON', of: ({ reason }) => reason },
  ],
);

const OCCURRENCES = viewOf(
  async () => (await import('../http/resources/occurrences.ts')).OccurrenceSchema,
  [
    { title: 'SLOT', of: ({ at }) => seconds(at) },
    { title: 'OUTCOME', of: ({ outcome }) => outcome, isState: true },
    { title: 'WHEN', of: ({ at }, nowMs) => relative(at, nowMs) },
    { title: 'REASON', of: ({ reason, expected, because }) => reason ?? (expected && `${expected} for ${because}`) },
    { title: 'EXECUTION', of: ({ executionId }) => executionId },
  ],
);

const UPCOMING: VerbView = async (data, nowMs) => {
  const { UpcomingSlots } = await import('../projections/queries/slots/upcoming-slots.ts');
  const first = UpcomingSlots.pick({ first: true }).safeParse(data).data?.first;
  return viewOf(
    async () => UpcomingSlots.shape.first.element,
    [
      { title: 'NEXT', of: ({ at }) => relative(at, nowMs) },
      { title: 'JOB', of: ({ jobId, name }) => `${jobId} ${name}` },
      { title: 'SLOT', of: ({ at }) => seconds(at) },
      { title: 'ZONE', of: ({ timezone }) => timezone },
    ],
  )(first, nowMs);
};

const APPLICATIONS = viewOf(
  async () => (await import('../http/resources/applications.ts')).ApplicationSchema,
  [
    { title: 'APPLICATION', of: ({ name }) => name },
    { title: 'ID', of: ({ id }) => id },
    { title: 'DISPLAY NAME', of: ({ displayName }) => displayName },
    { title: 'CHANGED', of: ({ updatedAt }, nowMs) => relative(updatedAt, nowMs) },
    { title: 'BY', of: ({ updatedBy }) => updatedBy },
  ],
);

const PAUSES = viewOf(
  async () => (await import('../http/resources/closures.ts')).PauseSchema,
  [
    { title: 'PAUSE', of: ({ id }) => id },
    { title: 'SCOPE', of: ({ scope }) => scope },
    { title: 'OF', of: ({ of }) => of },
    { title: 'ENDS', of: ({ until }, nowMs) => (until === undefined ? 'when lifted' : relative(until, nowMs)) },
    { title: 'BEGAN', of: ({ since }, nowMs) => relative(since, nowMs) },
    { title: 'BY', of: ({ setBy }) => setBy },
    { title: 'REASON', of: ({ reason }) => reason },
  ],
);

export const GROUPS: Readonly<Record<string, string>> = {
  jobs: 'Jobs, by their address such as crm/nightly-sync, or by their id',
  executions: 'Executions of jobs',
  applications: 'Applications, which jobs belong to',
  pauses: 'Pauses of jobs, applications, targets and tenants',
};

const SPAN = ['from', 'to'] as const;
const REASON = ['reason'] as const;
const LIMIT = ['limit'] as const;

/** By how each is called. In paths and sentences, `:it` is what the verb is about. */
export const VERBS: Readonly<Record<string, Verb>> = {
  'jobs list': {
    says: 'Jobs, with when each runs next',
    filters: ['applicationId', 'name', 'label', 'enabled', 'lastStatus', 'sort'],
    options: LIMIT,
    work: { kind: 'list', path: '/jobs', view: JOBS },
  },
  'jobs get <job>': {
    says: 'One job; with --json its whole definition, which `jobs put` takes',
    work: { kind: 'fields', path: '/jobs/:it', view: JOB },
  },
  'jobs put <job> [file]': {
    says: 'Create a job, or make it what a JSON file or standard input says',
    options: REASON,
    work: { kind: 'own', run: async (...given) => (await import('./own-ways.ts')).putJob(...given) },
  },
  'jobs delete <job>': {
    says: 'Delete a job; its executions stay readable',
    options: REASON,
    work: { kind: 'change', method: 'delete', path: '/jobs/:it', said: ':it is deleted' },
  },
  'jobs enable <job>': {
    says: 'Let a job fire again',
    options: REASON,
    work: { kind: 'change', method: 'post', path: '/jobs/:it/enable', said: ':it is enabled' },
  },
  'jobs disable <job>': {
    says: 'Stop a job from firing',
    options: REASON,
    work: { kind: 'change', method: 'post', path: '/jobs/:it/disable', said: ':it is disabled' },
  },
  'jobs pause <job>': {
    says: 'Have nothing of a job called for a while; slots that come due are skipped',
    options: ['for', 'until', 'reason'],
    work: { kind: 'own', run: async (...given) => (await import('./own-ways.ts')).pause(...given) },
  },
  'jobs unpause <job>': {
    says: 'Lift the pauses of a job',
    options: REASON,
    work: { kind: 'own', run: async (...given) => (await import('./own-ways.ts')).unpause(...given) },
  },
  'jobs trigger <job>': {
    says: 'Have a job executed now, enabled or not',
    options: ['body', 'header', 'query', 'variable', 'at', 'force', 'reason', 'wait'],
    work: { kind: 'own', run: async (...given) => (await import('./own-ways.ts')).trigger(...given) },
  },
  'jobs history <job>': {
    says: 'The versions of a job, newest first',
    options: LIMIT,
    work: { kind: 'list', path: '/jobs/:it/history', view: HISTORY },
  },
  'jobs occurrences <job>': {
    says: 'The slots of a job, oldest first, and what became of each; of the last 24 hours unless told',
    filters: ['outcome', ...SPAN],
    options: LIMIT,
    work: { kind: 'list', path: '/jobs/:it/occurrences', view: OCCURRENCES },
  },
  'jobs upcoming': {
    says: 'The 50 jobs that run next',
    filters: ['minutes'],
    work: { kind: 'table', path: '/upcoming', view: UPCOMING },
  },
  'executions list': {
    says: 'Executions, newest first',
    filters: ['jobId', 'applicationId', 'status', 'trigger', 'errorText', 'errorCode', 'label', ...SPAN],
    options: LIMIT,
    work: { kind: 'list', path: '/executions', view: EXECUTIONS },
  },
  'executions get <execution>': {
    says: 'One execution, with what was called and what it answered',
    work: { kind: 'fields', path: '/executions/:it', view: EXECUTION },
  },
  'executions cancel <execution>': {
    says: 'Cancel an execution that is pending or running',
    options: REASON,
    work: { kind: 'own', run: async (...given) => (await import('./own-ways.ts')).cancel(...given) },
  },
  'executions rerun <execution>': {
    says: 'Execute a job again for the instant of an earlier execution',
    options: ['original', 'force', 'reason', 'wait'],
    work: { kind: 'own', run: async (...given) => (await import('./own-ways.ts')).rerun(...given) },
  },
  'executions tail': {
    says: 'A line for each execution that ends, as it ends, until it is interrupted',
    options: ['job'],
    work: { kind: 'own', run: async (...given) => (await import('./tail.ts')).tail(...given) },
  },
  'applications list': {
    says: 'Applications',
    options: LIMIT,
    work: { kind: 'list', path: '/applications', view: APPLICATIONS },
  },
  'pauses list': {
    says: 'The pauses in force',
    options: LIMIT,
    work: { kind: 'list', path: '/pauses', view: PAUSES },
  },
  'pauses lift <pause>': {
    says: 'Lift a pause, of whatever it is',
    options: REASON,
    work: { kind: 'change', method: 'delete', path: '/pauses/:it', said: 'pause :it is lifted' },
  },
  'explain <job>': {
    says: 'What became of one slot of a job, and why, in a sentence',
    options: ['slot'],
    work: { kind: 'own', run: async (...given) => (await import('./own-ways.ts')).explainSlot(...given) },
  },
};
