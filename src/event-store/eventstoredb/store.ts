import type { Runtime } from '../../runtime/runtime.ts';
import { createSemaphore } from '../../runtime/semaphore.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { createAvailability, reconnectCounter } from '../availability.ts';
import { encodeAppend } from '../check-append.ts';
import type { Codec } from '../codec.ts';
import { createFormReaders, ofForm, type ReadAs } from '../forms.ts';
import { readable } from '../last-event.ts';
import { oneByOne, sideBySide } from '../one-by-one.ts';
import { type EventStore, LOG_START, type Position, positionOf, type Revision } from '../port.ts';
import { deleteStream, keepLast, truncateBefore } from './cuts.ts';
import { createOutage } from './failures.ts';
import { openLogFeed } from './log-feed.ts';
import { type ClientEvent, isSystemEvent, storedEvent } from './raw-event.ts';
import { createReader } from './reader.ts';
import { sharedReads } from './shared-reads.ts';
import { readEnd, readIdAt, readLastEvent, readStreamEvents } from './stream-reads.ts';
import { createSubscribe } from './subscription.ts';
import { createWriter } from './writer.ts';

const APPEND_DEADLINE_MS = 10_000;
const MAX_READS = 32;

export type EventStoreDbOptions = {
  /** As the client accepts it: `esdb://…` or `esdb+discover://…`; the scheme `kurrentdb` works too. */
  readonly connectionString: string;
  /** Put before the name of each stream, so that several installations can share a cluster. */
  readonly prefix: string;
  readonly codec: Codec;
  readonly world: Runtime;
  readonly metrics?: Metrics;
  /** The time from the call of an append until it throws AppendUnanswered; default 10 s. */
  readonly appendDeadlineMs?: number;
};

/**
 * Creates a log in an EventStoreDB cluster (24.10.5 or later). A process has one connection for appends, one for reads
 * of single streams, one that all subscriptions which have caught up share, and one for each that has not.
 */
export const createEventStoreDbStore = ({
  connectionString,
  prefix,
  codec,
  world,
  metrics,
  appendDeadlineMs = APPEND_DEADLINE_MS,
}: EventStoreDbOptions): EventStore => {
  const countReconnect = reconnectCounter(metrics, ['appends', 'reads', 'subscription']);
  const onReconnect = (connection: Parameters<typeof countReconnect>[0]) => () => countReconnect(connection);
  const closing = new AbortController();
  const outages = { availability: createAvailability(world), log: world.log };
  let subscriptions = 0;
  const writer = createWriter({
    connectionString,
    world,
    deadlineMs: appendDeadlineMs,
    onReconnect: onReconnect('appends'),
    outage: createOutage('appends', outages),
  });
  const reader = createReader({
    connectionString,
    world,
    onReconnect: onReconnect('reads'),
    outage: createOutage('reads', outages),
  });
  const subscribe = createSubscribe({
    codec,
    openFeed: (after) => {
      const outage = createOutage(`subscription ${++subscriptions}`, outages);
      return openLogFeed({ connectionString, prefix, world, onReconnect: onReconnect('subscription'), outage }, after);
    },
  });
  const reads = createSemaphore(MAX_READS);
  const readers = createFormReaders(codec);
  const cuts = { reader, writer, random: world.random };
  const nameOf = (stream: string): string => `${prefix}${stream}`;
  const readAs = <E>(read: ReadAs<E>, event: ClientEvent) =>
    isSystemEvent(event) ? undefined : read(storedEvent(event, prefix));

  const lastOf = sharedReads((stream) =>
    reads.run(async () => {
      const event = await readLastEvent(reader, nameOf(stream));
      return event && readAs(codec.decode, event);
    }),
  );

  /**
   * Finds the position of an append that the server knew already and answered without it. If that event was cut since,
   * the result is the position of the stream's last event, which is never an earlier one.
   */
  const positionIn = async (stream: string, revision: Revision): Promise<Position> => {
    for await (const event of readStreamEvents(reader, stream, { from: revision, limit: 1 })) {
      return positionOf(event.position?.commit ?? 0n);
    }
    const last = await readLastEvent(reader, stream);
    return last?.position === undefined
      ? ((await readEnd(reader, prefix)) ?? LOG_START)
      : positionOf(last.position.commit);
  };

  const append: EventStore['append'] = async (asked) => {
    const { events } = encodeAppend(codec, asked);
    const stream = nameOf(asked.stream);
    const wire = { stream, expectedRevision: asked.expectedRevision, events };
    const { revision, position } = await writer.append(wire, asked.stream);
    return { revision, position: position ?? (await positionIn(stream, revision)) };
  };

  return {
    append,
    appendInOrder: oneByOne(append),
    appendEach: sideBySide(append),
    async *readStream(stream, options = {}) {
      const read = ofForm(readers, options.as);
      for await (const event of readStreamEvents(reader, nameOf(stream), options)) {
        const decoded = readable(readAs(read, event));
        if (decoded !== undefined) yield decoded;
        else options.onPassedOver?.(Number(event.revision));
      }
    },
    readLast: (streams) => Promise.all(streams.map(lastOf)),
    subscribe: ({ signal, ...options }) => subscribe({ ...options, signal: AbortSignal.any([signal, closing.signal]) }),
    end: () => readEnd(reader, prefix),
    readAt: (position) => readIdAt(reader, position),
    truncateBefore: (stream, revision) => truncateBefore(cuts, nameOf(stream), revision),
    keepLast: (stream) => keepLast(cuts, nameOf(stream)),
    deleteStream: (stream) => deleteStream(cuts, nameOf(stream)),
    close: async () => {
      closing.abort();
      await writer.close();
      await reader.close();
    },
  };
};
