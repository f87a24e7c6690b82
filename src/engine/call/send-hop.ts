import { Axios, type AxiosAdapter } from 'axios';
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
  /** Resolves when the request may be sent; absent: at once. */
  readonly due?: Promise<unknown> | undefined;
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

/**
 * Sends one request and reads a bounded part of its answer.
 * It uses undici's `dispatch`: only its handler says when a request is about to be written, and that decides whether a
 * broken connection leaves the outcome unknown. It also needs no stream for the body.
 * @throws Withheld, CallStopped, HopBroken
 */
const sendHop = (
  request: Dispatcher.DispatchOptions,
  { pool, stop, maySend }: Pick<SendHopInput, 'pool' | 'stop' | 'maySend'>,
): Promise<TargetAnswer> =>
  new Promise((resolve, reject) => {
    let control: Dispatcher.DispatchController | undefined;
    let status: number | undefined;
    let headers: TargetAnswer['headers'] = {};
    let reader = noReading;
    let isOver = false;

    const fail = (error: Error): void => {
      if (isOver) return;
      isOver = true;
      stop.listen(undefined);
      reject(error);
    };
    const end = (answered: number): void => {
      if (isOver) return;
      isOver = true;
      stop.listen(undefined);
      const body = reader.body();
      if (body instanceof Promise) body.then((whole) => resolve({ status: answered, headers, body: whole }));
      else resolve({ status: answered, headers, body });
    };

    stop.listen(() => {
      fail(new CallStopped());
      control?.abort(new CallStopped());
    });
    if (isOver) return;

    pool.dispatch(request, {
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
  });

/** Sends one request when it is due, with all that it takes at hand by then. */
const sendWhenDue = async (request: Dispatcher.DispatchOptions, input: SendHopInput): Promise<TargetAnswer> => {
  await input.due;
  // Meanwhile the pool may have made room for others: then nothing is sent, and the call is made ready anew.
  if (input.pool.closed) throw new Withheld();
  return sendHop(request, input);
};

type HopResult = { readonly answer: TargetAnswer } | { readonly error: unknown };

/**
 * Makes an axios adapter for one request. Headers, body and errors bypass axios: its `AxiosHeaders` has methods that a
 * header named `get` or `set` would hide, and it takes as long as the rest of the call; and it writes the stack of each
 * error anew.
 */
const adapterFor =
  (input: SendHopInput): AxiosAdapter =>
  async (config) => {
    const request = requestOf(input.hop);
    const send = input.due === undefined ? sendHop : sendWhenDue;
    const data: HopResult = await send(request, input).then(
      (answer) => ({ answer }),
      (error) => ({ error }),
    );
    return { data, status: 'answer' in data ? data.answer.status : 0, statusText: '', headers: {}, config };
  };

/**
 * Makes an axios client over undici, without any of axios's defaults: this folder handles redirects, timeouts, proxies
 * and decoding.
 */
export const axiosClient = (): ((input: SendHopInput) => Promise<TargetAnswer>) => {
  const axios = new Axios();
  return async (input) => {
    const { url, method } = input.hop;
    const { data } = await axios.request<HopResult>({ url: url.href, method, adapter: adapterFor(input) });
    if ('error' in data) throw data.error;
    return data.answer;
  };
};
