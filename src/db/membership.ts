import type pg from 'pg';
import { z } from 'zod';

/** The table of engines and their heartbeats. It implements the port `Membership` of the engine. */
export type MembershipTable = {
  beat(
    self: Pick<EngineRow, 'engineId' | 'zoneData'> & {
      readonly joinedMs: number | undefined;
      readonly state: 'working' | 'resting';
      readonly takenPosition: string | undefined;
    },
    asking?: () => void,
  ): Promise<{ readonly serverMs: number; readonly members: readonly EngineRow[] }>;
  /** The engines that have not left, with how far each has taken in the log. */
  engines(): Promise<readonly EngineProgress[]>;
  /** Returns the engines in the table that have beaten within the last hour, in the order in which they joined. */
  all(): Promise<readonly EngineRow[]>;
  /** Returns the time of the Postgres server, epoch ms. */
  serverTime(): Promise<number>;
  leave(engineId: string): Promise<void>;
};

export type EngineRow = {
  readonly engineId: string;
  readonly zoneData: string;
  readonly joinedMs: number;
  readonly beatenMs: number;
  readonly silentMs: number;
  readonly state: 'working' | 'resting' | 'left';
};

type EngineProgress = Pick<EngineRow, 'engineId' | 'silentMs'> & {
  readonly state: 'working' | 'resting';
  /** Undefined before its subscription has begun, and for one of a release that does not report it. */
  readonly takenPosition: string | undefined;
};

/**
 * When an engine joins, it deletes rows without a heartbeat for this long. A living engine that only looks silent
 * because a clock was set inserts its row again with its next heartbeat.
 */
const RETENTION_S = 3_600;

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

const ProgressRow = z.object({
  engine_id: z.string(),
  silent_ms: z.number(),
  state: z.enum(['working', 'resting']),
  taken_position: z.string().nullable(),
});

const SELECT_ROWS = `SELECT engine_id, zone_data, state,
        (extract(epoch FROM joined_at) * 1000)::float8 AS joined_ms,
        (extract(epoch FROM beaten_at) * 1000)::float8 AS beaten_ms,
        (extract(epoch FROM now_at - beaten_at) * 1000)::float8 AS silent_ms,
        (extract(epoch FROM now_at) * 1000)::float8 AS server_ms
 FROM engine_members, (SELECT clock_timestamp() AS now_at) AS clock`;

const engineOf = ({
  engine_id,
  zone_data,
  joined_ms,
  beaten_ms,
  silent_ms,
  state,
}: z.infer<typeof Row>): EngineRow => ({
  engineId: engine_id,
  zoneData: zone_data,
  joinedMs: joined_ms,
  beatenMs: beaten_ms,
  silentMs: silent_ms,
  state,
});

/** @param pool sets the statement timeout */
export const createMembershipTable = (pool: pg.Pool): MembershipTable => ({
  beat: async ({ engineId, zoneData, joinedMs, state: own, takenPosition }, asking) => {
    if (joinedMs === undefined) {
      await pool.query(
        statement(
          `DELETE FROM engine_members
           WHERE abs(extract(epoch FROM clock_timestamp() - beaten_at)) > ${RETENTION_S}`,
        ),
      );
    }
    // An engine that has left stays so, even if a delayed heartbeat of it arrives.
    await pool.query(
      statement(
        `INSERT INTO engine_members (engine_id, zone_data, joined_at, beaten_at, state, taken_position)
         VALUES ($1, $2, coalesce(to_timestamp($3::float8 / 1000), clock_timestamp()), clock_timestamp(), $4, $5)
         ON CONFLICT (engine_id) DO UPDATE
         SET beaten_at = excluded.beaten_at, joined_at = excluded.joined_at, taken_position = excluded.taken_position,
             state = CASE engine_members.state WHEN 'left' THEN 'left' ELSE excluded.state END`,
        [engineId, zoneData, joinedMs ?? null, own, takenPosition ?? null],
      ),
    );
    asking?.();
    const { rows } = await pool.query(statement(SELECT_ROWS));
    const members = z.array(Row).min(1).parse(rows);
    return { serverMs: members[0]?.server_ms ?? 0, members: members.map(engineOf) };
  },
  all: async () => {
    const { rows } = await pool.query(
      statement(
        `${SELECT_ROWS} WHERE abs(extract(epoch FROM now_at - beaten_at)) <= ${RETENTION_S}
         ORDER BY joined_at, engine_id`,
      ),
    );
    return z.array(Row).parse(rows).map(engineOf);
  },
  engines: async () => {
    const { rows } = await pool.query(
      statement(
        `SELECT engine_id, state, taken_position,
                (extract(epoch FROM clock_timestamp() - beaten_at) * 1000)::float8 AS silent_ms
         FROM engine_members WHERE state <> 'left'`,
      ),
    );
    return z
      .array(ProgressRow)
      .parse(rows)
      .map(({ engine_id, silent_ms, state, taken_position }) => ({
        engineId: engine_id,
        silentMs: silent_ms,
        state,
        takenPosition: taken_position ?? undefined,
      }));
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
