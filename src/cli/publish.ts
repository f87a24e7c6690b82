import { republishFrom } from '../compose/republishing.ts';
import { nodeWorld } from '../runtime/world-node.ts';
import { createLogger } from '../telemetry/logger.ts';
import { orFail } from './fail.ts';
import { logSettings } from './log-settings.ts';

type PublishArguments = { readonly from: string; readonly topicPrefix: string };

/** `carillon publish`: publishes the log to Kafka again, from a position or instant on, with another topic prefix. */
export const publishAgain = ({ from, topicPrefix }: PublishArguments): Promise<void> =>
  orFail(async () => {
    const { config, places, log } = logSettings(process.env);
    if (config.kafka === undefined) throw new Error('KAFKA_BROKERS is not set: it says where to publish');
    const world = nodeWorld(createLogger({ level: 'warn', format: 'terminal' }));
    const { events, messages } = await republishFrom({ log, places, kafka: config.kafka, from, topicPrefix }, world);
    process.stdout.write(
      `published ${events} events in ${messages} messages to topics that begin with ${topicPrefix}\n`,
    );
  });
