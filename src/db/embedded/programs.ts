import { spawn } from 'node:child_process';

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
