import { setImmediate } from 'node:timers/promises';
import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { createFindNamed } from '../../commands/loop/names.ts';
import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { EVERY_TENANT, type Tenant, TenantChoice } from '../../domain/values.ts';
import type { EventStore, Position, RecordedEvent, SubscriptionItem } from '../../event-store/port.ts';
import { type CloudEvent, sourceOf, toCloudEvent, toStructured } from '../../feed/cloud-event.ts';
import { createFeedNames, FEED_PREFIXES } from '../../feed/feed-names.ts';
import type { PublishedType } from '../../feed/published.ts';
import type { Scope } from '../../projections/queries/scope.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { createSemaphores } from '../../runtime/semaphore.ts';
import type { Authenticate } from '../callers/authenticate.ts';
import { requirePermission, tenantOf } from '../callers/authorize.ts';
import { admitRequest, countCallers, type RequestQuotas } from '../callers/quotas.ts';
import { rejectOtherMethods } from '../responses/reject.ts';
import { validate } from '../validate.ts';
import { type EventFilter, readEventFilter, typesSeenBy } from './event-filter.ts';
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
  readonly world: Pick<Runtime, 'timers' | 'log'>;
  readonly shares?: StreamShares;
};

/** The caller who reads a stream. */
export type Follower = StreamOwner & {
  readonly scope: Scope;
  /** The types of events that they may see. */
  readonly types: ReadonlySet<PublishedType>;
  /** Looks whether their token still opens the stream: it may have expired, or been revoked. */
  readonly isAdmitted: () => Promise<boolean>;
};

export type Sse = {
  /**
   * Answers GET /events: sends the events that the follower may see, in log order, as they are recorded, and after
   * `Last-Event-ID` where that is given. Resolves when the stream has ended.
   * @throws DomainError BAD_INPUT, FORBIDDEN, JOB_NOT_FOUND, TOO_MANY_STREAMS before the answer begins
   */
  handle(request: Request, response: Response, follower: Follower): Promise<void>;
  /** Ends every stream. */
  stop(): void;
};

const HEARTBEAT_MS = 15_000;
/** So many events are decoded before other work of the process gets its turn. */
const REPLAYED_AT_ONCE = 100;
/** A stream ends after this time. The client connects again by itself, and its token is checked again. */
const MAX_MS = 30 * 60_000;

/** Creates the server of event streams. */
export const createSse = ({ store, logId, world, shares = STREAM_SHARES }: SseOptions): Sse => {
  const stopping = new AbortController();
  const source = sourceOf(logId);
  const named = createFindNamed(store);
  const openStream = createStreamCount(shares);
  const replays = createSemaphores<Tenant>(1);

  const follow = async (
    stream: EventStream,
    { filter, scope, tenant, isAdmitted }: Pick<Follower, 'scope' | 'tenant' | 'isAdmitted'> & { filter: EventFilter },
  ): Promise<void> => {
    const names = createFeedNames(store);
    let reached = filter.after;
    const ending = new AbortController();
    const signal = AbortSignal.any([stream.signal, stopping.signal, ending.signal]);
    const cancels = [
      every(HEARTBEAT_MS, world.timers, () => {
        stream.beat(heartbeat(reached));
        void isAdmitted().then((admitted) => {
          if (!admitted) ending.abort();
        });
      }),
      world.timers.after(MAX_MS, () => ending.abort()),
    ];
    try {
      const options = {
        after: filter.after,
        streamPrefixes: FEED_PREFIXES,
        decodedAtOnce: REPLAYED_AT_ONCE,
      };
      const items = store.subscribe({ ...options, signal });
      for await (const item of replayedInTurn(items, (read) => replays.run(tenant, read))) {
        if (item.kind === 'events') {
          await names.learn(item.events.filter((event) => isWanted(event, { filter, scope })));
          for (const event of item.events) {
            if (signal.aborted) return;
            // A subscription may deliver an event twice.
            if (event.position <= reached) continue;
            const named = names.of(event);
            const cloudEvent = isWanted(event, { filter, scope }) ? toCloudEvent(event, source, named) : undefined;
            if (cloudEvent && filter.types.has(cloudEvent.attributes.type)) await stream.send(toSseText(cloudEvent));
            reached = event.position;
          }
        } else if (item.position > reached) reached = item.position;
      }
    } finally {
      for (const cancel of cancels) cancel();
    }
  };

  return {
    handle: async (request, response, follower) => {
      const filter = await readEventFilter(request, { store, named }, follower);
      const closeStream = openStream(follower);
      const stream = openEventStream(response);
      try {
        await follow(stream, { ...follower, filter });
      } catch (error) {
        // The answer has begun, so it cannot become a problem: the client resumes after the last event it got.
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
 * The items of a subscription. What was recorded before it began is read in the turn of its tenant, so that the many
 * streams of one tenant take no more from the others than one stream does.
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

const isWanted = ({ data }: RecordedEvent, { filter, scope }: { filter: EventFilter; scope: Scope }): boolean =>
  'jobId' in data &&
  (scope.tenant === EVERY_TENANT || data.tenant === scope.tenant) &&
  (scope.applications?.some((own) => own === data.applicationId) ?? true) &&
  (filter.jobId === undefined || data.jobId === filter.jobId);

const toSseText = (event: CloudEvent): string => {
  const { sequence, type } = event.attributes;
  return `id: ${sequence}\nevent: ${type}\ndata: ${JSON.stringify(toStructured(event))}\n\n`;
};

/** A comment with the position reached, so that a client that resumes skips the events that its filter left out. */
const heartbeat = (reached: Position): string => `: heartbeat\nid: ${reached}\n\n`;

const every = (ms: number, timers: Runtime['timers'], run: () => void): (() => void) => {
  const again = () => {
    cancel = timers.after(ms, again);
    run();
  };
  let cancel = timers.after(ms, again);
  return () => cancel();
};

const TenantQuery = z.object({ tenant: TenantChoice.optional() });

type EventsRouterDeps = {
  readonly events: Sse;
  readonly authenticate: Authenticate;
  readonly quotas: Pick<RequestQuotas, 'countRequest'>;
};

/** `GET /events`: the events that the caller may see, of their own tenant or of the one that an administrator names. */
export const eventsRouter = ({ events, authenticate, quotas }: EventsRouterDeps): Router => {
  const router = Router({ caseSensitive: true });
  router
    .route('/events')
    .get(async (request, response) => {
      const caller = await authenticate(request);
      admitRequest(response, caller, quotas);
      requirePermission(caller, 'scheduler:executions:read');
      const tenant = tenantOf(caller, validate('BAD_INPUT', TenantQuery, request.query).tenant);
      await events.handle(request, response, {
        ...caller,
        types: typesSeenBy(caller),
        scope: { tenant, ...(caller.applications === undefined ? {} : { applications: caller.applications }) },
        isAdmitted: () => isAdmitted(authenticate, request),
      });
    })
    .all(rejectOtherMethods(['GET'], countCallers(authenticate, quotas)));
  return router;
};

const ENDED: ReadonlySet<string> = new Set([
  'TOKEN_REJECTED',
  'FORBIDDEN',
  'TENANT_ERASED',
] satisfies DomainErrorCode[]);

/** Whether the token of a stream still opens it; true where that is not known now. */
const isAdmitted = async (authenticate: Authenticate, request: Request): Promise<boolean> => {
  try {
    requirePermission(await authenticate(request), 'scheduler:executions:read');
    return true;
  } catch (error) {
    return !(error instanceof DomainError && ENDED.has(error.code));
  }
};
