import { expect } from 'chai';
import type { AuditEntry } from '../../../packages/client/src/schema.ts';
import { groupsOf } from '../../../ui/src/pages/audit/groups.ts';

describe('the groups of the audit', () => {
  const entry = (requestId: string, id: number, other: Partial<AuditEntry> = {}): AuditEntry => ({
    ...{ at: '2026-01-01T00:00:00.000Z', actor: 'ann', action: 'disableJob', outcome: 'done' },
    ...{ requestId, of: { kind: 'job', id } },
    ...other,
  });

  it('are what one request did to several resources', () => {
    const rejected = entry('one', 3, { outcome: 'rejected', code: 'FORBIDDEN' });
    const entries = [entry('one', 1), entry('one', 2), rejected, entry('two', 1), entry('one', 4)];
    expect(groupsOf(entries).map(({ entries: some }) => some.map(({ of }) => of.id))).to.deep.equal([
      [1, 2],
      [3],
      [1],
      [4],
    ]);
  });
});
