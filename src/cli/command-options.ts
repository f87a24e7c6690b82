import { InvalidArgumentError } from 'commander';
import { durationMs, readDuration } from '../domain/duration.ts';

export type OptionText = readonly [
  flags: string,
  description: string,
  parse?: (text: string, before: unknown) => unknown,
  /** Value of the option alone. */
  preset?: string,
];

/** Collects a repeatable option. */
const several = (text: string, before: unknown): string[] => [...(Array.isArray(before) ? before : []), text];
const count = (text: string): number => {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Must be a whole number from 1 to 999999.');
};
const countOrNone = (text: string): number => (text === '0' ? 0 : count(text));
const MAX_MS = durationMs('1000w');
const duration = (text: string): string => {
  if ((readDuration(text) ?? Number.NaN) <= MAX_MS) return text;
  throw new InvalidArgumentError(
    'Must be a whole number with a unit (ms, s, m, h, d, w), such as 90s or 24h; at most 1000w.',
  );
};
const minutes = (text: string): number => Math.ceil(durationMs(duration(text)) / durationMs('1m'));
/** Converts an instant for the API: a duration means before now. */
const when = (text: string): string => (/^\d+[a-z]+$/.test(text) ? `-${duration(text)}` : text);
const rate = (text: string): object => {
  const [, calls, per = ''] = /^(\d{1,6})\/(\w+)$/.exec(text) ?? [];
  if (calls === undefined) throw new InvalidArgumentError('Must be calls per duration, such as 10/1m.');
  return { count: Number(calls), per: duration(per) };
};

/** By API parameter. */
export const FILTERS = {
  applicationId: ['--application <name>', 'Filter by application'],
  jobId: ['--job <job>', 'Filter by job, such as crm/nightly-sync'],
  name: ['--name <name>', 'Filter by name; * matches any text'],
  target: ['--target <target>', 'Filter by target: host, host:port or origin'],
  label: ['--label <key:value>', 'Filter by label; repeatable', several],
  state: ['--state <names>', 'Filter by states, separated by commas'],
  lastStatus: ['--status <status>', 'Filter by status of the latest execution, such as failed'],
  status: [
    '--status <status>',
    'Filter by status, separated by commas: pending, running, succeeded, failed, cancelled',
  ],
  trigger: ['--trigger <trigger>', 'Filter by trigger: schedule, manual, backfill or rerun'],
  worker: ['--worker <id>', 'Filter by the worker that took the work last'],
  errorCode: ['--error-code <code>', 'Filter by error code'],
  errorText: ['--error <words>', 'Filter by words in the error'],
  outcome: [
    '--outcome <outcome>',
    'Filter by outcome: fired, late, skipped, missed or due (slots); done or rejected (requests)',
  ],
  actor: ['--by <name>', 'Filter by user or token'],
  action: ['--action <action>', 'Filter by API operation, such as updateJob'],
  code: ['--code <code>', 'Filter by error code of rejected requests'],
  rule: ['--rule <rule>', 'Filter by alert rule'],
  from: [
    '--from, --since <when>',
    'Start: a duration ago (24h), a day (yesterday, monday), a date or an instant',
    when,
  ],
  to: ['--to <when>', 'End (default: now)', when],
  minutes: ['--for <duration>', 'Period from now, up to 24 hours (default: 1 hour)', minutes],
  sort: ['--sort <field>', 'Sort by a field, such as createdAt; jobs also by name, nextRunAt or -lastRunAt'],
} as const satisfies Readonly<Record<string, OptionText>>;

/** Fields of a job's definition, by the option that sets them. */
export const JOB_FIELDS = {
  cron: 'pattern',
  interval: 'schedule/every',
  once: 'schedule/at',
  delay: 'schedule/at',
  timezone: 'timezone',
  description: 'description',
  addLabel: 'labels',
  url: 'taskConfig/url',
  method: 'taskConfig/method',
  taskHeader: 'taskConfig/headers',
  taskBody: 'taskConfig/body',
  timeout: 'taskConfig/timeout',
  queue: 'taskConfig/queue',
  task: 'taskConfig/task',
  taskInput: 'taskConfig/input',
} as const;

/** API fields of options with other names. */
export const OPTION_FIELDS: Readonly<Partial<Record<keyof typeof OPTIONS, string>>> = {
  reason: 'carillon-reason',
  for: 'until',
  pauseFrom: 'from',
  setLabel: 'labels',
  removeLabel: 'labels',
  header: 'headers',
  variable: 'variables',
  at: 'scheduledAt',
  origin: 'allowedOrigins',
  expires: 'expiresAt',
  begin: 'from',
  ofApplication: 'applicationId',
  execution: 'executionId',
  provenJob: 'jobId',
  jobVersion: 'version',
  end: 'to',
  ...JOB_FIELDS,
};

export const OPTIONS = {
  limit: ['--limit <n>', 'Maximum number of results (default: 50)', count],
  lines: ['--limit <n>', 'Maximum number of past executions (default: 20)', count],
  reason: ['--reason <text>', 'Reason, recorded with the change'],
  for: ['--for <duration>', 'Duration, such as 2h', duration],
  pauseFrom: ['--from <when>', 'Start: an instant, the start of a date, or a duration from now (default: now)'],
  owner: ['--owner <user>', 'Who takes care of it (default: you)'],
  note: ['--note <text>', 'Note for others'],
  until: ['--until <when>', 'End: an instant, or the start of a date'],
  catchUp: ['--catch-up <which>', 'Slots to run after the pause: skip (none), last or all (default: skip)'],
  body: ['--body <text>', "Request body instead of the job's: JSON, text or @file"],
  header: ['--header <name: value>', "Header instead of the job's; repeatable", several],
  query: ['--query <name=value>', "Query parameter instead of the URL's; repeatable", several],
  variable: ['--variable <name=value>', "Variable instead of the application's; repeatable", several],
  overlap: [
    '--overlap <what>',
    "Overlap policy if another run is open: skip, allow, queue or replace (default: the job's)",
  ],
  at: ['--at <instant>', 'Time that parameters are computed for (default: now)'],
  force: ['--force', 'Run even while the job is paused'],
  original: ['--original', 'Use the definition of the original execution'],
  wait: [
    '--wait [duration]',
    'Wait for the end, up to this duration, such as 30s (default: 1h); exit code 0 on success, 1 on failure',
    duration,
    '1h',
  ],
  follow: ['--follow', 'Continue with each execution that ends, until interrupted'],
  file: ['-f, --file <file>', 'File in JSON or YAML; - is standard input'],
  ofApplication: ['--application <name>', 'Application of the job, if the address does not name it'],
  cron: ['--cron <pattern>', 'Cron pattern, such as "0 2 * * *"; with 6 fields, the first is seconds'],
  interval: ['--every <interval>', 'Interval, such as 90s, 15m, 1d or 1mo'],
  once: ['--at <instant>', 'Run once at this instant, such as 2026-12-24T18:00:00Z'],
  delay: ['--in <duration>', 'Run once after this duration, such as 10m', duration],
  timezone: ['--time-zone <zone>', 'Time zone of the schedule, such as Europe/Berlin (default: UTC)'],
  description: ['--description <text>', 'Description'],
  addLabel: ['--label <key:value>', 'Label; repeatable', several],
  url: ['--url <url>', 'URL to call'],
  method: ['--method <method>', 'HTTP method (default: GET, or POST with a body)'],
  taskHeader: ['--header <name: value>', 'Header of the request; repeatable', several],
  taskBody: ['--body <text>', 'Body of the request: JSON, text or @file'],
  timeout: ['--timeout <duration>', 'Maximum duration of a call, such as 30s', duration],
  queue: ['--queue <name>', 'Queue of the workers that run the task, instead of --url'],
  task: ['--task <name>', 'Task that the workers run'],
  taskInput: ['--input <text>', 'Input of the task: JSON, text or @file'],
  set: ['--set <field=value>', 'Any other field, such as retry.maxAttempts=3; the value is JSON or text', several],
  count: ['--count <n>', 'Number of slots to show (default: 5)', count],
  send: ['--send', 'Send the request once, and show the response'],
  slot: ['--slot <instant>', "Time of the slot, such as 2026-03-29T02:30:00Z; without the Z, in the job's time zone"],
  dir: ['--dir <folder>', 'Folder that contains a folder per application (default: ./bootstrap)'],
  exitCode: ['--exit-code', 'Exit code 2 if there are changes or differences, 0 if there are none, 1 on errors'],
  source: ['--from <kind>', 'Source: crontab, kubernetes, gcloud, eventbridge or dkron'],
  out: ['--out <file>', 'File to create (default: jobs.json); must not exist; - is standard output'],
  all: ['--all', 'All resources that others changed'],
  everything: ['--all', 'All, without filters'],
  write: ['--write', "First write the server's version into the file"],
  allowDelete: ['--allow-delete <n>', 'Maximum number of jobs to delete (default: 0)', countOrNone],
  displayName: ['--display-name <text>', 'Display name'],
  origin: [
    '--origin <origin>',
    'Origin that can receive the secret, such as https://api.example.com; repeatable',
    several,
  ],
  signing: ['--signing', 'Use the secret to sign calls; it is never sent'],
  parallel: ['--parallel <n>', 'Maximum number of concurrent calls', count],
  rate: ['--rate <calls/time>', 'Maximum number of calls per duration, such as 10/1m', rate],
  permissions: ['--permissions <list>', 'Permissions separated by commas, such as scheduler:jobs:read'],
  applications: ['--application <name>', 'Limit access to this application; repeatable', several],
  expires: ['--expires <when>', 'Expiry: a duration such as 90d, or an instant (default: never)'],
  begin: ['--from <instant>', 'Slots after this instant, or after the start of this date'],
  end: ['--to <instant>', 'Slots up to this instant, or the start of this date'],
  reprocess: ['--reprocess <which>', 'Executed slots to run again: none, failed or all (default: none)'],
  dryRun: ['--dry-run', 'Show what would be changed or run, and change nothing'],
  spread: ['--spread <duration>', 'With filters: time over which the jobs are triggered one after another', duration],
  setLabel: ['--set <key:value>', 'Label to set; repeatable', several],
  removeLabel: ['--remove <key>', 'Label to remove; repeatable', several],
  execution: ['--execution <id>', 'Execution'],
  provenJob: ['--job <job>', 'Job, with --job-version'],
  jobVersion: ['--job-version <number>', 'Version of the job; the first is 1'],
  outFile: ['--out <file>', 'File to write (default: standard output)'],
  key: ['--key <key...>', 'Trusted public keys (default: AUDIT_PUBLIC_KEYS and AUDIT_KEY)'],
  watch: ['--watch', 'Refresh the output until interrupted'],
  every: ['--every <duration>', 'Refresh interval (default: 2s)', duration],
} as const satisfies Readonly<Record<string, OptionText>>;

export type OptionName = keyof typeof OPTIONS;

/** The options that define a job. */
export const JOB_OPTIONS: readonly OptionName[] = [
  'cron',
  'interval',
  'once',
  'delay',
  'timezone',
  'url',
  'method',
  'taskHeader',
  'taskBody',
  'timeout',
  'queue',
  'task',
  'taskInput',
  'addLabel',
  'description',
  'set',
];
