import type pg from 'pg';
import { z } from 'zod';

/** Engines by their heartbeats; satisfies the port that the engine room asks for. */
export type MembershipTable = {
  beat(
    of: { readonly engineId: string; readonly zoneData: string },
    asking?: () => void,
  ): Promise<{ readonly serverMs: number; readonly members: readonly EngineRow[] }>;
  /** The clock of Postgres, epoch ms. */
  serverTime(): Promise<number>;
  leave(engineId: string): Promise<void>;
  /** Forgets every engine: for a start that knows itself alone with this database. */
  clear(): Promise<void>;
};

type EngineRow = {
  readonly engineId: string;
  readonly zoneData: string;
  readonly joinedMs: number;
  readonly silentMs: number;
};

/** Silent for longer: of no interest to anybody. */
const FORGOTTEN_AFTER_S = 3_600;

/** An answer that takes longer is none: the connection may hang. */
const ANSWER_MS = 5_000;
const statement = (text: string, values: readonly string[] = []) => ({
  text,
  values: [...values],
  query_timeout: ANSWER_MS,
});

const Row = z.object({
  engine_id: z.string(),
  zone_data: z.string(),
  joined_ms: z.number(),
  silent_ms: z.number(),
  server_ms: z.number(),
});

export const createMembershipTable = (pool: pg.Pool): MembershipTable => ({
  beat: async ({ engineId, zoneData }, asking) => {
    await pool.query(
      statement(
        `insert into engine_members (engine_id, zone_data, joined_at, beaten_at)
         values ($1, $2, clock_timestamp(), clock_timestamp())
         on conflict (engine_id) do update set beaten_at = excluded.beaten_at`,
        [engineId, zoneData],
      ),
    );
    asking?.();
    const { rows } = await pool.query(
      statement(
        `select engine_id, zone_data,
                (extract(epoch from joined_at) * 1000)::float8 as joined_ms,
                greatest(0, extract(epoch from now_at - beaten_at) * 1000)::float8 as silent_ms,
                (extract(epoch from now_at) * 1000)::float8 as server_ms
         from engine_members, (select clock_timestamp() as now_at) as clock
         where beaten_at > now_at - interval '${FORGOTTEN_AFTER_S} seconds'`,
      ),
    );
    const members = z.array(Row).min(1).parse(rows);
    return {
      serverMs: members[0]?.server_ms ?? 0,
      members: members.map(({ engine_id, zone_data, joined_ms, silent_ms }) => ({
        engineId: engine_id,
        zoneData: zone_data,
        joinedMs: joined_ms,
        silentMs: silent_ms,
      })),
    };
  },
  serverTime: async () => {
    const { rows } = await pool.query(
      statement('select (extract(epoch from clock_timestamp()) * 1000)::float8 as server_ms'),
    );
    return z.tuple([z.object({ server_ms: z.number() })]).parse(rows)[0].server_ms;
  },
  leave: async (engineId) => {
    await pool.query('delete from engine_members where engine_id = $1', [engineId]);
  },
  clear: async () => {
    await pool.query('delete from engine_members');
  },
});
