import path from 'node:path';
import type { ApplicationSource } from '../bootstrap/definitions.ts';
import { DEFAULT_TENANT } from '../bootstrap/definitions.ts';
import { readFolder } from '../bootstrap/read-folder.ts';
import type { Sync, SyncRequest } from '../bootstrap/sync.ts';
import { Refusal } from '../domain/refusal.ts';
import { EVERY_TENANT } from '../domain/values.ts';
import { StreamParked } from '../event-store/errors.ts';
import type { Queries } from '../projections/queries/port.ts';
import type { World } from '../world.ts';
import type { Troubles } from './troubles.ts';

/** A job that calls this very server, so that a newcomer sees executions at once. */
const SAMPLE_DIR = path.join(import.meta.dirname, '../../examples/bootstrap');
const PATIENCE_MS = 120_000;
const WAIT_MS = 10_000;

type StartSyncOptions = {
  readonly sync: Sync;
  readonly queries: Pick<Queries, 'listApplications' | 'awaitPosition'>;
  readonly world: Pick<World, 'random' | 'log'>;
  readonly troubles: Pick<Troubles, 'add'>;
  /** `BOOTSTRAP_DIR`. */
  readonly dir: string | undefined;
  readonly development: boolean;
};

/**
 * Syncs what is to be there from the start. What can't be read in the log holds up its own application alone; files
 * that are wrong are told of, and what was defined before stands.
 */
export const syncAtStart = async ({
  sync,
  queries,
  world,
  troubles,
  dir,
  development,
}: StartSyncOptions): Promise<void> => {
  const syncAll = async (sources: readonly ApplicationSource[], mode: SyncRequest['mode']): Promise<void> => {
    const { position } = await sync({
      sources,
      mode,
      tenantFor: (asked) => asked ?? DEFAULT_TENANT,
      by: { correlationId: world.random.uuid() },
      patienceMs: PATIENCE_MS,
    });
    if (position !== undefined) await queries.awaitPosition(position, WAIT_MS);
  };
  const run = async (from: string, mode: SyncRequest['mode']): Promise<void> => {
    const sources = await readFolder(from);
    try {
      await syncAll(sources, mode);
    } catch (error) {
      if (!(error instanceof StreamParked)) throw error;
      for (const source of sources) await syncOrTell(source, mode);
    }
  };
  const syncOrTell = async (source: ApplicationSource, mode: SyncRequest['mode']): Promise<void> => {
    try {
      await syncAll([source], mode);
    } catch (error) {
      if (!(error instanceof StreamParked)) throw error;
      world.log.error({ folder: source.folder, error }, 'bootstrap: an application could not be brought to its files');
    }
  };
  const runOrTell = async (from: string): Promise<void> => {
    try {
      await run(from, 'apply');
    } catch (error) {
      if (!(error instanceof Refusal) && !isOfFiles(error)) throw error;
      world.log.error({ dir: from, error }, 'bootstrap: BOOTSTRAP_DIR was refused; what was defined before stands');
      troubles.add('bootstrap', error.message);
    }
  };
  // The port may be another one than at the last start. Whoever deleted the sample is not given it again.
  if (development) await run(SAMPLE_DIR, 'updates');
  if (dir !== undefined) await runOrTell(dir);
  else if (development && (await isEmpty(queries))) await run(SAMPLE_DIR, 'apply');
};

/** The folder is not there, or may not be read. */
const isOfFiles = (error: unknown): error is Error => error instanceof Error && 'syscall' in error;

const isEmpty = async (queries: Pick<Queries, 'listApplications'>): Promise<boolean> =>
  (await queries.listApplications({ tenant: EVERY_TENANT }, { limit: 1 })).items.length === 0;
