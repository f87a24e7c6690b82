import { z } from 'zod';
import { ACTOR_TYPES, actorName } from '../../../domain/events/index.ts';
import { changedFields } from '../../../domain/history/changed-fields.ts';
import { decodeCursor } from '../cursor.ts';
import { toListPage } from '../page.ts';
import type { HistoryEntry, ListPage } from '../port.ts';
import { bigint, instant } from '../row.ts';

/** The columns of a version, whatever it is a version of. */
export const versionColumns = {
  version: z.int(),
  at: instant,
  actor: z.string(),
  actor_type: z.enum(ACTOR_TYPES),
  correlation_id: z.string(),
  reason: z.string().nullable(),
  found: bigint,
};
type VersionRow = z.infer<z.ZodObject<typeof versionColumns>>;

/** A version with the name of its change and the fields that are compared. */
type Version = {
  readonly row: VersionRow;
  readonly action: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

/** The version that a page begins after; undefined for the first page. @throws BadCursor */
export const versionBefore = (cursor: string | undefined): number | undefined =>
  cursor === undefined ? undefined : decodeCursor(cursor).id;

/**
 * Builds a page of versions, newest first. A version is compared with the next row, so the row after the last of the page
 * has to be among them where there is one.
 */
export const toHistoryPage = (versions: readonly Version[], limit: number): ListPage<HistoryEntry> => {
  const found = versions[0]?.row.found ?? 0;
  // Where the rest does not fit in a page, the last version is only what the one before it is compared with.
  const isCut = found > versions.length;
  const entries = versions.map((version, index) => entryOf(version, versions[index + 1]));
  return toListPage(entries, {
    limit: isCut ? versions.length - 1 : limit,
    keyset: ({ at, version }) => ({ at, id: version }),
    item: (entry) => entry,
    total: undefined,
    found,
  });
};

const entryOf = ({ row, action, fields }: Version, before: Version | undefined): HistoryEntry => ({
  version: row.version,
  at: row.at,
  actor: actorName({ type: row.actor_type, name: row.actor }),
  action,
  ...(row.reason === null ? {} : { reason: row.reason }),
  requestId: row.correlation_id,
  changes: changedFields(before?.fields, fields),
});
