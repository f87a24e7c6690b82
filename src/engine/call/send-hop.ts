import { Axios, type AxiosAdapter, type InternalAxiosRequestConfig } from 'axios';
import type { Dispatcher, Pool } from 'undici';
import { HopBroken, Withheld } from './errors.ts';
import type { Headers, Hop } from './hop.ts';
import { type Body, type BodyReader, bodyReader } from './read-data.ts';
import { CallStopped, type Stop } from './stop.ts';

export type TargetAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Body;
};

type SendHopInput = {
  readonly hop: Hop;
  readonly pool: Pool;
  readonly stop: Stop;
  /** Asked right before the request is written to an open connection. */
  readonly maySend: () => boolean;
};

const flat = (headers: Headers): string[] => {
  const pairs: string[] = [];
  for (const [name, value] of headers.values()) pairs.push(name, value);
  return pairs;
};

const requestOf = ({ url, method, headers, body }: Hop): Dispatcher.DispatchOptions => ({
  path: url.pathname + url.search,
  method,
  headers: flat(headers),
  body: body ?? null,
});

const noReading: BodyReader = { take: () => true, body: () => ({ bytes: Buffer.alloc(0), truncated: false }) };

type HopResult = { readonly answer: TargetAnswer } | { readonly error: unknown };

/**
 * Sends one request and reads a bounded part of its answer.
 * It uses undici's `dispatch`: only its handler says when a request is about to be written, and that decides whether a
 * broken connection leaves the outcome unknown. It also needs no stream for the body.
 * @param ended called once with the answer, or with Withheld, CallStopped or HopBroken
 */
const sendHop = ({ hop, pool, stop, maySend }: SendHopInput, ended: (result: HopResult) => void): void => {
  let control: Dispatcher.DispatchController | undefined;
  let status: number | undefined;
  let headers: TargetAnswer['headers'] = {};
  let reader = noReading;
  let isOver = false;

  const fail = (error: Error): void => {
    if (isOver) return;
    isOver = true;
    stop.listen(undefined);
    ended({ error });
  };
  const end = (answered: number): void => {
    if (isOver) return;
    isOver = true;
    stop.listen(undefined);
    const body = reader.body();
    if (body instanceof Promise) body.then((whole) => ended({ answer: { status: answered, headers, body: whole } }));
    else ended({ answer: { status: answered, headers, body } });
  };

  stop.listen(() => {
    fail(new CallStopped());
    control?.abort(new CallStopped());
  });
  if (isOver) return;

  pool.dispatch(requestOf(hop), {
    // An error thrown here keeps the request from being written and the connection open.
    onRequestStart(controller) {
      if (isOver) throw new CallStopped();
      // undici must not send the request a second time.
      if (control !== undefined) throw new Error('the request was written before');
      if (!maySend()) throw new Withheld();
      control = controller;
    },
    onResponseStart(_controller, code, received) {
      if (code < 200) return;
      status = code;
      headers = received;
      const encoding = received['content-encoding'];
      reader = bodyReader(typeof encoding === 'string' ? encoding : encoding?.join());
    },
    onResponseData(controller, chunk) {
      if (reader.take(chunk) || status === undefined) return;
      end(status);
      controller.abort(new CallStopped());
    },
    onResponseEnd() {
      if (status !== undefined) end(status);
    },
    onResponseError(_controller, cause) {
      fail(cause instanceof Withheld ? cause : new HopBroken({ wasSent: control !== undefined, status, cause }));
    },
  });
};

type TargetClient = {
  /** @throws Withheld, CallStopped, HopBroken */
  send(input: SendHopInput): Promise<TargetAnswer>;
  /**
   * Prepares a request up to undici's `dispatch`. Nothing is sent until the function that it returns is called.
   * @param ended called once with the answer, or with one of those errors
   */
  prepare(input: SendHopInput, ended: (result: HopResult) => void): () => void;
};

/**
 * Makes an axios client over undici, without any of axios's defaults: this folder handles redirects, timeouts, proxies
 * and decoding. Headers, body and errors bypass axios: its `AxiosHeaders` has methods that a header named `get` or `set`
 * would hide, and it takes as long as the rest of the call; and it rewrites the stack of each error.
 */
export const axiosClient = (): TargetClient => {
  const axios = new Axios();
  const request = ({ hop: { url, method } }: SendHopInput, adapter: AxiosAdapter) =>
    axios.request<HopResult>({ url: url.href, method, adapter });

  return {
    send: async (input) => {
      const adapter: AxiosAdapter = (config) =>
        new Promise((resolve) => {
          sendHop(input, (result) => resolve(responseOf(config, result)));
        });
      const { data } = await request(input, adapter);
      if ('error' in data) throw data.error;
      return data.answer;
    },
    prepare: (input, ended) => {
      let send: (() => void) | undefined;
      let isDue = false;
      const adapter: AxiosAdapter = (config) =>
        new Promise((resolve) => {
          send = () => sendHop(input, (result) => resolve(responseOf(config, result)));
          if (isDue) send();
        });
      request(input, adapter).then(
        ({ data }) => ended(data),
        (error) => ended({ error }),
      );
      return () => {
        // The pool may have made room for others by now.
        if (input.pool.closed) return ended({ error: new Withheld() });
        isDue = true;
        send?.();
      };
    },
  };
};

const responseOf = (config: InternalAxiosRequestConfig, data: HopResult) => {
  return { data, status: 'answer' in data ? data.answer.status : 0, statusText: '', headers: {}, config };
};
