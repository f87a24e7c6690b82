import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { Answer } from '../../commands/loop/requests/answers.ts';
import type { JobDefinition } from '../../domain/events/index.ts';
import { QueryAbandoned } from '../../projections/queries/scope.ts';

export type ServedResponse = Answer & {
  /** The definition of the job that the body is to show. */
  readonly definition?: JobDefinition;
  /** In place of a body: what is sent line by line, as JSON, while it is made. Only of requests that change nothing. */
  readonly lines?: AsyncIterable<unknown>;
  /** In place of a body: writes the whole response itself, or throws before it begins. Only of requests that change nothing. */
  readonly stream?: (response: Response) => Promise<void>;
  /** The execution whose end is waited for; with its end, that is the answer. */
  readonly awaits?: { readonly executionId: number; readonly forMs: number };
};

type ResponseContent = Pick<ServedResponse, 'status' | 'headers' | 'body'> & { readonly contentType?: string };

/**
 * Sends an answer, all at once or line by line. Where a line cannot be made, it breaks the connection off and rejects,
 * unless the caller is gone.
 */
export const sendResponse = async (response: Response, { lines, stream, ...answer }: ServedResponse): Promise<void> => {
  if (stream !== undefined) return stream(response);
  if (lines === undefined) return send(response, answer);
  response.statusCode = answer.status;
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Type', 'application/x-ndjson; charset=utf-8');
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  // Those of the parts around it, and of the pipeline.
  response.setMaxListeners(MAX_LISTENERS);
  try {
    await pipeline(Readable.from(textOf(lines)), response);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
};

const MAX_LISTENERS = 20;

const isGone = (error: unknown): boolean =>
  error instanceof QueryAbandoned ||
  (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE');

async function* textOf(lines: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}

/** Sends an answer, with a line break at its end for people at a terminal. It forbids caching, because the next request may be answered differently. */
export const send = (response: ServerResponse, answer: ResponseContent): void => {
  const { status, headers = {}, body, contentType = 'application/json; charset=utf-8' } = answer;
  response.statusCode = status;
  response.setHeader('Cache-Control', 'no-store');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (body === undefined) {
    response.end();
    return;
  }
  const text = Buffer.from(`${JSON.stringify(body)}\n`, 'utf8');
  response.setHeader('Content-Type', contentType);
  response.setHeader('Content-Length', text.length);
  response.end(text);
};

/** Resolves once the client has taken what was written, or is gone. */
export const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.removeListener('drain', done);
      response.removeListener('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
