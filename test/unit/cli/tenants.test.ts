import { expect } from 'chai';
import { runAgainst } from '../../support/canned-carillon.ts';

describe('carillon tenant erase', () => {
  const left = { tenant: 'acme', applications: 0, jobs: 0, tokens: 0 };
  const erased = { ...left, erasure: { status: 'ended', counts: { deleteJob: 3, deleteApplication: 1 } } };
  const responses = { '/tenants/acme': [{ status: 202, body: left }, { body: erased }] };

  it('states what was erased and what is kept, or shows the end as data', async () => {
    const { code, out, err } = await runAgainst(responses, 'tenant', 'erase', 'acme', '--confirm', 'acme');
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(out).to.match(/^Erased tenant acme: deleteJob 3, deleteApplication 1\. Its data keys are deleted: /);
    const shown = await runAgainst(responses, 'tenant', 'erase', 'acme', '--confirm', 'acme', '--json');
    expect(JSON.parse(shown.out)).to.deep.equal(erased);
  });

  it('sends nothing without its name again', async () => {
    const { code, err } = await runAgainst({}, 'tenant', 'erase', 'acme');
    expect(code).to.equal(2);
    expect(err).to.include("required option '--confirm <tenant>' not specified");
  });
});
