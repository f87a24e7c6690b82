import { defined } from '../domain/defined.ts';
import { durationMs, readDuration } from '../domain/duration.ts';
import { plain } from '../runtime/text.ts';
import type { CommandCall } from './command.ts';
import { bodyOf, namedBy } from './command-bodies.ts';
import { awaitEnd, endOf, hasEnded } from './execution-end.ts';
import { EXIT } from './fail.ts';
import { relative, seconds } from './table.ts';

/** Commands with logic of their own, on jobs, executions and other resources of a tenant. */

const EVERY_PAUSE = 1_000;

/** `carillon jobs pause`: until the pause is ended, unless an end is given. */
export const pause = async (call: CommandCall): Promise<void> => {
  const { subject, say } = call;
  const { data, span } = await requestPause('job', /^\d+$/.test(subject) ? Number(subject) : subject, call);
  say(`Paused ${subject}${span}. To resume: \`carillon jobs unpause ${subject}\``, data);
};

/** `carillon pauses set`: pauses an application, the jobs with some labels, a target, a tenant or the installation. */
export const setPause = async (call: CommandCall): Promise<void> => {
  const { scope = '', name } = call.args;
  const { data, span } = await requestPause(scope, scope === 'labels' ? namedBy(':', name?.split(',')) : name, call);
  const what = [scope, name].filter((word) => word !== undefined).join(' ');
  call.say(`Paused ${what}${span}. To resume: \`carillon pauses lift ${data.id}\``, data);
};

const requestPause = async (scope: string, of: unknown, { send, options, nowMs }: CommandCall) => {
  const { for: duration, until, reason, catchUp, pauseFrom: from } = options;
  if (duration !== undefined && until !== undefined)
    throw new Error("--for and --until can't be combined. Use one of them.");
  const body = defined({ scope, of, reason, from, until: duration ?? until, catchUp });
  const { data } = await send('setPause', { body });
  const at = (word: string, instant: string | undefined): string =>
    instant === undefined ? '' : ` ${word} ${seconds(instant)} (${relative(instant, nowMs)})`;
  return { data, span: at('from', data.from) + at('until', data.until) };
};

/** `carillon jobs unpause`: ends the job's own pauses and names other pauses that still bind it. */
export const unpause = async ({ subject, nowMs, send, list, say, note }: CommandCall): Promise<void> => {
  const { data: job } = await send('getJob');
  const pauses = await list('listPauses', {}, EVERY_PAUSE);
  const own = pauses.filter(({ scope, of }) => scope === 'job' && of === job.id);
  for (const { id } of own) await send('liftPause', { params: [id] });
  say(own.length === 0 ? `${subject} has no pause of its own` : `Resumed ${subject}`, own);
  const wider = pauses.filter(
    ({ scope, of, from }) =>
      (from === undefined || Date.parse(from) <= nowMs) &&
      (scope === 'tenant' || scope === 'installation' || (scope === 'application' && of === job.application.id)),
  );
  for (const { id, scope } of wider) {
    note(`carillon: Still paused: the ${scope} is paused. To end that pause: \`carillon pauses lift ${id}\``);
  }
};

/** `carillon jobs trigger`: runs a job, with optional input. */
export const trigger = async (call: CommandCall): Promise<void> => {
  const { body, header, query, variable, overlap, at, force } = call.options;
  const run = defined({
    body: body === undefined ? undefined : await bodyOf('--body', body, call.readText),
    headers: namedBy(':', header),
    query: namedBy('=', query),
    variables: namedBy('=', variable),
    overlap,
    scheduledAt: at,
    force,
  });
  await requestExecution('triggerJob', { body: run }, call);
};

/** `carillon executions rerun`: runs the job of an execution again, for the same instant. */
export const rerun = async (call: CommandCall): Promise<void> => {
  const { original, force } = call.options;
  const query = { definition: original ? 'original' : undefined };
  await requestExecution('rerunExecution', { query, body: { force } }, call);
};

/** `carillon executions cancel`: the execution has then ended, unless its engine does not respond. */
export const cancel = async ({ send, say }: CommandCall): Promise<void> => {
  const { data } = await send('cancelExecution');
  say(`Execution ${data.id} ${endOf(data)}`, data);
};

/**
 * Requests an execution; with `--wait`, polls it until its end, which sets the exit code. The request itself does not wait:
 * if the server stopped, its id would be unknown.
 */
const requestExecution = async (
  operation: 'triggerJob' | 'rerunExecution',
  { query, body }: { readonly query?: object; readonly body: object },
  { options: { wait }, send, say, terminal }: CommandCall,
): Promise<void> => {
  const { data } = await send(operation, { query: { ...query }, body });
  const { id } = data;
  const command = `carillon executions get ${id}`;
  const execution = await awaitEnd(data, {
    awaited: { name: `Execution ${id}`, command },
    get: async () => (await send('getExecution', { params: [id] })).data,
    hasEnded,
    forMs: wait === undefined ? 0 : durationMs(wait),
  });
  const { status } = execution;
  if (wait !== undefined && !hasEnded(execution))
    throw new Error(`Execution ${id} is still ${status} after ${wait}. Check it with: \`${command}\``);
  say(`Execution ${id} ${endOf(execution)}`, execution);
  if (wait !== undefined && status !== 'succeeded') terminal.exitCode = EXIT.no;
};

/** `carillon tokens create`: prints only the token, for scripts. */
export const createToken = async ({ subject: name, options, nowMs, send, say, note }: CommandCall): Promise<void> => {
  const { permissions, applications, queues, expires } = options;
  if (permissions === undefined)
    throw new Error('--permissions is missing. Add the permissions of the token, such as scheduler:jobs:read.');
  const ids: number[] = [];
  for (const each of applications ?? []) ids.push((await send('getApplication', { params: [each] })).data.id);
  const lifetimeMs = expires === undefined ? undefined : readDuration(expires);
  const body = defined({
    name,
    permissions: listOf(permissions),
    queues: queues === undefined ? undefined : listOf(queues),
    applications: applications === undefined ? undefined : ids,
    expiresAt: lifetimeMs === undefined ? expires : new Date(nowMs + lifetimeMs).toISOString(),
  });
  const { data } = await send('createToken', { body });
  say(data.token, data);
  note(`carillon: Save this token now: it won't be shown again. To revoke it: \`carillon tokens revoke ${data.id}\``);
};

const listOf = (text: string): string[] => text.split(',').map((each) => each.trim());

/** `carillon alerts test`: prints each receiver's response. Exit code 1 if one was not reached. */
export const testRule = async ({ send, say, terminal }: CommandCall): Promise<void> => {
  const { data } = await send('testAlertRule');
  const lines = data.map(({ receiver, status, response, error }) => {
    const address = 'url' in receiver ? receiver.url : 'to' in receiver ? receiver.to : receiver.secret;
    const why = error === undefined ? response : plain(`${error.code}: ${error.message}`);
    return `${receiver.type} ${address}: ${status}${why === undefined ? '' : `, ${why}`}`;
  });
  say(lines.join('\n'), data);
  if (data.some(({ status }) => status === 'failed')) terminal.exitCode = EXIT.no;
};
