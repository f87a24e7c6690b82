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
