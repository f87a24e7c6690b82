import type { ServerResponse } from 'node:http';

/** What a request is answered with. */
export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Written as JSON; absent, there is none. */
  readonly body?: unknown;
};

type Written = Answer & { readonly contentType?: string };

/** Sends an answer, uncached: what it tells may be another thing by the next request. */
export const send = (response: ServerResponse, answer: Written): void => {
  const { status, headers = {}, body, contentType = 'application/json; charset=utf-8' } = answer;
  response.statusCode = status;
  response.setHeader('Cache-Control', 'no-store');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (body === undefined) {
    response.end();
    return;
  }
  const text = Buffer.from(JSON.stringify(body), 'utf8');
  response.setHeader('Content-Type', contentType);
  response.setHeader('Content-Length', text.length);
  response.end(text);
};
