import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { formatCurl } from '../../../ui/src/format/curl.ts';

describe('a request as cURL', () => {
  it('states to a shell what was sent, whatever characters it has', () => {
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
});
