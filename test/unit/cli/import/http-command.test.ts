import { expect } from 'chai';
import { httpCommandLine } from '../../../../src/cli/import/http-command.ts';

describe('the call of a command line', () => {
  const call = (line: string) => httpCommandLine(line).taskConfig;
  const notes = (line: string) => httpCommandLine(line).notes.join('; ');
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

  for (const [line, taskConfig] of [
    ['curl https://a.example/x', { url: 'https://a.example/x', method: 'GET' }],
    [
      '/usr/bin/curl -fsS -o /dev/null "https://a.example/x?b=1&c=2"',
      { url: 'https://a.example/x?b=1&c=2', method: 'GET' },
    ],
    ['curl -sXPUT a.example/x', { url: 'http://a.example/x', method: 'PUT' }],
    [
      "curl -d 'a=1' --data b=2 https://a.example",
      { url: 'https://a.example', method: 'POST', headers: form, body: 'a=1&b=2' },
    ],
    [
      `curl -X POST -H "Content-Type: application/json" -d '{"a": [1, "b"]}' https://a.example`,
      {
        url: 'https://a.example',
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: { a: [1, 'b'] },
      },
    ],
    [
      'curl -u crm:pass:word -m 30 --retry 3 --url=https://a.example >/dev/null 2>&1',
      {
        url: 'https://a.example',
        method: 'GET',
        auth: { authMethod: 'basic', username: 'crm', password: 'pass:word' },
        timeout: '30000ms',
      },
    ],
    [
      'wget -q -O - --post-data="a=1" --header "X-A: b" https://a.example',
      { url: 'https://a.example', method: 'POST', headers: { 'X-A': 'b', ...form }, body: 'a=1' },
    ],
    [`sh -c 'cd /tmp; curl https://a.example'`, undefined],
    [`TOKEN=x timeout 10 nice -n 5 curl https://a.example`, { url: 'https://a.example', method: 'GET' }],
    [`/bin/sh -c "exec curl -I https://a.example"`, { url: 'https://a.example', method: 'HEAD' }],
  ] as const) {
    it(`of: ${line}`, () => expect(call(line)).to.deep.equal(taskConfig));
  }

  it('has its repeats as a rule', () => {
    expect(httpCommandLine('curl --retry 3 https://a.example')).to.deep.include({ retry: { maxAttempts: 4 } });
  });

  for (const [line, said] of [
    ['/opt/backup.sh --all', 'does not call a URL: /opt/backup.sh --all'],
    ['curl -k https://a.example', '-k (certificates are always checked) has no equivalent'],
    ['curl https://a.example | jq .', 'commands after the call have no equivalent: | jq .'],
    ['curl https://a.example && touch /tmp/done', 'commands after the call have no equivalent: && touch'],
    ['curl "https://a.example/$(date +%F)"', 'the shell substitutes $('],
    ['curl https://a.example -H "X-Key: $KEY"', 'the shell substitutes $KEY'],
    ['curl https://a.example -d @body.json', 'the body is in the file body.json'],
    ['curl https://a.example https://b.example', 'a second URL has no equivalent'],
    ['curl -fsS', 'does not call a URL: it names none'],
  ] as const) {
    it(`reports of: ${line}`, () => expect(notes(line)).to.include(said));
  }

  it('escapes text that looks like a parameter', () => {
    expect(call(`curl -d '{"a": "\${T}"}' https://a.example`)).to.deep.include({ body: '{"a": "$${T}"}' });
  });
});
