import type { Request, Response } from 'express';
import { EVERY_TENANT } from '../../domain/values.ts';
import type { EventStore, Position, RecordedEvent } from '../../event-store/port.ts';
import { type CloudEvent, type PublishedType, sourceOf, toCloudEvent, toStructured } from '../../feed/index.ts';
import type { Scope } from '../../projections/queries/port.ts';
import type { World } from '../../world.ts';
import { type EventFilter, readEventFilter } from './asked.ts';
import { type EventStream, openEventStream } from './event-stream.ts';
import { createStreamCount, STREAM_SHARES, type StreamOwner, type StreamShares } from './shares.ts';

export type SseOptions = {
  readonly store: EventStore;
  /** The log's identity. */
  readonly logId: string;
  readonly world: Pick<World, 'timers' | 'log'>;
  readonly shares?: StreamShares;
};

/** Who follows a stream. */
export type Follower = StreamOwner & {
  readonly scope: Scope;
  /** What they may see. */
  readonly types: ReadonlySet<PublishedType>;
};

export type Sse = {
  /**
   * Answers GET /events: what happens to the jobs that the follower may see, as it happens, in log order, from
   * `Last-Event-ID` on where that is given. Resolves when the stream has ended.
   * @throws Refusal BAD_INPUT, FORBIDDEN, TOO_MANY_STREAMS before anything is answered
   */
  handle(request: Request, response: Response, follower: Follower): Promise<void>;
  /** Ends every stream. */
  stop(): void;
};

const HEARTBEAT_MS = 15_000;
/** Then the client comes again by itself, and whether it may is asked anew. */
const LONGEST_MS = 30 * 60_000;

export const createSse = ({ store, logId, world, shares = STREAM_SHARES }: SseOptions): Sse => {
  const stopping = new AbortController();
  const source = sourceOf(logId);
  const openStream = createStreamCount(shares);

  const follow = async (
    stream: EventStream,
    { filter, scope }: { filter: EventFilter; scope: Scope },
  ): Promise<void> => {
    let reached = filter.after;
    const ending = new AbortController();
    const signal = AbortSignal.any([stream.signal, stopping.signal, ending.signal]);
    const cancels = [
      every(HEARTBEAT_MS, world.timers, () => stream.beat(heartbeat(reached))),
      world.timers.after(LONGEST_MS, () => ending.abort()),
    ];
    try {
      const items = store.subscribe({ after: filter.after, streamPrefixes: ['job-', 'runs-'], signal });
      for await (const item of items) {
        if (item.kind === 'events') {
          for (const event of item.events) {
            if (signal.aborted) return;
            // The log may give events again.
            if (event.position <= reached) continue;
            const cloudEvent = isWanted(event, { filter, scope }) ? toCloudEvent(event, source) : undefined;
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
      const filter = await readEventFilter(request, store, follower.types);
      const closeStream = openStream(follower);
      const stream = openEventStream(response, world.timers);
      try {
        await follow(stream, { filter, scope: follower.scope });
      } catch (error) {
        // Too late for a problem document: the client comes again from the last event it got.
        world.log.warn({ error }, 'a stream of events broke off');
      } finally {
        closeStream();
        stream.end();
      }
    },
    stop: () => stopping.abort(),
  };
};

const isWanted = ({ data }: RecordedEvent, { filter, scope }: { filter: EventFilter; scope: Scope }): boolean =>
  'jobId' in data &&
  (scope.tenant === EVERY_TENANT || data.tenant === scope.tenant) &&
  (filter.jobId === undefined || data.jobId === filter.jobId);

const toSseText = (event: CloudEvent): string => {
  const { sequence, type } = event.attributes;
  return `id: ${sequence}\nevent: ${type}\ndata: ${JSON.stringify(toStructured(event))}\n\n`;
};

/** A comment, and how far the log was looked at: a client that resumes need not be given what it didn't ask for. */
const heartbeat = (reached: Position): string => `: still here\nid: ${reached}\n\n`;

const every = (ms: number, timers: World['timers'], run: () => void): (() => void) => {
  const again = () => {
    cancel = timers.after(ms, again);
    run();
  };
  let cancel = timers.after(ms, again);
  return () => cancel();
};
