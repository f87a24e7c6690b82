import type { Backfill, Operation } from '../../packages/client/src/schema.ts';
import { defined } from '../domain/defined.ts';
import { durationMs } from '../domain/duration.ts';
import type { CommandCall } from './command.ts';
import { namedBy } from './command-bodies.ts';
import { filtersOf } from './command-options.ts';
import { awaitEnd } from './execution-end.ts';
import { EXIT } from './fail.ts';
import { VIEWS } from './views.ts';

/** Commands for many jobs, executions or slots at once. */

/**
 * Applies an action to everything that matches the filters, in the background. With `--dry-run`, lists the matches. With
 * `--wait`, the exit code is 1 if an item was rejected or the operation didn't complete.
 */
export const changeAll = async (action: Operation['action'], call: CommandCall): Promise<void> => {
  const { options, send, show, note, terminal } = call;
  const { everything, dryRun, spread } = options;
  const isJobs = action !== 'cancel' && action !== 'rerun';
  const list = isJobs ? 'listJobs' : 'listExecutions';
  const filters = filtersOf(list, options);
  const filter = everything ? { all: true } : filterOf(filters);
  if (Object.keys(filter).length === 0)
    throw new Error('Nothing is selected. Name one, add filters such as --application, or use --all.');
  const change = isJobs ? 'bulkUpdateJobs' : 'bulkUpdateExecutions';
  const body = { action, filter, labels: action === 'label' ? labelChange(options) : undefined, spread };
  if (dryRun) {
    const query = { ...filters, ...(action === 'cancel' && filters.status === undefined ? { status: OPEN } : {}) };
    const items = await call.list(list, { query });
    const { data } = await send(change, { body: { ...body, dryRun } });
    terminal.stdout.write(show(items, isJobs ? VIEWS.jobs : VIEWS.executions, 'rows'));
    const count = 'count' in data ? data.count : 0;
    return note(`carillon: Would ${action} ${count} ${isJobs ? 'jobs' : 'executions'}. Nothing was changed.`);
  }
  const { data } = await send(change, { body });
  if ('id' in data) await follow(data, call);
};

const OPEN = 'pending,running';

/** The filter of a bulk request, from the parameters of a list: several labels or states are an object or a list there. */
const filterOf = ({ label, state, status, ...rest }: Readonly<Record<string, unknown>>): object =>
  defined({
    ...rest,
    sort: undefined,
    limit: undefined,
    labels: Array.isArray(label) ? namedBy(':', label) : undefined,
    state: typeof state === 'string' ? state.split(',') : undefined,
    status: typeof status === 'string' ? status.split(',') : undefined,
  });

const labelChange = ({ setLabel, removeLabel = [] }: CommandCall['options']): object => ({
  ...namedBy(':', setLabel),
  ...Object.fromEntries(removeLabel.map((key) => [key, null])),
});

const follow = async (
  started: Operation,
  { options: { wait }, send, say, note, terminal }: CommandCall,
): Promise<void> => {
  const { id, action } = started;
  const progress = ({ done, total, of }: Operation): string =>
    `${total === undefined ? done : `${done} of ${total}`} ${of}`;
  const command = `carillon operations get ${id}`;
  const operation = await awaitEnd(started, {
    awaited: { name: `Operation ${id}`, command },
    get: async () => (await send('getOperation', { params: [id] })).data,
    hasEnded: ({ endedAt }) => endedAt !== undefined,
    forMs: wait === undefined ? 0 : durationMs(wait),
    progress: { text: (each) => `Operation ${id}: ${action} ${progress(each)}`, note },
  });
  const { status, endedAt, rejected, error } = operation;
  const check = `\`${command}\``;
  if (endedAt === undefined && wait !== undefined)
    throw new Error(`Operation ${id} is still ${status} after ${wait}. Check it with: ${check}`);
  if (endedAt === undefined) return say(`Started operation ${id}: ${action}. To follow it: ${check}`, operation);
  const codes = Object.entries(rejected).map(([code, count]) => `, ${count} rejected (${code})`);
  const why = error === undefined ? '' : `: ${error.code}: ${error.message}`;
  say(`Operation ${id} ${status}${why}: ${action} ${progress(operation)}${codes.join('')}`, operation);
  if (status !== 'completed' || codes.length > 0) terminal.exitCode = EXIT.no;
};

/** `carillon backfill start`: with `--wait`, prints progress until the backfill ends, which sets the exit code. */
export const startBackfill = async ({ subject, options, send, say, note, terminal }: CommandCall): Promise<void> => {
  const { begin: from, end: to, reprocess, parallel, dryRun, wait } = options;
  const body = { from: midnight(from), to: midnight(to), reprocess, parallel, dryRun };
  const { data } = await send('requestBackfill', { body });
  if (!('id' in data)) {
    const [first, last] = [data.slots[0], data.slots.at(-1)];
    return say(`Would run ${data.total} slots${first === undefined ? '' : `, from ${first} to ${last}`}`, data);
  }
  const command = `carillon backfill get ${subject} ${data.id}`;
  const backfill = await awaitEnd<Backfill>(data, {
    awaited: { name: `Backfill ${data.id}`, command },
    get: async () => (await send('getBackfill', { params: [subject, data.id] })).data,
    hasEnded: ({ status }) => status !== 'running',
    forMs: wait === undefined ? 0 : durationMs(wait),
    progress: { text: (each) => `Backfill ${each.id}: ${each.succeeded + each.failed} of ${each.total}`, note },
  });
  const { id, status, total, succeeded, failed } = backfill;
  if (wait === undefined) return say(`Started backfill ${id} of ${subject} with ${total} slots`, backfill);
  if (status === 'running') {
    throw new Error(`Backfill ${id} is still running after ${wait}. Check it with: \`${command}\``);
  }
  say(`Backfill ${id} of ${subject} ${status}: ${succeeded} of ${total} succeeded, ${failed} failed`, backfill);
  if (status !== 'succeeded') terminal.exitCode = EXIT.no;
};

const DATE = /^\d{4}-\d\d-\d\d$/;
const midnight = (text: string | undefined): string | undefined =>
  text !== undefined && DATE.test(text) ? `${text}T00:00:00Z` : text;
