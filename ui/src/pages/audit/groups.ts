import type { AuditEntry } from '../../../../packages/client/src/schema.ts';

/** One rejection, or changes by one request: entries that differ only in the resource. */
export type AuditGroup = { readonly first: AuditEntry; readonly entries: readonly AuditEntry[] };

/** Groups consecutive entries of one request, such as those of a bulk operation. */
export const groupsOf = (entries: readonly AuditEntry[]): readonly AuditGroup[] => {
  const groups: { first: AuditEntry; entries: AuditEntry[] }[] = [];
  for (const entry of entries) {
    const last = groups.at(-1);
    if (last !== undefined && isSame(last.first, entry)) last.entries.push(entry);
    else groups.push({ first: entry, entries: [entry] });
  }
  return groups;
};

const isSame = (one: AuditEntry, other: AuditEntry): boolean =>
  one.requestId === other.requestId &&
  one.action === other.action &&
  one.outcome === other.outcome &&
  one.code === other.code &&
  one.of.kind === other.of.kind &&
  one.actor === other.actor;
