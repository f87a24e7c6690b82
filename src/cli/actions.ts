import { setTimeout as sleep } from 'node:timers/promises';
import type {
  Application,
  Backfill,
  BackfillDryRun,
  Execution,
  Job,
  Pause,
  ReceiverTest,
} from '../../packages/client/src/schema.ts';
import { defined } from '../domain/defined.ts';
import { durationMs, readDuration } from '../domain/duration.ts';
import { plain } from '../runtime/text.ts';
import type { CommandInput, CommandTools } from './command.ts';
import { bodyOf, namedBy } from './command-bodies.ts';
import { endOf, hasEnded } from './execution-end.ts';
import { EXIT } from './fail.ts';
import type { ServerRequest } from './server.ts';
import { relative, seconds } from './table.ts';

/** Commands that send more than one request. */

const EVERY_PAUSE = 1_000;

/** `carillon jobs pause`: until the pause is ended, unless an end is given. */
export const pause = async (input: CommandInput, { ask, say }: CommandTools): Promise<void> => {
  const { subject, options } = input;
  if (options.for !== undefined && options.until !== undefined)
    throw new Error("--for and --until can't be combined. Use one of them.");
  const of = /^\d+$/.test(subject) ? Number(subject) : subject;
  const body = {
    scope: 'job',
    of,
    reason: options.reason,
    until: options.for ?? options.until,
    catchUp: options.catchUp,
  };
  const { data } = await ask<Pause>({ method: 'post', path: '/pauses', body });
  const { until } = data;
  const end = until === undefined ? '' : ` until ${seconds(until)} (${relative(until, input.nowMs)})`;
  say(`Paused ${subject}${end}. To resume: \`carillon jobs unpause ${subject}\``, data);
};

/** `carillon jobs unpause`: ends the job's own pauses and names other pauses that still bind it. */
export const unpause = async (input: CommandInput, { ask, list, say, note }: CommandTools): Promise<void> => {
  const { subject } = input;
  const { data: job } = await ask<Job>({ path: input.at('/jobs/:job') });
  const pauses = await list<Pause>({ path: '/pauses' }, EVERY_PAUSE);
  const own = pauses.filter(({ scope, of }) => scope === 'job' && of === job.id);
  for (const { id } of own) await ask({ method: 'delete', path: `/pauses/${id}` });
  say(own.length === 0 ? `${subject} has no pause of its own` : `Resumed ${subject}`, own);
  const wider = pauses.filter(
    ({ scope, of }) =>
      scope === 'tenant' || scope === 'installation' || (scope === 'application' && of === job.application.id),
  );
  for (const { id, scope } of wider) {
    note(`carillon: Still paused: the ${scope} is paused. To end that pause: \`carillon pauses lift ${id}\``);
  }
};

/** `carillon jobs trigger`: runs a job, with optional input. */
export const trigger = async (input: CommandInput, tools: CommandTools): Promise<void> => {
  const { body, header, query, variable, overlap, at, force } = input.options;
  const run = defined({
    body: body === undefined ? undefined : await bodyOf(body, tools),
    headers: namedBy(':', header),
    query: namedBy('=', query),
    variables: namedBy('=', variable),
    overlap,
    scheduledAt: at,
    force,
  });
  await request(input, { path: input.at('/jobs/:job/trigger'), body: run }, tools);
};

/** `carillon executions rerun`: runs the job of an execution again, for the same instant. */
export const rerun = async (input: CommandInput, tools: CommandTools): Promise<void> => {
  const { original, force } = input.options;
  const query = { definition: original ? 'original' : undefined };
  await request(input, { path: input.at('/executions/:execution/rerun'), query, body: { force } }, tools);
};

/** `carillon executions cancel`: the execution has then ended, unless its engine does not respond. */
export const cancel = async ({ at }: CommandInput, { ask, say }: CommandTools): Promise<void> => {
  const { data } = await ask<Execution>({ method: 'post', path: at('/executions/:execution/cancel') });
  say(`Execution ${data.id} ${endOf(data)}`, data);
};

/** The server waits up to this time for the end of an execution; afterwards it is polled every second. */
const MAX_WAIT_MS = 60_000;
const POLL_INTERVAL_MS = 1_000;

/** Requests an execution; with `--wait`, waits for its end, which sets the exit code. */
const request = async (
  { options: { wait } }: CommandInput,
  { query, ...asked }: ServerRequest,
  { ask, say, terminal }: CommandTools,
): Promise<void> => {
  const forMs = wait === undefined ? 0 : durationMs(wait);
  const untilMs = Date.now() + forMs;
  const waiting = forMs < 1_000 ? {} : { wait: `${Math.min(forMs, MAX_WAIT_MS)}ms` };
  let { data: execution } = await ask<Execution>({ ...asked, method: 'post', query: { ...query, ...waiting } });
  while (wait !== undefined && !hasEnded(execution) && Date.now() < untilMs) {
    await sleep(Math.min(POLL_INTERVAL_MS, untilMs - Date.now()));
    ({ data: execution } = await ask<Execution>({ path: `/executions/${execution.id}` }));
  }
  if (wait !== undefined && !hasEnded(execution)) {
    const { id, status } = execution;
    throw new Error(
      `Execution ${id} is still ${status} after ${wait}. Check it with: \`carillon executions get ${id}\``,
    );
  }
  say(`Execution ${execution.id} ${endOf(execution)}`, execution);
  if (wait !== undefined && execution.status !== 'succeeded') terminal.exitCode = EXIT.no;
};

/** Commands on other resources of a tenant that send more than one request. */

/** `carillon tokens create`: prints only the token, for scripts. */
export const createToken = async (input: CommandInput, { ask, say, note }: CommandTools): Promise<void> => {
  const { subject: name, options, nowMs } = input;
  const { permissions, applications, expires } = options;
  if (permissions === undefined)
    throw new Error('--permissions is missing. Add the permissions of the token, such as scheduler:jobs:read.');
  const ids: number[] = [];
  for (const each of applications ?? []) {
    const { data } = await ask<Application>({
      path: `/applications/${encodeURIComponent(each)}`,
    });
    ids.push(data.id);
  }
  const lifetimeMs = expires === undefined ? undefined : readDuration(expires);
  const body = defined({
    name,
    permissions: permissions.split(',').map((each) => each.trim()),
    applications: applications === undefined ? undefined : ids,
    expiresAt: lifetimeMs === undefined ? expires : new Date(nowMs + lifetimeMs).toISOString(),
  });
  const { data } = await ask<{ readonly id: number; readonly token: string }>({
    method: 'post',
    path: '/tokens',
    body,
  });
  say(data.token, data);
  note(`carillon: Save this token now: it won't be shown again. To revoke it: \`carillon tokens revoke ${data.id}\``);
};

/** `carillon alerts test`: prints each receiver's response. Exit code 1 if one was not reached. */
export const testRule = async ({ at }: CommandInput, { ask, say, terminal }: CommandTools): Promise<void> => {
  type Tested = ReceiverTest;
  const { data } = await ask<Tested[]>({ method: 'post', path: at('/alert-rules/:rule/test') });
  const lines = data.map(({ receiver, status, response, error }) => {
    const address = 'url' in receiver ? receiver.url : 'to' in receiver ? receiver.to : receiver.secret;
    const why = error === undefined ? response : plain(`${error.code}: ${error.message}`);
    return `${receiver.type} ${address}: ${status}${why === undefined ? '' : `, ${why}`}`;
  });
  say(lines.join('\n'), data);
  if (data.some(({ status }) => status === 'failed')) terminal.exitCode = EXIT.no;
};

const BACKFILL_POLL_INTERVAL_MS = 500;
const DATE = /^\d{4}-\d\d-\d\d$/;
const midnight = (text: string | undefined): string | undefined =>
  text !== undefined && DATE.test(text) ? `${text}T00:00:00Z` : text;

type BackfillAnswer = Backfill | BackfillDryRun;

/** `carillon backfill start`: with `--wait`, prints progress until the backfill ends, which sets the exit code. */
export const startBackfill = async (input: CommandInput, { ask, say, note, terminal }: CommandTools): Promise<void> => {
  const { subject, options, at } = input;
  const { begin: from, end: to, reprocess, parallel, dryRun, wait } = options;
  const body = { from: midnight(from), to: midnight(to), reprocess, parallel, dryRun };
  const path = at('/jobs/:job/backfills');
  const { data } = await ask<BackfillAnswer>({ method: 'post', path, body });
  if (!('id' in data)) {
    const [first, last] = [data.slots[0], data.slots.at(-1)];
    return say(`Would run ${data.total} slots${first === undefined ? '' : `, from ${first} to ${last}`}`, data);
  }
  let backfill: Backfill = data;
  const untilMs = Date.now() + (wait === undefined ? 0 : durationMs(wait));
  let noted = '';
  while (backfill.status === 'running' && Date.now() < untilMs) {
    const far = `Backfill ${backfill.id}: ${backfill.succeeded + backfill.failed} of ${backfill.total}`;
    if (far !== noted) note(far);
    noted = far;
    await sleep(Math.min(BACKFILL_POLL_INTERVAL_MS, untilMs - Date.now()));
    ({ data: backfill } = await ask<Backfill>({ path: `${path}/${backfill.id}` }));
  }
  const { id, status, total, succeeded, failed } = backfill;
  if (wait === undefined) return say(`Started backfill ${id} of ${subject} with ${total} slots`, backfill);
  if (status === 'running') {
    throw new Error(
      `Backfill ${id} is still running after ${wait}. Check it with: \`carillon backfill get ${subject} ${id}\``,
    );
  }
  say(`Backfill ${id} of ${subject} ${status}: ${succeeded} of ${total} succeeded, ${failed} failed`, backfill);
  if (status !== 'succeeded') terminal.exitCode = EXIT.no;
};
