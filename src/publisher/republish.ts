import {
  comparePositions,
  type EventStore,
  LOG_START,
  type Position,
  type RecordedEvent,
} from '../event-store/port.ts';
import { commonName, sourceOf, toCloudEvent } from '../feed/index.ts';
import type { World } from '../world.ts';
import { openChannel, type Reached } from './channel.ts';
import { RepublishRefused } from './errors.ts';
import type { KafkaSettings } from './kafka-client.ts';
import { publish } from './publish.ts';

export type RepublishOptions = {
  readonly store: EventStore;
  readonly logId: string;
  readonly world: World;
  readonly config: KafkaSettings;
  /** The first event to publish: at this position, or recorded at or after this instant (epoch milliseconds). */
  readonly from: { readonly position: Position } | { readonly instantMs: number };
  /** Comes before the configured prefix, such as `replay.`; never empty. */
  readonly topicPrefix: string;
  readonly signal: AbortSignal;
};

export type Republished = {
  readonly events: number;
  readonly messages: number;
  /** Up to which the log was read: its end when this began. */
  readonly until: Position | undefined;
};

const PREFIX = /^[A-Za-z0-9._-]{1,100}$/;
const TRIES = 5;
const PAUSE_MS = 1_000;

/**
 * Publishes what the log holds once more, from one event on up to the log's end, to topics of another prefix: each
 * event once for readers of committed messages, also where Kafka fails meanwhile. The same ids tell readers that they
 * are the same events. Every call is a replay of its own.
 * @throws RepublishRefused for a prefix that can't be used
 */
export const republish = async (options: RepublishOptions): Promise<Republished> => {
  const { store, logId, world, from, signal } = options;
  if (!PREFIX.test(options.topicPrefix)) {
    throw new RepublishRefused('the prefix of a replay is 1 to 100 letters, digits, dots, _ and -, such as replay.');
  }
  const config = { ...options.config, topicPrefix: options.topicPrefix + options.config.topicPrefix };
  const positionTopic = commonName(config.topicPrefix, 'scheduler.publisher.position');
  const until = await store.end();
  if (until === undefined) return { events: 0, messages: 0, until };
  const source = sourceOf(logId);
  const replay = world.random.uuid();
  const counts = { events: 0, messages: 0 };
  const isAsked = (event: RecordedEvent): boolean =>
    'position' in from ? comparePositions(event.position, from.position) >= 0 : event.recordedAt >= from.instantMs;

  let wasOurs = false;
  const session = async (): Promise<void> => {
    const channel = await openChannel({ config, world, logId, publisher: replay, positionTopic, wasOurs });
    try {
      const start: Reached = channel.last?.publisher === replay ? channel.last : { position: LOG_START };
      await channel.commit([], start);
      wasOurs = true;
      const cloudEventOf = (event: RecordedEvent) => (isAsked(event) ? toCloudEvent(event, source) : undefined);
      const progress = {
        published: (batch: { events: number; messages: number }) => {
          counts.events += batch.events;
          counts.messages += batch.messages;
        },
        caughtUp: () => {},
        reached: () => {},
      };
      await publish({
        store,
        world,
        channel,
        topicPrefix: config.topicPrefix,
        from: start,
        until,
        cloudEventOf,
        progress,
        givesWay: () => false,
        signal,
      });
    } finally {
      await channel.close();
    }
  };

  for (let tried = 1; !signal.aborted; tried++) {
    try {
      await session();
      break;
    } catch (error) {
      if (signal.aborted) break;
      if (tried === TRIES) throw error;
      world.log.warn({ error, tried }, 'publishing again failed: going on from the last committed position');
      await world.timers.sleep(PAUSE_MS * tried, signal);
    }
  }
  return { ...counts, until };
};
