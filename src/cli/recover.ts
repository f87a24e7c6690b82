import { type Recovery, recoverReadModels } from '../compose/recovering.ts';
import { nodeWorld } from '../runtime/world-node.ts';
import { createLogger } from '../telemetry/logger.ts';
import { EXIT, orFail } from './fail.ts';
import { logSettings } from './log-settings.ts';

/**
 * `carillon recover`: says which read models are ahead of a log that was restored to an earlier moment, and whether Kafka
 * is. With `--apply` it drops these read models, so that the next start fills them from the log. It finds log, Postgres and
 * Kafka by the settings.
 */
export const recover = ({ apply = false }: { readonly apply?: boolean }): Promise<void> =>
  orFail(async () => {
    const { config, places, log } = logSettings(process.env);
    const world = nodeWorld(createLogger({ level: 'warn', format: 'terminal' }));
    const recovery = await recoverReadModels({ log, places, kafka: config.kafka, apply }, world);
    process.stdout.write(renderRecovery(recovery));
    const { ahead, dropped, published } = recovery;
    if ((ahead.length > 0 && !dropped) || published !== undefined) process.exitCode = EXIT.no;
  });

/** As lines for the terminal. */
export const renderRecovery = ({ logId, end, ahead, dropped, published }: Recovery): string =>
  [
    `log ${logId} ${end === undefined ? 'is empty' : `ends at ${end}`}`,
    ...ahead.map(({ name, generation, why }) => `${name} (generation ${generation}) is ahead: ${why}`),
    ...(ahead.length === 0 ? ['no read model is ahead of the log'] : dropped ? DROPPED : LEFT),
    ...(published === undefined ? [] : [`Kafka is ahead: ${published}`]),
    '',
  ].join('\n');

const DROPPED = [
  'they are dropped: the next start fills them from the log. Lists are incomplete until /readyz says that they are there',
  'next: start with ENGINE_START=paused, look at jobs and executions, then `carillon engine release`',
];
const LEFT = [
  'nothing was changed: stop all servers, then run `carillon recover --apply` to have them filled from the log',
];
