import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import { PauseScope } from '../../domain/events/index.ts';
import { toInstant } from '../../domain/values.ts';
import type { Clock } from '../../world.ts';
import { decodeCursor } from './cursor.ts';
import { toListPage } from './page.ts';
import type { PauseView } from './port/closures.ts';
import type { ListPage, PageRequest } from './port/pages.ts';
import type { Scope, TenantScope } from './port/scope.ts';
import { bigint, count, instant, isId } from './row.ts';
import { isVisiblePause } from './scope.ts';
import { views } from './views.ts';

const Row = z.object({
  pause_id: bigint,
  scope: PauseScope,
  application_id: bigint.nullable(),
  target: z.string().nullable(),
  reason: z.string().nullable(),
  since: instant,
  until: instant.nullable(),
  set_by: z.string(),
  lifted_at: instant.nullable(),
  lifted_by: z.string().nullable(),
});

const columns = sql.fragment`
  pause.pause_id, pause.scope, pause.application_id, pause.target, pause.reason, pause.since, pause.until,
  pause.set_by, pause.lifted_at, pause.lifted_by`;

const toView = (row: z.infer<typeof Row>): PauseView => {
  const of = row.application_id ?? row.target;
  return {
    id: row.pause_id,
    scope: row.scope,
    ...(of === null ? {} : { of }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    since: row.since,
    ...(row.until === null ? {} : { until: row.until }),
    setBy: row.set_by,
    ...(row.lifted_at === null ? {} : { liftedAt: row.lifted_at }),
    ...(row.lifted_by === null ? {} : { liftedBy: row.lifted_by }),
  };
};

const isInForce = (clock: Clock) =>
  sql.fragment`(pause.ended_at IS NULL OR pause.ended_at > ${toInstant(clock.now())}::timestamptz)`;

/** Those in force, oldest first; those of the installation too. @throws BadCursor */
export const listPauses =
  (readerFor: RowReaderFor, clock: Clock) =>
  async (scope: Scope, { limit, cursor }: PageRequest): Promise<ListPage<PauseView>> => {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const beyond = after
      ? sql.fragment`AND (pause.since, pause.pause_id) > (${after.at}::timestamptz, ${after.id}::bigint)`
      : sql.fragment``;
    const inForce = sql.fragment`${isVisiblePause(scope)} AND ${isInForce(clock)}`;
    const reader = readerFor(scope);
    const [rows, total] = await Promise.all([
      reader.any(sql.type(Row)`
        SELECT ${columns} FROM ${views.pauses} AS pause WHERE ${inForce} ${beyond}
        ORDER BY pause.since, pause.pause_id LIMIT ${limit + 1}`),
      reader.one(sql.type(count)`SELECT count(*) AS count FROM ${views.pauses} AS pause WHERE ${inForce}`),
    ]);
    return toListPage(rows, {
      limit,
      keyset: ({ since, pause_id }) => ({ at: since, id: pause_id }),
      item: toView,
      total: total.count,
    });
  };

/** Also one that has ended. */
export const getPause =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, pauseId: number): Promise<PauseView | undefined> => {
    if (!isId(pauseId)) return undefined;
    const row = await readerFor(scope).maybeOne(sql.type(Row)`
      SELECT ${columns} FROM ${views.pauses} AS pause WHERE pause.pause_id = ${pauseId} AND ${isVisiblePause(scope)}`);
    return row === null ? undefined : toView(row);
  };

const IdRow = z.object({ pause_id: bigint });

/** Those of an application that are in force. */
export const pausesOfApplication =
  (readerFor: RowReaderFor, clock: Clock) =>
  async (scope: TenantScope, applicationId: number): Promise<readonly number[]> => {
    const rows = await readerFor(scope).any(sql.type(IdRow)`
      SELECT pause_id FROM ${views.pauses} AS pause
      WHERE ${isVisiblePause(scope)} AND pause.application_id = ${applicationId} AND ${isInForce(clock)}
      ORDER BY pause_id`);
    return rows.map(({ pause_id }) => pause_id);
  };
