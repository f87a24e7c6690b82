import { Axios, type AxiosAdapter } from 'axios';
import type { Dispatcher, Pool } from 'undici';
import { TargetRejected } from '../../domain/targets/target-url.ts';
import { HopBroken, Withheld } from './errors.ts';
import type { Headers, Hop } from './hop.ts';
import { type Body, type BodyReader, bodyReader } from './read-data.ts';
import { CallStopped, type Stop } from './stop.ts';

export type TargetResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Body;
};

type SendHopInput = {
  /** URL of the request, as axios names it. */
  readonly url: string;
  readonly request: Dispatcher.DispatchOptions;
  readonly pool: Pool;
  readonly call: SendingCall;
  /** Checks right before the request is written that it may go there. @throws TargetRejected */
  readonly recheck: Recheck;
};

type Recheck = (url: string, pool: Pool) => void;

/** The call that a request belongs to. */
export type SendingCall = {
  readonly stop: Stop;
  /** Called right before each request is written to an open connection. */
  maySend(): boolean;
};

const flat = (headers: Headers): string[] => {
  const pairs: string[] = [];
  for (const [name, value] of headers.values()) pairs.push(name, value);
  return pairs;
};

/** What is sent for a hop. */
export const requestOf = ({ url, method, headers, body }: Hop) => ({
  path: url.pathname + url.search,
  method,
  headers: flat(headers),
  body: body ?? null,
});

const noReading: BodyReader = { take: () => true, body: () => ({ bytes: Buffer.alloc(0), truncated: false }) };

type HopResult = { readonly response: TargetResponse } | { readonly error: unknown };

/**
 * Sends one request and reads a bounded part of its response.
 * It uses undici's `dispatch`: only its handler says when a request is about to be written, and that decides whether a
 * broken connection leaves the outcome unknown. It also needs no stream for the body.
 */
class HopInProgress implements Dispatcher.DispatchHandler {
  private readonly input: SendHopInput;
  /** Called once with the response, or with Withheld, TargetRejected, CallStopped or HopBroken. */
  private readonly ended: (result: HopResult) => void;
  private control: Dispatcher.DispatchController | undefined;
  private status: number | undefined;
  private headers: TargetResponse['headers'] = {};
  private reader = noReading;
  private isOver = false;

  constructor(input: SendHopInput, ended: (result: HopResult) => void) {
    this.input = input;
    this.ended = ended;
  }

  send(): void {
    const { call, pool, request } = this.input;
    call.stop.listen(() => {
      this.over({ error: new CallStopped() });
      this.control?.abort(new CallStopped());
    });
    if (this.isOver) return;
    try {
      pool.dispatch(request, this);
    } catch (error) {
      this.over({ error });
    }
  }

  /** An error thrown here keeps the request from being written and the connection open. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.isOver) throw new CallStopped();
    // undici must not send the request a second time.
    if (this.control !== undefined) throw new Error('the request was written before');
    this.input.recheck(this.input.url, this.input.pool);
    if (!this.input.call.maySend()) throw new Withheld();
    this.control = controller;
  }

  onResponseStart(_controller: unknown, code: number, received: TargetResponse['headers']): void {
    if (code < 200) return;
    this.status = code;
    this.headers = received;
    const encoding = received['content-encoding'];
    this.reader = bodyReader(typeof encoding === 'string' ? encoding : encoding?.join());
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.reader.take(chunk) || this.status === undefined) return;
    this.end(this.status);
    controller.abort(new CallStopped());
  }

  onResponseEnd(): void {
    if (this.status !== undefined) this.end(this.status);
  }

  onResponseError(_controller: unknown, cause: Error): void {
    const { control, status } = this;
    const isUnsent = cause instanceof Withheld || cause instanceof TargetRejected;
    this.over({ error: isUnsent ? cause : new HopBroken({ wasSent: control !== undefined, status, cause }) });
  }

  private end(status: number): void {
    if (!this.close()) return;
    const { headers, ended } = this;
    const body = this.reader.body();
    if (body instanceof Promise) body.then((whole) => ended({ response: { status, headers, body: whole } }));
    else ended({ response: { status, headers, body } });
  }

  private over(result: HopResult): void {
    if (this.close()) this.ended(result);
  }

  /** @returns false if it was over before */
  private close(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.input.call.stop.listen(undefined);
    return true;
  }
}

/**
 * Makes a function that sends a request by axios over undici, without any of axios's defaults: this folder handles
 * redirects, timeouts, proxies and decoding. Headers, body and errors bypass axios: its `AxiosHeaders` has methods that a
 * header named `get` or `set` would hide, and it takes as long as the rest of the call; and it rewrites the stack of each
 * error.
 * @throws Withheld, TargetRejected, CallStopped, HopBroken
 */
export const axiosSender = () => {
  const axios = new Axios();
  return async (input: SendHopInput): Promise<TargetResponse> => {
    const adapter: AxiosAdapter = (config) =>
      new Promise((resolve) => {
        const ended = (data: HopResult): void =>
          resolve({ data, status: 0, statusText: '', headers: config.headers, config });
        new HopInProgress(input, ended).send();
      });
    const { url, request } = input;
    const { data } = await axios.request<HopResult>({ url, method: request.method, adapter });
    if ('error' in data) throw data.error;
    return data.response;
  };
};
