import type { Queryable } from '../db/session.ts';
import { defined } from '../domain/defined.ts';
import type { EventStore, Position } from '../event-store/port.ts';
import { allProjections } from './all.ts';
import { type BuildRecord, newestBuilds } from './builds.ts';
import { requestFlush } from './checkpoints.ts';
import { listParked } from './parked.ts';
import type { Projection } from './projection.ts';
import type { BuildView, GenerationView, ProjectionView, StoppedProjection } from './queries/projection-views.ts';

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

/**
 * Lists the projections with their live generation and the one that is being built. Pending batches are written now, so that
 * the next list shows which read models are really behind.
 */
export const listProjections = async (
  { pool, store, logId }: { readonly pool: Queryable; readonly store: EventStore; readonly logId: string },
  projections: readonly Projection[] = allProjections,
): Promise<ProjectionView[]> => {
  // The end is read first, so that no checkpoint seems further behind than it is.
  const end = await store.end();
  await requestFlush(pool);
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
    const stopped = stopOf(live ?? find('failed'));
    const building = find('building');
    const build = builds.find((each) => each.projection === name);
    return defined({
      name,
      shape,
      status: live === undefined ? 'absent' : live.stopped_at === null ? 'live' : 'stopped',
      stopped,
      live: live && viewOf(live, end),
      building: building && viewOf(building, end),
      build: build && buildViewOf(build, end),
      logEnd: end,
      parked: parked
        .filter(({ stream }) => streamPrefixes.some((prefix) => stream.startsWith(prefix)))
        .slice(0, MAX_PARKED)
        .map(({ stream, revision, eventType: type, sinceMs, why: reason }) => ({
          stream,
          revision,
          type,
          since: new Date(sinceMs).toISOString(),
          reason,
        })),
    });
  });
};

/** Finds the projections that have stopped or could not be created, each with the reason. */
export const listStopped = async (
  pool: Queryable,
  projections: readonly Projection[] = allProjections,
): Promise<StoppedProjection[]> => {
  const { rows } = await pool.query<StoppedProjection>(
    `SELECT projection AS name, stopped_because AS reason
     FROM projection_generations JOIN unnest($1::text[], $2::text[]) AS wanted (name, shape)
       ON projection = wanted.name AND projection_generations.shape = wanted.shape
     WHERE state IN ('live', 'failed') AND stopped_because IS NOT NULL ORDER BY projection`,
    [projections.map(({ name }) => name), projections.map(({ shape }) => shape)],
  );
  return rows;
};

const stopOf = (row: Row | undefined): ProjectionView['stopped'] =>
  row === undefined || row.stopped_at === null || row.stopped_because === null
    ? undefined
    : { since: row.stopped_at.toISOString(), reason: row.stopped_because };

const viewOf = (row: Row, end: Position | undefined): GenerationView =>
  defined({
    generation: row.generation,
    position: row.position ?? undefined,
    updatedAt: row.updated_at.toISOString(),
    progress: progressOf(row.position ?? undefined, end),
    stopped: stopOf(row),
  });

const buildViewOf = (build: BuildRecord, end: Position | undefined): BuildView => {
  const { generation, purpose, phase, requestedAt, endedAt, readTo, comparison } = build;
  const { eventsPerSecond, positionsPerSecond } = build;
  const isReading = phase === 'waiting' || phase === 'reading';
  return defined({
    generation,
    purpose,
    phase,
    createdAt: requestedAt.toISOString(),
    endedAt: endedAt?.toISOString(),
    progress: isReading ? progressOf(readTo ?? '0', end) : 1,
    eventsPerSecond: eventsPerSecond ? Math.round(eventsPerSecond) : undefined,
    remainingMs:
      phase === 'reading' && positionsPerSecond !== null && positionsPerSecond > 0
        ? Math.max(0, Math.ceil((Number(end) - Number(readTo)) / positionsPerSecond)) * 1_000
        : undefined,
    comparison:
      comparison === null
        ? undefined
        : { position: comparison.position, differences: comparison.count, first: comparison.differences },
  });
};

/** Positions are padded decimals, so their quotient approximates the share of the log. */
const progressOf = (position: Position | undefined, end: Position | undefined): number => {
  if (end === undefined) return 1;
  return Math.min(1, Number(position ?? 0) / Number(end));
};
