import { copyBetween } from '../compose/copying.ts';
import { loadConfig } from '../config.ts';
import { createLogger } from '../telemetry/logger.ts';
import { nodeWorld } from '../world-node.ts';
import { orFail } from './fail.ts';

type Options = { readonly from: string; readonly to: string; readonly verify?: boolean };

/** Copies a log to another kind of store; the settings say where each is. Servers must be stopped. */
export const copyLogOnce = ({ from, to, verify = false }: Options): Promise<void> =>
  orFail(async () => {
    // A copy needs no sign-in and no key: nothing is unsealed.
    const { DATABASE_URL, EVENTSTORE_URL, ...rest } = process.env;
    const config = loadConfig(rest);
    const world = nodeWorld(createLogger({ level: 'warn', format: 'terminal' }));
    const done = await copyBetween(
      {
        from,
        to,
        verify,
        databaseUrl: DATABASE_URL,
        eventStoreUrl: EVENTSTORE_URL,
        prefix: config.eventStore.prefix,
        dataDir: config.dataDir,
        onProgress: (events) => process.stderr.write(`${events} events\n`),
      },
      world,
    );
    process.stdout.write(
      `copied ${done.copied} events of log ${done.copyOf}; the copy is log ${done.logId}${
        done.verified === undefined ? '' : `; ${done.verified} events compared, all equal`
      }\n`,
    );
  });
