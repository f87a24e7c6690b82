import { InvalidArgumentError } from 'commander';
import { durationMs, readDuration } from '../domain/duration.ts';
import type { CommandWork } from './run-command.ts';

/** A verb of the command line: what it takes, what it asks the server for, and what it shows of the answer. */
export type CommandSpec = {
  readonly says: string;
  /** What its list is narrowed by. */
  readonly filters?: readonly (keyof typeof FILTERS)[];
  readonly options?: readonly (keyof typeof OPTIONS)[];
  readonly work: CommandWork;
};

export type OptionText = readonly [flags: string, says: string, parse?: (text: string, before: unknown) => unknown];

/** Of an option that may be given several times. */
const several = (text: string, before: unknown): unknown[] => [...(Array.isArray(before) ? before : []), text];
const count = (text: string): number => {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a number from 1 on.');
};
const countOrNone = (text: string): number => (text === '0' ? 0 : count(text));
const MAX_MS = durationMs('1000w');
const duration = (text: string): string => {
  if ((readDuration(text) ?? Number.NaN) <= MAX_MS) return text;
  throw new InvalidArgumentError(
    'It is a whole number and one of ms, s, m, h, d, w, such as 90s or 24h; at most 1000w.',
  );
};
const minutes = (text: string): number => Math.ceil(durationMs(duration(text)) / durationMs('1m'));
/** What the API takes for an instant: of a length of time, so long ago. */
const when = (text: string): string => (/^\d+[a-z]+$/.test(text) ? `-${duration(text)}` : text);
const rate = (text: string): object => {
  const [, calls, per = ''] = /^(\d{1,6})\/(\w+)$/.exec(text) ?? [];
  if (calls === undefined) throw new InvalidArgumentError('It is a number of calls in a time, such as 10/1m.');
  return { count: Number(calls), per: duration(per) };
};

/** By the parameters of the API that they become. */
export const FILTERS = {
  applicationId: ['--application <name>', 'of this application'],
  jobId: ['--job <job>', 'of this job, such as crm/nightly-sync'],
  name: ['--name <name>', 'of this name, where * stands for any text'],
  target: ['--target <target>', 'that call this host, host:port or origin'],
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
  outcome: ['--outcome <outcome>', 'of slots fired, late, skipped, missed or due; of requests done or rejected'],
  actor: ['--by <name>', 'of this user or token'],
  action: ['--action <action>', 'an operation of the API, such as updateJob'],
  code: ['--code <code>', 'rejected by this code'],
  rule: ['--rule <rule>', 'of this alert rule'],
  from: [
    '--from, --since <when>',
    'from so long ago on, such as 24h, from monday or yesterday, a date or an instant',
    when,
  ],
  to: ['--to <when>', 'up to then; by default now', when],
  minutes: ['--for <duration>', 'how far to look ahead, a day at the most; by default an hour', minutes],
  sort: ['--sort <field>', 'such as name, nextRunAt or -lastRunAt'],
} as const satisfies Readonly<Record<string, OptionText>>;

/** The fields of the API that options become, unless they are called so. */
export const OPTION_FIELDS: Readonly<Partial<Record<keyof typeof OPTIONS, string>>> = {
  reason: 'carillon-reason',
  for: 'until',
  header: 'headers',
  variable: 'variables',
  at: 'scheduledAt',
  origin: 'allowedOrigins',
  expires: 'expiresAt',
  begin: 'from',
  end: 'to',
};

export const OPTIONS = {
  limit: ['--limit <n>', 'how many; by default 50', count],
  reason: ['--reason <text>', 'recorded with the change'],
  for: ['--for <duration>', 'ends after so long, such as 2h', duration],
  until: ['--until <when>', 'ends at this instant, or when this date begins'],
  catchUp: ['--catch-up <which>', 'slots called once it has ended: skip, last or all; by default skip'],
  body: ['--body <text>', 'sent in place of the body of the job: JSON, a text, or @file'],
  header: ['--header <name: value>', 'sent in place of that of the job; may be given several times', several],
  query: ['--query <name=value>', 'in place of that of the URL; may be given several times', several],
  variable: ['--variable <name=value>', 'in place of that of the application; may be given several times', several],
  overlap: ['--overlap <what>', 'beside a run that is open: skip, allow, queue or replace; by default as the job says'],
  at: ['--at <instant>', 'the instant for which parameters are filled in; by default now'],
  force: ['--force', 'also while it is paused'],
  original: ['--original', 'by the definition that the first one ran by'],
  wait: ['--wait <duration>', 'wait for the end so long, such as 30s: exit code 0 if it succeeded, 1 if not', duration],
  job: FILTERS.jobId,
  slot: ['--slot <instant>', 'when it was due, such as 2026-03-29T02:30:00Z; without the Z by the clock of the job'],
  dir: ['--dir <folder>', 'a folder with a folder for each application; by default ./bootstrap'],
  exitCode: [
    '--exit-code',
    'exit code 2 if something would be changed or differs, 0 if nothing, 1 if it cannot be said',
  ],
  source: ['--from <kind>', 'crontab, kubernetes, gcloud, eventbridge or dkron'],
  out: ['--out <file>', 'the file to write, which must not be there yet; by default jobs.json; - is standard output'],
  all: ['--all', 'everything that others changed'],
  write: ['--write', 'write what the server has into the file first'],
  allowDelete: ['--allow-delete <n>', 'how many jobs may be deleted; by default none', countOrNone],
  displayName: ['--display-name <text>', 'its name for people'],
  origin: [
    '--origin <origin>',
    'sent only there, such as https://api.example.com; may be given several times',
    several,
  ],
  signing: ['--signing', 'signs calls, and is never sent'],
  parallel: ['--parallel <n>', 'how many calls at once', count],
  rate: ['--rate <calls/time>', 'how many calls in a time, such as 10/1m', rate],
  permissions: ['--permissions <list>', 'commas between them, such as scheduler:jobs:read'],
  applications: ['--application <name>', 'bound to this application; may be given several times', several],
  expires: ['--expires <when>', 'after so long, such as 90d, or at an instant; by default never'],
  begin: ['--from <instant>', 'slots after this instant, or after the beginning of a date'],
  end: ['--to <instant>', 'slots up to this instant, or to the beginning of a date'],
  reprocess: ['--reprocess <which>', 'call again what was called: none, failed or all; by default none'],
  dryRun: ['--dry-run', 'say what would be called, and call nothing'],
  watch: ['--watch', 'show it again and again, until it is interrupted'],
  every: ['--every <duration>', 'with --watch; by default every 2s', duration],
} as const satisfies Readonly<Record<string, OptionText>>;
