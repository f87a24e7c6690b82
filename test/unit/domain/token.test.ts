import { expect } from 'chai';
import { hasSecret, isApiToken, readToken, rejectionReason, writeToken } from '../../../src/domain/token.ts';
import { aToken, SECRET } from '../../support/tokens.ts';

describe('an API token', () => {
  it('is read as it is written, whatever its secret has', () => {
    for (const secret of [SECRET, `_${SECRET.slice(2)}-`, '_'.repeat(43)]) {
      const written = writeToken({ tokenId: 17, secret });
      expect(written).to.equal(`car_17_${secret}`);
      expect([isApiToken(written), readToken(written)]).to.deep.equal([true, { tokenId: 17, secret }]);
    }
  });
  for (const text of [
    'car_',
    `car_0_${SECRET}`,
    `car_01_${SECRET}`,
    `car_-1_${SECRET}`,
    `car_1234567890123456_${SECRET}`,
    `car_1_${SECRET}x`,
    `car_1_${SECRET.slice(1)}`,
    `car_1_${SECRET}\n`,
    `car_1__${SECRET}`,
  ]) {
    it(`rejects the form ${JSON.stringify(text)}`, () => expect(readToken(text)).to.equal(undefined));
  }
  it('differs from a JWT in how it begins', () => {
    expect(isApiToken('eyJhbGciOiJIUzI1NiJ9.e30.c2ln')).to.equal(false);
  });
  it('has its own secret alone, and no broken record of one', () => {
    expect(hasSecret(aToken(), SECRET)).to.equal(true);
    expect(hasSecret(aToken(), `t${SECRET.slice(1)}`)).to.equal(false);
    expect(hasSecret({ secretHash: '' }, '')).to.equal(false);
  });
  it('is rejected from its end on, and once it is revoked', () => {
    const end = '2026-03-02T10:00:00.000Z';
    const endMs = Date.parse(end);
    expect(rejectionReason(aToken(), Number.MAX_SAFE_INTEGER)).to.equal(undefined);
    expect(rejectionReason(aToken({ expiresAt: end }), endMs - 1)).to.equal(undefined);
    expect(rejectionReason(aToken({ expiresAt: end }), endMs)).to.equal('expired');
    expect(rejectionReason(aToken({ expiresAt: end, revokedAt: end }), 0)).to.equal('revoked');
  });
});
