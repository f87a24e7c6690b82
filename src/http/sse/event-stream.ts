import type { Response } from 'express';
import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { Tenant } from '../../domain/values.ts';
import { drained } from '../responses/response.ts';

/** The writing side of one server-sent event stream (WHATWG HTML, 9.2). */
export type EventStream = {
  /** Aborted when the client has disconnected or was cut off. */
  readonly signal: AbortSignal;
  /** Resolves when the client can receive more. At most one event and the socket's buffer are in memory. */
  send(text: string): Promise<void>;
  /** Sends a heartbeat, unless the client has not read earlier events yet. */
  beat(text: string): void;
  end(): void;
};

const RETRY_MS = 2_000;

/** Sends the headers of an event stream, and returns its writing side. */
export const openEventStream = (response: Response): EventStream => {
  const gone = new AbortController();
  // If the client disconnected while its token was checked, no event reports it any more.
  if (response.destroyed) gone.abort();
  response.once('close', () => gone.abort());
  response.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    // Prevents nginx from buffering the events.
    'X-Accel-Buffering': 'no',
  });
  response.flushHeaders();
  response.write(`retry: ${RETRY_MS}\n\n`);

  return {
    signal: gone.signal,
    send: async (text) => {
      if (gone.signal.aborted || response.write(text)) return;
      await drained(response);
    },
    beat: (text) => {
      if (!gone.signal.aborted && !response.writableNeedDrain) response.write(text);
    },
    end: () => {
      response.end();
    },
  };
};

/** Maximum open streams in this process: in total, per tenant, and per user. */
export type StreamShares = { readonly all: number; readonly tenant: number; readonly user: number };

/** Limits that keep one tenant, or one user of a tenant, from using up all streams. */
export const STREAM_SHARES: StreamShares = { all: 100, tenant: 40, user: 10 };

/** Long requests, and the code that rejects too many of them. */
type CountedRequests = { readonly code: DomainErrorCode; readonly what: string };
const EVENT_STREAMS: CountedRequests = { code: 'TOO_MANY_STREAMS', what: 'event streams' };

/** The same for takes that wait for work. */
export const POLL_SHARES: StreamShares = { all: 2_000, tenant: 200, user: 200 };
export const POLLS: CountedRequests = { code: 'TOO_MANY_POLLS', what: 'requests for work' };

export type StreamOwner = { readonly tenant: Tenant; readonly callerId: string | number };

/**
 * Counts the open streams of each tenant and user.
 * @returns a function that counts a new stream and returns a function that ends the count. Throws DomainError
 * TOO_MANY_STREAMS, or the given code
 */
export const createStreamCount = (
  most: StreamShares,
  { code, what }: CountedRequests = EVENT_STREAMS,
): ((owner: StreamOwner) => () => void) => {
  const open = new Map<string, number>();
  return ({ tenant, callerId }) => {
    const shares = [
      { key: '', most: most.all, whose: 'the limit of this process' },
      { key: JSON.stringify([tenant]), most: most.tenant, whose: 'the limit of the tenant' },
      { key: JSON.stringify([tenant, callerId]), most: most.user, whose: 'the limit of the user' },
    ];
    const taken = shares.find((share) => (open.get(share.key) ?? 0) >= share.most);
    if (taken !== undefined) {
      throw new DomainError(code, `${taken.most} ${what} are open, ${taken.whose}: close one`);
    }
    for (const { key } of shares) open.set(key, (open.get(key) ?? 0) + 1);
    return () => {
      for (const { key } of shares) {
        const left = (open.get(key) ?? 0) - 1;
        if (left > 0) open.set(key, left);
        else open.delete(key);
      }
    };
  };
};
