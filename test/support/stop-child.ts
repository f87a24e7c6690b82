import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { audit } from './audit.ts';
import type { ChildService } from './child-service.ts';
import { silentLog } from './world.ts';

/** Ends a service as its user would, and balances the books that it leaves in its folder: rejects where they don't. */
export const stopChild = async (service: Pick<ChildService, 'end'>, dataDir: string): Promise<void> => {
  const endedAtMs = Date.now();
  await service.end('SIGTERM');
  const postgres = await startEmbeddedPostgres({ dataDir, log: silentLog });
  try {
    await audit({ databaseUrl: postgres.url, eventStore: undefined, endedAtMs });
  } finally {
    await postgres.stop();
  }
};
