import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { formatCurl, hasUnrecorded } from '../../../ui/src/format/curl.ts';

describe('a request as cURL', () => {
  it('quotes the request for a shell, with any characters', () => {
    const request = {
      method: 'POST',
      url: "http://target/a?b=it's&c=$HOME",
      headers: { 'content-type': 'application/json', 'x-odd': '`id` "$(id)" \\' },
      body: '{"text":"it\'s\nlong"}',
    };
    const words = execFileSync('sh', ['-c', formatCurl(request).replace('curl', "printf '%s\\0'")], {
      encoding: 'utf8',
    });
    expect(words.split('\0').slice(0, -1)).to.deep.equal([
      ...['-X', 'POST', request.url],
      ...['-H', 'content-type: application/json', '-H', `x-odd: ${request.headers['x-odd']}`],
      ...['--data-raw', request.body],
    ]);
  });

  it('states first which of its values are not recorded', () => {
    const request = { method: 'POST', url: 'http://target/', headers: { Authorization: '***' }, body: undefined };
    expect(hasUnrecorded(request)).to.equal(true);
    expect(formatCurl(request)).to.match(/^# Values shown as \*\*\* are not recorded\..*\ncurl /);
    const recorded = { ...request, headers: {} };
    expect(hasUnrecorded(recorded)).to.equal(false);
    expect(formatCurl(recorded)).to.match(/^curl /);
  });
});
