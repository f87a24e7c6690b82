import { defined } from '../domain/defined.ts';
import { LogMismatch } from '../event-store/errors.ts';
import { type EventStore, LOG_START, type Position } from '../event-store/port.ts';
import { resumePosition } from '../event-store/resume-position.ts';
import { sourceOf, toCloudEvent } from '../feed/cloud-event.ts';
import { commonName } from '../feed/topics.ts';
import { type Backoff, backoffMs, withFullJitter } from '../runtime/retry.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { awaitWithTimeout } from '../runtime/timeout.ts';
import { type Channel, openChannel } from './channel.ts';
import { isFenced, Replaced } from './errors.ts';
import { createKafka, type KafkaSettings } from './kafka-client.ts';
import { readOffsets } from './kafka-requests.ts';
import { type PublishedPosition, readerOf, readLastRecord } from './position-record.ts';
import { publishLog } from './publish.ts';

export type PublisherState =
  /** Connecting and finding the position to continue from. */
  | 'starting'
  | 'publishing'
  /** Publishing failed and is retried. */
  | 'retrying'
  /** Another process publishes this log. */
  | 'standby'
  /** The position in Kafka belongs to another log. Nothing is published until an operator decides. */
  | 'rejected'
  | 'stopped';

export type PublisherStatus = {
  readonly state: PublisherState;
  readonly sinceMs: number;
  /** Why it is not publishing, and what to do. */
  readonly why?: string;
  /** Counted since this process started. */
  readonly publishedEvents: number;
  readonly publishedMessages: number;
  /** Every event older than this is published; undefined until that is known. */
  readonly lagMs: number | undefined;
  /** Every event up to here is published or needs no publishing; undefined until that is known. */
  readonly position: Position | undefined;
};

/** Creates the record of the state and the lag of a publisher. `onStatus` is called at each change of state. */
export const createPublisherStatusBoard = (clock: Runtime['clock'], onStatus: (status: PublisherStatus) => void) => {
  let state: PublisherState = 'starting';
  let sinceMs = clock.now();
  let why: string | undefined;
  let publishedEvents = 0;
  let publishedMessages = 0;
  /** Every event recorded before is published, epoch ms. */
  let publishedUntilMs: number | undefined;
  let isCaughtUp = false;
  let position: Position | undefined;

  const status = (): PublisherStatus => ({
    state,
    sinceMs,
    ...defined({ why }),
    publishedEvents,
    publishedMessages,
    position,
    lagMs: isCaughtUp ? 0 : publishedUntilMs === undefined ? undefined : Math.max(0, clock.now() - publishedUntilMs),
  });
  return {
    status,
    become: (next: PublisherState, cause?: string): void => {
      if (isCaughtUp && next !== 'publishing') {
        isCaughtUp = false;
        publishedUntilMs = clock.now();
      }
      if (next === state && cause === why) return;
      if (next !== state) sinceMs = clock.now();
      state = next;
      why = cause;
      onStatus(status());
    },
    published: ({ events, messages, recordedMs }: { events: number; messages: number; recordedMs: number }): void => {
      publishedEvents += events;
      publishedMessages += messages;
      publishedUntilMs = recordedMs;
      isCaughtUp = false;
    },
    caughtUp: (): void => {
      isCaughtUp = true;
    },
    reached: (to: Position): void => {
      position = to;
    },
  };
};

/** A log and where it is published. */
export type PublishedLog = {
  readonly store: EventStore;
  /** The identity of the log, from `ensureLogIdentity`. */
  readonly logId: string;
  readonly world: Runtime;
  readonly config: KafkaSettings;
};

type PublisherOptions = PublishedLog & {
  /** Whether other parts of this process have much urgent work. Publishing then waits up to 2 s at a time. */
  readonly hasUrgentWork?: () => boolean;
  readonly onStatus?: (status: PublisherStatus) => void;
};

export type Publisher = {
  start(): void;
  status(): PublisherStatus;
  /** Stops after the running transaction. If that takes too long it is aborted, and the next publisher repeats it. */
  stop(): Promise<void>;
};

/** Returns the name of the topic with the position records; it is compacted and has one partition. */
export const positionTopicOf = (topicPrefix: string): string => commonName(topicPrefix, 'scheduler.publisher.position');

const STOP_MS = 5_000;
const RETRY: Backoff = { firstMs: 250, longestMs: 15_000 };
/** Pause after being fenced off, so that the new publisher can write its first record before this one checks for it. */
const FENCED_PAUSE_MS = 4_000;
/** Longer than an active publisher ever goes without a commit, even if idle. */
const SILENCE_MS = 60_000;

/**
 * Creates the publisher of the log to Kafka. Readers of committed messages get each event once, in log order for each
 * job. After any error the producer is dropped, and a new one continues from the last committed position.
 */
export const createPublisher = (options: PublisherOptions): Publisher => {
  const { store, logId, world, config, hasUrgentWork = () => false, onStatus = () => {} } = options;
  const board = createPublisherStatusBoard(world.clock, onStatus);
  const stopping = new AbortController();
  const { signal } = stopping;
  const positionTopic = positionTopicOf(config.topicPrefix);
  const publisher = world.random.uuid();
  const source = sourceOf(logId);
  let wasOurs = false;
  let failures = 0;
  let running: Promise<void> = Promise.resolve();

  const startOf = async ({ last }: Channel): Promise<PublishedPosition> => {
    if (last !== undefined) {
      const reader = readerOf(positionTopic, config.topicPrefix);
      const place = await resumePosition(store, { reader, logId, checkpoint: last });
      if (last.logId !== logId) {
        const from = { log: last.logId, position: last.position };
        world.log.info({ from, to: { log: logId, ...place } }, 'publishing continues with a copy of the log');
      }
      return place;
    }
    return { position: config.start === 'now' ? ((await store.end()) ?? LOG_START) : LOG_START };
  };

  const session = async (): Promise<void> => {
    const channel = await openChannel({ config, world, logId, publisher, positionTopic, wasOurs });
    try {
      const from = await startOf(channel);
      // The first commit records the new publisher, and shows that committing works.
      await channel.commit([], from);
      wasOurs = true;
      board.become('publishing');
      world.log.info({ from: from.position, positionTopic }, 'publishing to Kafka');
      const progress = {
        ...board,
        published: (batch: Parameters<typeof board.published>[0]) => {
          failures = 0;
          board.published(batch);
        },
      };
      await publishLog({
        store,
        world,
        channel,
        topicPrefix: config.topicPrefix,
        from,
        cloudEventOf: (event, names) => toCloudEvent(event, source, names),
        progress,
        hasUrgentWork,
        signal,
      });
    } finally {
      await channel.close();
    }
  };

  /** Reads the end of the position topic; undefined if Kafka is unavailable. */
  const readEndOffset = async (): Promise<bigint | undefined> => {
    const admin = createKafka(config, world.log).admin();
    try {
      await admin.connect();
      // Every transaction moves it.
      return (await readOffsets(admin, positionTopic, world.timers))[0]?.decidedEnd ?? 0n;
    } catch (error) {
      world.log.debug({ error }, 'standby: could not read the position of the other publisher');
      return undefined;
    } finally {
      await admin.disconnect().catch(() => {});
    }
  };

  /** Resolves when the publisher that took over has committed nothing for a minute, or when the signal aborts. */
  const awaitSilence = async (): Promise<void> => {
    let seen: bigint | undefined;
    while (!signal.aborted) {
      const end = await readEndOffset();
      if (end !== undefined && end === seen) return;
      seen = end;
      await world.timers.sleep(SILENCE_MS, signal);
    }
  };

  /** @returns whether to retry */
  const recover = async (error: unknown): Promise<boolean> => {
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof LogMismatch) {
      world.log.error({ code: error.code }, `publishing to Kafka stopped: ${why}`);
      board.become('rejected', why);
      return false;
    }
    if (error instanceof Replaced) {
      world.log.warn({ positionTopic }, why);
      board.become('standby', why);
      wasOurs = false;
      await awaitSilence();
      return true;
    }
    failures += 1;
    world.log.warn({ error, failures }, 'publishing to Kafka failed; retrying from the last committed position');
    board.become('retrying', why);
    const pauseMs = isFenced(error) ? FENCED_PAUSE_MS : backoffMs(failures, RETRY);
    await world.timers.sleep(withFullJitter(pauseMs, world.random), signal);
    return true;
  };

  const run = async (): Promise<void> => {
    for (let again = true; again && !signal.aborted; ) {
      try {
        await session();
      } catch (error) {
        if (!signal.aborted) again = await recover(error);
      }
    }
  };

  return {
    start: () => {
      running = run();
    },
    status: board.status,
    stop: async () => {
      stopping.abort();
      await awaitWithTimeout(world.timers, STOP_MS, running);
      board.become('stopped');
    },
  };
};

/**
 * Returns why the published messages are ahead of the log or belong to another log; `undefined` if they do not.
 * @throws KafkaSilent and what kafkajs throws
 */
export const publishedAhead = async ({ store, logId, config, world }: PublishedLog): Promise<string | undefined> => {
  const positionTopic = positionTopicOf(config.topicPrefix);
  const kafka = createKafka(config, world.log);
  const admin = kafka.admin();
  try {
    await admin.connect();
    if (!(await admin.listTopics()).includes(positionTopic)) return undefined;
    const last = await readLastRecord({ kafka, admin, positionTopic, world });
    if (last === undefined) return undefined;
    await resumePosition(store, { reader: readerOf(positionTopic, config.topicPrefix), logId, checkpoint: last });
    return undefined;
  } catch (error) {
    if (error instanceof LogMismatch) return error.message;
    throw error;
  } finally {
    await admin.disconnect().catch(() => {});
  }
};
