import { sql } from 'slonik';
import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import { ACTOR_TYPES, actorName, JobDefinition, JobEvent } from '../../domain/events/index.ts';
import { ACTIONS, type ChangedObject, changedFields, comparedJobFields } from '../../domain/history/change-of.ts';
import { EVERY_TENANT } from '../../domain/values.ts';
import { keyOf } from '../read-models/changes.ts';
import type { QueryContext } from './context.ts';
import { type Keyset, keysetOf } from './keyset.ts';
import { type ListPage, limitBytes, type PageRequest, toListPage } from './page.ts';
import type { HistoryEntry } from './records/history.ts';
import { bigint, instant, isId, json, storable } from './row.ts';
import { type Scope, visible } from './scope.ts';
import { views } from './views.ts';

/** The columns of a version of any kind of resource. */
const versionColumns = {
  /** Revision of its event; the changes of one resource are in one stream. */
  revision: bigint,
  at: instant,
  request_id: z.string(),
  reason: z.string().nullable(),
  found: bigint,
};
type VersionRow = z.infer<z.ZodObject<typeof versionColumns>>;

/** A version with the name of its change and the fields that are compared. */
type Version = {
  readonly row: VersionRow;
  readonly version: number;
  readonly actor: string;
  readonly action: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

/** Versions are listed newest first. @throws BadCursor */
const versionOrder = (cursor: string | undefined): Keyset =>
  keysetOf({ revision: 'bigint' }, { cursor, isDescending: true });

/**
 * Builds a page of versions, newest first. A version is compared with the next row, so the row after the page's last version
 * must be included if it exists.
 */
const toHistoryPage = (
  versions: readonly Version[],
  { limit, keyset }: { readonly limit: number; readonly keyset: Keyset },
): ListPage<HistoryEntry> => {
  const found = versions[0]?.row.found ?? 0;
  // If the rest does not fit in a page, the last version serves only for comparison.
  const isCut = found > versions.length;
  const compared = versions.map((version, index) => ({ version, before: versions[index + 1] }));
  return toListPage(compared, {
    limit: isCut ? versions.length - 1 : limit,
    keyset,
    placeOf: ({ version: { row } }) => [row.revision],
    item: ({ version, before }) => entryOf(version, before),
    found,
  });
};

const entryOf = ({ row, version, actor, action, fields }: Version, before: Version | undefined): HistoryEntry =>
  defined({
    version,
    at: row.at,
    actor,
    action,
    reason: row.reason ?? undefined,
    requestId: row.request_id,
    changes: changedFields(before?.fields, fields),
  });

const EventType = z.enum(JobEvent.options.map(({ shape }) => shape.type.value));
const JobVersionRow = z.object({
  ...versionColumns,
  actor: z.string(),
  actor_type: z.enum(ACTOR_TYPES),
  type: EventType,
  definition: json.pipe(JobDefinition),
});

/**
 * The versions of a job, deleted or not, newest first; none if it never existed. The version is the revision, counted from
 * 1.
 * @throws BadCursor
 */
export const jobHistory =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope, jobId: number, { limit, cursor }: PageRequest): Promise<ListPage<HistoryEntry>> => {
    const keyset = versionOrder(cursor);
    if (!isId(jobId)) return { items: [] };
    const rows = await readerFor(scope).any(sql.type(JobVersionRow)`
      SELECT version.revision, version.valid_from AS at, version.actor, version.actor_type,
        version.correlation_id AS request_id, version.reason, version.type, version.definition, version.found
      FROM (${limitBytes({
        rows: sql.fragment`
          SELECT listed.* FROM ${views.jobVersions} AS listed JOIN ${visible(scope)} USING (tenant)
          WHERE listed.job_id = ${jobId} AND ${keyset.isBeyond('listed')} ORDER BY ${keyset.order('listed')} LIMIT ${limit + 1}`,
        order: keyset.order('row'),
        bytes: sql.fragment`octet_length(row.definition)`,
      })}) AS version
      ORDER BY ${keyset.order('version')}`);
    const versions = rows.map(({ type, definition, actor, actor_type, ...row }) => ({
      row,
      version: row.revision + 1,
      actor: actorName({ type: actor_type, name: actor }),
      action: ACTIONS[type],
      fields: comparedJobFields(definition),
    }));
    return toHistoryPage(versions, { limit, keyset });
  };

const Fields = z.record(z.string(), z.unknown());
const ChangeRow = z.object({
  ...versionColumns,
  actor: z.string(),
  action: z.string(),
  fields: json.pipe(Fields),
  version: bigint,
});

/** A condition on rows of `changes`: the caller can see them. A tenant may have changes before it has an application. */
const isVisibleChange = ({ tenant }: Scope) =>
  tenant === EVERY_TENANT ? sql.fragment`TRUE` : sql.fragment`listed.tenant = ${tenant}`;

/**
 * The versions of another resource with a history, deleted or not, newest first. A version is the number of changes up to
 * it.
 * @throws BadCursor
 */
export const objectHistory =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope, object: ChangedObject, { limit, cursor }: PageRequest): Promise<ListPage<HistoryEntry>> => {
    const keyset = versionOrder(cursor);
    const isOfObject = sql.fragment`
      listed.kind = ${object.kind} AND listed.key = ${storable(keyOf(object))} AND ${isVisibleChange(scope)}`;
    const rows = await readerFor(scope).any(sql.type(ChangeRow)`
      WITH page AS (${limitBytes({
        rows: sql.fragment`
          SELECT listed.* FROM ${views.changes} AS listed
          WHERE ${isOfObject} AND ${keyset.isBeyond('listed')} ORDER BY ${keyset.order('listed')} LIMIT ${limit + 1}`,
        order: keyset.order('row'),
        bytes: sql.fragment`octet_length(row.fields)`,
      })})
      SELECT revision, at, actor, action, reason, request_id, fields, found,
        (SELECT count(*) FROM ${views.changes} AS listed
         WHERE ${isOfObject} AND listed.revision < (SELECT min(revision) FROM page))
        + row_number() OVER (ORDER BY revision) AS version
      FROM page ORDER BY ${keyset.order('page')}`);
    const versions = rows.map(({ version, actor, action, fields, ...row }) => ({
      row,
      version,
      actor,
      action,
      fields,
    }));
    return toHistoryPage(versions, { limit, keyset });
  };

/** The fields of a version, none of a deletion, and its author; `undefined` if there is no such version. */
export const objectVersion =
  ({ readerFor }: QueryContext) =>
  async (
    scope: Scope,
    object: ChangedObject,
    version: number,
  ): Promise<Pick<z.infer<typeof ChangeRow>, 'fields' | 'actor'> | undefined> => {
    const row = await readerFor(scope).maybeOne(sql.type(ChangeRow.pick({ fields: true, actor: true }))`
      SELECT listed.fields, listed.actor FROM ${views.changes} AS listed
      WHERE listed.kind = ${object.kind} AND listed.key = ${storable(keyOf(object))} AND ${isVisibleChange(scope)}
      ORDER BY listed.revision OFFSET ${version - 1} LIMIT 1`);
    return row ?? undefined;
  };
