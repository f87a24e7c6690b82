import { randomBytes } from 'node:crypto';
import { access, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { initdbOf } from './binaries.ts';
import type { Placement } from './placement.ts';
import { type Durability, EmbeddedPostgresError, runProgram } from './programs.ts';

export type Cluster = { readonly dir: string; readonly password: string; readonly created: boolean };

export const SUPERUSER = 'carillon';
const PASSWORD_BYTES = 24;

export const clusterDirOf = (home: string): string => path.join(home, 'data');

/**
 * Opens the cluster and creates it at first use. It is created in a temporary folder and renamed into place, so that an
 * interruption, or two processes at once, never leave a half-made cluster.
 * @throws EmbeddedPostgresError PASSWORD_LOST, INIT_FAILED
 */
export const openCluster = async (placement: Placement, durability: Durability): Promise<Cluster> => {
  const dir = clusterDirOf(placement.home);
  const created = !(await exists(path.join(dir, 'PG_VERSION')));
  if (created) await initialise(placement, dir, durability);
  const password = await readFile(passwordFileIn(dir), 'utf8').catch((cause: unknown) => {
    throw new EmbeddedPostgresError(
      'PASSWORD_LOST',
      `The embedded Postgres' password is missing: ${passwordFileIn(dir)}. Put it back from a backup; without one, deleting ${dir} starts anew and loses its data.`,
      { cause },
    );
  });
  return { dir, password: password.trim(), created };
};

/** The password file is in the cluster's own folder: Postgres ignores files that it does not know. */
const passwordFileIn = (dir: string): string => path.join(dir, 'carillon.password');

const initialise = async ({ home, binaries, user }: Placement, dir: string, durability: Durability) => {
  const temporary = path.join(home, `new-${process.pid}-${randomBytes(4).toString('hex')}`);
  const password = `${temporary}.password`;
  const clusterDir = path.join(temporary, 'data');
  try {
    await mkdir(temporary, { mode: 0o700 });
    await writeFile(password, `${randomBytes(PASSWORD_BYTES).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
    if (user) await Promise.all([temporary, password].map((made) => chown(made, user.uid, user.gid)));
    const { code, output } = await runProgram(
      initdbOf(binaries),
      initdbArguments(clusterDir, password, durability),
      user,
    );
    if (code !== 0) throw new EmbeddedPostgresError('INIT_FAILED', `initdb failed for ${dir}: ${output.trim()}`);
    await rename(password, passwordFileIn(clusterDir));
    await rename(clusterDir, dir).catch(async (error: unknown) => {
      if (!(await exists(path.join(dir, 'PG_VERSION')))) throw error;
    });
  } finally {
    await Promise.all([temporary, password].map((made) => rm(made, { recursive: true, force: true })));
  }
};

const initdbArguments = (clusterDir: string, passwordFile: string, durability: Durability): string[] => [
  `--pgdata=${clusterDir}`,
  `--username=${SUPERUSER}`,
  `--pwfile=${passwordFile}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C.UTF-8',
  ...(durability === 'none' ? ['--no-sync'] : []),
];

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
