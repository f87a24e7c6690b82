import { InvalidArgumentError } from 'commander';
import { durationMs, readDuration } from '../domain/duration.ts';
import { type ApiOperation, operationOf } from './operations.ts';

/** An option as `--help` shows it, with the type of its value. */
type OptionText<Value> = {
  readonly flags: string;
  readonly description: string;
  readonly parse?: (text: string, before: unknown) => Value;
  /** The API field that it sets, such as `taskConfig/url`; by default, the field of its name. */
  readonly field?: string;
  /** The value of the option alone. */
  readonly preset?: string;
};

const option = <Value = string>(
  flags: string,
  description: string,
  details: Partial<OptionText<Value>> = {},
): OptionText<Value> => ({ flags, description, ...details });
const flag = (flags: string, description: string): OptionText<true> => ({ flags, description });

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
const MAX_UPCOMING_MS = durationMs('24h');
const minutes = (text: string): number => {
  const ms = durationMs(duration(text));
  if (ms > 0 && ms <= MAX_UPCOMING_MS) return Math.ceil(ms / durationMs('1m'));
  throw new InvalidArgumentError('Must be more than 0 and at most 24h.');
};
/** Converts an instant for the API: a duration means before now. */
const when = (text: string): string => (/^\d+[a-z]+$/.test(text) ? `-${duration(text)}` : text);
const rate = (text: string): object => {
  const [, calls, per = ''] = /^(\d{1,6})\/(\w+)$/.exec(text) ?? [];
  if (calls === undefined) throw new InvalidArgumentError('Must be calls per duration, such as 10/1m.');
  return { count: Number(calls), per: duration(per) };
};

/**
 * The options of commands that use the API. An option with the name of a query parameter belongs to every command whose
 * operation has it; `--help` shows options in this order.
 */
export const OPTIONS = {
  applicationId: option('--application <name>', 'Filter by application'),
  jobId: option('--job <job>', 'Filter by job, such as crm/nightly-sync'),
  name: option('--name <name>', 'Filter by name; * matches any text'),
  target: option('--target <target>', 'Filter by target: host, host:port or origin'),
  label: option('--label <key:value>', 'Filter by label; repeatable', { parse: several }),
  state: option('--state <names>', 'Filter by states, separated by commas'),
  lastStatus: option('--status <status>', 'Filter by status of the latest execution'),
  status: option('--status <status>', 'Filter by status, separated by commas'),
  trigger: option('--trigger <trigger>', 'Filter by trigger'),
  worker: option('--worker <id>', 'Filter by the worker that took the work last'),
  errorCode: option('--error-code <code>', 'Filter by error code'),
  errorText: option('--error <words>', 'Filter by words in the error'),
  outcome: option('--outcome <outcome>', 'Filter by outcome'),
  actor: option('--by <name>', 'Filter by user or token'),
  action: option('--action <action>', 'Filter by API operation, such as updateJob'),
  code: option('--code <code>', 'Filter by error code of rejected requests'),
  rule: option('--rule <rule>', 'Filter by alert rule'),
  from: option(
    '--from, --since <when>',
    'Start: a duration ago (24h), a day (yesterday, monday), a date or an instant',
    { parse: when },
  ),
  to: option('--to <when>', 'End (default: now)', { parse: when }),
  minutes: option('--for <duration>', 'Period from now, up to 24 hours (default: 1 hour)', { parse: minutes }),
  sort: option('--sort <field>', 'Sort by a field; with -, in descending order'),
  limit: option('--limit <n>', 'Maximum number of results (default: 50)', { parse: count }),
  lines: option('--limit <n>', 'Maximum number of past executions (default: 20)', { parse: count }),
  for: option('--for <duration>', 'Duration, such as 2h', { parse: duration, field: 'until' }),
  pauseFrom: option('--from <when>', 'Start: an instant, the start of a date, or a duration from now (default: now)', {
    field: 'from',
  }),
  owner: option('--owner <user>', 'Who takes care of it (default: you)'),
  note: option('--note <text>', 'Note for others'),
  until: option('--until <when>', 'End: an instant, or the start of a date'),
  catchUp: option('--catch-up <which>', 'Slots to run after the pause: skip (none), last or all (default: skip)'),
  body: option('--body <text>', "Request body instead of the job's: JSON, text or @file"),
  header: option('--header <name: value>', "Header instead of the job's; repeatable", {
    parse: several,
    field: 'headers',
  }),
  query: option('--query <name=value>', "Query parameter instead of the URL's; repeatable", { parse: several }),
  variable: option('--variable <name=value>', "Variable instead of the application's; repeatable", {
    parse: several,
    field: 'variables',
  }),
  overlap: option(
    '--overlap <what>',
    "Overlap policy if another run is open: skip, allow, queue or replace (default: the job's)",
  ),
  at: option('--at <instant>', 'Time that parameters are computed for (default: now)', { field: 'scheduledAt' }),
  force: flag('--force', 'Run even while the job is paused'),
  original: flag('--original', 'Use the definition of the original execution'),
  follow: flag('--follow', 'Continue with each execution that ends, until interrupted'),
  file: option('-f, --file <file>', 'File in JSON or YAML; - is standard input'),
  ofApplication: option('--application <name>', 'Application of the job, if the address does not name it', {
    field: 'applicationId',
  }),
  cron: option('--cron <pattern>', 'Cron pattern, such as "0 2 * * *"; with 6 fields, the first is seconds', {
    field: 'pattern',
  }),
  interval: option('--every <interval>', 'Interval, such as 90s, 15m, 1d or 1mo', { field: 'schedule/every' }),
  once: option('--at <instant>', 'Run once at this instant, such as 2026-12-24T18:00:00Z', { field: 'schedule/at' }),
  delay: option('--in <duration>', 'Run once after this duration, such as 10m', {
    parse: duration,
    field: 'schedule/at',
  }),
  timezone: option('--time-zone <zone>', 'Time zone of the schedule, such as Europe/Berlin (default: UTC)'),
  description: option('--description <text>', 'Description'),
  addLabel: option('--label <key:value>', 'Label; repeatable', { parse: several, field: 'labels' }),
  url: option('--url <url>', 'URL to call', { field: 'taskConfig/url' }),
  method: option('--method <method>', 'HTTP method (default: GET, or POST with a body)', {
    field: 'taskConfig/method',
  }),
  taskHeader: option('--header <name: value>', 'Header of the request; repeatable', {
    parse: several,
    field: 'taskConfig/headers',
  }),
  taskBody: option('--body <text>', 'Body of the request: JSON, text or @file', { field: 'taskConfig/body' }),
  timeout: option('--timeout <duration>', 'Maximum duration of a call, such as 30s', {
    parse: duration,
    field: 'taskConfig/timeout',
  }),
  queue: option('--queue <name>', 'Queue of the workers that run the task, instead of --url', {
    field: 'taskConfig/queue',
  }),
  task: option('--task <name>', 'Task that the workers run', { field: 'taskConfig/task' }),
  taskInput: option('--input <text>', 'Input of the task: JSON, text or @file', { field: 'taskConfig/input' }),
  set: option('--set <field=value>', 'Any other field, such as retry.maxAttempts=3; the value is JSON or text', {
    parse: several,
  }),
  count: option('--count <n>', 'Number of slots to show (default: 5)', { parse: count }),
  send: flag('--send', 'Send the request once, and show the response'),
  slot: option(
    '--slot <instant>',
    "Time of the slot, such as 2026-03-29T02:30:00Z; without the Z, in the job's time zone",
  ),
  dir: option('--dir <folder>', 'Folder that contains a folder per application (default: ./bootstrap)'),
  exitCode: flag('--exit-code', 'Exit code 2 if there are changes or differences, 0 if there are none, 1 on errors'),
  source: option('--from <kind>', 'Source: crontab, kubernetes, gcloud, eventbridge or dkron'),
  out: option('--out <file>', 'File to create (default: jobs.json); must not exist; - is standard output'),
  all: flag('--all', 'All resources that others changed'),
  everything: flag('--all', 'All, without filters'),
  write: flag('--write', "First write the server's version into the file"),
  allowDelete: option('--allow-delete <n>', 'Maximum number of jobs to delete (default: 0)', { parse: countOrNone }),
  displayName: option('--display-name <text>', 'Display name'),
  origin: option(
    '--origin <origin>',
    'Origin that can receive the secret, such as https://api.example.com; repeatable',
    { parse: several, field: 'allowedOrigins' },
  ),
  signing: flag('--signing', 'Use the secret to sign calls; it is never sent'),
  parallel: option('--parallel <n>', 'Maximum number of concurrent calls', { parse: count }),
  rate: option('--rate <calls/time>', 'Maximum number of calls per duration, such as 10/1m', { parse: rate }),
  permissions: option('--permissions <list>', 'Permissions separated by commas, such as scheduler:jobs:read'),
  applications: option('--application <name>', 'Limit access to this application; repeatable', { parse: several }),
  queues: option(
    '--queues <list>',
    'Limit access to the work of these queues, separated by commas, such as crm/reports; needs the permission scheduler:work alone',
  ),
  expires: option('--expires <when>', 'Expiry: a duration such as 90d, or an instant (default: never)', {
    field: 'expiresAt',
  }),
  begin: option('--from <instant>', 'Slots after this instant, or after the start of this date', { field: 'from' }),
  end: option('--to <instant>', 'Slots up to this instant, or the start of this date', { field: 'to' }),
  reprocess: option('--reprocess <which>', 'Executed slots to run again: none, failed or all (default: none)'),
  dryRun: flag('--dry-run', 'Show what would be changed or run, and change nothing'),
  verify: flag('--verify', 'Compare it with the live one, row by row'),
  planOnly: flag('--dry-run', 'Show the events, size and time that the rebuild needs, and change nothing'),
  spread: option('--spread <duration>', 'With filters: time over which the jobs are triggered one after another', {
    parse: duration,
  }),
  setLabel: option('--set <key:value>', 'Label to set; repeatable', { parse: several, field: 'labels' }),
  removeLabel: option('--remove <key>', 'Label to remove; repeatable', { parse: several, field: 'labels' }),
  execution: option('--execution <id>', 'Execution', { field: 'executionId' }),
  provenJob: option('--job <job>', 'Job, with --job-version', { field: 'jobId' }),
  jobVersion: option('--job-version <number>', 'Version of the job; the first is 1', { field: 'version' }),
  confirm: option('--confirm <tenant>', 'The name of the tenant again'),
  format: option('--format <format>', 'Format of the file, one row per line (default: ndjson)'),
  outFile: option('--out <file>', 'File to write (default: standard output)'),
  key: option<readonly string[]>('--key <key...>', 'Trusted public keys (default: AUDIT_PUBLIC_KEYS and AUDIT_KEY)'),
  reason: option('--reason <text>', 'Reason, recorded with the change', { field: 'carillon-reason' }),
  wait: option(
    '--wait [duration]',
    'Wait for the end, up to this duration, such as 30s (default: 1h); exit code 0 on success, 1 on failure',
    { parse: duration, preset: '1h' },
  ),
  watch: flag('--watch', 'Refresh the output until interrupted'),
  every: option('--every <duration>', 'Refresh interval (default: 2s)', { parse: duration }),
};

export type OptionName = keyof typeof OPTIONS;

/** The options of all commands; each command has some of them. */
export type OptionValues = {
  readonly [Name in OptionName]?: (typeof OPTIONS)[Name] extends OptionText<infer Value> ? Value : never;
};

export const optionText = (name: OptionName): OptionText<unknown> => OPTIONS[name];

export const isOption = (name: string): name is OptionName => Object.hasOwn(OPTIONS, name);
export const OPTION_NAMES = Object.keys(OPTIONS).filter(isOption);

/** The query of an operation, from the options with the names of its parameters. */
export const filtersOf = (operation: ApiOperation, values: OptionValues): Readonly<Record<string, unknown>> => {
  const { query } = operationOf(operation);
  return Object.fromEntries(OPTION_NAMES.filter((name) => query.includes(name)).map((name) => [name, values[name]]));
};

/** The only values of an option, if its operation has a list of them. */
export const valuesOf = (name: OptionName, operation: ApiOperation | undefined): readonly string[] | undefined =>
  operation === undefined ? undefined : operationOf(operation).values?.[name];

/** The API fields that these options set. */
export const fieldsOf = (
  names: readonly OptionName[],
  values: Readonly<Partial<Record<OptionName, unknown>>>,
): Record<string, unknown> =>
  Object.fromEntries(
    names.flatMap((name) => (values[name] === undefined ? [] : [[optionText(name).field ?? name, values[name]]])),
  );

/** The options that set a field of a job each. */
export const JOB_OPTIONS = [
  'cron',
  'interval',
  'once',
  'delay',
  'timezone',
  'description',
  'addLabel',
  'url',
  'method',
  'taskHeader',
  'taskBody',
  'timeout',
  'queue',
  'task',
  'taskInput',
] as const satisfies readonly OptionName[];
