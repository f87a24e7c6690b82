import { createHash } from 'node:crypto';
import { chmod, chown, cp, mkdir, realpath, rename, rm, rmdir, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { type Binaries, postgresOf } from './binaries.ts';
import { EmbeddedPostgresError, runProgram, type ServerUser } from './programs.ts';

export type Placement = {
  readonly binaries: Binaries;
  /** Holds the cluster and its password; owned by the server's user, mode 0700. */
  readonly home: string;
  readonly user: ServerUser | undefined;
};

/** Holds, if this process is root, the files that the server's user can't reach elsewhere. */
const SYSTEM_FOLDER = '/var/lib/carillon';
const HOME = 'postgres';

/**
 * Determines the folders of binaries and data, and creates the data folder. If this process is root and the server's user
 * can't reach a folder (such as one below /root), uses /var/lib/carillon instead, with a link to it in the data folder.
 * @throws EmbeddedPostgresError NO_SERVER_USER, NOT_OURS
 */
export const placeCluster = async (dataDir: string, binaries: Binaries): Promise<Placement> => {
  await mkdir(dataDir, { recursive: true });
  const wanted = path.join(await realpath(dataDir), HOME);
  const found = await realpath(wanted).catch(() => undefined);
  const user = await chooseServerUser(found ?? wanted);
  if (!user) return { binaries, home: await makeOwnHome(found ?? wanted), user };
  return {
    binaries: await reachableBinaries(binaries, user),
    home: await reachableHome(found ?? wanted, wanted, user),
    user,
  };
};

const makeOwnHome = async (home: string): Promise<string> => {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const { uid } = await stat(home);
  if (uid === process.getuid?.()) return home;
  throw new EmbeddedPostgresError(
    'NOT_OURS',
    `${home} belongs to another user (uid ${uid}), probably because Carillon was started as root before. Start it as that user or as root, or choose another folder: CARILLON_DATA=…`,
  );
};

const reachableHome = async (home: string, wanted: string, user: ServerUser): Promise<string> => {
  await makeHomeFor(home, user);
  if (await userCan(user, '-w', home)) return home;
  await removeEmpty(wanted);
  const elsewhere = path.join(SYSTEM_FOLDER, shortHash(wanted), HOME);
  await makeSystemFolder(path.dirname(elsewhere));
  await makeHomeFor(elsewhere, user);
  await symlink(elsewhere, wanted);
  return elsewhere;
};

const removeEmpty = (home: string): Promise<void> =>
  rmdir(home).catch((cause: unknown) => {
    throw new EmbeddedPostgresError(
      'NOT_OURS',
      `The user that runs Postgres can't reach its data in ${home}: it has no access to a parent folder. Grant access (chmod o+x), or choose another folder: CARILLON_DATA=…`,
      { cause },
    );
  });

const makeHomeFor = async (home: string, { uid, gid }: ServerUser): Promise<void> => {
  await mkdir(home, { recursive: true });
  await chown(home, uid, gid);
  await chmod(home, 0o700);
};

const reachableBinaries = async (binaries: Binaries, user: ServerUser): Promise<Binaries> => {
  if (await userCan(user, '-x', postgresOf(binaries))) return binaries;
  const root = path.join(SYSTEM_FOLDER, `binaries-${binaries.version}-${shortHash(binaries.root)}`);
  const copy = { ...binaries, root };
  if (await userCan(user, '-x', postgresOf(copy))) return copy;
  await makeSystemFolder(SYSTEM_FOLDER);
  const partial = `${root}.${process.pid}`;
  await rm(partial, { recursive: true, force: true });
  await cp(binaries.root, partial, { recursive: true, verbatimSymlinks: true });
  await chmod(partial, 0o755);
  await rm(root, { recursive: true, force: true });
  await rename(partial, root);
  return copy;
};

/** Creates folders that the server's user can pass through, whatever the umask of root. */
const makeSystemFolder = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  await chmod(SYSTEM_FOLDER, 0o755);
  await chmod(folder, 0o755);
};

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

export const isRoot = (): boolean => process.getuid?.() === 0;

/**
 * Chooses the user that the server runs as; undefined means the user of this process. For root it is the owner of the
 * existing cluster, else `postgres` (created if missing), else `nobody`.
 * @throws EmbeddedPostgresError NO_SERVER_USER
 */
const chooseServerUser = async (clusterDir: string): Promise<ServerUser | undefined> => {
  if (!isRoot()) return undefined;
  const user =
    (await ownerOf(clusterDir)) ?? (await lookUp('postgres')) ?? (await createUser()) ?? (await lookUp('nobody'));
  if (user) return user;
  throw new EmbeddedPostgresError(
    'NO_SERVER_USER',
    "Postgres can't run as root, and there is no user postgres and it could not be created. Start as another user, or add the user: useradd --system postgres",
  );
};

/** Returns whether the user can execute (`-x`) or write to (`-w`) the target, using the `test` command as that user. */
const userCan = async (user: ServerUser, operator: '-x' | '-w', target: string): Promise<boolean> =>
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
