import { expect } from 'chai';
import { pageOf } from '../../../../packages/client/src/pages.ts';

describe('a page of a list', () => {
  const totalOf = (total?: string) =>
    pageOf({ data: [], headers: new Headers(total === undefined ? {} : { 'X-Total-Count': total }) }).total;

  it('has the total if it is counted, and none if there are more than that', () => {
    expect([totalOf('120'), totalOf('0'), totalOf('10000+'), totalOf()]).to.deep.equal([120, 0, undefined, undefined]);
  });
});
