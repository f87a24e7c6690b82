import type { ClientBase, Pool } from 'pg';
import type { Position } from '../event-store/port.ts';
import type { BuildOrder, BuildPhase, BuildPurpose, RowDifference } from './queries/projection-views.ts';
import type { Generation } from './registry.ts';

type GenerationRef = { readonly projection: string; readonly generation: number };
type Connection = Pick<Pool, 'query'> | ClientBase;

/** What a build found where the two generations were at the same place. */
export type Comparison = {
  readonly position: Position;
  readonly count: number;
  /** The first of them. */
  readonly differences: RowDifference[];
};

export type BuildRecord = GenerationRef &
  BuildOrder & {
    readonly phase: BuildPhase;
    readonly requestedAt: Date;
    readonly endedAt: Date | undefined;
    readonly readTo: Position | undefined;
    readonly eventsPerSecond: number | undefined;
    readonly positionsPerSecond: number | undefined;
    readonly comparison: Comparison | undefined;
  };

/** Records that a generation is to be built. A build that is recorded already stays as it was ordered. */
export const recordBuild = async (
  client: Connection,
  { projection, generation, purpose, compares }: GenerationRef & BuildOrder,
): Promise<void> => {
  await client.query(
    `INSERT INTO projection_builds (projection, generation, purpose, compares, phase)
     VALUES ($1, $2, $3, $4, 'waiting') ON CONFLICT DO NOTHING`,
    [projection, generation, purpose, compares],
  );
};

const namesOf = (generations: readonly Generation[]) => [
  generations.map(({ projection }) => projection.name),
  generations.map(({ generation }) => generation),
];

const OF_THESE = `(projection, generation) IN (SELECT * FROM unnest($1::text[], $2::integer[]))`;

export const recordPhase = async (
  client: Connection,
  generations: readonly Generation[],
  phase: BuildPhase,
): Promise<void> => {
  await client.query(
    `UPDATE projection_builds SET phase = $3, ended_at = CASE WHEN $3 = 'done' THEN now() END WHERE ${OF_THESE}`,
    [...namesOf(generations), phase],
  );
};

export type ReadingProgress = {
  readonly readTo: Position;
  readonly eventsPerSecond: number;
  readonly positionsPerSecond: number;
};

export const recordReading = async (
  client: Connection,
  generations: readonly Generation[],
  { readTo, eventsPerSecond, positionsPerSecond }: ReadingProgress,
): Promise<void> => {
  await client.query(
    `UPDATE projection_builds SET phase = 'reading', read_to = $3, events_per_second = $4, positions_per_second = $5
     WHERE ${OF_THESE}`,
    [...namesOf(generations), readTo, eventsPerSecond, positionsPerSecond],
  );
};

export const recordComparison = async (
  client: Connection,
  generation: Generation,
  { position, count, differences }: Comparison,
): Promise<void> => {
  await client.query(
    `UPDATE projection_builds SET compared_at = $3, difference_count = $4, differences = $5 WHERE ${OF_THESE}`,
    [...namesOf([generation]), position, count, JSON.stringify(differences)],
  );
};

type Row = {
  projection: string;
  generation: number;
  purpose: BuildPurpose;
  compares: boolean;
  phase: BuildPhase;
  requested_at: Date;
  ended_at: Date | null;
  read_to: string | null;
  events_per_second: number | null;
  positions_per_second: number | null;
  compared_at: string | null;
  difference_count: string | null;
  differences: string | null;
};

/** Returns the newest build of each projection. */
export const newestBuilds = async (client: Connection): Promise<BuildRecord[]> => {
  const { rows } = await client.query<Row>(
    'SELECT DISTINCT ON (projection) * FROM projection_builds ORDER BY projection, generation DESC',
  );
  return rows.map((row) => ({
    projection: row.projection,
    generation: row.generation,
    purpose: row.purpose,
    compares: row.compares,
    phase: row.phase,
    requestedAt: row.requested_at,
    endedAt: row.ended_at ?? undefined,
    readTo: row.read_to ?? undefined,
    eventsPerSecond: row.events_per_second ?? undefined,
    positionsPerSecond: row.positions_per_second ?? undefined,
    comparison:
      row.compared_at === null
        ? undefined
        : {
            position: row.compared_at,
            count: Number(row.difference_count),
            differences: JSON.parse(row.differences ?? '[]'),
          },
  }));
};

/** What the generation is built for. One that nobody asked for, such as after a stream could be read again, is a rebuild. */
export const orderOf = async (client: Connection, generation: Generation): Promise<BuildOrder> => {
  const { rows } = await client.query<BuildOrder>(
    `SELECT purpose, compares FROM projection_builds WHERE ${OF_THESE}`,
    namesOf([generation]),
  );
  return rows[0] ?? { purpose: 'rebuild', compares: false };
};
