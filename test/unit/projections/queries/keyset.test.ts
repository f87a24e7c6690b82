import { expect } from 'chai';
import { BadCursor, encodeCursor, keysetOf } from '../../../../src/projections/queries/keyset.ts';

const BY_CREATION = { created_at: 'timestamptz', id: 'bigint' } as const;
const AT = '2026-03-01T08:00:00.000Z';
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('keyset', () => {
  it('reads the place of a cursor, and which way the page goes from it', () => {
    const place = [AT, 42];
    expect(keysetOf(BY_CREATION, { cursor: encodeCursor(place) })).to.deep.include({ place, isBack: false });
    const back = { cursor: encodeCursor(place, true), isTwoWay: true };
    expect(keysetOf(BY_CREATION, back)).to.deep.include({ place, isBack: true });
  });

  for (const [what, cursor] of [
    ['nothing', ''],
    ['text', 'not a cursor'],
    ['a number', encoded(7)],
    ['a date that is none', encoded({ after: ['yesterday', 1] })],
    ['a year that Postgres lacks', encoded({ after: ['0000-01-01T00:00:00.000Z', 1] })],
    ['an id that is no integer', encoded({ after: [AT, 1e300] })],
    ['a value too many', encoded({ after: [AT, 1, 2] })],
    ['a value too few', encoded({ after: [AT] })],
    ['a field too many', encoded({ after: [AT, 1], tenant: 'acme' })],
    ['a place to go back from in a list that is read only forwards', encodeCursor([AT, 1], true)],
  ] as const) {
    it(`rejects ${what}`, () => expect(() => keysetOf(BY_CREATION, { cursor })).to.throw(BadCursor));
  }

  for (const [what, text] of [
    ['that Postgres can not store', 'a\0b'],
    ['that is too long', 'a'.repeat(501)],
  ] as const) {
    it(`rejects a text ${what}`, () =>
      expect(() => keysetOf({ name: 'text' }, { cursor: encodeCursor([text]) })).to.throw(BadCursor));
  }
});
