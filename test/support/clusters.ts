import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { migrate } from '../../src/db/migrate.ts';
import type { LogFields } from '../../src/runtime/runtime.ts';
import { freePort } from './free-port.ts';
import { silentLog } from './world.ts';

const run = promisify(execFile);

const connected = async <T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
};

const TABLES = ['log_events', 'log_streams', 'log_floor'];

/** Replaces the log of one database by that of another, like a dump and restore. The source can be in use. */
export const restoreLog = async (fromUrl: string, toUrl: string): Promise<void> => {
  await migrate(toUrl, silentLog);
  await connected(fromUrl, (from) =>
    connected(toUrl, async (to) => {
      await from.query('begin isolation level repeatable read');
      for (const table of TABLES) {
        const { rows } = await from.query(`select coalesce(json_agg(t), '[]')::text as all from ${table} t`);
        await to.query(`truncate ${table}`);
        await to.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [rows[0].all]);
      }
    }),
  );
};

/** Copies a running cluster into another data folder, as pg_basebackup does. */
const backUp = async (
  { url, home }: Pick<EmbeddedPostgres, 'url' | 'home'>,
  dataDir: string,
  signal: 'standby.signal' | 'recovery.signal',
): Promise<void> => {
  const data = path.join(dataDir, 'postgres', 'data');
  await mkdir(dataDir, { mode: 0o755 });
  const wal = (of: string) => path.join(of, 'pg_wal');
  await connected(url, async (client) => {
    await client.query("select pg_backup_start('copy', fast => true)");
    await run('cp', ['-a', home, path.dirname(data)]);
    const { rows } = await client.query('select labelfile from pg_backup_stop(wait_for_archive => false)');
    // Copied first, so that they belong to the user that the server runs as.
    for (const file of ['backup_label', signal]) {
      await run('cp', ['-a', path.join(data, 'PG_VERSION'), path.join(data, file)]);
      await writeFile(path.join(data, file), file === signal ? '' : rows[0].labelfile);
    }
  });
  for (const stale of [wal(data), path.join(data, 'postmaster.pid')]) await rm(stale, { recursive: true });
  await run('cp', ['-a', wal(path.join(home, 'data')), wal(data)]);
};

/** Starts a standby of a running cluster in a data folder, and promotes it. */
export const promoteStandby = async (primary: EmbeddedPostgres, dataDir: string): Promise<EmbeddedPostgres> => {
  await backUp(primary, dataDir, 'standby.signal');
  const { hostname, port: primaryPort, username, password } = new URL(primary.url);
  const port = await freePort();
  const follows = Promise.withResolvers<void>();
  const log = {
    ...silentLog,
    debug: ({ line }: LogFields) => {
      if (/ready to accept read-only connections/.test(String(line))) follows.resolve();
    },
  };
  const conninfo = `host=${hostname} port=${primaryPort} user=${username} password=${password}`;
  const promoted = startEmbeddedPostgres({ dataDir, port, log, settings: { primary_conninfo: conninfo } });
  await Promise.race([follows.promise, promoted]);
  const standbyUrl = new URL(primary.url);
  standbyUrl.port = String(port);
  await connected(standbyUrl.href, (client) => client.query('select pg_promote()'));
  return promoted;
};

/** Starts a cluster from a backup of a running one, recovered to the point in time of the backup. */
export const recoverToBackup = async (original: EmbeddedPostgres, dataDir: string): Promise<EmbeddedPostgres> => {
  await backUp(original, dataDir, 'recovery.signal');
  return startEmbeddedPostgres({
    dataDir,
    port: 0,
    log: silentLog,
    settings: { restore_command: 'false', recovery_target: 'immediate', recovery_target_action: 'promote' },
  });
};
