import { expect } from 'chai';
import { DomainError } from '../../../../src/domain/domain-error.ts';
import { parseIfMatch } from '../../../../src/http/responses/response.ts';

describe('If-Match', () => {
  const read: [header: string | undefined, revisions: number[] | undefined][] = [
    [undefined, undefined],
    ['*', undefined],
    ['"0"', [0]],
    [' "1" ,"2"', [1, 2]],
    ['W/"1"', []],
    ['"x", "3", "01", "-2", ""', [3]],
    ['"-1"', [-1]],
    ['"9999999999999999"', []],
  ];
  for (const [header, revisions] of read) {
    it(`reads ${header}`, () => {
      expect(parseIfMatch(header)).to.deep.equal(revisions);
    });
  }

  for (const header of ['', '1', '"1', '"1" "2"', '"1",', 'w/"1"', '*, "1"', Array(11).fill('"1"').join()]) {
    it(`rejects ${JSON.stringify(header)}`, () => {
      expect(() => parseIfMatch(header))
        .to.throw(DomainError)
        .with.property('code', 'BAD_IF_MATCH');
    });
  }
});
