import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import { changedFields } from '../../../domain/history/changed-fields.ts';
import { decodeCursor } from '../cursor.ts';
import { toListPage } from '../page.ts';
import type { HistoryEntry } from '../port/history.ts';
import type { ListPage } from '../port/pages.ts';
import { bigint, instant } from '../row.ts';

/** The columns of a version, whatever it is a version of. */
export const versionColumns = {
  /** Of its event; the changes of one thing are in one stream. */
  revision: z.int(),
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

/** A condition on `listed`: it is older than the last version of the page before. @throws BadCursor */
export const isOlder = (cursor: string | undefined): FragmentSqlToken =>
  cursor === undefined ? sql.fragment`TRUE` : sql.fragment`listed.revision < ${decodeCursor(cursor).id}`;

/**
 * Builds a page of versions, newest first. A version is compared with the next row, so the row after the last of the page
 * has to be among them where there is one.
 */
export const toHistoryPage = (versions: readonly Version[], limit: number): ListPage<HistoryEntry> => {
  const found = versions[0]?.row.found ?? 0;
  // Where the rest does not fit in a page, the last version is only what the one before it is compared with.
  const isCut = found > versions.length;
  const compared = versions.map((version, index) => ({ version, before: versions[index + 1] }));
  return toListPage(compared, {
    limit: isCut ? versions.length - 1 : limit,
    keyset: ({ version: { row } }) => ({ at: row.at, id: row.revision }),
    item: ({ version, before }) => entryOf(version, before),
    total: undefined,
    found,
  });
};

const entryOf = ({ row, version, actor, action, fields }: Version, before: Version | undefined): HistoryEntry => ({
  version,
  at: row.at,
  actor,
  action,
  ...(row.reason === null ? {} : { reason: row.reason }),
  requestId: row.request_id,
  changes: changedFields(before?.fields, fields),
});
