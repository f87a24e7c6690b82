import { setImmediate } from 'node:timers/promises';
import type { Response } from 'express';
import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { DomainError, rejectField } from '../../domain/domain-error.ts';
import { EVERY_TENANT, type Tenant } from '../../domain/values.ts';
import {
  comparePositions,
  type EventStore,
  LOG_START,
  type Position,
  type RecordedEvent,
  type SubscriptionItem,
} from '../../event-store/port.ts';
import { type CloudEvent, sourceOf, toCloudEvent, toStructured } from '../../feed/cloud-event.ts';
import type { PublishedType } from '../../feed/published.ts';
import { createFeedNames, FEED_PREFIXES } from '../../feed/topics.ts';
import type { Scope } from '../../projections/queries/scope.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { createSemaphores } from '../../runtime/semaphore.ts';
import { drained } from '../responses/response.ts';

/** The writing side of one server-sent event stream (WHATWG HTML, 9.2). */
type EventStream = {
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
const openEventStream = (response: Response): EventStream => {
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
type StreamShares = { readonly all: number; readonly tenant: number; readonly user: number };

/** Limits that keep one tenant, or one user of a tenant, from using up all streams. */
const STREAM_SHARES: StreamShares = { all: 100, tenant: 40, user: 10 };

/** Long requests, and the code that rejects too many of them. */
type CountedRequests = { readonly code: DomainErrorCode; readonly what: string };
const EVENT_STREAMS: CountedRequests = { code: 'TOO_MANY_STREAMS', what: 'event streams' };

/** The same for takes that wait for work. */
export const POLL_SHARES: StreamShares = { all: 10_000, tenant: 5_000, user: 5_000 };
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

type SseOptions = {
  readonly store: EventStore;
  /** The log's identity. */
  readonly logId: string;
  readonly world: Runtime;
  /** Waits a moment until lists show what came before a position. */
  readonly awaitShown: (position: Position) => Promise<unknown>;
  readonly shares?: StreamShares;
};

/** The reader of a stream, and the events to send. */
type Follower = StreamOwner & {
  readonly scope: Scope;
  readonly jobId: number | undefined;
  readonly types: ReadonlySet<PublishedType>;
  /** Exclusive; `undefined` starts with the next event. */
  readonly after: Position | undefined;
  /** Checks whether the reader's token is still valid: it may have expired or been revoked. */
  readonly isAdmitted: () => Promise<boolean>;
};

export type Sse = {
  /**
   * Sends the follower's events, in log order, as they are recorded. Resolves when the stream has ended. A stream of new
   * events begins once lists show earlier ones, so a list that is requested then and the stream have all together.
   * @throws DomainError BAD_INPUT, TOO_MANY_STREAMS before the response begins
   */
  stream(response: Response, follower: Follower): Promise<void>;
  stop(): void;
};

const HEARTBEAT_MS = 15_000;
/** Number of events to decode before yielding to other work. */
const REPLAYED_AT_ONCE = 100;
/** A stream ends after this time. The client reconnects automatically, and its token is checked again. */
const MAX_MS = 30 * 60_000;

export const createSse = ({ store, logId, world, awaitShown, shares = STREAM_SHARES }: SseOptions): Sse => {
  const stopping = new AbortController();
  const source = sourceOf(logId);
  const openStream = createStreamCount(shares);
  const replays = createSemaphores<Tenant>(1);

  const follow = async (stream: EventStream, follower: Follower, after: Position): Promise<void> => {
    const names = createFeedNames(store);
    let reached = after;
    const ending = new AbortController();
    const signal = AbortSignal.any([stream.signal, stopping.signal, ending.signal]);
    const cancels = [
      every(HEARTBEAT_MS, world.timers, () => {
        stream.beat(heartbeat(reached));
        void follower.isAdmitted().then((admitted) => {
          if (!admitted) ending.abort();
        });
      }),
      world.timers.after(MAX_MS, () => ending.abort()),
    ];
    try {
      const options = {
        after,
        streamPrefixes: FEED_PREFIXES,
        decodedAtOnce: REPLAYED_AT_ONCE,
      };
      const items = store.subscribe({ ...options, signal });
      for await (const item of replayedInTurn(items, (read) => replays.run(follower.tenant, read))) {
        if (item.kind === 'events') {
          await names.learn(item.events.filter((event) => isWanted(event, follower)));
          for (const event of item.events) {
            if (signal.aborted) return;
            // A subscription may deliver an event twice.
            if (event.position <= reached) continue;
            const named = names.of(event);
            const cloudEvent = isWanted(event, follower) ? toCloudEvent(event, source, named) : undefined;
            if (cloudEvent && follower.types.has(cloudEvent.attributes.type)) await stream.send(toSseText(cloudEvent));
            reached = event.position;
          }
        } else if (item.position > reached) reached = item.position;
      }
    } finally {
      for (const cancel of cancels) cancel();
    }
  };

  return {
    stream: async (response, follower) => {
      const end = (await store.end()) ?? LOG_START;
      const { after = end } = follower;
      if (comparePositions(after, end) > 0) {
        throw rejectField('BAD_INPUT', '/last-event-id', 'belongs to another log, or to a lost part of this one');
      }
      if (follower.after === undefined) await awaitShown(end);
      const closeStream = openStream(follower);
      const stream = openEventStream(response);
      try {
        await follow(stream, follower, after);
      } catch (error) {
        // The response has begun, so it can't become a problem: the client resumes after the last event it received.
        world.log.warn({ error }, 'an event stream failed');
      } finally {
        closeStream();
        stream.end();
      }
    },
    stop: () => stopping.abort(),
  };
};

/**
 * The items of a subscription. Earlier events are read in the tenant's turn, so that many streams of one tenant delay others
 * no more than one stream does.
 */
async function* replayedInTurn(
  subscription: AsyncIterable<SubscriptionItem>,
  inTurn: <T>(read: () => Promise<T>) => Promise<T>,
): AsyncGenerator<SubscriptionItem> {
  const items = subscription[Symbol.asyncIterator]();
  let isReplaying = true;
  try {
    for (;;) {
      const { done, value } = await (isReplaying ? inTurn(() => nextAfterOthers(items)) : items.next());
      if (done) return;
      if (value.kind === 'caughtUp') isReplaying = false;
      yield value;
    }
  } finally {
    await items.return?.();
  }
}

const nextAfterOthers = async <T>(items: AsyncIterator<T>): Promise<IteratorResult<T>> => {
  await setImmediate();
  return items.next();
};

const isWanted = ({ data }: RecordedEvent, { jobId, scope }: Follower): boolean =>
  'jobId' in data &&
  (scope.tenant === EVERY_TENANT || data.tenant === scope.tenant) &&
  (scope.applications?.some((own) => own === data.applicationId) ?? true) &&
  (jobId === undefined || data.jobId === jobId);

const toSseText = (event: CloudEvent): string => {
  const { sequence, type } = event.attributes;
  return `id: ${sequence}\nevent: ${type}\ndata: ${JSON.stringify(toStructured(event))}\n\n`;
};

/** A comment with the current position, so that a resuming client skips events that its filter excludes. */
const heartbeat = (reached: Position): string => `: heartbeat\nid: ${reached}\n\n`;

const every = (ms: number, timers: Runtime['timers'], run: () => void): (() => void) => {
  const again = () => {
    cancel = timers.after(ms, again);
    run();
  };
  let cancel = timers.after(ms, again);
  return () => cancel();
};
