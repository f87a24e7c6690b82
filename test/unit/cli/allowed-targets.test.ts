import { expect } from 'chai';
import { runAgainst } from '../../support/canned-carillon.ts';
import type { CannedAnswer } from '../../support/canned-server.ts';

const list = (
  targets: readonly string[],
  fields: object = { updatedAt: '2026-01-01T00:00:00.000Z' },
): CannedAnswer => ({
  body: { targets, default: [], ...fields },
  headers: { ETag: '"3"' },
});
const stale: CannedAnswer = { status: 412, body: { code: 'STALE_REVISION', detail: 'the list is at revision 4' } };

describe('carillon targets add and remove', () => {
  const run = (line: string, ...responses: readonly CannedAnswer[]) =>
    runAgainst({ '/allowed-targets': responses }, ...line.split(' '));

  it('send the whole list with the change', async () => {
    const added = await run('targets add CRM.internal:8443', list(['10.0.0.1']));
    expect(added.bodies).to.deep.equal([{ targets: ['10.0.0.1', 'crm.internal:8443'] }]);
    expect(added).to.include({ code: 0, out: 'Added crm.internal:8443\n', err: '' });
    const removed = await run('targets remove 10.0.0.1', list(['10.0.0.1', '10.0.0.2']));
    expect(removed.bodies).to.deep.equal([{ targets: ['10.0.0.2'] }]);
    expect(removed).to.include({ code: 0, out: 'Removed 10.0.0.1\n' });
  });

  it('make the change again on the list of someone who was quicker', async () => {
    const { bodies, code } = await run('targets add b', list(['a']), stale, list(['a', 'c']), list(['a', 'c', 'b']));
    expect(bodies).to.deep.equal([{ targets: ['a', 'b'] }, { targets: ['a', 'c', 'b'] }]);
    expect(code).to.equal(0);
  });

  it('state that the list replaces the setting from now on', async () => {
    const { err } = await run('targets add b', list(['a'], {}));
    expect(err).to.equal('carillon: The list now applies instead of the setting ALLOWED_TARGETS.\n');
  });

  it('send nothing if there is nothing to change', async () => {
    const known = await run('targets add a', list(['a']));
    expect(known).to.deep.include({ code: 0, out: 'a is already in the list\n', bodies: [] });
    const unknown = await run('targets remove 10.0.0.0/9', list(['10.0.0.0/8']));
    expect(unknown).to.deep.include({
      code: 2,
      err: 'carillon: The list of internal targets has no entry 10.0.0.0/9. Did you mean 10.0.0.0/8?\n',
      bodies: [],
    });
  });
});
