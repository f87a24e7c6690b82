import type { ClientBase } from 'pg';
import type { Queryable } from '../db/session.ts';
import { comparePositions, type Position } from '../event-store/port.ts';
import { GenerationMoved } from './failures.ts';
import type { ActiveState, ProjectedEvents, Projection, ShapeName } from './projection.ts';
import type { Checkpoint, Generation } from './registry.ts';

/**
 * The notification channel for requests that wait for the read models. A payload contains the new positions of projections,
 * and which of them changed rows; after an empty payload, positions must be looked up.
 */
export const PROJECTED_CHANNEL = 'carillon_projected';

/** The notification channel for processes that feed the read models: a request waits for a position. */
export const AWAITED_CHANNEL = 'carillon_awaited';

/** Requests that pending batches be written now instead of waiting for more events. */
export const requestFlush = async (connection: Queryable): Promise<void> => {
  await connection.query(`NOTIFY ${AWAITED_CHANNEL}`);
};

/** Returns the checkpoint of a generation after a batch. It never moves back. */
export const advanced = (
  { position, lastEvent }: Checkpoint,
  batch: ProjectedEvents & { readonly position: Position },
  logId: string,
): Checkpoint => {
  const last = batch.events.at(-1) ?? batch.texts.at(-1);
  return {
    position: later(position, batch.position),
    lastEvent:
      last && (lastEvent === undefined || comparePositions(lastEvent.position, last.position) < 0)
        ? { logId, position: last.position, eventId: last.id }
        : lastEvent,
  };
};

/** Returns the later position; undefined is before every position. */
export const later = (a: Position | undefined, b: Position): Position =>
  a === undefined || comparePositions(a, b) < 0 ? b : a;

/** Returns the earlier position; undefined is before every position. */
export const earlier = (a: Position | undefined, b: Position | undefined): Position | undefined =>
  a === undefined || b === undefined ? undefined : comparePositions(a, b) <= 0 ? a : b;

/**
 * The SQL that begins the transaction of a batch. It sets a mark, by which the statements pipelined after it detect that the
 * transaction has begun. Commits are asynchronous: a crash may lose one together with its checkpoint, and then the events
 * are read from the log again.
 */
export const BEGIN_BATCH = "BEGIN; SET LOCAL synchronous_commit TO off; SET LOCAL carillon.batch TO 'begun'";

/**
 * The rows of batches with more events than this get their own query plans, by the SQL below: a plan from when a table was
 * small is slow. Checkpoints are always few, so they keep their plan.
 */
export const PLANNED_ABOVE = 1_000;
export const PLAN_ROWS = 'SET LOCAL plan_cache_mode TO force_custom_plan';

/** A generation, its new checkpoint, the number of events in between, and whether its rows change. */
export type CheckpointMove = {
  readonly from: Generation;
  readonly to: Checkpoint;
  readonly eventCount: number;
  readonly changesRows: boolean;
};

/**
 * Moves the checkpoints and notifies requests that wait for positions.
 * @throws GenerationMoved if a checkpoint is not where this runner left it, or the batch has not begun
 */
export const moveCheckpoints = async (
  client: ClientBase,
  moves: readonly CheckpointMove[],
  state: ActiveState,
): Promise<void> => {
  const { rowCount } = await client.query({
    name: `projections_moved`,
    text: `WITH notified AS MATERIALIZED (SELECT pg_notify('${PROJECTED_CHANNEL}', $9)),
     moved AS (
       SELECT *
       FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $10::integer[])
         AS moved (projection, generation, old_position, position, log_id, event_position, event_id, events)
     )
     UPDATE projection_generations AS kept SET
       position = moved.position, log_id = moved.log_id, event_position = moved.event_position,
       event_id = moved.event_id, events = kept.events + moved.events, updated_at = now(), stopped_at = NULL, stopped_because = NULL
     FROM moved, notified
     WHERE kept.projection = moved.projection AND kept.generation = moved.generation AND kept.state = $8
       AND kept.position IS NOT DISTINCT FROM moved.old_position
       AND current_setting('carillon.batch', true) = 'begun'`,
    values: [
      moves.map(({ from }) => from.projection.name),
      moves.map(({ from }) => from.generation),
      moves.map(({ from }) => from.checkpoint.position ?? null),
      moves.map(({ to }) => to.position ?? null),
      moves.map(({ to }) => to.lastEvent?.logId ?? null),
      moves.map(({ to }) => to.lastEvent?.position ?? null),
      moves.map(({ to }) => to.lastEvent?.eventId ?? null),
      state,
      state === 'live' ? projectedPayload(moves) : '',
      moves.map(({ eventCount }) => eventCount),
    ],
  });
  if (rowCount !== moves.length) throw new GenerationMoved(moves.map(({ from }) => from.schema));
};

const projectedPayload = (moves: readonly CheckpointMove[]): string =>
  JSON.stringify({
    ...Object.fromEntries(moves.map(({ from, to }) => [shapeKey(from.projection), to.position])),
    changed: moves.filter(({ changesRows }) => changesRows).map(({ from }) => shapeKey(from.projection)),
  });

type Projected = {
  readonly positions: ReadonlyMap<string, Position>;
  /** Projections with changed rows; `undefined` if any may have: another version does not state it. */
  readonly changed: readonly unknown[] | undefined;
};

/** Parses the payload of a notification; `undefined` if the positions must be looked up. */
export const parseProjected = (payload: string | undefined): Projected | undefined => {
  if (payload === undefined || payload === '') return undefined;
  const given: unknown = JSON.parse(payload);
  const { changed, ...positions }: { readonly changed?: unknown } = typeof given === 'object' ? { ...given } : {};
  // Without a schema, because this runs for every batch.
  return {
    positions: new Map(Object.entries(positions).filter(isOfPosition)),
    changed: Array.isArray(changed) ? changed : undefined,
  };
};

const isOfPosition = (entry: [string, unknown]): entry is [string, Position] => typeof entry[1] === 'string';

export const shapeKey = ({ name, shape }: ShapeName): string => `${name} ${shape}`;

/**
 * Returns whether every generation of these projections, including those being built, has applied the log up to this
 * position. False if a projection has no generation yet. Generations of other versions do not count.
 */
export const areApplied = async (
  pool: Queryable,
  projections: readonly Projection[],
  position: Position,
): Promise<boolean> => {
  const { rows } = await pool.query(
    `SELECT FROM unnest($1::text[], $2::text[]) AS wanted (name, shape)
     LEFT JOIN projection_generations AS kept
       ON kept.projection = wanted.name AND kept.shape = wanted.shape AND kept.state IN ('live', 'building')
     WHERE kept.position IS NULL OR kept.position < $3 LIMIT 1`,
    [projections.map(({ name }) => name), projections.map(({ shape }) => shape), position],
  );
  return rows.length === 0;
};
