import { expect } from 'chai';
import fc from 'fast-check';
import {
  FIRST_INSTANT_MS,
  Instant,
  InstantInput,
  isInstantMs,
  LAST_INSTANT_MS,
  toInstant,
} from '../../../src/domain/values.ts';

describe('instants', () => {
  it('are of the years 1 to 9999, to the millisecond', () => {
    expect([FIRST_INSTANT_MS, LAST_INSTANT_MS].map(toInstant)).to.deep.equal([
      '0001-01-01T00:00:00.000Z',
      '9999-12-31T23:59:59.999Z',
    ]);
  });

  it('are never written outside of these years, and what is written is read', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.integer({ min: -8.64e15, max: 8.64e15 })), (ms) => {
        if (isInstantMs(ms)) expect(Instant.parse(toInstant(ms))).to.match(/^\d{4}-/);
        else expect(() => toInstant(ms)).to.throw(RangeError, 'the years 1 to 9999');
      }),
    );
  });

  it('are given with any offset, and kept in UTC', () => {
    expect(InstantInput.parse('2026-03-01T09:30:00+01:30')).to.equal('2026-03-01T08:00:00.000Z');
    expect(InstantInput.parse('9999-12-31T23:59:59.999Z')).to.equal('9999-12-31T23:59:59.999Z');
  });

  for (const text of [
    '9999-12-31T23:59:59-23:59',
    '9999-12-31T23:59:59.999-00:01',
    '0001-01-01T00:00:00+00:01',
    '0000-01-01T00:00:00+23:59',
    '0000-06-01T00:00:00Z',
  ]) {
    it(`are rejected once ${text} has left these years in UTC`, () => {
      const { error } = InstantInput.safeParse(text);
      expect(error?.issues.map(({ message }) => message)).to.deep.equal(['must be in the years 1 to 9999 (UTC)']);
    });
  }

  for (const text of ['+010000-01-01T00:00:00Z', '2026-03-01', '2026-02-30T00:00:00Z', 'NaN', '']) {
    it(`are not written as "${text}"`, () => {
      const { error } = InstantInput.safeParse(text);
      expect(error?.issues.map(({ message }) => message)).to.deep.equal([
        'is not an ISO 8601 instant with a UTC offset',
      ]);
    });
  }
});
