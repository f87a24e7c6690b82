import { copyLogBetween } from '../compose/copying.ts';
import { LogCopyFailed } from '../log-copy/errors.ts';
import { nodeWorld } from '../runtime/world-node.ts';
import { createLogger } from '../telemetry/logger.ts';
import { AnswerIsNo, orFail } from './fail.ts';
import { logSettings } from './log-settings.ts';

type CopyArguments = {
  readonly from: string;
  readonly to: string;
  readonly verify?: boolean;
  readonly release?: boolean;
};

const NEXT_STEPS =
  'engines that start on the copy call nothing until it is released: stop all that runs on the original, then run\n' +
  '  carillon engine release\n';

/** EventStoreDB hands out at most 16 events at a time: a line for each of these would be thousands. */
const EVENTS_PER_LINE = 10_000;

/** Returns what prints a line for every so many events that were read. */
export const everyFewEvents = (print: (line: string) => void): ((events: number) => void) => {
  let lines = 0;
  return (events) => {
    const due = Math.floor(events / EVENTS_PER_LINE);
    if (due > lines) print(`${events} events\n`);
    lines = due;
  };
};

/** `carillon log copy`: copies a log to another store, found by the settings. All servers must be stopped. */
export const copyLogOnce = ({ from, to, verify = false, release = false }: CopyArguments): Promise<void> =>
  orFail(async () => {
    const { places } = logSettings(process.env);
    const world = nodeWorld(createLogger({ level: 'warn', format: 'terminal' }));
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
      throw differs ? new AnswerIsNo(error.message) : error;
    });
    process.stdout.write(
      `copied ${done.copied} events of log ${done.copyOf}; the copy is log ${done.logId}${
        done.verified === undefined ? '' : `; ${done.verified} events compared, all equal`
      }\n${release ? '' : NEXT_STEPS}`,
    );
  });
