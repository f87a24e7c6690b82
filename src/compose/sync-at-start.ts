import path from 'node:path';
import { DEFAULT_TENANT } from '../bootstrap/definitions.ts';
import { readFolder } from '../bootstrap/read-folder.ts';
import type { Sync, SyncRequest } from '../bootstrap/sync.ts';
import { EVERY_TENANT } from '../domain/values.ts';
import type { Queries } from '../projections/queries/port.ts';
import type { Random } from '../world.ts';

/** A job that calls this very server, so that a newcomer sees executions at once. */
const SAMPLE_DIR = path.join(import.meta.dirname, '../../examples/bootstrap');
const PATIENCE_MS = 120_000;
const WAIT_MS = 10_000;

type AtStart = {
  readonly sync: Sync;
  readonly queries: Pick<Queries, 'listApplications' | 'awaitPosition'>;
  readonly random: Random;
  /** `BOOTSTRAP_DIR`. */
  readonly dir: string | undefined;
  readonly development: boolean;
};

/**
 * Syncs what is to be there from the start.
 * @throws BootstrapRefused naming file, job and field: a server whose files are wrong does not start
 */
export const syncAtStart = async ({ sync, queries, random, dir, development }: AtStart): Promise<void> => {
  const run = async (from: string, mode: SyncRequest['mode']): Promise<void> => {
    const { position } = await sync({
      sources: await readFolder(from),
      mode,
      tenantFor: (asked) => asked ?? DEFAULT_TENANT,
      by: { correlationId: random.uuid() },
      patienceMs: PATIENCE_MS,
    });
    if (position !== undefined) await queries.awaitPosition(position, WAIT_MS);
  };
  // The port may be another one than at the last start. Whoever deleted the sample is not given it again.
  if (development) await run(SAMPLE_DIR, 'updates');
  if (dir !== undefined) await run(dir, 'apply');
  else if (development && (await isEmpty(queries))) await run(SAMPLE_DIR, 'apply');
};

const isEmpty = async (queries: Pick<Queries, 'listApplications'>): Promise<boolean> =>
  (await queries.listApplications({ tenant: EVERY_TENANT }, { limit: 1 })).items.length === 0;
