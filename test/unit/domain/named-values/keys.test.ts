import { expect } from 'chai';
import { readSigningKey } from '../../../../src/domain/named-values/keys.ts';

const ofBytes = (count: number): string => `whsec_${Buffer.alloc(count, 7).toString('base64')}`;

describe('a signing key', () => {
  for (const count of [24, 25, 32, 64]) {
    it(`may have ${count} bytes`, () => {
      expect(readSigningKey(ofBytes(count))).to.deep.equal(Buffer.alloc(count, 7));
    });
  }

  for (const [why, text] of [
    ['is too short', ofBytes(23)],
    ['is too long', ofBytes(65)],
    ['has no prefix', Buffer.alloc(32, 7).toString('base64')],
    ['is not base64', `whsec_${'-'.repeat(44)}`],
    ['is cut off', ofBytes(32).slice(0, -1)],
    ['has a line end', `${ofBytes(32)}\n`],
  ] as const) {
    it(`is none if it ${why}`, () => {
      expect(readSigningKey(text)).to.equal(undefined);
    });
  }
});
