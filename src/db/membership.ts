import type pg from 'pg';
import { z } from 'zod';

/** Engines by their heartbeats; satisfies the port that the engine room asks for. */
export type MembershipTable = {
  beat(
    self: Pick<EngineRow, 'engineId' | 'zoneData'> & {
      readonly joinedMs: number | undefined;
      readonly state: 'working' | 'resting';
    },
    asking?: () => void,
  ): Promise<{ readonly serverMs: number; readonly members: readonly EngineRow[] }>;
  /** The clock of Postgres, epoch ms. */
  serverTime(): Promise<number>;
  leave(engineId: string): Promise<void>;
};

type EngineRow = {
  readonly engineId: string;
  readonly zoneData: string;
  readonly joinedMs: number;
  readonly beatenMs: number;
  readonly silentMs: number;
  readonly state: 'working' | 'resting' | 'left';
};

/**
 * Rows that did not change for longer are deleted when an engine joins. One that lives, and looks silent because the
 * clock was put, is there again with its next beat.
 */
const KEPT_S = 3_600;

const statement = (text: string, values: readonly (string | number | null)[] = []) => ({ text, values: [...values] });

const Row = z.object({
  engine_id: z.string(),
  zone_data: z.string(),
  joined_ms: z.number(),
  beaten_ms: z.number(),
  silent_ms: z.number(),
  state: z.enum(['working', 'resting', 'left']),
  server_ms: z.number(),
});

/** @param pool bounds how long a statement may take */
export const createMembershipTable = (pool: pg.Pool): MembershipTable => ({
  beat: async ({ engineId, zoneData, joinedMs, state: own }, asking) => {
    if (joinedMs === undefined) {
      await pool.query(
        statement(
          `delete from engine_members
           where abs(extract(epoch from clock_timestamp() - beaten_at)) > ${KEPT_S}`,
        ),
      );
    }
    // One that has left stays so, whatever beat of it comes late.
    await pool.query(
      statement(
        `insert into engine_members (engine_id, zone_data, joined_at, beaten_at, state)
         values ($1, $2, coalesce(to_timestamp($3::float8 / 1000), clock_timestamp()), clock_timestamp(), $4)
         on conflict (engine_id) do update
         set beaten_at = excluded.beaten_at, joined_at = excluded.joined_at,
             state = case engine_members.state when 'left' then 'left' else excluded.state end`,
        [engineId, zoneData, joinedMs ?? null, own],
      ),
    );
    asking?.();
    const { rows } = await pool.query(
      statement(
        `select engine_id, zone_data, state,
                (extract(epoch from joined_at) * 1000)::float8 as joined_ms,
                (extract(epoch from beaten_at) * 1000)::float8 as beaten_ms,
                (extract(epoch from now_at - beaten_at) * 1000)::float8 as silent_ms,
                (extract(epoch from now_at) * 1000)::float8 as server_ms
         from engine_members, (select clock_timestamp() as now_at) as clock`,
      ),
    );
    const members = z.array(Row).min(1).parse(rows);
    return {
      serverMs: members[0]?.server_ms ?? 0,
      members: members.map(({ engine_id, zone_data, joined_ms, beaten_ms, silent_ms, state }) => ({
        engineId: engine_id,
        zoneData: zone_data,
        joinedMs: joined_ms,
        beatenMs: beaten_ms,
        silentMs: silent_ms,
        state,
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
    await pool.query(
      statement(
        `insert into engine_members (engine_id, beaten_at, state) values ($1, clock_timestamp(), 'left')
         on conflict (engine_id) do update set state = excluded.state`,
        [engineId],
      ),
    );
  },
});
