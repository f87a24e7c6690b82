import type { AuditEntry } from '../../../../src/client/schema.ts';

/** Changes that one request made, or one rejection: entries of the audit that say the same of several things. */
export type AuditGroup = { readonly first: AuditEntry; readonly entries: readonly AuditEntry[] };

/** Entries that follow each other and are of the same request, as a bulk operation makes them, belong together. */
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
