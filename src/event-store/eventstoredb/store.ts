import { setImmediate } from 'node:timers/promises';
import { ANY, StreamDeletedError } from '@eventstore/db-client';
import { z } from 'zod';
import type { Runtime } from '../../runtime/runtime.ts';
import { createSemaphore } from '../../runtime/semaphore.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { oneByOne, sideBySide } from '../append-with-retry.ts';
import { encodeAppend } from '../check-append.ts';
import type { Codec } from '../codec.ts';
import {
  AppendUnconfirmed,
  createAvailability,
  LogUnavailable,
  reconnectCounter,
  StreamDeleted,
  WrongExpectedRevision,
} from '../errors.ts';
import { createFormReaders, ofForm, type ReadAs } from '../forms.ts';
import { type EventStore, LOG_START, NO_STREAM, type Position, positionOf, type Revision } from '../port.ts';
import { readable } from '../read-log.ts';
import { createOutage, type LogConnection } from './failures.ts';
import { createSubscriptions, openLogFeed } from './log-feed.ts';
import {
  type ClientEvent,
  createReader,
  isSystemEvent,
  type Reader,
  readEnd,
  readIdAt,
  readLastEvent,
  readStreamEvents,
  storedEvent,
} from './stream-reads.ts';
import { createWriter, type Writer } from './writer.ts';

const APPEND_DEADLINE_MS = 10_000;
const MAX_READS = 32;
/** An event that subscriptions don't deliver within this time after its append is not waited for: a read is faster then. */
const FOLLOWED_WITHIN_MS = 20;

export type EventStoreDbOptions = {
  /** A connection string of the client: `esdb://…` or `esdb+discover://…`; the scheme `kurrentdb` works too. */
  readonly connectionString: string;
  /** Prefix of each stream's name, so that several installations can share a cluster. */
  readonly prefix: string;
  readonly codec: Codec;
  readonly world: Runtime;
  readonly metrics?: Metrics;
  /** The time from the call of an append until it throws AppendUnconfirmed; default 10 s. */
  readonly appendDeadlineMs?: number;
};

/**
 * Creates a log in an EventStoreDB cluster (24.10.5 or later). A process has one connection for appends, one for reads of
 * single streams, one shared by all subscriptions that have caught up, and one for each other subscription.
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
  const shared = { connectionString, prefix, world };
  const connectionFor = (part: 'appends' | 'reads'): LogConnection => ({
    ...shared,
    onReconnect: onReconnect(part),
    outage: createOutage(part, outages),
  });
  const writer = createWriter(connectionFor('appends'), appendDeadlineMs);
  const reader = createReader(connectionFor('reads'));
  const { subscribe, isUnchanged } = createSubscriptions({
    codec,
    openFeed: (after) => {
      const outage = createOutage(`subscription ${++subscriptions}`, outages);
      return openLogFeed({ ...shared, onReconnect: onReconnect('subscription'), outage }, after);
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
   * Finds the position of an append that the server already knew and did not return. If that event was cut since, the result
   * is the position of the stream's last event, which is never an earlier one.
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

  const append: EventStore['append'] = async (wanted) => {
    const { events } = encodeAppend(codec, wanted);
    const stream = nameOf(wanted.stream);
    const wire = { stream, expectedRevision: wanted.expectedRevision, events };
    const { revision, position } = await writer.append(wire, wanted.stream);
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
    isUnchanged: async (stream, between) => {
      const late = new AbortController();
      const cancel = world.timers.after(FOLLOWED_WITHIN_MS, () => late.abort());
      return isUnchanged(stream, between, late.signal).finally(cancel);
    },
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

const Metadata = z.looseObject({ $tb: z.int().optional(), $maxCount: z.int().optional() });
type Metadata = z.infer<typeof Metadata>;

const TRIES = 10;

type Cuts = {
  readonly reader: Reader;
  readonly writer: Writer;
  readonly random: Runtime['random'];
};

/**
 * Cuts a stream; names of streams include the prefix here. Cut events disappear from reads of the stream immediately, and
 * from `$all` at the next scavenge.
 */
const truncateBefore = async (cuts: Cuts, stream: string, revision: Revision): Promise<void> => {
  const last = await readLastEvent(cuts.reader, stream);
  if (last === undefined) return;
  const before = Math.min(revision, Number(last.revision));
  await changeMetadata(cuts, stream, (now) => (before <= (now.$tb ?? 0) ? undefined : { ...now, $tb: before }));
};

const keepLast = (cuts: Cuts, stream: string): Promise<void> =>
  changeMetadata(cuts, stream, (now) => (now.$maxCount === 1 ? undefined : { ...now, $maxCount: 1 }));

const deleteStream = ({ reader }: Cuts, stream: string): Promise<void> =>
  reader.surely(`delete ${stream}`, async (client) => {
    try {
      await client.tombstoneStream(stream, { expectedRevision: ANY, requiresLeader: true });
    } catch (error) {
      if (!(error instanceof StreamDeletedError)) throw error;
    }
  });

/**
 * Changes the metadata of a stream. A write replaces all of it, so it is read first, and again after a concurrent
 * change.
 */
const changeMetadata = async (
  { reader, writer, random }: Cuts,
  stream: string,
  change: (now: Metadata) => Metadata | undefined,
): Promise<void> => {
  const metastream = `$$${stream}`;
  for (let tries = 1; ; tries++) {
    const last = await readLastEvent(reader, metastream);
    const next = change(Metadata.parse(last?.data ?? {}));
    if (next === undefined) return;
    const event = { id: random.uuid(), type: '$metadata', data: JSON.stringify(next), metadata: '' };
    const expectedRevision = last === undefined ? NO_STREAM : Number(last.revision);
    try {
      await writer.append({ stream: metastream, expectedRevision, events: [event] }, metastream);
      return;
    } catch (error) {
      if (error instanceof StreamDeleted) return;
      // Cuts are idempotent: the caller repeats the cut, whether or not this append was made.
      if (error instanceof AppendUnconfirmed) throw new LogUnavailable({ cause: error });
      if (!(error instanceof WrongExpectedRevision) || tries >= TRIES) throw error;
    }
  }
};

type ReadsOfKey<T> = {
  readonly requestInProgress: Promise<T>;
  /** The next read, for all callers since the running read began. */
  next?: Promise<T>;
};

/**
 * Shares reads with the same key, such as that of a busy application, between simultaneous callers. A value is always read
 * after it was requested: callers that arrive during a read wait for the next one.
 */
export const sharedReads = <T>(read: (key: string) => Promise<T>): ((key: string) => Promise<T>) => {
  const keys = new Map<string, ReadsOfKey<T>>();

  const begin = (key: string): Promise<T> => {
    const requestInProgress = read(key).finally(() => {
      if (keys.get(key) === reads && reads.next === undefined) keys.delete(key);
    });
    const reads: ReadsOfKey<T> = { requestInProgress };
    keys.set(key, reads);
    return requestInProgress;
  };

  return (key) => {
    const reads = keys.get(key);
    if (reads !== undefined) {
      reads.next ??= reads.requestInProgress.then(
        () => begin(key),
        () => begin(key),
      );
      return reads.next;
    }
    // Waits one turn of the event loop, so that requests that arrived together share a read.
    const first = setImmediate().then(() => begin(key));
    keys.set(key, { requestInProgress: first, next: first });
    return first;
  };
};
