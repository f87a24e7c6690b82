import { type CarillonEvent, type EventsOptions, type EventType, followEvents } from './events.ts';
import { requireNode } from './node-version.ts';
import { type ListPage, pageOf, pageQuery } from './pages.ts';
import { Problem } from './problem.ts';
import type { paths } from './schema.ts';
import { createTransport, type ReceivedResponse, realSleep, type TransportOptions } from './transport.ts';

export type { CarillonEvent, EventsOptions, EventType } from './events.ts';
export { type ListPage, pageOf } from './pages.ts';
export { Problem, Unreachable } from './problem.ts';
export type * from './schema.ts';

requireNode({ version: '20', by: '@carillon/client' });

export type ClientOptions = TransportOptions & {
  /** Address of the service, such as `https://jobs.example.com`. */
  readonly url: string;
  /** Parses the text of a response; by default `JSON.parse`. */
  readonly parse?: typeof JSON.parse;
};

export type TypedResponse<T> = {
  /** `never` if the response has no body. */
  readonly data: T;
  readonly status: number;
  readonly headers: ReceivedResponse['headers'];
};

/**
 * The API, typed by its OpenAPI description. Methods throw Problem for a rejected request and Unreachable without a
 * response.
 */
export type Client = {
  readonly GET: SendTyped<'get'>;
  readonly PUT: SendTyped<'put'>;
  readonly PATCH: SendTyped<'patch'>;
  readonly POST: SendTyped<'post'>;
  readonly DELETE: SendTyped<'delete'>;
  /** The pages of a list, from the requested one on. */
  readonly pages: <P extends ListPath>(
    path: P,
    ...init: Args<P, 'get'>
  ) => AsyncGenerator<ListPage<Item<P>>, void, void>;
  /** New events, or those after a given one, until the loop is left. */
  readonly events: <T extends EventType>(options?: EventsOptions<T>) => AsyncGenerator<CarillonEvent<T>, void, void>;
  /** A request to any path of the API, for streamed responses. */
  readonly fetch: (path: string, init?: AnyInit & { readonly method?: string }) => Promise<ReceivedResponse>;
};

type Method = 'get' | 'put' | 'post' | 'patch' | 'delete';
type PathWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends Readonly<Record<M, object>> ? P : never;
}[keyof paths];
type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>;
type ParamsOf<O> = O extends { parameters: infer P }
  ? Record<never, never> extends P
    ? { params?: P }
    : { params: P }
  : never;
type BodyOf<O> = O extends { requestBody: { content: infer C } }
  ? { body: C[keyof C] }
  : O extends { requestBody?: { content: infer C } }
    ? { body?: C[keyof C] }
    : never;
type Init<P extends keyof paths, M extends Method> = Pick<AnyInit, 'headers' | 'signal'> &
  ParamsOf<Operation<P, M>> &
  BodyOf<Operation<P, M>>;
type Args<P extends keyof paths, M extends Method> =
  Record<never, never> extends Init<P, M> ? [init?: Init<P, M>] : [init: Init<P, M>];
/** What an operation responds with, such as `paths['/jobs/{id}']['get']`. */
export type DataOf<O> = O extends { responses: infer R } ? ContentOf<R[keyof R & (200 | 201 | 202)]> : never;
type ContentOf<A> = A extends { content: infer C } ? C[keyof C] : never;
type SendTyped<M extends Method> = <P extends PathWith<M>>(
  path: P,
  ...init: Args<P, M>
) => Promise<TypedResponse<DataOf<Operation<P, M>>>>;
type ListPath = {
  [P in PathWith<'get'>]: DataOf<Operation<P, 'get'>> extends readonly unknown[] ? P : never;
}[PathWith<'get'>];
type Item<P extends ListPath> = DataOf<Operation<P, 'get'>> extends readonly (infer T)[] ? T : never;

type AnyInit = {
  readonly params?: { readonly path?: object; readonly query?: object | undefined; readonly header?: object };
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | null | undefined;
};

export const createClient = ({ url, parse = JSON.parse, ...options }: ClientOptions): Client => {
  const transport = createTransport(options);
  const baseUrl = `${url.replace(/\/+$/, '')}/_/scheduler`;
  const send: Client['fetch'] = (path, { method = 'GET', params = {}, body, headers, signal } = {}) =>
    transport(`${baseUrl}${filled(path, params.path)}${queryText(params.query)}`, {
      method,
      headers: {
        Accept: 'application/json',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...Object.fromEntries(given(params.header)),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal ?? null,
    });
  const request = (method: string) => async (path: string, init?: AnyInit) => {
    const response = await send(path, { ...init, method });
    const { status, headers } = response;
    const text = await response.text();
    try {
      return { status, headers, data: text === '' ? undefined : parse(text) };
    } catch {
      throw new Problem(status, text);
    }
  };
  return {
    GET: request('GET'),
    PUT: request('PUT'),
    PATCH: request('PATCH'),
    POST: request('POST'),
    DELETE: request('DELETE'),
    pages: async function* (path: string, init: AnyInit = {}) {
      for (let query = init.params?.query; ; ) {
        const response = await request('GET')(path, { ...init, params: { ...init.params, query } });
        yield pageOf(response);
        const next = pageQuery(response.headers, 'next');
        if (next === undefined) return;
        query = next;
      }
    },
    events: (chosen = {}) => followEvents({ send, sleep: options.sleep ?? realSleep }, chosen),
    fetch: send,
  };
};

const given = (values: object = {}): [string, string][] =>
  Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((each): [string, string] => [name, String(each)]),
  );

const filled = (path: string, values: object = {}): string =>
  given(values).reduce((text, [name, value]) => text.replace(`{${name}}`, () => segmentOf(value)), path);

/** Encodes a path segment. An empty segment or dots would change the path of a URL. */
const segmentOf = (value: string): string => {
  if (['', '.', '..'].includes(value)) throw new TypeError(`${JSON.stringify(value)} is not a valid name.`);
  return encodeURIComponent(value);
};

const queryText = (query: object | undefined): string => {
  const text = String(query instanceof URLSearchParams ? query : new URLSearchParams(given(query)));
  return text === '' ? '' : `?${text}`;
};
