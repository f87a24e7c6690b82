import { setTimeout as sleep } from 'node:timers/promises';
import type { Application, Backfill, BackfillDryRun, ReceiverTest } from '../client/schema.ts';
import { durationMs, readDuration } from '../domain/duration.ts';
import { plain } from '../runtime/plain.ts';
import { EXIT } from './fail.ts';
import type { CommandInput, CommandTools } from './run-command.ts';

/** Verbs of what a tenant has beside its jobs that are more than one request. */

/** `carillon tokens create`: prints only the token, so that a script can keep it. */
export const createToken = async (input: CommandInput, { ask, say, note }: CommandTools): Promise<void> => {
  const { subject: name, options, nowMs } = input;
  const { permissions, application: applications, expires } = options;
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
  const body = {
    name,
    permissions: permissions.split(',').map((each) => each.trim()),
    ...(applications === undefined ? {} : { applications: ids }),
    expiresAt: lifetimeMs === undefined ? expires : new Date(nowMs + lifetimeMs).toISOString(),
  };
  const { data } = await ask<{ readonly id: number; readonly token: string }>({
    method: 'post',
    path: '/tokens',
    body,
  });
  say(data.token, data);
  note(`carillon: Save this token now: it won't be shown again. To revoke it: \`carillon tokens revoke ${data.id}\``);
};

/** `carillon alerts test`: says what each receiver answered. Exit code 1 where one was not reached. */
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

const POLL_INTERVAL_MS = 500;
const DATE = /^\d{4}-\d\d-\d\d$/;
const midnight = (text: string | undefined): string | undefined =>
  text !== undefined && DATE.test(text) ? `${text}T00:00:00Z` : text;

type BackfillAnswer = Backfill | BackfillDryRun;

/** `carillon backfill start`: with `--wait` it says how far the backfill is until it ends, which sets the exit code. */
export const startBackfill = async (input: CommandInput, { ask, say, note, terminal }: CommandTools): Promise<void> => {
  const { subject, options, at } = input;
  const { from, to, reprocess, parallel, dryRun, wait } = options;
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
    await sleep(Math.min(POLL_INTERVAL_MS, untilMs - Date.now()));
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
