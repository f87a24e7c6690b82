import { setImmediate } from 'node:timers/promises';
import type { Response } from 'express';
import { rejectField } from '../../domain/domain-error.ts';
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
import { createFeedNames, FEED_PREFIXES } from '../../feed/feed-names.ts';
import type { PublishedType } from '../../feed/published.ts';
import type { Scope } from '../../projections/queries/scope.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { createSemaphores } from '../../runtime/semaphore.ts';
import {
  createStreamCount,
  type EventStream,
  openEventStream,
  STREAM_SHARES,
  type StreamOwner,
  type StreamShares,
} from './event-stream.ts';

export type SseOptions = {
  readonly store: EventStore;
  /** The log's identity. */
  readonly logId: string;
  readonly world: Runtime;
  readonly shares?: StreamShares;
};

/** The reader of a stream, and the events to send. */
export type Follower = StreamOwner & {
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
   * Sends the follower's events, in log order, as they are recorded. Resolves when the stream has ended.
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

export const createSse = ({ store, logId, world, shares = STREAM_SHARES }: SseOptions): Sse => {
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
