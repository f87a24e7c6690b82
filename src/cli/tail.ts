import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { PublishedType } from '../feed/published.ts';
import type { ExecutionFailedData } from '../feed/published-run.ts';
import type { VerbInput, VerbTools } from './run-verb.ts';
import { type Query, type Server, ServerRefused } from './server.ts';
import { clipped, inColour, plain, took } from './table.ts';

const ENDS = [
  'scheduler.job.execution.succeeded',
  'scheduler.job.execution.failed',
  'scheduler.job.execution.cancelled',
] as const satisfies readonly PublishedType[];

type Failed = z.output<typeof ExecutionFailedData>;
type End = Pick<Failed, 'id' | 'jobId' | 'startedAt' | 'finishedAt'> & {
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  readonly error?: Failed['error'];
  readonly jobSnapshot?: { readonly name: string };
  readonly result?: { readonly status: number };
};

const RETRY_MS = 2_000;

/**
 * `carillon executions tail`: prints a line for each execution that ends, until it is interrupted. Where the stream ends or
 * breaks off, it goes on after the last event that it got.
 */
export const tail = async ({ options }: VerbInput, tools: VerbTools): Promise<void> => {
  const { ask, note, server, shape, terminal } = tools;
  const { job, tenant, json } = options;
  const jobId =
    job === undefined ? undefined : (await ask<{ id: number }>({ path: `/jobs/${encodeURIComponent(job)}` })).data.id;
  const params = { type: ENDS.join(','), job: jobId, tenant };
  let after: string | undefined;
  for (let isFirst = true; ; isFirst = false) {
    const stream = await openStream(server, params, { after, isFirst });
    try {
      for await (const { id, data } of eventsOf(stream ?? [])) {
        after = id ?? after;
        if (data === undefined) continue;
        const line = json ? data : lineOf(JSON.parse(data).data, shape);
        terminal.stdout.write(`${line}\n`);
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
    }
    if (stream !== undefined) note('carillon: the stream of events has ended; it is opened again');
    await sleep(RETRY_MS);
  }
};

/** @returns undefined where the server can give none now, and could before */
const openStream = async (
  server: Server,
  query: Query,
  { after, isFirst }: { readonly after: string | undefined; readonly isFirst: boolean },
): Promise<Readable | undefined> => {
  try {
    const headers = after === undefined ? {} : { 'Last-Event-ID': after };
    return await server.askStreamed({ path: '/events', query, headers });
  } catch (error) {
    if (isFirst || (error instanceof ServerRefused && error.status < 500)) throw error;
    return undefined;
  }
};

type SseBlock = { readonly id: string | undefined; readonly data: string | undefined };

/** The events of a stream (WHATWG HTML, 9.2), each with its data in one line, as the server sends them. */
async function* eventsOf(stream: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<SseBlock> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) yield { id: /^id: (.*)$/m.exec(block)?.[1], data: /^data: (.*)$/m.exec(block)?.[1] };
  }
}

const lineOf = (end: End, { width, isColoured }: VerbTools['shape']): string => {
  const { id, jobId, status, startedAt, finishedAt, jobSnapshot, result, error } = end;
  const what = error === undefined ? String(result?.status ?? '') : `${error.code}: ${error.message}`;
  const ms = startedAt === undefined ? '' : took(Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)));
  const rest = [id, [jobId, jobSnapshot?.name].join(' ').trim(), ms, what].filter((each) => each !== '').join('  ');
  const [time, state] = [`${finishedAt.slice(0, 'YYYY-MM-DDTHH:mm:ss'.length)}Z`, status.padEnd('cancelled'.length)];
  const room = Math.max(1, width - time.length - state.length - 4);
  return `${time}  ${isColoured ? inColour(state) : state}  ${clipped(plain(rest), room)}`;
};
