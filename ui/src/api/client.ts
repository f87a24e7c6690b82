import createClient from 'openapi-fetch';
import { connection } from './connection.ts';
import { parseJson, printJson } from './json.ts';
import { PREFIX } from './prefix.ts';
import { Problem, Unreachable } from './problem.ts';
import type { paths, Readiness, Session } from './schema.ts';

/** An answer whose numbers are kept exact. */
class ExactResponse extends Response {
  override async json(): Promise<unknown> {
    return parseJson(await this.text());
  }
}

const exactFetch = async (request: Request): Promise<Response> => {
  try {
    const answer = await fetch(request);
    connection.answered(answer);
    const { status, statusText, headers } = answer;
    return new ExactResponse(hasBody(status) ? answer.body : null, { status, statusText, headers });
  } catch (error) {
    if (request.signal.aborted) throw error;
    connection.failed();
    throw new Unreachable(error);
  }
};

const hasBody = (status: number): boolean => status !== 204 && status !== 304;

/** The API, typed by its description. `answerOf` takes an answer apart. */
export const api = createClient<paths>({
  baseUrl: PREFIX,
  fetch: exactFetch,
  credentials: 'same-origin',
  bodySerializer: (body) => printJson(body, 0),
});

type Outcome<T> = { readonly data?: T; readonly error?: unknown; readonly response: Response };

/** What was answered. @throws Problem where it was refused, Unreachable where nobody answered */
export const answerOf = async <T>(asked: Promise<Outcome<T>>): Promise<T> => (await outcomeOf(asked)).data;

/** What was answered, with its headers. */
export const outcomeOf = async <T>(
  asked: Promise<Outcome<T>>,
): Promise<{ readonly data: T; readonly headers: Headers }> => {
  const { data, error, response } = await asked;
  if (!response.ok || data === undefined) throw new Problem(response.status, error);
  return { data, headers: response.headers };
};

/** Waits for a change that answers without a body. */
export const done = async (asked: Promise<Outcome<unknown>>): Promise<void> => {
  const { error, response } = await asked;
  if (!response.ok) throw new Problem(response.status, error);
};

/** A page of a list, with where those around it begin and how many there are, where that is counted. */
export type ListPage<T> = {
  readonly items: readonly T[];
  readonly next?: string;
  readonly previous?: string;
  readonly total?: number;
};

export const pageOf = async <T>(asked: Promise<Outcome<T[]>>): Promise<ListPage<T>> => {
  const { data, headers } = await outcomeOf(asked);
  const [next, previous] = (['next', 'prev'] as const).map((rel) => {
    const [, link] = new RegExp(`<([^>]+)>;\\s*rel="${rel}"`).exec(headers.get('link') ?? '') ?? [];
    return link === undefined ? null : new URL(link, location.origin).searchParams.get('cursor');
  });
  const total = headers.get('x-total-count');
  return {
    items: data,
    ...(next ? { next } : {}),
    ...(previous ? { previous } : {}),
    ...(total === null ? {} : { total: Number(total) }),
  };
};

/** The header that keeps the reason of a change with what it records. */
export const because = (reason: string): { readonly 'Carillon-Reason'?: string } =>
  reason.trim() === '' ? {} : { 'Carillon-Reason': encodeURIComponent(reason.trim()) };

/** Whom a token is of. The cookie stays at home: with both, the service would not know which to go by. @throws Problem */
export const holderOf = async (token: string): Promise<Session['session']> => {
  const client = createClient<Pick<paths, '/session'>>({ baseUrl: PREFIX, credentials: 'omit' });
  const headers = { Authorization: `Bearer ${token}` };
  return (await answerOf(client.GET('/session', { headers }))).session;
};

/** How the process that answers is; this lies outside of the API's prefix, and says what is wrong with status 503. */
export const readiness = async (signal: AbortSignal): Promise<Readiness> => {
  const client = createClient<Pick<paths, '/readyz'>>({ baseUrl: '', credentials: 'same-origin' });
  const { data, error } = await client.GET('/readyz', { signal });
  return data ?? error;
};
