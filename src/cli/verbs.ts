import { InvalidArgumentError } from 'commander';
import { durationMs, readDuration } from '../domain/duration.ts';
import type { VerbWork } from './run-verb.ts';
import { VIEWS } from './views.ts';

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
const countOrNone = (text: string): number => (text === '0' ? 0 : count(text));
const LONGEST_MS = durationMs('1000w');
const duration = (text: string): string => {
  if ((readDuration(text) ?? Number.NaN) <= LONGEST_MS) return text;
  throw new InvalidArgumentError(
    'It is a whole number and one of ms, s, m, h, d, w, such as 90s or 24h; at most 1000w.',
  );
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
  state: ['--state <names>', 'in these states, with commas between them'],
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
  dir: ['--dir <folder>', 'a folder with a folder for each application; ./bootstrap unless told'],
  exitCode: ['--exit-code', 'exit code 2 where something would be changed, 0 where nothing, 1 where it cannot be said'],
  allowDelete: ['--allow-delete <n>', 'how many jobs may be deleted; none unless told', countOrNone],
} as const satisfies Readonly<Record<string, OptionText>>;

export const GROUPS: Readonly<Record<string, string>> = {
  jobs: 'Jobs, by their address such as crm/nightly-sync, or by their id',
  executions: 'Executions of jobs',
  applications: 'Applications, which jobs belong to',
  bootstrap: 'Applications and jobs from files',
  pauses: 'Pauses of jobs, applications, targets and tenants',
};

const own = (name: keyof typeof import('./own-ways.ts')): VerbWork => ({
  kind: 'own',
  run: async (...given) => (await import('./own-ways.ts'))[name](...given),
});

const SPAN = ['from', 'to'] as const;
const REASON = ['reason'] as const;
const LIMIT = ['limit'] as const;

/** By how each is called. In paths and sentences, `:job` stands for its argument `<job>`. */
export const VERBS: Readonly<Record<string, Verb>> = {
  'jobs list': {
    says: 'Jobs, with when each runs next',
    filters: ['applicationId', 'name', 'label', 'state', 'lastStatus', 'sort'],
    options: LIMIT,
    work: { kind: 'list', path: '/jobs', view: VIEWS.jobs },
  },
  'jobs get <job>': {
    says: 'One job; with --json its whole definition, which `jobs put` takes',
    work: { kind: 'fields', path: '/jobs/:job', view: VIEWS.job },
  },
  'jobs put <job> [file]': {
    says: 'Create a job, or make it what a JSON file or standard input says',
    options: REASON,
    work: own('putJob'),
  },
  'jobs delete <job>': {
    says: 'Delete a job; its executions stay readable',
    options: REASON,
    work: { kind: 'change', method: 'delete', path: '/jobs/:job', said: ':job is deleted' },
  },
  'jobs enable <job>': {
    says: 'Let a job fire again',
    options: REASON,
    work: { kind: 'change', method: 'post', path: '/jobs/:job/enable', said: ':job is enabled' },
  },
  'jobs disable <job>': {
    says: 'Stop a job from firing',
    options: REASON,
    work: { kind: 'change', method: 'post', path: '/jobs/:job/disable', said: ':job is disabled' },
  },
  'jobs pause <job>': {
    says: 'Have nothing of a job called for a while; slots that come due are skipped',
    options: ['for', 'until', 'reason'],
    work: own('pause'),
  },
  'jobs unpause <job>': {
    says: 'Lift the pauses of a job',
    options: REASON,
    work: own('unpause'),
  },
  'jobs trigger <job>': {
    says: 'Have a job executed now, enabled or not',
    options: ['body', 'header', 'query', 'variable', 'at', 'force', 'reason', 'wait'],
    work: own('trigger'),
  },
  'jobs history <job>': {
    says: 'The versions of a job, newest first',
    options: LIMIT,
    work: { kind: 'list', path: '/jobs/:job/history', view: VIEWS.history },
  },
  'jobs occurrences <job>': {
    says: 'The slots of a job, oldest first, and what became of each; of the last 24 hours unless told',
    filters: ['outcome', ...SPAN],
    options: LIMIT,
    work: { kind: 'list', path: '/jobs/:job/occurrences', view: VIEWS.occurrences },
  },
  'jobs upcoming': {
    says: 'The 50 jobs that run next',
    filters: ['minutes'],
    work: { kind: 'table', path: '/upcoming', view: VIEWS.upcoming },
  },
  'executions list': {
    says: 'Executions, newest first',
    filters: ['jobId', 'applicationId', 'status', 'trigger', 'errorText', 'errorCode', 'label', ...SPAN],
    options: LIMIT,
    work: { kind: 'list', path: '/executions', view: VIEWS.executions },
  },
  'executions get <execution>': {
    says: 'One execution, with what was called and what it answered',
    work: { kind: 'fields', path: '/executions/:execution', view: VIEWS.execution },
  },
  'executions cancel <execution>': {
    says: 'Cancel an execution that is pending or running',
    options: REASON,
    work: own('cancel'),
  },
  'executions rerun <execution>': {
    says: 'Execute a job again for the instant of an earlier execution',
    options: ['original', 'force', 'reason', 'wait'],
    work: own('rerun'),
  },
  'executions tail': {
    says: 'A line for each execution that ends, as it ends, until it is interrupted',
    options: ['job'],
    work: { kind: 'own', run: async (...given) => (await import('./tail.ts')).tail(...given) },
  },
  'applications list': {
    says: 'Applications',
    options: LIMIT,
    work: { kind: 'list', path: '/applications', view: VIEWS.applications },
  },
  'pauses list': {
    says: 'The pauses in force',
    options: LIMIT,
    work: { kind: 'list', path: '/pauses', view: VIEWS.pauses },
  },
  'pauses lift <pause>': {
    says: 'Lift a pause, of whatever it is',
    options: REASON,
    work: { kind: 'change', method: 'delete', path: '/pauses/:pause', said: 'pause :pause is lifted' },
  },
  'bootstrap plan': {
    says: 'Show what applying a folder would change, field by field, and change nothing',
    options: ['dir', 'exitCode'],
    work: { kind: 'own', run: async (...given) => (await import('./bootstrap.ts')).plan(...given) },
  },
  'bootstrap apply': {
    says: 'Bring applications and jobs to what a folder says',
    options: ['dir', 'allowDelete', 'reason'],
    work: { kind: 'own', run: async (...given) => (await import('./bootstrap.ts')).apply(...given) },
  },
  'explain <job>': {
    says: 'What became of one slot of a job, and why, in a sentence',
    options: ['slot'],
    work: own('explainSlot'),
  },
};
