import { type Answer, createClient, type ListPage, pageOf as pageOfAnswer } from '../../../src/client/client.ts';
import type { Readiness, Session } from '../../../src/client/schema.ts';

export type { ListPage } from '../../../src/client/client.ts';

import { connection } from './connection.ts';
import { parseJson } from './json.ts';

const watchedFetch: typeof fetch = async (url, request) => {
  try {
    const answer = await fetch(url, request);
    connection.answered(answer);
    return answer;
  } catch (error) {
    if (!request?.signal?.aborted) connection.failed();
    throw error;
  }
};

/** Whether to ask again is said by queries.ts. */
const IMPATIENT = { url: '', patienceMs: 0 };

/** The API, typed by its description, with numbers kept exact. `answerOf` takes an answer apart. */
export const api = createClient({ ...IMPATIENT, fetch: watchedFetch, parse: parseJson });

/** What was answered. @throws Problem where it was rejected, Unreachable where nobody answered */
export const answerOf = async <T>(asked: Promise<Answer<T>>): Promise<T> => (await asked).data;

/** Waits for a change that answers without a body. */
export const done = async (asked: Promise<Answer<unknown>>): Promise<void> => void (await asked);

export const pageOf = async <T>(asked: Promise<Answer<readonly T[]>>): Promise<ListPage<T>> =>
  pageOfAnswer(await asked);

/** The header that keeps the reason of a change with what it records. */
export const reasonHeader = (reason: string): { readonly 'Carillon-Reason'?: string } =>
  reason.trim() === '' ? {} : { 'Carillon-Reason': encodeURIComponent(reason.trim()) };

/** Whom a token is of. The cookie stays at home: with both, the service would not know which to go by. @throws Problem */
export const holderOf = async (token: string): Promise<Session['session']> => {
  const withoutCookie: typeof fetch = (url, request) => fetch(url, { ...request, credentials: 'omit' });
  const client = createClient({ ...IMPATIENT, token, fetch: withoutCookie });
  return (await answerOf(client.GET('/session'))).session;
};

/** How the process that answers is; this lies outside of the API's prefix, and states what is wrong with status 503. */
export const readiness = async (signal: AbortSignal): Promise<Readiness> => (await fetch('/readyz', { signal })).json();
