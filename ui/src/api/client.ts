import {
  createClient,
  type ListPage,
  pageOf as pageOfResponse,
  type TypedResponse,
} from '../../../packages/client/src/client.ts';
import type { Readiness, Session } from '../../../packages/client/src/schema.ts';

export type { ListPage } from '../../../packages/client/src/client.ts';

import { connection } from './connection.ts';
import { parseJson } from './json.ts';

const watchedFetch: typeof fetch = async (url, request) => {
  try {
    const response = await fetch(url, request);
    connection.heard(response);
    return response;
  } catch (error) {
    if (!request?.signal?.aborted) connection.failed();
    throw error;
  }
};

/** Retries are decided by queries.ts. */
const IMPATIENT = { url: '', patienceMs: 0 };

/** The API, typed by its OpenAPI description, with exact numbers. `answerOf` unwraps a response. */
export const api = createClient({ ...IMPATIENT, fetch: watchedFetch, parse: parseJson });

/** Returns the data of a response. @throws Problem if the request was rejected, Unreachable without a response */
export const dataOf = async <T>(request: Promise<TypedResponse<T>>): Promise<T> => (await request).data;

/** Waits for a change without a response body. */
export const done = async (request: Promise<TypedResponse<unknown>>): Promise<void> => void (await request);

export const pageOf = async <T>(request: Promise<TypedResponse<readonly T[]>>): Promise<ListPage<T>> =>
  pageOfResponse(await request);

/** The header that records the reason of a change. */
export const reasonHeader = (reason: string): { readonly 'Carillon-Reason'?: string } =>
  reason.trim() === '' ? {} : { 'Carillon-Reason': encodeURIComponent(reason.trim()) };

/** Returns the holder of a token. Sends no cookie: with both, the service could not choose. @throws Problem */
export const holderOf = async (token: string): Promise<Session['session']> => {
  const withoutCookie: typeof fetch = (url, request) => fetch(url, { ...request, credentials: 'omit' });
  const client = createClient({ ...IMPATIENT, token, fetch: withoutCookie });
  return (await dataOf(client.GET('/session'))).session;
};

/** The readiness of the responding process; outside the API's prefix, and has details even with status 503. */
export const readiness = async (signal: AbortSignal): Promise<Readiness> => (await fetch('/readyz', { signal })).json();
