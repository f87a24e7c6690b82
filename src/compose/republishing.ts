import type { KafkaConfig } from '../config.ts';
import { DomainEvent } from '../domain/events/index.ts';
import { InstantInput, toMs } from '../domain/values.ts';
import { createCodec } from '../event-store/codec.ts';
import { ensureLogIdentity } from '../event-store/identity.ts';
import { positionOf } from '../event-store/port.ts';
import { type RepublishResult, republish } from '../publisher/index.ts';
import type { World } from '../runtime/world.ts';
import { type LogPlaces, openLogAt } from './copying.ts';

export type RepublishInput = {
  /** `postgres` or `eventstoredb`. */
  readonly log: string;
  readonly places: LogPlaces;
  readonly kafka: KafkaConfig;
  /** A position, or an ISO 8601 instant. */
  readonly from: string;
  readonly topicPrefix: string;
};

/**
 * Publishes the log to Kafka again, from a position or instant on, to topics with another prefix.
 * @throws Error where `from` is neither; RepublishRefused
 */
export const republishFrom = async (input: RepublishInput, world: World): Promise<RepublishResult> => {
  const from = startOf(input.from);
  const opened = await openLogAt(input.log, input.places, world);
  const store = opened.open(createCodec({ schemas: DomainEvent.options }));
  try {
    const logId = await ensureLogIdentity(store, world);
    const { kafka: config, topicPrefix } = input;
    return await republish({ store, logId, world, config, from, topicPrefix, signal: new AbortController().signal });
  } finally {
    await store.close();
    await opened.stop();
  }
};

const startOf = (text: string) => {
  if (/^\d{1,20}$/.test(text)) return { position: positionOf(BigInt(text)) };
  const instant = InstantInput.safeParse(text);
  if (instant.success) return { instantMs: toMs(instant.data) };
  throw new Error('--from takes a position or an instant of the years 1 to 9999, such as 2026-03-01T00:00:00Z');
};
