import { stat } from 'node:fs/promises';
import { EmbeddedPostgresError } from './errors.ts';
import { runProgram, type ServerUser } from './run.ts';

export const isRoot = (): boolean => process.getuid?.() === 0;

/**
 * Chooses the user that the server runs as; undefined means the user of this process. For root it is the owner of the
 * existing cluster, else `postgres` (created if missing), else `nobody`.
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

/** Tells whether the user can execute (`-x`) or write to (`-w`) the target, by the `test` command run as that user. */
export const userCan = async (user: ServerUser, operator: '-x' | '-w', target: string): Promise<boolean> =>
  (await runProgram('/bin/sh', ['-c', 'test "$0" "$1"', operator, target], user)).code === 0;

const ownerOf = async (folder: string): Promise<ServerUser | undefined> => {
  const found = await stat(folder).catch(() => undefined);
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
};

const lookUp = async (name: string): Promise<ServerUser | undefined> => {
  const [uid, gid] = await Promise.all([runProgram('id', ['-u', name]), runProgram('id', ['-g', name])]);
  if (uid.code !== 0 || gid.code !== 0) return undefined;
  return { uid: Number(uid.output), gid: Number(gid.output) };
};

const createUser = async (): Promise<ServerUser | undefined> => {
  await runProgram('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']);
  return lookUp('postgres');
};
