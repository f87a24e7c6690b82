import { comparePositions, LOG_START, type Position, type RecordedEvent } from '../event-store/port.ts';
import { sourceOf, toCloudEvent } from '../feed/cloud-event.ts';
import { commonName } from '../feed/topics.ts';
import { openChannel } from './channel.ts';
import { RepublishRejected } from './errors.ts';
import type { PublishedPosition } from './position-record.ts';
import { publishLog } from './publish.ts';
import type { PublishedLog } from './publisher.ts';

/** The first event to publish: the one at this position, or the first recorded at or after this instant (epoch ms). */
export type RepublishStart = { readonly position: Position } | { readonly instantMs: number };

export type RepublishResult = {
  readonly events: number;
  readonly messages: number;
  /** The end of the log at the start; events up to here were published. */
  readonly until: Position | undefined;
};

const PREFIX = /^[A-Za-z0-9._-]{1,100}$/;
const TRIES = 5;
const PAUSE_MS = 1_000;

/**
 * Publishes the log again, from one event up to its current end, to topics with another prefix. Readers of committed
 * messages get each event once, even if Kafka fails in between, with the same ids as before. Each call is a new replay.
 * @throws RepublishRejected if the prefix is invalid
 */
export const republish = async (
  options: PublishedLog & {
    readonly from: RepublishStart;
    /** Put before the configured prefix, such as `replay.`; never empty. */
    readonly topicPrefix: string;
    readonly signal: AbortSignal;
  },
): Promise<RepublishResult> => {
  const { store, logId, world, from, signal } = options;
  if (!PREFIX.test(options.topicPrefix)) {
    throw new RepublishRejected('The prefix must have 1 to 100 letters, digits, dots, _ and -, such as replay.');
  }
  const config = { ...options.config, topicPrefix: options.topicPrefix + options.config.topicPrefix };
  const positionTopic = commonName(config.topicPrefix, 'scheduler.publisher.position');
  const until = await store.end();
  if (until === undefined) return { events: 0, messages: 0, until };
  const source = sourceOf(logId);
  const replay = world.random.uuid();
  const counts = { events: 0, messages: 0 };
  const isSelected = (event: RecordedEvent): boolean =>
    'position' in from ? comparePositions(event.position, from.position) >= 0 : event.recordedAt >= from.instantMs;

  let wasOurs = false;
  const session = async (): Promise<void> => {
    const channel = await openChannel({ config, world, logId, publisher: replay, positionTopic, wasOurs });
    try {
      const start: PublishedPosition = channel.last?.publisher === replay ? channel.last : { position: LOG_START };
      await channel.commit([], start);
      wasOurs = true;
      const progress = {
        published: (batch: { events: number; messages: number }) => {
          counts.events += batch.events;
          counts.messages += batch.messages;
        },
        caughtUp: () => {},
        reached: () => {},
      };
      await publishLog({
        store,
        world,
        channel,
        topicPrefix: config.topicPrefix,
        from: start,
        until,
        cloudEventOf: (event, names) => (isSelected(event) ? toCloudEvent(event, source, names) : undefined),
        progress,
        hasUrgentWork: () => false,
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
      world.log.warn({ error, tried }, 'publishing again failed; continuing from the last committed position');
      await world.timers.sleep(PAUSE_MS * tried, signal);
    }
  }
  return { ...counts, until };
};
