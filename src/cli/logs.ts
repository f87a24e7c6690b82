import type { CarillonEvent, EventType } from '../../packages/client/src/client.ts';
import type { Execution } from '../../packages/client/src/schema.ts';
import { plain } from '../runtime/text.ts';
import type { CommandCall } from './command.ts';
import { toText } from './server.ts';
import { clipped, inColour, took } from './table.ts';
import { jobText } from './views.ts';

const ENDS = [
  'scheduler.job.execution.succeeded',
  'scheduler.job.execution.failed',
  'scheduler.job.execution.cancelled',
] as const satisfies readonly EventType[];

type End = CarillonEvent<(typeof ENDS)[number]>['data'];

const DEFAULT_LINES = 20;

/**
 * `carillon jobs logs`: prints a line for each of the last executions that ended, oldest first. With `--follow`, also for each
 * that ends from now on, until it is interrupted; with `--json`, only these, as events. If the stream breaks, it resumes after the last received event.
 */
export const printLogs = async (call: CommandCall): Promise<void> => {
  const { args, options, send, note, shape, terminal } = call;
  const { tenant, json, follow, lines: limit = DEFAULT_LINES } = options;
  const jobId = args.job === undefined ? undefined : (await send('getJob')).data.id;
  const onBroken = (): void => note('carillon: The event stream ended. Reconnecting.');
  const opened = Promise.withResolvers<void>();
  const { client } = await call.connected();
  const events = client.events({ types: ENDS, jobId, tenant, onOpen: opened.resolve, onBroken });
  const first = follow ? events.next() : undefined;
  // The list is requested once the stream is open, so that no end is missed in between. An error is shown after it.
  if (first !== undefined) await Promise.race([opened.promise, first]).catch(() => {});
  const query = { jobId, status: 'succeeded,failed,cancelled', limit };
  const { data: recent } = await send('listExecutions', { query });
  const print = (data: unknown, end: Ended): void =>
    void terminal.stdout.write(`${json ? JSON.stringify(data) : lineOf(end, shape)}\n`);
  const isFeed = json && follow;
  if (!isFeed) for (const execution of recent.toReversed()) print(execution, ofExecution(execution));
  const printed = new Set(isFeed ? [] : recent.map(({ id }) => id));
  try {
    for (let next = await first; next !== undefined && !next.done; next = await events.next()) {
      const event = next.value;
      if (!printed.has(event.data.id)) print(event, ofEvent(event.data));
    }
  } catch (error) {
    throw toText(error);
  }
};

type Ended = {
  readonly id: number;
  readonly job: string;
  readonly status: string;
  readonly startedAt?: string | null | undefined;
  readonly finishedAt: string | null;
  /** HTTP status of the response. */
  readonly response: number | undefined;
  readonly error: Execution['error'] | undefined;
};

const statusIn = (result: Execution['result']): number | undefined =>
  result?.taskType === 'HttpInvokerTask' ? result.status : undefined;

const ofExecution = ({ result, error, ...execution }: Execution): Ended => ({
  ...execution,
  job: jobText(execution),
  response: statusIn(result),
  error,
});

const ofEvent = (end: End): Ended => ({
  ...end,
  job: jobText({ ...end, jobName: end.jobSnapshot?.name }),
  response: statusIn('result' in end ? end.result : undefined),
  error: 'error' in end ? end.error : undefined,
});

const lineOf = (end: Ended, { width, isColoured }: CommandCall['shape']): string => {
  const { id, job, status, startedAt, finishedAt, response = '', error } = end;
  const what = error === undefined ? response : `${error.code}: ${error.message.split('\n')[0]}`;
  const ms = startedAt && finishedAt ? took(Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt))) : '';
  const rest = [id, job, ms, what].filter((each) => each !== '').join('  ');
  const time = `${(finishedAt ?? '').slice(0, 'YYYY-MM-DDTHH:mm:ss'.length)}Z`;
  const state = status.padEnd('cancelled'.length);
  const room = Math.max(1, width - time.length - state.length - 4);
  return `${time}  ${isColoured ? inColour(state) : state}  ${clipped(plain(rest), room)}`;
};
