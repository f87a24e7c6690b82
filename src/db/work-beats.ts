import type pg from 'pg';
import { z } from 'zod';
import type { QueueRef } from '../domain/tasks/worker/stored.ts';
import { type JsonValue, toInstant } from '../domain/values.ts';

/** A worker, as it names itself. */
export type WorkerName = {
  readonly id: string;
  readonly host?: string | undefined;
  readonly version?: string | undefined;
};

export type SeenWorker = QueueRef & { readonly worker: WorkerName };

/** A heartbeat of one attempt, by the hash of its token. */
export type WorkBeat = { readonly tokenHash: string; readonly progress: string | undefined };

const WorkerRow = z.object({
  applicationId: z.coerce.number(),
  queue: z.string(),
  id: z.string(),
  host: z.string().nullable(),
  version: z.string().nullable(),
  running: z.number(),
  lastSeenMs: z.number(),
});
export type WorkerRow = Readonly<z.infer<typeof WorkerRow>>;

/** The last heartbeat of an attempt, and its progress. */
export type ReportedWork = { readonly heartbeatAt: string; readonly progress: JsonValue | undefined };

/** The heartbeats of workers. They are in no log: if they are lost, every worker has a whole new lease. */
export type WorkBeats = {
  /** Records a heartbeat of a worker and of all that it runs, each once. */
  beat(queue: QueueRef, beat: { readonly worker: WorkerName; readonly running: readonly WorkBeat[] }): Promise<void>;
  /** Records that workers wait for work. */
  see(workers: readonly SeenWorker[]): Promise<void>;
  /** When each of these attempts had its last heartbeat, by the clock of Postgres; absent if it had none. */
  lastBeats(tokenHashes: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** What these attempts last reported; absent if they had no heartbeat. */
  reported(tokenHashes: readonly string[]): Promise<ReadonlyMap<string, ReportedWork>>;
  /** Workers of a tenant that were seen lately. `undefined` for all tenants. */
  workers(tenant: string | undefined): Promise<readonly WorkerRow[]>;
};

/** Workers that were not seen for this long are not listed: longer than a take waits. */
const SHOWN_S = 600;
const KEPT_S = 86_400;
/** About one heartbeat in this many deletes old rows. */
const CLEAN_EVERY = 1_000;

const inMs = (instant: string): string => `(extract(epoch FROM ${instant}) * 1000)::float8`;

const Reports = z.array(z.object({ token_hash: z.string(), beaten_ms: z.number(), progress: z.string().nullable() }));
const Beats = z.array(z.object({ token_hash: z.string(), beaten_ms: z.number() }));

/** @param pool sets the statement timeout */
export const createWorkBeats = (pool: pg.Pool): WorkBeats => {
  let beats = 0;
  const clean = async (): Promise<void> => {
    await pool.query(`DELETE FROM work_beats WHERE beaten_at < clock_timestamp() - interval '${KEPT_S} s'`);
    await pool.query(`DELETE FROM workers WHERE beaten_at < clock_timestamp() - interval '${KEPT_S} s'`);
  };
  return {
    beat: async ({ tenant, applicationId, queue }, { worker, running }) => {
      beats += 1;
      if (beats % CLEAN_EVERY === 0) await clean();
      await pool.query({
        name: 'beat_worker',
        text: `INSERT INTO workers (tenant, application_id, queue, worker, host, version, running, beaten_at)
          VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp())
          ON CONFLICT (tenant, application_id, queue, worker) DO UPDATE SET host = excluded.host,
            version = excluded.version, running = excluded.running, beaten_at = excluded.beaten_at`,
        values: [tenant, applicationId, queue, worker.id, worker.host ?? null, worker.version ?? null, running.length],
      });
      if (running.length === 0) return;
      await pool.query({
        name: 'beat_work',
        text: `INSERT INTO work_beats AS kept (token_hash, beaten_at, progress)
          SELECT token_hash, clock_timestamp(), progress FROM unnest($1::text[], $2::text[]) AS given (token_hash, progress)
          ON CONFLICT (token_hash) DO UPDATE SET beaten_at = excluded.beaten_at,
            progress = coalesce(excluded.progress, kept.progress)`,
        values: [running.map(({ tokenHash }) => tokenHash), running.map(({ progress }) => progress ?? null)],
      });
    },
    see: async (workers) => {
      const columns = workers.map(({ tenant, applicationId, queue, worker: { id, host, version } }) => ({
        ...{ tenant, applicationId, queue, id, host: host ?? null, version: version ?? null },
      }));
      await pool.query({
        name: 'see_workers',
        text: `INSERT INTO workers (tenant, application_id, queue, worker, host, version, running, beaten_at)
          SELECT tenant, application_id, queue, worker, host, version, 0, clock_timestamp()
          FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
            AS seen (tenant, application_id, queue, worker, host, version)
          ORDER BY tenant, application_id, queue, worker
          ON CONFLICT (tenant, application_id, queue, worker) DO UPDATE SET host = excluded.host,
            version = excluded.version, beaten_at = excluded.beaten_at`,
        values: (['tenant', 'applicationId', 'queue', 'id', 'host', 'version'] as const).map((column) =>
          columns.map((row) => row[column]),
        ),
      });
    },
    lastBeats: async (tokenHashes) => {
      const { rows } = await pool.query({
        name: 'last_work_beats',
        text: `SELECT token_hash, ${inMs('beaten_at')} AS beaten_ms FROM work_beats WHERE token_hash = ANY ($1)`,
        values: [[...tokenHashes]],
      });
      return new Map(Beats.parse(rows).map(({ token_hash: hash, beaten_ms: ms }) => [hash, ms]));
    },
    reported: async (tokenHashes) => {
      if (tokenHashes.length === 0) return new Map();
      const { rows } = await pool.query({
        name: 'reported_work',
        text: `SELECT token_hash, ${inMs('beaten_at')} AS beaten_ms, progress FROM work_beats WHERE token_hash = ANY ($1)`,
        values: [[...tokenHashes]],
      });
      return new Map(
        Reports.parse(rows).map(({ token_hash: hash, beaten_ms: ms, progress }) => [
          hash,
          {
            heartbeatAt: toInstant(Math.floor(ms)),
            progress: progress === null ? undefined : JSON.parse(progress),
          },
        ]),
      );
    },
    workers: async (tenant) => {
      const { rows } = await pool.query({
        text: `SELECT application_id AS "applicationId", queue, worker AS id, host, version, running,
            ${inMs('beaten_at')} AS "lastSeenMs"
          FROM workers
          WHERE ($1::text IS NULL OR tenant = $1) AND beaten_at > clock_timestamp() - interval '${SHOWN_S} s'
          ORDER BY application_id, queue, worker LIMIT 10000`,
        values: [tenant ?? null],
      });
      return z.array(WorkerRow).parse(rows);
    },
  };
};
