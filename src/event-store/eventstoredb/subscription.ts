import type { AllStreamResolvedEvent } from '@eventstore/db-client';
import { type Backoff, backoffMs, randomlyShortened } from '../../runtime/backoff.ts';
import type { World } from '../../runtime/world.ts';
import type { Codec, DecodedEvent } from '../codec.ts';
import { itemsOfDecoded } from '../decoded.ts';
import {
  comparePositions,
  LOG_START,
  type Position,
  positionOf,
  type SubscribeOptions,
  type SubscriptionItem,
} from '../port.ts';
import { type AllEvents, openAllEvents } from './all-events.ts';
import type { Chunk } from './chunks.ts';
import { isNoPlace, noPlace, type Outage, refusalIn } from './failures.ts';
import { isSystemEvent, storedEvent } from './raw-event.ts';

const RECONNECT: Backoff = { firstMs: 200, longestMs: 5_000 };

export type SubscriptionSource = {
  readonly connectionString: string;
  readonly prefix: string;
  readonly codec: Codec;
  readonly world: Pick<World, 'timers' | 'random'>;
  readonly onReconnect: () => void;
  readonly outage: Outage;
};

/**
 * Subscribes to the events of a log. The server filters only by the prefix of the installation; the filter by streams
 * is applied here. If the server applied it, a reader would not learn that it has reached the end of the log when the
 * last events do not pass: the server reports its checkpoint only now and then. Every position that is yielded is that
 * of an event of this installation, and so never beyond the end of its log.
 */
export async function* subscription(
  { codec, world, onReconnect, outage, ...source }: SubscriptionSource,
  { after = LOG_START, streamPrefixes, signal }: SubscribeOptions,
): AsyncGenerator<SubscriptionItem, void, undefined> {
  let reached = after;
  let resumeAfter = BigInt(after);
  let saidAt: Position | undefined;
  let failures = 0;
  let events: AllEvents | undefined;
  try {
    while (!signal.aborted) {
      let chunk: Chunk<AllStreamResolvedEvent> | undefined;
      try {
        events ??= openAllEvents({ ...source, timers: world.timers, after: resumeAfter, signal });
        chunk = await events.next();
        if (chunk === undefined && !signal.aborted) throw new Error('the server ended the subscription');
      } catch (error) {
        resumeAfter = later(BigInt(reached), events?.checkpoint() ?? 0n);
        events?.close();
        events = undefined;
        failures += 1;
        if (isNoPlace(error) && failures > 1 && resumeAfter > 0n) throw noPlace(positionOf(resumeAfter), error);
        onReconnect();
        const refusal = refusalIn(error, 'read $all');
        // The first failure is not reported: the server cuts off slow readers, and the retry succeeds at once.
        if (refusal !== undefined || failures > 1) outage.trouble(refusal ?? error);
        if (failures > 1) {
          await world.timers.sleep(randomlyShortened(backoffMs(failures - 1, RECONNECT), world.random), signal);
        }
        continue;
      }
      if (chunk === undefined || events === undefined) return;
      if (chunk.items.length > 0 || events.isLive()) {
        failures = 0;
        outage.over();
      }

      const { considered, wanted } = sift(chunk, { prefix: source.prefix, streamPrefixes, codec });
      const given = wanted.at(-1)?.position ?? reached;
      reached = considered ?? reached;
      yield* itemsOfDecoded(wanted);
      if (comparePositions(given, reached) < 0) yield { kind: 'checkpoint', position: reached };
      if (!chunk.drained || !events.isLive() || reached === saidAt) continue;
      saidAt = reached;
      yield { kind: 'caughtUp', position: reached };
    }
  } finally {
    outage.over();
    events?.close();
  }
}

type EventFilter = Pick<SubscriptionSource, 'prefix' | 'codec'> & { streamPrefixes: readonly string[] | undefined };

const sift = (
  { items }: Chunk<AllStreamResolvedEvent>,
  { prefix, streamPrefixes, codec }: EventFilter,
): { considered: Position | undefined; wanted: DecodedEvent[] } => {
  const wanted: DecodedEvent[] = [];
  let considered: Position | undefined;
  for (const { event } of items) {
    if (event === undefined) continue;
    considered = positionOf(event.position.commit);
    if (isSystemEvent(event)) continue;
    if (streamPrefixes && !streamPrefixes.some((each) => event.streamId.startsWith(each, prefix.length))) continue;
    const decoded = codec.decode(storedEvent(event, prefix));
    if (decoded !== undefined) wanted.push(decoded);
  }
  return { considered, wanted };
};

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);
