import type { Precondition } from '../../commands/command.ts';
import { DomainError } from '../../domain/domain-error.ts';

type Revision = NonNullable<Precondition['expectedRevision']>;

/** The entity tag of a revision. */
export const etagOf = (revision: Revision): string => `"${revision}"`;

/** The revisions that a change can be based on; `undefined` allows any. */
export type IfMatch = readonly Revision[] | undefined;

const TAG_LIST = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:\s*,\s*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")*$/;
const TAG = /(?:W\/)?"[^"]*"/g;
const STRONG_TAG_OF_OURS = /^"(0|[1-9]\d{0,14})"$/;
const MAX_TAGS = 10;

/**
 * Parses If-Match to the allowed revisions. Weak tags, and tags that Carillon never issued, match no revision (RFC 9110,
 * 13.1.1).
 * @throws DomainError BAD_IF_MATCH
 */
export const parseIfMatch = (header: string | undefined): IfMatch => {
  const text = header?.trim();
  if (text === undefined || text === '*') return undefined;
  const tags = TAG_LIST.test(text) ? (text.match(TAG) ?? []) : [];
  if (tags.length === 0 || tags.length > MAX_TAGS) {
    throw new DomainError('BAD_IF_MATCH', `If-Match must be "*" or up to ${MAX_TAGS} entity tags in quotes`);
  }
  return tags.flatMap((tag) => STRONG_TAG_OF_OURS.exec(tag)?.[1] ?? []).map(Number);
};

/** Returns whether If-None-Match requires a new resource. Entity tags in it are for reads and ignored here. */
export const parseIfNoneMatch = (header: string | undefined): boolean => header?.trim() === '*';

/**
 * Tries a change with each allowed revision until one is the current revision.
 * @throws DomainError STALE_REVISION if none is
 */
export const underIfMatch = async <T>(
  ifMatch: IfMatch,
  run: (precondition: Precondition) => Promise<T>,
): Promise<T> => {
  if (ifMatch === undefined) return run({});
  let stale = new DomainError('STALE_REVISION', 'If-Match is not the current revision: fetch the resource again');
  for (const expectedRevision of ifMatch) {
    try {
      return await run({ expectedRevision });
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'STALE_REVISION') throw error;
      stale = error;
    }
  }
  throw stale;
};
