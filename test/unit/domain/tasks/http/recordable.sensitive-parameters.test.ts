import { expect } from 'chai';
import { createSensitiveNames } from '../../../../../src/domain/redaction/mask.ts';
import { sensitiveParameters } from '../../../../../src/domain/tasks/http/recordable.ts';

const names = createSensitiveNames(['club-card']);
const valuesIn = (query: string) => sensitiveParameters(new URL(`https://target.example/path${query}`), names);

describe('redaction: the query of a URL', () => {
  it('has the values of parameters with a sensitive name, as written and decoded', () => {
    expect(valuesIn('?access_token=abcd&page=1234&pin=9876')).to.deep.equal(['abcd', '9876']);
    expect(valuesIn('?api%5Fkey=a%2Fb+c')).to.deep.equal(['a%2Fb+c', 'a/b c']);
    expect(valuesIn('?clubCard=a=b=c&token=%E0%A4')).to.include('a=b=c');
  });

  it('has none without such a name, and none that is short, empty or missing', () => {
    for (const query of ['', '?', '?page=1234', '?code=500', '?token=', '?token', '#token=abcd']) {
      expect(valuesIn(query), query).to.deep.equal([]);
    }
  });
});
