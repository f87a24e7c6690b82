import type { CarillonEvent, EventType } from '../../packages/client/src/client.ts';
import { plain } from '../runtime/text.ts';
import type { CommandInput, CommandTools } from './command.ts';
import { toText } from './server.ts';
import { clipped, inColour, took } from './table.ts';

const ENDS = [
  'scheduler.job.execution.succeeded',
  'scheduler.job.execution.failed',
  'scheduler.job.execution.cancelled',
] as const satisfies readonly EventType[];

type End = CarillonEvent<(typeof ENDS)[number]>['data'];

/**
 * `carillon executions tail`: prints a line for each execution that ends, until it is interrupted. If the stream ends or
 * breaks, resumes after the last received event.
 */
export const tail = async ({ options }: CommandInput, tools: CommandTools): Promise<void> => {
  const { ask, note, server, shape, terminal } = tools;
  const { job, tenant, json } = options;
  const jobId =
    job === undefined ? undefined : (await ask<{ id: number }>({ path: `/jobs/${encodeURIComponent(job)}` })).data.id;
  const onBroken = (): void => note('carillon: The event stream ended. Reconnecting.');
  try {
    for await (const event of server.client.events({ types: ENDS, jobId, tenant, onBroken })) {
      terminal.stdout.write(`${json ? JSON.stringify(event) : lineOf(event.data, shape)}\n`);
    }
  } catch (error) {
    throw toText(error);
  }
};

const lineOf = (end: End, { width, isColoured }: CommandTools['shape']): string => {
  const { id, jobId, status, startedAt, finishedAt, jobSnapshot } = end;
  const answer = 'result' in end ? String(end.result?.status ?? '') : '';
  const what = 'error' in end ? `${end.error.code}: ${end.error.message}` : answer;
  const ms = startedAt === undefined ? '' : took(Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)));
  const rest = [id, [jobId, jobSnapshot?.name].join(' ').trim(), ms, what].filter((each) => each !== '').join('  ');
  const [time, state] = [`${finishedAt.slice(0, 'YYYY-MM-DDTHH:mm:ss'.length)}Z`, status.padEnd('cancelled'.length)];
  const room = Math.max(1, width - time.length - state.length - 4);
  return `${time}  ${isColoured ? inColour(state) : state}  ${clipped(plain(rest), room)}`;
};
