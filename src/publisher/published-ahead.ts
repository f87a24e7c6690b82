import { LogMismatch } from '../event-store/errors.ts';
import type { EventStore } from '../event-store/port.ts';
import { resumePosition } from '../event-store/resume-position.ts';
import type { World } from '../runtime/world.ts';
import { createKafka, type KafkaSettings } from './kafka-client.ts';
import { readerOf, readLastRecord } from './position-record.ts';
import { positionTopicOf } from './publisher.ts';

export type PublishedAheadInput = {
  readonly store: EventStore;
  readonly logId: string;
  readonly config: KafkaSettings;
  readonly world: Pick<World, 'timers' | 'random' | 'log'>;
};

/**
 * Tells why what was published is ahead of the log, or is of another one; undefined if it is not, or nothing was.
 * @throws KafkaSilent and what kafkajs throws
 */
export const publishedAhead = async ({
  store,
  logId,
  config,
  world,
}: PublishedAheadInput): Promise<string | undefined> => {
  const positionTopic = positionTopicOf(config.topicPrefix);
  const kafka = createKafka(config, world.log);
  const admin = kafka.admin();
  try {
    await admin.connect();
    if (!(await admin.listTopics()).includes(positionTopic)) return undefined;
    const last = await readLastRecord(positionTopic, { kafka, admin, world });
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
