import path from 'node:path';
import type { ApplicationSource } from '../bootstrap/definitions.ts';
import { DEFAULT_TENANT } from '../bootstrap/definitions.ts';
import { readFolder, showable, sourcesOf } from '../bootstrap/read-folder.ts';
import type { Sync, SyncRequest } from '../bootstrap/sync.ts';
import { loadFileVariables } from '../config.ts';
import { DomainError } from '../domain/domain-error.ts';
import { EVERY_TENANT } from '../domain/values.ts';
import { StreamParked } from '../event-store/errors.ts';
import type { Queries } from '../projections/queries/index.ts';
import { PACKAGE_ROOT } from '../runtime/package-root.ts';
import type { Shared } from './shared.ts';

/** A job that calls this server, so that new users immediately see executions. */
const SAMPLE_DIR = path.join(PACKAGE_ROOT, 'examples/bootstrap');
/** How long to wait for the read models before the sync, and to show its changes. */
const CATCH_UP_MS = 120_000;
const SHOW_MS = 10_000;

/**
 * Syncs BOOTSTRAP_DIR or, in development mode, the sample. A parked stream blocks only its own application. Errors in the
 * files are logged and reported as an issue, and the previous definitions stay.
 */
export const syncAtStart = async ({ config, queries, world, issues }: Shared, sync: Sync): Promise<void> => {
  const { bootstrapDir: dir, bootstrapEnvPrefix } = config;
  const isDevelopment = config.mode === 'development';
  const variables = loadFileVariables({ ...process.env, BOOTSTRAP_ENV_PREFIX: bootstrapEnvPrefix });
  const syncAll = async (sources: readonly ApplicationSource[], mode: SyncRequest['mode']): Promise<void> => {
    const { position } = await sync({
      sources,
      mode,
      tenantFor: (requested) => requested ?? DEFAULT_TENANT,
      origin: { correlationId: world.random.uuid(), canReadExecutions: true },
      catchUpMs: CATCH_UP_MS,
    });
    if (position !== undefined) await queries.awaitPosition(position, SHOW_MS);
  };
  const run = async (from: string, mode: SyncRequest['mode']): Promise<void> => {
    const folders = await readFolder(from, variables);
    const sources = sourcesOf(folders);
    try {
      await syncAll(sources, mode);
    } catch (error) {
      if (error instanceof DomainError) throw new DomainError(error.code, showable(folders)(error.message));
      if (!(error instanceof StreamParked)) throw error;
      for (const source of sources) await syncOrLog(source, mode);
    }
  };
  const syncOrLog = async (source: ApplicationSource, mode: SyncRequest['mode']): Promise<void> => {
    try {
      await syncAll([source], mode);
    } catch (error) {
      if (!(error instanceof StreamParked)) throw error;
      world.log.error(
        { folder: source.folder, reason: error.message },
        'bootstrap: could not apply the files of an application',
      );
    }
  };
  const runOrReport = async (from: string): Promise<void> => {
    try {
      await run(from, 'apply');
    } catch (error) {
      if (!(error instanceof DomainError) && !isFileSystemError(error)) throw error;
      const reason = error.message;
      world.log.error(
        { dir: from, reason },
        'bootstrap: BOOTSTRAP_DIR was rejected; the existing definitions are unchanged',
      );
      issues.add('bootstrap', reason);
    }
  };
  // Updates the sample's address, because the port may have changed. A deleted sample is not created again.
  if (isDevelopment) await run(SAMPLE_DIR, 'updates');
  if (dir !== undefined) await runOrReport(dir);
  else if (isDevelopment && (await isEmpty(queries))) await run(SAMPLE_DIR, 'apply');
};

/** Returns whether the file system caused the error: the folder is missing or unreadable. */
const isFileSystemError = (error: unknown): error is Error => error instanceof Error && 'syscall' in error;

const isEmpty = async (queries: Queries): Promise<boolean> =>
  (await queries.listApplications({ tenant: EVERY_TENANT }, { limit: 1 })).items.length === 0;
