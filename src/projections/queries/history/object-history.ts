import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../../db/reader.ts';
import type { ChangedObject } from '../../../domain/history/change-of.ts';
import { EVERY_TENANT } from '../../../domain/values.ts';
import { storable } from '../../columns.ts';
import { keyOf } from '../../read-models/changes-fold.ts';
import { withinBytes } from '../page.ts';
import type { HistoryEntry } from '../port/history.ts';
import type { ListPage, PageRequest } from '../port/pages.ts';
import type { Scope } from '../port/scope.ts';
import { bigint, json } from '../row.ts';
import { views } from '../views.ts';
import { isOlder, toHistoryPage, versionColumns } from './history-page.ts';

const Fields = z.record(z.string(), z.unknown());
const Row = z.object({
  ...versionColumns,
  actor: z.string(),
  action: z.string(),
  fields: json.pipe(Fields),
  version: bigint,
});

/** A condition on rows of `changes`: the caller may see them. A tenant may have changes before it has an application. */
const isVisibleChange = ({ tenant }: Scope) =>
  tenant === EVERY_TENANT ? sql.fragment`TRUE` : sql.fragment`listed.tenant = ${tenant}`;

/**
 * The versions of something else that has a history, deleted or not, newest first. A version is the number of changes up
 * to it.
 * @throws BadCursor
 */
export const objectHistory =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, object: ChangedObject, { limit, cursor }: PageRequest): Promise<ListPage<HistoryEntry>> => {
    const isOfObject = sql.fragment`
      listed.kind = ${object.kind} AND listed.key = ${storable(keyOf(object))} AND ${isVisibleChange(scope)}`;
    const rows = await readerFor(scope).any(sql.type(Row)`
      WITH page AS (${withinBytes({
        rows: sql.fragment`
          SELECT listed.* FROM ${views.changes} AS listed
          WHERE ${isOfObject} AND ${isOlder(cursor)} ORDER BY listed.revision DESC LIMIT ${limit + 1}`,
        order: sql.fragment`row.revision DESC`,
        bytes: sql.fragment`octet_length(row.fields)`,
      })})
      SELECT revision, at, actor, action, reason, request_id, fields, found,
        (SELECT count(*) FROM ${views.changes} AS listed
         WHERE ${isOfObject} AND listed.revision < (SELECT min(revision) FROM page))
        + row_number() OVER (ORDER BY revision) AS version
      FROM page ORDER BY revision DESC`);
    const versions = rows.map(({ version, actor, action, fields, ...row }) => ({
      row,
      version,
      actor,
      action,
      fields,
    }));
    return toHistoryPage(versions, limit);
  };

/** The fields that it had at a version, none of what was deleted; undefined where there is no such version. */
export const objectVersion =
  (readerFor: RowReaderFor) =>
  async (
    scope: Scope,
    object: ChangedObject,
    version: number,
  ): Promise<Readonly<Record<string, unknown>> | undefined> => {
    const row = await readerFor(scope).maybeOne(sql.type(Row.pick({ fields: true }))`
      SELECT listed.fields FROM ${views.changes} AS listed
      WHERE listed.kind = ${object.kind} AND listed.key = ${storable(keyOf(object))} AND ${isVisibleChange(scope)}
      ORDER BY listed.revision OFFSET ${version - 1} LIMIT 1`);
    return row?.fields;
  };
