import type { Pool } from 'pg';
import type { EventStore, Position } from '../event-store/port.ts';
import { allProjections } from './all.ts';
import { listParked } from './parked.ts';
import type { Projection } from './projection.ts';

export type GenerationView = {
  readonly generation: number;
  readonly position: Position | undefined;
  /** ISO. */
  readonly updatedAt: string;
  /** The share of the log that it has handled, from 0 to 1. */
  readonly progress: number;
  /** Set if it has stopped and does not retry. */
  readonly stopped?: { readonly since: string; readonly because: string };
};

export type ProjectionView = {
  readonly name: string;
  readonly shape: string;
  readonly status: 'absent' | 'live' | 'stopped';
  readonly live?: GenerationView;
  readonly building?: GenerationView;
  /** Position of the log's last event. */
  readonly end: Position | undefined;
  /** The first 100 streams with events that can't be read and are missing in this projection. */
  readonly parked: readonly ParkedView[];
};

export type ParkedView = {
  readonly stream: string;
  /** The revision of the first event that can't be read. */
  readonly revision: number;
  readonly type: string;
  /** ISO. */
  readonly since: string;
  readonly because: string;
};

const MAX_PARKED = 100;

type Row = {
  projection: string;
  shape: string;
  state: string;
  generation: number;
  position: string | null;
  updated_at: Date;
  stopped_at: Date | null;
  stopped_because: string | null;
};

/** Lists the projections with their live generation and the one that is being built. */
export const listProjections = async (
  { pool, store, logId }: { pool: Pick<Pool, 'query'>; store: Pick<EventStore, 'end'>; logId: string },
  projections: readonly Projection[] = allProjections,
): Promise<ProjectionView[]> => {
  // The end is read first, so that no checkpoint looks further behind than it is.
  const end = await store.end();
  const { rows } = await pool.query<Row>(
    `SELECT projection, shape, state, generation, position, updated_at, stopped_at, stopped_because
     FROM projection_generations WHERE state <> 'retired'`,
  );
  const parked = (await listParked(pool, logId)).filter(({ readMs }) => readMs === undefined);
  return projections.map(({ name, shape, streamPrefixes }) => {
    const find = (state: string) =>
      rows.find((row) => row.projection === name && row.shape === shape && row.state === state);
    const live = find('live');
    const building = find('building');
    return {
      name,
      shape,
      status: live === undefined ? 'absent' : live.stopped_at === null ? 'live' : 'stopped',
      ...(live ? { live: viewOf(live, end) } : {}),
      ...(building ? { building: viewOf(building, end) } : {}),
      end,
      parked: parked
        .filter(({ stream }) => streamPrefixes.some((prefix) => stream.startsWith(prefix)))
        .slice(0, MAX_PARKED)
        .map(({ stream, revision, eventType: type, sinceMs, why: because }) => ({
          stream,
          revision,
          type,
          since: new Date(sinceMs).toISOString(),
          because,
        })),
    };
  });
};

const viewOf = (row: Row, end: Position | undefined): GenerationView => ({
  generation: row.generation,
  position: row.position ?? undefined,
  updatedAt: row.updated_at.toISOString(),
  progress: progressOf(row.position ?? undefined, end),
  ...(row.stopped_at !== null && row.stopped_because !== null
    ? { stopped: { since: row.stopped_at.toISOString(), because: row.stopped_because } }
    : {}),
});

/** Positions are padded decimals, so their quotient approximates the share of the log. */
const progressOf = (position: Position | undefined, end: Position | undefined): number => {
  if (end === undefined) return 1;
  return Math.min(1, Number(position ?? 0) / Number(end));
};
