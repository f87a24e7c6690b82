import type { LogPlaces } from '../compose/copying.ts';
import { type Config, loadConfig } from '../config.ts';

/**
 * Reads the settings for commands that open the log themselves. They need neither JWT nor key settings, so the settings
 * that would require those are taken out before the check.
 */
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
