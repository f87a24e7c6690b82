import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import { toInstant } from '../../domain/values.ts';
import type { Clock } from '../../runtime/world.ts';
import { decodeCursor } from './cursor.ts';
import { toListPage } from './page.ts';
import type { ListPage, PageRequest } from './port/pages.ts';
import type { Scope, TenantScope } from './port/scope.ts';
import { type PauseView, pauseRecord, pauseView } from './records/closures.ts';
import { bigint, count, isId } from './row.ts';
import { isVisiblePause } from './scope.ts';
import { views } from './views.ts';

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
      reader.any(sql.type(pauseRecord.row)`
        SELECT ${pauseRecord.selected} FROM ${views.pauses} AS pause WHERE ${inForce} ${beyond}
        ORDER BY pause.since, pause.pause_id LIMIT ${limit + 1}`),
      reader.one(sql.type(count)`SELECT count(*) AS count FROM ${views.pauses} AS pause WHERE ${inForce}`),
    ]);
    return toListPage(rows, {
      limit,
      keyset: ({ since, pauseId }) => ({ at: since, id: pauseId }),
      item: pauseView,
      total: total.count,
    });
  };

/** Also one that has ended. */
export const getPause =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, pauseId: number): Promise<PauseView | undefined> => {
    if (!isId(pauseId)) return undefined;
    const row = await readerFor(scope).maybeOne(sql.type(pauseRecord.row)`
      SELECT ${pauseRecord.selected} FROM ${views.pauses} AS pause WHERE pause.pause_id = ${pauseId} AND ${isVisiblePause(scope)}`);
    return row === null ? undefined : pauseView(row);
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
