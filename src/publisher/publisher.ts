import { placeToGoOn } from '../event-store/copied-place.ts';
import { LogMismatch } from '../event-store/errors.ts';
import { type EventStore, LOG_START } from '../event-store/port.ts';
import { commonName, sourceOf, toCloudEvent } from '../feed/index.ts';
import type { World } from '../world.ts';
import { type Channel, openChannel, type Reached } from './channel.ts';
import { isFenced, Replaced } from './errors.ts';
import type { KafkaSettings } from './kafka-client.ts';
import { publish } from './publish.ts';
import { standBy } from './stand-by.ts';
import { createStatusBoard, type PublisherStatus } from './status.ts';

export type PublisherOptions = {
  readonly store: EventStore;
  /** The log's identity, as `ensureLogIdentity` gives it. */
  readonly logId: string;
  readonly world: World;
  readonly config: KafkaSettings;
  /** Whether others in this process have much to do that is due: then publishing waits, for 2 s at a time at most. */
  readonly givesWay?: () => boolean;
  /** Told of each change of state. */
  readonly onStatus?: (status: PublisherStatus) => void;
};

export type Publisher = {
  start(): void;
  status(): PublisherStatus;
  /** Lets the transaction under way end. Cut short, it is made again by the next publisher. */
  stop(): Promise<void>;
};

/** Compacted, of one partition: how far the log is published. */
export const positionTopicOf = (topicPrefix: string): string => commonName(topicPrefix, 'scheduler.publisher.position');

const STOP_MS = 5_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;
/** Time for whoever fenced this one off to say so in a record of its own, before this one looks. */
const FENCED_PAUSE_MS = 4_000;

/**
 * Publishes the log to Kafka, each event once for readers of committed messages, in log order for each job. Whatever
 * goes wrong, the producer is dropped, and a new one goes on from the position that was committed last.
 */
export const createPublisher = (options: PublisherOptions): Publisher => {
  const { store, logId, world, config, givesWay = () => false, onStatus = () => {} } = options;
  const board = createStatusBoard(world.clock, onStatus);
  const stopping = new AbortController();
  const { signal } = stopping;
  const positionTopic = positionTopicOf(config.topicPrefix);
  const publisher = world.random.uuid();
  const source = sourceOf(logId);
  let wasOurs = false;
  let failures = 0;
  let running: Promise<void> = Promise.resolve();

  const startOf = async ({ last }: Channel): Promise<Reached> => {
    if (last !== undefined) {
      const reader = `the publisher of topics '${config.topicPrefix}scheduler.job.…', with its position in topic ${positionTopic},`;
      const place = await placeToGoOn(store, { reader, logId, checkpoint: last });
      if (last.logId !== logId) {
        const from = { log: last.logId, position: last.position };
        world.log.info({ from, to: { log: logId, ...place } }, 'publishing goes on in a copy of the log');
      }
      return place;
    }
    return { position: config.start === 'now' ? ((await store.end()) ?? LOG_START) : LOG_START };
  };

  const session = async (): Promise<void> => {
    const channel = await openChannel({ config, world, logId, publisher, positionTopic, wasOurs });
    try {
      const from = await startOf(channel);
      // Says who publishes from here on, and that it works, before there is anything to say.
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
      const cloudEventOf = (event: Parameters<typeof toCloudEvent>[0]) => toCloudEvent(event, source);
      await publish({
        store,
        world,
        channel,
        topicPrefix: config.topicPrefix,
        from,
        cloudEventOf,
        progress,
        givesWay,
        signal,
      });
    } finally {
      await channel.close();
    }
  };

  /** @returns whether to try again */
  const recover = async (error: unknown): Promise<boolean> => {
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof LogMismatch) {
      world.log.error({ code: error.code }, `nothing is published to Kafka: ${why}`);
      board.become('refused', why);
      return false;
    }
    if (error instanceof Replaced) {
      world.log.warn({ positionTopic }, why);
      board.become('standby', why);
      wasOurs = false;
      await standBy({ config, positionTopic, world, signal });
      return true;
    }
    failures += 1;
    world.log.warn({ error, failures }, 'publishing to Kafka failed: trying again from the last committed position');
    board.become('retrying', why);
    const pauseMs = isFenced(error)
      ? FENCED_PAUSE_MS
      : Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
    await world.timers.sleep(pauseMs * (0.5 + world.random.fraction() / 2), signal);
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
      const ended = new AbortController();
      await Promise.race([running.finally(() => ended.abort()), world.timers.sleep(STOP_MS, ended.signal)]);
      board.become('stopped');
    },
  };
};
