import type pg from 'pg';
import { z } from 'zod';

/** Engines by their heartbeats; satisfies the port that the engine room asks for. */
export type MembershipTable = {
  beat(
    engineId: string,
    asking?: () => void,
  ): Promise<{
    readonly serverMs: number;
    readonly members: readonly { readonly engineId: string; readonly silentMs: number }[];
  }>;
  leave(engineId: string): Promise<void>;
  /** Forgets every engine: for a start that knows itself alone with this database. */
  clear(): Promise<void>;
};

/** Silent for longer: of no interest to anybody. */
const FORGOTTEN_AFTER_S = 3_600;

const Row = z.object({ engine_id: z.string(), silent_ms: z.number(), server_ms: z.number() });

export const createMembershipTable = (pool: pg.Pool): MembershipTable => ({
  beat: async (engineId, asking) => {
    await pool.query(
      `insert into engine_members values ($1, clock_timestamp())
       on conflict (engine_id) do update set beaten_at = excluded.beaten_at`,
      [engineId],
    );
    asking?.();
    const { rows } = await pool.query(
      `select engine_id,
              greatest(0, extract(epoch from now_at - beaten_at) * 1000)::float8 as silent_ms,
              (extract(epoch from now_at) * 1000)::float8 as server_ms
       from engine_members, (select clock_timestamp() as now_at) as clock
       where beaten_at > now_at - interval '${FORGOTTEN_AFTER_S} seconds'`,
    );
    const members = z.array(Row).min(1).parse(rows);
    return {
      serverMs: members[0]?.server_ms ?? 0,
      members: members.map(({ engine_id, silent_ms }) => ({ engineId: engine_id, silentMs: silent_ms })),
    };
  },
  leave: async (engineId) => {
    await pool.query('delete from engine_members where engine_id = $1', [engineId]);
  },
  clear: async () => {
    await pool.query('delete from engine_members');
  },
});
