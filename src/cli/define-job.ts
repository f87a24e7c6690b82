import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Job } from '../../packages/client/src/schema.ts';
import { defined, isRecord } from '../domain/defined.ts';
import { durationMs } from '../domain/duration.ts';
import type { CommandCall } from './command.ts';
import { bodyOf, definitionOf, jsonOf, jsonOrText, namedBy } from './command-bodies.ts';
import { fieldsOf, JOB_OPTIONS } from './command-options.ts';
import { JOBS } from './error-text.ts';
import { EXIT } from './fail.ts';
import { ifUnchanged } from './server.ts';
import { withInstant } from './table.ts';
import { VIEWS } from './views.ts';

/** Read-only fields of a job. The API accepts them unchanged, but they are not for editing. */
const SHOWN_ALONE: ReadonlySet<string> = new Set([
  ...['id', 'application', 'nextRunAt', 'lastExecution', 'completed', 'state'],
  ...['createdAt', 'createdBy', 'updatedAt', 'updatedBy'],
]);

/**
 * `carillon jobs edit`: opens a job in the editor and puts the saved text, unless another user changed the job in the
 * meantime. If it is rejected, the text is kept.
 */
export const editJob = async ({ subject, send, say, terminal }: CommandCall): Promise<void> => {
  const editor = editorOf(terminal);
  const { data, headers } = await send('getJob');
  const editable = Object.fromEntries(Object.entries(data).filter(([name]) => !SHOWN_ALONE.has(name)));
  const before = `${JSON.stringify(editable, undefined, 2)}\n`;
  const folder = await mkdtemp(path.join(tmpdir(), 'carillon-edit-'));
  const file = path.join(folder, 'job.json');
  await writeFile(file, before, { mode: 0o600 });
  try {
    await edit(editor, file);
    const after = await readFile(file, 'utf8');
    if (after === before) say(`No changes to ${subject}`);
    else {
      const response = await send('updateJob', { body: jsonOf(after, file), headers: ifUnchanged(headers) });
      say(`Updated ${subject}`, response.data);
    }
  } catch (error) {
    if ((await readFile(file, 'utf8')) === before) await rm(folder, { recursive: true });
    else if (error instanceof Error) error.message += `\n  Your text is saved in ${file}.`;
    throw error;
  }
  await rm(folder, { recursive: true });
};

/** @throws Error if no editor is configured and the default one has no terminal */
const editorOf = ({ env: { VISUAL, EDITOR }, stdin }: CommandCall['terminal']): string => {
  const editor = VISUAL || EDITOR || (stdin.isTTY ? 'vi' : undefined);
  if (editor !== undefined) return editor;
  throw new Error('No terminal to edit in. Set EDITOR, or use `carillon jobs put`.');
};

/** The editor's command can have arguments, such as `code --wait`. */
const edit = async (editor: string, file: string): Promise<void> => {
  const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${editor} ended with ${code ?? 'a signal'}. Nothing was changed.`);
};

/** An invalid name is rejected where it becomes part of a path. */
const ID_OR_ADDRESS = /^(\d+|\.{0,2})$|\//;
const MAX_NAMED = 10;

/**
 * The address of a job named without its application. Ids and addresses are returned unchanged.
 * @throws Error if no job has the name, or with the addresses if several do
 */
export const addressOfNamed = async (given: string, { list, send }: CommandCall): Promise<string> => {
  if (ID_OR_ADDRESS.test(given) || given.includes('*')) return given;
  const jobs = await list('listJobs', { query: { name: given } }, MAX_NAMED);
  const [only, ...others] = jobs.map(({ application, name }) => `${application.name}/${name}`);
  if (only === undefined) {
    const meant = await (await import('./nearest-address.ts')).addressOfNearest(given, send);
    const advice = meant === undefined ? `Use its address, such as crm/${given}.` : `Did you mean ${meant}?`;
    throw new Error(`No job has the name ${given}. ${advice}\n  ${JOBS}`);
  }
  if (others.length === 0) return only;
  throw new Error(`Several jobs have the name ${given}. Use one of the addresses ${[only, ...others].join(', ')}.`);
};

/** Commands that define a job, from a file and from options that replace its fields. */

/** `carillon jobs create`: rejected if the job exists. */
export const createJob = async (call: CommandCall): Promise<void> => {
  const { subject, options, nowMs, send, say } = call;
  const { ofApplication } = options;
  const [application, name] = ofApplication === undefined ? addressParts(subject) : [ofApplication, subject];
  const definition = await definitionFrom(call);
  if (definition.taskConfig === undefined)
    throw new Error('The job has nothing to run. Add --url, or --queue and --task.');
  const body = { ...definition, applicationId: application, name };
  const { data } = await send('createJob', { body });
  say(`Created ${data.application.name}/${data.name}${describeNext(data, nowMs)}`, data);
};

/** The next run; nothing if the server's lists are not up to date. */
const describeNext = ({ application, name, nextRunAt, pattern, schedule }: Job, nowMs: number): string => {
  if (nextRunAt != null) return `. Next run: ${withInstant(nextRunAt, nowMs)}`;
  const isManual = pattern === undefined && schedule === undefined;
  return isManual ? `. To run it: \`carillon jobs trigger ${application.name}/${name}\`` : '';
};

/** `carillon jobs put`: creates the job at an address, or replaces its definition by that of a file. */
export const putJob = async ({ subject, args: { file }, send, say, readText }: CommandCall): Promise<void> => {
  const params = addressParts(subject);
  const { status, data } = await send('putJob', { params, body: await definitionOf(await readText(file), file) });
  say(`${status === 201 ? 'Created' : 'Updated'} ${subject}`, data);
};

/** `carillon jobs update`: changes only the given fields. Rejected if another user changes the job at the same time. */
export const updateJob = async (call: CommandCall): Promise<void> => {
  const { subject, send, say } = call;
  const { data: job, headers } = await send('getJob');
  const body = await definitionFrom(call, job);
  if (Object.keys(body).length === 0)
    throw new Error('Nothing to change. Add options with new values, such as --cron.');
  const { data } = await send('updateJob', { body, headers: ifUnchanged(headers) });
  say(`Updated ${subject}`, data);
};

/** `carillon jobs preview`: exit code 1 if the target is blocked, or the request was sent and failed. */
export const previewJob = async (call: CommandCall): Promise<void> => {
  const { args, options, send: request, show, terminal } = call;
  const job = args.job === undefined ? undefined : (await request('getJob')).data;
  const changes = await definitionFrom(call, job);
  const replaced = changes.pattern === undefined ? changes.schedule && { pattern: null } : { schedule: null };
  const { ofApplication: applicationId, count = 5, send } = options;
  const body = { ...job, ...defined({ applicationId, count, send }), ...Object(replaced), ...changes };
  const { data } = await request('previewJob', { body });
  terminal.stdout.write(show(data, VIEWS.preview, 'fields'));
  if (!options.json && data.slots.length > 0)
    terminal.stdout.write(`\n${show(data.slots, VIEWS.previewSlots, 'rows')}`);
  if (data.target?.allowed === false || data.sent?.status === 'failed') terminal.exitCode = EXIT.no;
};

const addressParts = (address: string): [application: string, name: string] => {
  const [, application, name] = /^([^/]+)\/(.+)$/.exec(address) ?? [];
  if (application !== undefined && name !== undefined) return [application, name];
  throw new Error(`${JSON.stringify(address)} is not a job address. Use APPLICATION/NAME, such as crm/nightly-sync.`);
};

type Fields = Record<string, unknown>;

/** The fields in the file and the options. An option replaces a field of the file. */
const definitionFrom = async (
  { args: { file }, options, nowMs, readText }: CommandCall,
  job: Job | undefined = undefined,
): Promise<Fields> => {
  const { taskBody, taskInput, taskHeader, addLabel, delay, url, queue, set = [] } = options;
  const definition: Fields = file === undefined ? {} : { ...Object(await definitionOf(await readText(file), file)) };
  const body = taskBody === undefined ? undefined : await bodyOf('--body', taskBody, readText);
  const values: Fields = {
    ...options,
    delay: delay && new Date(nowMs + durationMs(delay)).toISOString(),
    addLabel: namedBy(':', addLabel),
    taskHeader: namedBy(':', taskHeader),
    taskBody: body,
    taskInput: taskInput === undefined ? undefined : await bodyOf('--input', taskInput, readText),
  };
  const given = Object.entries(fieldsOf(JOB_OPTIONS, values)).map(([field, value]) => ({
    path: field.split('/'),
    value,
  }));
  const others = Object.entries(namedBy('=', set) ?? {}).map(([name, text]) => ({
    path: name.split('.'),
    value: jsonOrText(text),
  }));
  if (given.some(({ path: [name = ''] }) => SCHEDULES.has(name))) for (const name of SCHEDULES) delete definition[name];
  if (job === undefined && definition.taskConfig === undefined) {
    if (url !== undefined) {
      definition.taskType = 'HttpInvokerTask';
      definition.taskConfig = { method: body === undefined ? 'GET' : 'POST' };
    } else if (queue !== undefined) definition.taskType = 'WorkerTask';
  }
  const before = { ...job, schedule: undefined };
  for (const { path, value } of [...given, ...others]) setField(definition, { path, value, before });
  return definition;
};

/** A job has one of these. */
const SCHEDULES: ReadonlySet<string> = new Set(['pattern', 'schedule']);

type FieldChange = { readonly path: readonly string[]; readonly value: unknown; readonly before: Fields };

/** Sets a field. Objects keep the fields that are not given, also those of the job before. */
const setField = (to: Fields, { path: [name = '', ...rest], value, before }: FieldChange): void => {
  const current = to[name] ?? before[name];
  if (rest.length > 0) {
    const inner: Fields = { ...Object(current) };
    setField(inner, { path: rest, value, before: {} });
    to[name] = inner;
  } else to[name] = isRecord(value) && isRecord(current) ? { ...current, ...value } : value;
};
