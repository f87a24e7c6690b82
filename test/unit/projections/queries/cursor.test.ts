import { expect } from 'chai';
import { BadCursor, decodeCursor, encodeCursor } from '../../../../src/projections/queries/cursor.ts';

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('cursor', () => {
  it('gives back what it was made of', () => {
    const keyset = { at: '2026-03-01T08:00:00.000Z', id: 42 };
    expect(decodeCursor(encodeCursor(keyset))).to.deep.equal(keyset);
  });

  for (const [what, cursor] of [
    ['nothing', ''],
    ['text', 'not a cursor'],
    ['a number', encoded(7)],
    ['a date that is none', encoded({ at: 'yesterday', id: 1 })],
    ['a year that Postgres lacks', encoded({ at: '0000-01-01T00:00:00.000Z', id: 1 })],
    ['an id that is no integer', encoded({ at: '2026-03-01T08:00:00.000Z', id: 1e300 })],
    ['a field too many', encoded({ at: '2026-03-01T08:00:00.000Z', id: 1, tenant: 'acme' })],
  ] as const) {
    it(`rejects ${what}`, () => expect(() => decodeCursor(cursor)).to.throw(BadCursor));
  }
});
