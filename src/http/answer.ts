import type { ServerResponse } from 'node:http';
import type { Answer } from '../commands/loop/requests/answers.ts';

export type { Answer };

type ResponseContent = Pick<Answer, 'status' | 'headers' | 'body'> & { readonly contentType?: string };

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
