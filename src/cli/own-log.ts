import { copyLogBetween, type LogPlaces, type Recovery, recoverReadModels, republishFrom } from '../compose/own-log.ts';
import { type Config, loadConfig } from '../config.ts';
import { selectedLogKind } from '../event-store/log-kinds.ts';
import { LogCopyFailed } from '../log-copy/visible-events.ts';
import { nodeRuntime } from '../runtime/node-runtime.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { createLogger } from '../telemetry/logger.ts';
import { CheckFailed, EXIT, runOrExit } from './fail.ts';

/**
 * Reads the settings of commands that open the log themselves. They need no JWT and key settings, so settings that would
 * require those are removed before validation.
 */
const logSettings = (
  environment: NodeJS.ProcessEnv,
): { readonly places: LogPlaces; readonly config: Config; readonly log: string; readonly world: Runtime } => {
  const { DATABASE_URL, EVENTSTORE_URL, ...rest } = environment;
  const config = loadConfig(rest);
  return {
    config,
    places: {
      databaseUrl: DATABASE_URL,
      eventStoreUrl: EVENTSTORE_URL,
      prefix: config.eventStore.prefix,
      dataDir: config.dataDir,
    },
    log: selectedLogKind(EVENTSTORE_URL).name,
    world: nodeRuntime(createLogger({ level: 'warn', format: 'terminal' })),
  };
};

type CopyArguments = {
  readonly from: string;
  readonly to: string;
  readonly verify?: boolean;
  readonly release?: boolean;
};

const NEXT_STEPS =
  'Engines on the copy make no calls until it is released. Stop all servers of the original, then run\n' +
  '  carillon engine release\n';

/** EventStoreDB delivers up to 16 events at a time: a line for each batch would be thousands. */
const EVENTS_PER_LINE = 10_000;

/** Returns a function that prints a line for every `EVENTS_PER_LINE` events. */
export const everyFewEvents = (print: (line: string) => void): ((events: number) => void) => {
  let lines = 0;
  return (events) => {
    const due = Math.floor(events / EVENTS_PER_LINE);
    if (due > lines) print(`${events} events\n`);
    lines = due;
  };
};

/** `carillon log copy`: copies a log to another store, according to the settings. All servers must be stopped. */
export const copyLogOnce = ({ from, to, verify = false, release = false }: CopyArguments): Promise<void> =>
  runOrExit(async () => {
    const { places, world } = logSettings(process.env);
    const done = await copyLogBetween(
      {
        from,
        to,
        verify,
        released: release,
        ...places,
        onProgress: everyFewEvents((line) => process.stderr.write(line)),
      },
      world,
    ).catch((error: unknown) => {
      const differs = error instanceof LogCopyFailed && error.code === 'COPY_DIFFERS';
      throw differs ? new CheckFailed(error.message) : error;
    });
    process.stdout.write(
      `Copied ${done.copied} events of log ${done.copyOf}. The copy is log ${done.logId}${
        done.verified === undefined ? '' : `. Compared ${done.verified} events: all equal`
      }\n${release ? '' : NEXT_STEPS}`,
    );
  });

type PublishArguments = { readonly from: string; readonly topicPrefix: string };

/** `carillon publish`: publishes the log to Kafka again, from a position or instant on, with another topic prefix. */
export const publishAgain = ({ from, topicPrefix }: PublishArguments): Promise<void> =>
  runOrExit(async () => {
    const { config, places, log, world } = logSettings(process.env);
    if (config.kafka === undefined) throw new Error('KAFKA_BROKERS is not set. Set it to the brokers to publish to.');
    const { events, messages } = await republishFrom({ log, places, kafka: config.kafka, from, topicPrefix }, world);
    process.stdout.write(
      `Published ${events} events in ${messages} messages to topics with the prefix ${topicPrefix}\n`,
    );
  });

/**
 * `carillon recover`: reports which read models are ahead of a log that was restored to an earlier state, and whether Kafka
 * is. With `--apply`, drops these read models, so that the next start rebuilds them. The settings determine log, Postgres
 * and Kafka.
 */
export const recover = ({ apply = false }: { readonly apply?: boolean }): Promise<void> =>
  runOrExit(async () => {
    const { config, places, log, world } = logSettings(process.env);
    const recovery = await recoverReadModels({ log, places, kafka: config.kafka, apply }, world);
    process.stdout.write(renderRecovery(recovery));
    const { ahead, dropped, published } = recovery;
    if ((ahead.length > 0 && !dropped) || published !== undefined) process.exitCode = EXIT.no;
  });

/** Formats lines for the terminal. */
export const renderRecovery = ({ logId, end, ahead, dropped, published }: Recovery): string =>
  [
    `Log ${logId} ${end === undefined ? 'is empty' : `ends at ${end}`}`,
    ...ahead.map(({ name, generation, why }) => `${name} (generation ${generation}) is ahead of the log: ${why}`),
    ...(ahead.length === 0 ? ['No read model is ahead of the log'] : dropped ? DROPPED : LEFT),
    ...(published === undefined ? [] : [`Kafka is ahead of the log: ${published}`]),
    '',
  ].join('\n');

const DROPPED = [
  'Dropped these read models: the next start rebuilds them from the log. Lists are incomplete until /readyz is ready',
  'Next: start with ENGINE_START=paused, check the jobs and executions, then run `carillon engine release`',
];

const LEFT = ['Nothing was changed. To rebuild them from the log, stop all servers and run `carillon recover --apply`'];
