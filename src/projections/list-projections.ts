import type { Pool } from 'pg';
import type { EventStore, Position } from '../event-store/port.ts';
import { allProjections } from './all.ts';
import { type BuildPhase, type BuildRecord, newestBuilds } from './builds.ts';
import type { RowDifference } from './compare.ts';
import { listParked } from './parked.ts';
import type { Projection } from './projection.ts';
import type { BuildPurpose } from './queries/build-order.ts';

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

/** The newest rebuild or verification of a projection, under way or done. */
export type BuildView = {
  readonly generation: number;
  readonly purpose: BuildPurpose;
  readonly phase: BuildPhase;
  /** ISO. */
  readonly requestedAt: string;
  readonly endedAt?: string;
  /** The share of the log that it has read, from 0 to 1. */
  readonly progress: number;
  readonly eventsPerSecond?: number;
  /** Until the log is read; indexes come after. Absent when nothing is known of it. */
  readonly secondsLeft?: number;
  /** What was not the same in the live tables and in those built from the log, at this position of it. */
  readonly comparison?: {
    readonly position: Position;
    readonly differences: number;
    readonly first: readonly RowDifference[];
  };
};

export type ProjectionView = {
  readonly name: string;
  readonly shape: string;
  readonly status: 'absent' | 'live' | 'stopped';
  readonly live?: GenerationView;
  readonly building?: GenerationView;
  readonly build?: BuildView;
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
  const builds = await newestBuilds(pool);
  const parked = (await listParked(pool, logId)).filter(({ readMs }) => readMs === undefined);
  return projections.map(({ name, shape, streamPrefixes }) => {
    const find = (state: string) =>
      rows.find((row) => row.projection === name && row.shape === shape && row.state === state);
    const live = find('live');
    const building = find('building');
    const build = builds.find((each) => each.projection === name);
    return {
      name,
      shape,
      status: live === undefined ? 'absent' : live.stopped_at === null ? 'live' : 'stopped',
      ...(live ? { live: viewOf(live, end) } : {}),
      ...(building ? { building: viewOf(building, end) } : {}),
      ...(build ? { build: buildViewOf(build, end) } : {}),
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

const buildViewOf = (build: BuildRecord, end: Position | undefined): BuildView => {
  const { generation, purpose, phase, requestedAt, endedAt, readTo, comparison } = build;
  const { eventsPerSecond, positionsPerSecond = 0 } = build;
  const isReading = phase === 'waiting' || phase === 'reading';
  return {
    generation,
    purpose,
    phase,
    requestedAt: requestedAt.toISOString(),
    ...(endedAt ? { endedAt: endedAt.toISOString() } : {}),
    progress: isReading ? progressOf(readTo ?? '0', end) : 1,
    ...(eventsPerSecond ? { eventsPerSecond: Math.round(eventsPerSecond) } : {}),
    ...(phase === 'reading' && positionsPerSecond > 0
      ? { secondsLeft: Math.max(0, Math.ceil((Number(end) - Number(readTo)) / positionsPerSecond)) }
      : {}),
    ...(comparison
      ? {
          comparison: {
            position: comparison.position,
            differences: comparison.count,
            first: comparison.differences,
          },
        }
      : {}),
  };
};

/** Positions are padded decimals, so their quotient approximates the share of the log. */
const progressOf = (position: Position | undefined, end: Position | undefined): number => {
  if (end === undefined) return 1;
  return Math.min(1, Number(position ?? 0) / Number(end));
};
