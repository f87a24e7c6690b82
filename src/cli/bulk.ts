import type { Backfill, BackfillDryRun, BulkCount, Operation } from '../../packages/client/src/schema.ts';
import { defined } from '../domain/defined.ts';
import { durationMs } from '../domain/duration.ts';
import type { BulkChange, CommandInput, CommandTools } from './command.ts';
import { namedBy } from './command-bodies.ts';
import { awaitEnd } from './execution-end.ts';
import { EXIT } from './fail.ts';
import { operationOf } from './operations.ts';
import { VIEWS } from './views.ts';

/** Commands for many jobs, executions or slots at once. */

/**
 * Applies an action to everything that matches the filters, in the background. With `--dry-run`, lists the matches. With
 * `--wait`, the exit code is 1 if an item was rejected or the operation didn't complete.
 */
export const changeAll = async (
  { list, action }: BulkChange,
  input: CommandInput,
  tools: CommandTools,
): Promise<void> => {
  const { filters, options } = input;
  const { everything, dryRun, spread } = options;
  const filter = everything ? { all: true } : filterOf(filters);
  if (Object.keys(filter).length === 0)
    throw new Error('Nothing is selected. Name one, add filters such as --application, or use --all.');
  const { path } = operationOf(list);
  const body = { action, filter, labels: action === 'label' ? labelChange(options) : undefined, spread };
  const request = { method: 'post', path: `${path}/bulk`, body } as const;
  if (dryRun) {
    const query = { ...filters, ...(action === 'cancel' && filters.status === undefined ? { status: OPEN } : {}) };
    const items = await tools.list({ path, query });
    const { data } = await tools.ask<BulkCount>({ ...request, body: { ...body, dryRun } });
    tools.terminal.stdout.write(tools.show(items, list === 'listJobs' ? VIEWS.jobs : VIEWS.executions, 'rows'));
    return tools.note(
      `carillon: Would ${action} ${data.count} ${list === 'listJobs' ? 'jobs' : 'executions'}. Nothing was changed.`,
    );
  }
  const { data } = await tools.ask<Operation>(request);
  await follow(data, input, tools);
};

const OPEN = 'pending,running';

/** The filter of a bulk request, from the parameters of a list: several labels or states are an object or a list there. */
const filterOf = ({ label, state, status, sort: _, ...rest }: CommandInput['filters']): object =>
  defined({
    ...rest,
    labels: Array.isArray(label) ? namedBy(':', label) : undefined,
    state: typeof state === 'string' ? state.split(',') : undefined,
    status: typeof status === 'string' ? status.split(',') : undefined,
  });

const labelChange = ({ setLabel, removeLabel = [] }: CommandInput['options']): object => ({
  ...namedBy(':', setLabel),
  ...Object.fromEntries(removeLabel.map((key) => [key, null])),
});

const follow = async (
  started: Operation,
  { options: { wait } }: CommandInput,
  { ask, say, note, terminal }: CommandTools,
): Promise<void> => {
  const { id, action } = started;
  const progress = ({ done, total, of }: Operation): string =>
    `${total === undefined ? done : `${done} of ${total}`} ${of}`;
  const operation = await awaitEnd(started, {
    get: async () => (await ask<Operation>({ path: `/operations/${id}` })).data,
    hasEnded: ({ endedAt }) => endedAt !== undefined,
    forMs: wait === undefined ? 0 : durationMs(wait),
    progress: { text: (each) => `Operation ${id}: ${action} ${progress(each)}`, note },
  });
  const { status, endedAt, rejected, error } = operation;
  const check = `\`carillon operations get ${id}\``;
  if (endedAt === undefined && wait !== undefined)
    throw new Error(`Operation ${id} is still ${status} after ${wait}. Check it with: ${check}`);
  if (endedAt === undefined) return say(`Started operation ${id}: ${action}. To follow it: ${check}`, operation);
  const codes = Object.entries(rejected).map(([code, count]) => `, ${count} rejected (${code})`);
  const why = error === undefined ? '' : `: ${error.code}: ${error.message}`;
  say(`Operation ${id} ${status}${why}: ${action} ${progress(operation)}${codes.join('')}`, operation);
  if (status !== 'completed' || codes.length > 0) terminal.exitCode = EXIT.no;
};

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
  const backfill = await awaitEnd<Backfill>(data, {
    get: async () => (await ask<Backfill>({ path: `${path}/${data.id}` })).data,
    hasEnded: ({ status }) => status !== 'running',
    forMs: wait === undefined ? 0 : durationMs(wait),
    progress: { text: (each) => `Backfill ${each.id}: ${each.succeeded + each.failed} of ${each.total}`, note },
  });
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

const DATE = /^\d{4}-\d\d-\d\d$/;
const midnight = (text: string | undefined): string | undefined =>
  text !== undefined && DATE.test(text) ? `${text}T00:00:00Z` : text;
