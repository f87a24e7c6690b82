import {
  copyLogBetween,
  type LogSettings,
  type Recovery,
  recoverReadModels,
  republishFrom,
} from '../compose/own-log.ts';
import { loadConfig } from '../config.ts';
import { LogCopyFailed } from '../log-copy/visible-events.ts';
import { nodeRuntime } from '../runtime/node-runtime.ts';
import { createLogger } from '../telemetry/logger.ts';
import { CheckFailed, EXIT, runOrExit } from './fail.ts';

/**
 * Reads the settings of commands that open the log themselves. They need no JWT and key settings, so settings that would
 * require those are removed before validation.
 */
const logSettings = (): LogSettings => {
  const { DATABASE_URL: databaseUrl, EVENTSTORE_URL: eventStoreUrl, ...rest } = process.env;
  const world = nodeRuntime(createLogger({ level: 'warn', format: 'terminal' }));
  return { config: loadConfig(rest), databaseUrl, eventStoreUrl, world };
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
export const copyLogOnce = (options: {
  readonly from: string;
  readonly to: string;
  readonly verify?: boolean;
  readonly release?: boolean;
}): Promise<void> =>
  runOrExit(async () => {
    const { verify = false, release: released = false } = options;
    const onProgress = everyFewEvents((line) => process.stderr.write(line));
    const copying = copyLogBetween(logSettings(), options, { verify, released, onProgress });
    const done = await copying.catch((error: unknown) => {
      const differs = error instanceof LogCopyFailed && error.code === 'COPY_DIFFERS';
      throw differs ? new CheckFailed(error.message) : error;
    });
    process.stdout.write(
      `Copied ${done.copied} events of log ${done.copyOf}. The copy is log ${done.logId}${
        done.verified === undefined ? '' : `. Compared ${done.verified} events: all equal`
      }\n${released ? '' : NEXT_STEPS}`,
    );
  });

/** `carillon publish`: publishes the log to Kafka again, from a position or instant on, with another topic prefix. */
export const publishAgain = (options: { readonly from: string; readonly topicPrefix: string }): Promise<void> =>
  runOrExit(async () => {
    const { from, topicPrefix } = options;
    const { events, messages } = await republishFrom(logSettings(), from, topicPrefix);
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
    const recovery = await recoverReadModels(logSettings(), { apply });
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
