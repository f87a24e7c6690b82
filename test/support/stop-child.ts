import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { audit } from './audit.ts';
import type { ChildService } from './child-service.ts';
import { silentLog } from './world.ts';

/** Ends a service like its user would, and checks the invariants in its folder: rejects if they are violated. */
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
