import type { LogPlaces } from '../compose/copying.ts';
import { type Config, loadConfig } from '../config.ts';

/** Where the settings say that logs are. Verbs that read logs as they stand need no sign-in and no key. */
export const logSettings = (
  environment: NodeJS.ProcessEnv,
): { readonly places: LogPlaces; readonly config: Config; readonly log: string } => {
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
    log: EVENTSTORE_URL === undefined ? 'postgres' : 'eventstoredb',
  };
};
