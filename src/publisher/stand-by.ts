import type { World } from '../world.ts';
import { createKafka, type KafkaSettings } from './kafka-client.ts';
import { endOffset } from './position-record.ts';

/** Longer than a living publisher, even one with nothing to say, is ever silent. */
const WATCH_MS = 60_000;

type Watching = {
  readonly config: KafkaSettings;
  readonly positionTopic: string;
  readonly world: Pick<World, 'timers' | 'log'>;
  readonly signal: AbortSignal;
};

/** Resolves when the publisher that took over has said nothing for a minute, or the signal aborts. */
export const standBy = async ({ config, positionTopic, world, signal }: Watching): Promise<void> => {
  let seen: string | undefined;
  while (!signal.aborted) {
    const end = await lookAtEnd({ config, positionTopic, log: world.log });
    if (end !== undefined && end === seen) return;
    seen = end;
    await world.timers.sleep(WATCH_MS, signal);
  }
};

/** Undefined where Kafka can't be asked. */
const lookAtEnd = async ({
  config,
  positionTopic,
  log,
}: Pick<Watching, 'config' | 'positionTopic'> & { log: World['log'] }): Promise<string | undefined> => {
  const admin = createKafka(config, log).admin();
  try {
    await admin.connect();
    return await endOffset(admin, positionTopic);
  } catch (error) {
    log.debug({ error }, 'standing by: the position of the other publisher could not be read');
    return undefined;
  } finally {
    await admin.disconnect().catch(() => {});
  }
};
