import { expect } from 'chai';
import { json } from '../../../../src/projections/queries/row.ts';

describe('a column with JSON', () => {
  it('is read, and rejected if it is invalid', () => {
    expect(json.safeParse('{"a":[1]}').data).to.deep.equal({ a: [1] });
    expect(json.safeParse('{"a":').success).to.equal(false);
  });
});
