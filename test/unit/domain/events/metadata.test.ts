import { expect } from 'chai';
import { actorName } from '../../../../src/domain/events/index.ts';

describe('the name of an actor', () => {
  it('states what is not a user', () => {
    expect(actorName({ type: 'user', name: 'ann' })).to.equal('ann');
    expect(actorName({ type: 'bootstrap', name: 'crm' })).to.equal('bootstrap:crm');
    expect(actorName({ type: 'token', name: 'deploy', tokenId: 5, createdBy: 'ann' })).to.equal('token:deploy');
  });
  it('lets no user pass for the sync or a token', () => {
    expect(actorName({ type: 'user', name: 'bootstrap:crm' })).to.equal('user:bootstrap:crm');
    expect(actorName({ type: 'user', name: 'token:deploy' })).to.equal('user:token:deploy');
    expect(actorName({ type: 'token', name: 'bootstrap:crm' })).to.equal('token:bootstrap:crm');
  });
  it('lets no user pass for Carillon or a target, however they write it', () => {
    expect(actorName({ type: 'system', name: 'carillon' })).to.equal('carillon');
    for (const name of ['carillon', ' Carillon ', 'ｃarillon', 'caril\u200blon', 'target', 'user:ann', 'Token:x']) {
      expect(actorName({ type: 'user', name }), name).to.equal(`user:${name}`);
    }
    expect(actorName({ type: 'user', name: 'carillon.ops' })).to.equal('carillon.ops');
  });
});
