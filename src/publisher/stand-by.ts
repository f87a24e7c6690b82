import type { World } from '../runtime/world.ts';
import { createKafka, type KafkaSettings } from './kafka-client.ts';
import { readOffsets } from './offsets.ts';

/** Longer than a living publisher ever goes without a commit, even an idle one. */
const SILENCE_MS = 60_000;

type StandByOptions = {
  readonly config: KafkaSettings;
  readonly positionTopic: string;
  readonly world: Pick<World, 'timers' | 'log'>;
  readonly signal: AbortSignal;
};

/** Resolves when the publisher that took over has committed nothing for a minute, or when the signal aborts. */
export const standBy = async ({ config, positionTopic, world, signal }: StandByOptions): Promise<void> => {
  let seen: bigint | undefined;
  while (!signal.aborted) {
    const end = await readEndOffset({ config, positionTopic, world });
    if (end !== undefined && end === seen) return;
    seen = end;
    await world.timers.sleep(SILENCE_MS, signal);
  }
};

/** Reads the end of the position topic; undefined if Kafka is unavailable. */
const readEndOffset = async ({
  config,
  positionTopic,
  world: { timers, log },
}: Omit<StandByOptions, 'signal'>): Promise<bigint | undefined> => {
  const admin = createKafka(config, log).admin();
  try {
    await admin.connect();
    // Every transaction moves it.
    return (await readOffsets(admin, positionTopic, timers))[0]?.decidedEnd ?? 0n;
  } catch (error) {
    log.debug({ error }, 'standing by: the position of the other publisher could not be read');
    return undefined;
  } finally {
    await admin.disconnect().catch(() => {});
  }
};
