import { stat } from 'node:fs/promises';
import { EmbeddedPostgresError } from './errors.ts';
import { run } from './run.ts';

/** Whom Postgres runs as when this process is root: Postgres refuses to run as root. */
export type ServerUser = { readonly uid: number; readonly gid: number };

export const isRoot = (): boolean => process.getuid?.() === 0;

/**
 * The user for a data folder: undefined means this process's own. As root, the owner of an existing cluster, else
 * `postgres` (made where it is missing), else `nobody`.
 * @throws EmbeddedPostgresError NO_SERVER_USER
 */
export const chooseServerUser = async (clusterDir: string): Promise<ServerUser | undefined> => {
  if (!isRoot()) return undefined;
  const user =
    (await ownerOf(clusterDir)) ?? (await lookUp('postgres')) ?? (await createUser()) ?? (await lookUp('nobody'));
  if (user) return user;
  throw new EmbeddedPostgresError(
    'NO_SERVER_USER',
    'Postgres refuses to run as root, and no user postgres could be found or made. Start as an ordinary user, or add one: useradd --system postgres',
  );
};

/** Whether that user can reach the folder and do with it what the `test` operator asks (`-x`, `-w`). */
export const userCan = async (user: ServerUser, operator: '-x' | '-w', target: string): Promise<boolean> =>
  (await run('/bin/sh', ['-c', 'test "$0" "$1"', operator, target], user)).code === 0;

const ownerOf = async (folder: string): Promise<ServerUser | undefined> => {
  const found = await stat(folder).catch(() => undefined);
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
};

const lookUp = async (name: string): Promise<ServerUser | undefined> => {
  const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
  if (uid.code !== 0 || gid.code !== 0) return undefined;
  return { uid: Number(uid.output), gid: Number(gid.output) };
};

const createUser = async (): Promise<ServerUser | undefined> => {
  await run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']);
  return lookUp('postgres');
};
