import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import { createSensitiveNames } from '../../domain/redaction/mask.ts';
import { HTTP_TASK } from '../../domain/tasks/http/stored.ts';
import { WORKER_TASK } from '../../domain/tasks/worker/stored.ts';
import type { CommandCall } from '../command.ts';
import { fromDkron } from './dkron.ts';
import { fromEventBridge } from './eventbridge.ts';
import { fromGcloud } from './gcloud.ts';
import { httpCommandLine } from './http-command.ts';
import { accepted, type Conversion, type ImportedEntry, type ImportedJob, type Importer } from './imported.ts';
import { fromKubernetes } from './kubernetes.ts';

/** A secret extracted from the foreign file, and the place of its value there. */
export type ImportedSecret = { readonly name: string; readonly at: string; readonly what: string };

const names = createSensitiveNames();
type Fields = Readonly<Record<string, unknown>>;
/** Replaces a value by the name of a secret; equal values share a secret. */
type Hide = (value: string, what: string) => string;

/**
 * Replaces likely secrets by `${secret:NAME}`: passwords and tokens, and values of headers, query parameters and body fields
 * with typical names of secrets.
 */
export const hideSecrets = (
  entries: readonly ImportedEntry[],
): { readonly entries: ImportedEntry[]; readonly secrets: readonly ImportedSecret[] } => {
  const secrets: ImportedSecret[] = [];
  const byValue = new Map<string, string>();
  const hideIn =
    (at: string, job: ImportedJob): Hide =>
    (value, what) => {
      if (value === '') return value;
      const known = byValue.get(value);
      const name = known ?? freeName(`${String(job.name)}_${what}`, secrets);
      if (known === undefined) {
        byValue.set(value, name);
        secrets.push({ name, at, what });
      }
      return `\${secret:${name}}`;
    };
  const hidden = entries.map(({ job, ...entry }): ImportedEntry => {
    if (job === undefined) return entry;
    if (job.taskType !== HTTP_TASK) return { ...entry, job };
    const taskConfig = taskWithout(Object(job.taskConfig), hideIn(entry.at, job));
    return { ...entry, job: { ...job, taskConfig } };
  });
  return { entries: hidden, secrets };
};

const MAX_NAME = 60;

const freeName = (wanted: string, taken: readonly ImportedSecret[]): string => {
  const base = wanted.replaceAll(/\W+/g, '_').toUpperCase().replace(/^\d/, '_$&').slice(0, MAX_NAME);
  let free = base;
  for (let number = 2; taken.some(({ name }) => name === free); number++) free = `${base}_${number}`;
  return free;
};

const taskWithout = ({ url, headers, auth: ownAuth, body, ...task }: Fields, hide: Hide): Fields => {
  const { url: plainUrl, auth: urlAuth } = splitUserInfo(String(url));
  const auth = ownAuth ?? urlAuth;
  return defined({
    url: queryWithout(plainUrl, hide),
    ...task,
    headers: headers === undefined ? undefined : headersWithout(Object(headers), hide),
    auth: auth === undefined ? undefined : authWithout(Object(auth), hide),
    body: body === undefined ? undefined : bodyWithout(body, hide),
  });
};

/** URLs can't contain credentials: `auth` does. */
const splitUserInfo = (url: string): { readonly url: string; readonly auth?: Fields } => {
  const [, scheme = '', username, password = '', rest = ''] =
    /^(\w+:\/\/)([^:@/?#]*):?([^@/?#]*)@(.*)$/s.exec(url) ?? [];
  if (username === undefined) return { url };
  return {
    url: scheme + rest,
    auth: { authMethod: 'basic', username: decoded(username), password: decoded(password) },
  };
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const authWithout = (auth: Fields, hide: Hide): Fields =>
  mapFields(auth, (name, value) => (name === 'password' || name === 'token' ? hide(value, name) : value));

const headersWithout = (headers: Fields, hide: Hide): Fields =>
  mapFields(headers, (name, value) => {
    if (!names.header(name)) return value;
    const [, scheme = '', rest = value] = /^((?:Basic|Bearer|Token) )(.+)$/is.exec(value) ?? [];
    return scheme + hide(rest, name);
  });

const queryWithout = (url: string, hide: Hide): string =>
  url.replaceAll(/([?&])([^=&#]+)=([^&#]+)/g, (pair: string, mark: string, name: string, value: string) =>
    names.parameter(decoded(name)) ? `${mark}${name}=${hide(decoded(value), name)}` : pair,
  );

const FORM = /^[^=&\s]+=[^&]*(?:&[^=&\s]+=[^&]*)*$/;

const bodyWithout = (body: unknown, hide: Hide): unknown => {
  if (typeof body !== 'string') return valueWithout(body, hide);
  return FORM.test(body) ? queryWithout(`?${body}`, hide).slice(1) : body;
};

const valueWithout = (value: unknown, hide: Hide): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => valueWithout(item, hide));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      typeof item === 'string' && names.parameter(name) ? hide(item, name) : valueWithout(item, hide),
    ]),
  );
};

const mapFields = (fields: Fields, map: (name: string, value: string) => string): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, map(name, String(value))]));

const SETTING = /^\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/;
const ENTRY = /^\s*(@\w+|(?:\S+\s+){4}\S+)\s+(.+)$/;
const HAS_CALL = /(?:^|[\s/'"])(?:curl|wget)\b/;
/** The user in a system crontab, between times and command. */
const USER = /^([a-z_][a-z0-9_-]*)\s+(.+)$/;

/** Users whose lines of a system crontab are recognized by name. No program has one of these names. */
const SYSTEM_USER = /^(?:root|www-data|nobody|daemon)$/;

/** Imports a crontab of a user or of the system. */
export const fromCrontab: Importer = async (text) => {
  const entries: ImportedEntry[] = [];
  const tasks = new Set<string>();
  let timezone: string | undefined;
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const at = `line ${index + 1}`;
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, name, value = ''] = SETTING.exec(line) ?? [];
    if (name === 'CRON_TZ') timezone = value.replace(/^["']|["']$/g, '');
    else if (name !== undefined) entries.push({ at, notes: [`${name} has no equivalent${REMEDIES[name] ?? ''}`] });
    else entries.push({ at, ...entryOf(line, { timezone, tasks }) });
  }
  const isLocal = timezone === undefined && entries.some(({ job }) => job !== undefined);
  const zone = "no CRON_TZ: times are read as UTC, but cron uses its machine's time zone";
  return isLocal ? [{ at: 'all lines', notes: [zone] }, ...entries] : entries;
};

const REMEDIES: Readonly<Record<string, string>> = {
  MAILTO: ': use an alert rule',
};

/** What the earlier lines of a crontab mean for a line: their time zone, and the tasks for workers that they became. */
type Before = { readonly timezone: string | undefined; readonly tasks: Set<string> };

const entryOf = (line: string, { timezone, tasks }: Before): Conversion => {
  const [, pattern = '', given = ''] = ENTRY.exec(line) ?? [];
  if (pattern === '') return { notes: [`is not a valid crontab line: ${line.trim().slice(0, 120)}`] };
  if (pattern === '@reboot') return { notes: ['@reboot has no equivalent: it names no time'] };
  const [, user, ofUser = ''] = USER.exec(given) ?? [];
  const isOfSystem =
    user !== undefined &&
    !HAS_CALL.test(user) &&
    (SYSTEM_USER.test(user) ||
      (HAS_CALL.test(ofUser) && !/^(?:exec|nice|nohup|time|timeout|command|sh|bash|test)$/.test(user)));
  const command = isOfSystem ? ofUser : given;
  const found = httpCommandLine(command.replaceAll('\\%', '%'));
  if (/(?<!\\)%/.test(command))
    return { notes: ['text after % is standard input for the command, which has no equivalent'] };
  const when = { pattern: pattern.replace(/\s+/g, ' '), ...(timezone === undefined ? {} : { timezone }) };
  const ofUserNote = isOfSystem ? [`the user ${user} has no equivalent`] : [];
  if (found.taskConfig === undefined) {
    if (found.program === undefined) return { notes: found.notes };
    const { notes, ...work } = workOf(command.trim(), found.program, tasks);
    return { job: { ...when, ...work }, notes: [...ofUserNote, ...notes] };
  }
  const { taskConfig, notes, ...rules } = found;
  const job = { name: nameOf(String(taskConfig.url)), ...when, ...rules, taskType: HTTP_TASK, taskConfig };
  return { job, notes: [...ofUserNote, ...notes] };
};

const QUEUE = 'commands';
const MAX_TASK = 60;

/**
 * A job whose work a worker takes, which runs the program. The command line stays out of the file: it can contain passwords.
 * @param command as the crontab has it
 * @param program its words
 * @param tasks the tasks of earlier lines; the new one is added
 */
const workOf = (command: string, program: readonly string[], tasks: Set<string>) => {
  const named = program.find((word) => word.includes('/')) ?? program[0] ?? '';
  const base =
    (named.split('/').at(-1) ?? '')
      .replaceAll(/[^\w.-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, MAX_TASK) || 'command';
  let task = base;
  for (let number = 2; tasks.has(task); number++) task = `${base}-${number}`;
  tasks.add(task);
  const exec = command === named && named.startsWith('/') ? named : `./${task.replace(/[.]sh$/, '')}.sh`;
  const script = exec === named ? '' : `, with the command in the script ${exec}`;
  const run = `carillon worker run --queue APPLICATION/${QUEUE} --task ${task} --exec ${exec}`;
  return {
    name: task,
    taskType: WORKER_TASK,
    taskConfig: { queue: QUEUE, task },
    notes: [`runs a program, which needs a worker on its machine (${command.slice(0, 120)})${script}: ${run}`],
  };
};

const nameOf = (url: string): string => {
  const { hostname, pathname } = URL.parse(url) ?? { hostname: 'job', pathname: '' };
  return `${hostname}${pathname}`;
};

const IMPORTERS: Readonly<Record<string, Importer>> = {
  crontab: fromCrontab,
  kubernetes: fromKubernetes,
  gcloud: fromGcloud,
  eventbridge: fromEventBridge,
  dkron: fromDkron,
};

/**
 * `carillon jobs import`: writes a file of jobs, readable only by its owner, and lists entries without a counterpart and the
 * secrets to set: no secret is written.
 */
export const importJobs = async ({ subject: file, options, readText, note, terminal }: CommandCall): Promise<void> => {
  const { source: kind = '', out = 'jobs.json' } = options;
  const importer = IMPORTERS[kind];
  if (importer === undefined) throw new Error(`--from must be one of ${Object.keys(IMPORTERS).join(', ')}.`);
  const { entries, secrets } = hideSecrets(accepted(await read(importer, file, await readText(file))));
  for (const { at, notes } of entries) for (const each of notes) note(`${at}: ${each}`);
  const jobs = entries.flatMap(({ job }) => (job === undefined ? [] : [job]));
  const text = `${JSON.stringify(jobs, undefined, 2)}\n`;
  if (out === '-') terminal.stdout.write(text);
  else await writeFile(out, text, { flag: 'wx', mode: 0o600 });
  const left = entries.filter(({ job, at }) => job === undefined && at !== 'all lines').length;
  const count = jobs.length === 1 ? '1 job' : `${jobs.length} jobs`;
  note(
    `carillon: Wrote ${count} to ${out === '-' ? 'standard output' : out}${left === 0 ? '' : `; ${left} entries omitted`}`,
  );
  if (secrets.length === 0) return;
  const these = secrets.length === 1 ? 'this secret' : `these ${secrets.length} secrets`;
  note(`carillon: The file contains no passwords. Set ${these} of the application before you apply the file:`);
  for (const { name, at, what } of secrets) note(`  carillon secrets set APPLICATION ${name}  # ${what}, ${at}`);
};

const read = async (importer: Importer, file: string, text: string) => {
  try {
    return await importer(text);
  } catch (error) {
    if (error instanceof z.ZodError) throw new Error(`${file}: ${z.prettifyError(error)}`);
    if (error instanceof SyntaxError) throw new Error(`${file} is not JSON: ${error.message}`);
    throw error instanceof Error ? new Error(`${file}: ${error.message}`) : error;
  }
};
