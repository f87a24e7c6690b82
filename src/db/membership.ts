import type pg from 'pg';
import { z } from 'zod';
import type { Timers } from '../runtime/runtime.ts';
import { openSession, probe, type Session } from './session.ts';

/** Leases by advisory locks. They last as long as the connection that all leases of this process share. */
export type LockLeases = {
  tryTake(name: string): Promise<{ readonly lost: AbortSignal; release(): Promise<void> } | undefined>;
  close(): Promise<void>;
};

type LeasesOptions = { readonly databaseUrl: string; readonly timers: Timers };

/** Creates the leases of a process. Connects at the first request, and again after a lost connection. */
export const createLeases = ({ databaseUrl, timers }: LeasesOptions): LockLeases => {
  const closing = new AbortController();
  let opening: Promise<Session> | undefined;

  const open = async (): Promise<Session> => {
    const session = await openSession({ databaseUrl, name: 'carillon leases' });
    void probe(session, timers, AbortSignal.any([closing.signal, session.lost]));
    session.lost.addEventListener('abort', () => {
      opening = undefined;
    });
    return session;
  };

  const connected = (): Promise<Session> => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };

  return {
    tryTake: async (name) => {
      const { client, lost } = await connected();
      const { rows } = await client.query<{ taken: boolean }>(
        'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken',
        [lockName(name)],
      );
      if (rows[0]?.taken !== true) return undefined;
      const release = async (): Promise<void> => {
        if (lost.aborted) return;
        await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [lockName(name)]).catch(() => {});
      };
      return { lost, release };
    },
    close: async () => {
      closing.abort();
      await (await opening?.catch(() => undefined))?.close();
    },
  };
};

const lockName = (name: string): string => `carillon lease of ${name}`;

/** The table of engines and their heartbeats; implements the engine's port `Membership`. */
export type MembershipTable = {
  beat(
    self: {
      readonly engineId: string;
      readonly zoneData: string;
      readonly timeoutMs: number;
      readonly joinedMs: number | undefined;
      readonly state: 'working' | 'resting';
      readonly takenPosition: string | undefined;
    },
    onSent?: () => void,
  ): Promise<{ readonly serverMs: number; readonly members: readonly EngineRow[] }>;
  /** The engines that have not left, with their positions in the log. */
  engines(): Promise<readonly EngineProgress[]>;
  /** Engines with a heartbeat within the last hour, in the order in which they joined. */
  all(): Promise<readonly EngineRow[]>;
  /** Returns the time of the Postgres server, epoch ms. */
  serverTime(): Promise<number>;
  leave(engineId: string): Promise<void>;
};

/**
 * When an engine joins, it deletes rows without a heartbeat for this long. A live engine that seems silent because a clock
 * was set inserts its row again with its next heartbeat.
 */
const RETENTION_S = 3_600;

const statement = (text: string, values: readonly (string | number | null)[] = []) => ({ text, values: [...values] });

const EngineRow = z.object({
  engineId: z.string(),
  zoneData: z.string(),
  timeoutMs: z.number(),
  joinedMs: z.number(),
  beatenMs: z.number(),
  silentMs: z.number(),
  state: z.enum(['working', 'resting', 'left']),
});
export type EngineRow = Readonly<z.infer<typeof EngineRow>>;
const Row = EngineRow.extend({ serverMs: z.number() });

const EngineProgress = z.object({
  engineId: z.string(),
  timeoutMs: z.number(),
  silentMs: z.number(),
  state: z.enum(['working', 'resting']),
  /** `undefined` before its subscription has begun, and for an engine of a version that does not report it. */
  takenPosition: z
    .string()
    .nullable()
    .transform((position) => position ?? undefined),
});
type EngineProgress = Readonly<z.infer<typeof EngineProgress>>;

/** @param interval SQL of an interval or an instant */
const inMs = (interval: string): string => `(extract(epoch FROM ${interval}) * 1000)::float8`;

const SELECT_ROWS = `SELECT engine_id AS "engineId", zone_data AS "zoneData", timeout_ms AS "timeoutMs", state, ${inMs('joined_at')} AS "joinedMs",
   ${inMs('beaten_at')} AS "beatenMs", ${inMs('now_at - beaten_at')} AS "silentMs", ${inMs('now_at')} AS "serverMs"
 FROM engine_members, (SELECT clock_timestamp() AS now_at) AS clock`;

/** @param pool sets the statement timeout */
export const createMembershipTable = (pool: pg.Pool): MembershipTable => ({
  beat: async ({ engineId, zoneData, timeoutMs, joinedMs, state: own, takenPosition }, onSent) => {
    if (joinedMs === undefined) {
      await pool.query(
        statement(
          `DELETE FROM engine_members
           WHERE abs(extract(epoch FROM clock_timestamp() - beaten_at)) > ${RETENTION_S}`,
        ),
      );
    }
    // An engine that has left stays so, even if one of its heartbeats arrives late.
    await pool.query({
      name: 'engine_beat',
      text: `INSERT INTO engine_members (engine_id, zone_data, joined_at, beaten_at, state, taken_position, timeout_ms)
        VALUES ($1, $2, coalesce(to_timestamp($3::float8 / 1000), clock_timestamp()), clock_timestamp(), $4, $5, $6)
        ON CONFLICT (engine_id) DO UPDATE
        SET beaten_at = excluded.beaten_at, joined_at = excluded.joined_at, taken_position = excluded.taken_position,
            state = CASE engine_members.state WHEN 'left' THEN 'left' ELSE excluded.state END`,
      values: [engineId, zoneData, joinedMs ?? null, own, takenPosition ?? null, timeoutMs],
    });
    onSent?.();
    const { rows } = await pool.query({ name: 'engine_members', text: SELECT_ROWS });
    const members = z.array(Row).min(1).parse(rows);
    return { serverMs: members[0]?.serverMs ?? 0, members };
  },
  all: async () => {
    const { rows } = await pool.query(
      statement(
        `${SELECT_ROWS} WHERE abs(extract(epoch FROM now_at - beaten_at)) <= ${RETENTION_S}
         ORDER BY joined_at, engine_id`,
      ),
    );
    return z.array(EngineRow).parse(rows);
  },
  engines: async () => {
    const { rows } = await pool.query(
      statement(
        `SELECT engine_id AS "engineId", timeout_ms AS "timeoutMs", state, taken_position AS "takenPosition",
           ${inMs('clock_timestamp() - beaten_at')} AS "silentMs"
         FROM engine_members WHERE state <> 'left'`,
      ),
    );
    return z.array(EngineProgress).parse(rows);
  },
  serverTime: async () => {
    const { rows } = await pool.query(
      statement('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS server_ms'),
    );
    return z.tuple([z.object({ server_ms: z.number() })]).parse(rows)[0].server_ms;
  },
  leave: async (engineId) => {
    await pool.query(
      statement(
        `INSERT INTO engine_members (engine_id, beaten_at, state) VALUES ($1, clock_timestamp(), 'left')
         ON CONFLICT (engine_id) DO UPDATE SET state = excluded.state`,
        [engineId],
      ),
    );
  },
});
