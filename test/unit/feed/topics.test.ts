import { expect } from 'chai';
import fc from 'fast-check';
import { commonName, isPerTenant, isPublishedTopic, topicName } from '../../../src/feed/topics.ts';

describe("topics' names", () => {
  it('have the prefix as it is, and the tenant if the prefix reports it', () => {
    expect(topicName('prod.', 'acme', 'scheduler.job.created')).to.equal('prod.scheduler.job.created');
    expect(topicName('{tenant}.', 'acme', 'scheduler.job.created')).to.equal('acme.scheduler.job.created');
    expect(commonName('{tenant}.', 'position')).to.equal('position');
    expect(commonName('prod.{tenant}.', 'position')).to.equal('prod.position');
    expect([isPerTenant('{tenant}.'), isPerTenant('prod.')]).to.deep.equal([true, false]);
  });

  it('are distinguished from all others', () => {
    const ours = (prefix: string) =>
      [
        'prod.scheduler.job.created',
        'prod.acme.scheduler.job.state',
        'prod.scheduler.publisher.position',
        'orders',
      ].filter((name) => isPublishedTopic(name, prefix));
    expect(ours('prod.')).to.deep.equal(['prod.scheduler.job.created']);
    expect(ours('prod.{tenant}.')).to.deep.equal(['prod.acme.scheduler.job.state']);
  });
  it('are legal for any tenant and unlike for two', () => {
    const tenants = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 200, unit: 'binary' }), {
      minLength: 2,
      maxLength: 2,
    });
    fc.assert(
      fc.property(tenants, (both) => {
        const names = both.map((tenant) => topicName('{tenant}.', tenant, 'scheduler.job.execution.succeeded'));
        for (const name of names) expect(name).to.match(/^[A-Za-z0-9._-]{1,249}$/);
        expect(names[0]).not.to.equal(names[1]);
      }),
    );
    expect(topicName('{tenant}', '$&', '')).to.equal('_24_26');
  });
});
