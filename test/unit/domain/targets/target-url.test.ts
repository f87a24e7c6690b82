import { expect } from 'chai';
import fc from 'fast-check';
import { parseTargetName, TargetRejected, targetNames, targetUrl } from '../../../../src/domain/targets/target-url.ts';

describe('the name of a target', () => {
  for (const [text, name] of [
    ['api.example.com', 'api.example.com'],
    ['API.Example.com.', 'api.example.com'],
    ['api.example.com:8443', 'api.example.com:8443'],
    ['api.example.com:80', 'api.example.com:80'],
    ['api.example.com:443', 'api.example.com:443'],
    ['[::1]:80', '[::1]:80'],
    ['127.0.0.1', '127.0.0.1'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['https://API.example.com', 'https://api.example.com'],
    ['https://api.example.com:443/', 'https://api.example.com'],
    ['http://api.example.com.:8080', 'http://api.example.com:8080'],
  ] as const) {
    it(`reads ${text} as ${name}`, () => expect(parseTargetName(text)).to.equal(name));
  }
  for (const text of [
    '',
    'https://api.example.com/path',
    'api.example.com/path',
    'api.example.com?a=1',
    'user@api.example.com',
    'ftp://api.example.com',
    'a b',
    'api.example.com:99999',
    '${HOST}',
  ]) {
    it(`rejects ${JSON.stringify(text)}`, () => expect(parseTargetName(text)).to.equal(undefined));
  }
});

describe('the names of an origin', () => {
  it('are the origin, its host, and its host with the port', () => {
    expect(targetNames('https://api.example.com')).to.deep.equal([
      'https://api.example.com',
      'api.example.com',
      'api.example.com:443',
    ]);
    expect(targetNames('http://api.example.com.:8080')).to.deep.equal([
      'http://api.example.com:8080',
      'api.example.com',
      'api.example.com:8080',
    ]);
  });
  it('are those that a pause of it is read as', () => {
    for (const origin of ['https://api.example.com', 'http://api.example.com', 'https://[::1]:8443']) {
      for (const name of targetNames(origin)) expect(parseTargetName(name)).to.equal(name);
    }
  });
});

const joined = (endpoint: string, path: string): string => {
  const url = targetUrl({ endpoint, path });
  return url instanceof TargetRejected ? `rejected: ${url.rule}` : url.href;
};
const single = (url: string): string => {
  const parsed = targetUrl({ url });
  return parsed instanceof TargetRejected ? `rejected: ${parsed.rule}` : parsed.href;
};

describe('targets: endpoint and path', () => {
  for (const [endpoint, path, expected] of [
    ['https://h.example', '/a', 'https://h.example/a'],
    ['https://h.example', 'a', 'https://h.example/a'],
    ['https://h.example', '', 'https://h.example/'],
    ['https://h.example/', '/a', 'https://h.example/a'],
    ['https://h.example/base', '/a', 'https://h.example/base/a'],
    ['https://h.example/base/', 'a', 'https://h.example/base/a'],
    ['https://h.example/base/', '/a/', 'https://h.example/base/a/'],
    ['https://h.example/base', '?x=1', 'https://h.example/base?x=1'],
    ['https://h.example/base?k=1', '/a?x=1', 'https://h.example/base/a?k=1&x=1'],
    ['https://h.example/base?k=1', '', 'https://h.example/base?k=1'],
    ['https://h.example/base#f', '/a#g', 'https://h.example/base/a'],
    ['https://h.example', '/a?u=http://x/?y=2', 'https://h.example/a?u=http://x/?y=2'],
    ['https://h.example:8443', '@evil.example/', 'https://h.example:8443/@evil.example/'],
    ['https://h.example', '//evil.example/x', 'https://h.example//evil.example/x'],
    ['https://h.example', '/\\evil.example', 'https://h.example//evil.example'],
    ['https://h.example', '\\\\evil.example', 'https://h.example///evil.example'],
    ['https://h.example', 'http://evil.example/', 'https://h.example/http://evil.example/'],
    ['https://h.example', '.evil.example', 'https://h.example/.evil.example'],
    ['https://h.example', ':80@evil.example', 'https://h.example/:80@evil.example'],
    ['https://h.example', '\t//evil.example', 'https://h.example///evil.example'],
    ['https://h.example/a', '/../../b', 'https://h.example/b'],
    ['https://u:p@h.example', '/a', 'rejected: userinfo'],
    ['ftp://h.example', '/a', 'rejected: not-http'],
    ['h.example', '/a', 'rejected: invalid-url'],
    ['', '/a', 'rejected: invalid-url'],
  ] as const) {
    it(`${endpoint} and ${JSON.stringify(path)} make ${expected}`, () => {
      expect(joined(endpoint, path)).to.equal(expected);
    });
  }

  it('no path changes the origin', () => {
    const part = fc.oneof(
      fc.constantFrom('/', '\\', '@', ':', '?', '#', '//', '../..', '%2f', 'http://', 'evil.example', '\t', '\n', ' '),
      fc.string({ unit: 'binary', maxLength: 4 }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('https://h.example', 'http://h.example:81/base', 'http://[2001:db8::1]:8/b/?q'),
        fc.array(part, { maxLength: 8 }),
        (endpoint, parts) => {
          const url = targetUrl({ endpoint, path: parts.join('') });
          expect(url).to.be.instanceOf(URL);
          expect(url instanceof URL && url.origin).to.equal(new URL(endpoint).origin);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('targets: one url', () => {
  for (const [url, expected] of [
    ['https://h.example/a?b#c', 'https://h.example/a?b'],
    ['HTTP://H.EXAMPLE', 'http://h.example/'],
    ['http://user@h.example/', 'rejected: userinfo'],
    ['file:///etc/passwd', 'rejected: not-http'],
    ['gopher://h.example/', 'rejected: not-http'],
    ['javascript:alert(1)', 'rejected: not-http'],
    ['/relative', 'rejected: invalid-url'],
    ['http://', 'rejected: invalid-url'],
    ['http://1.2.3.4.5/', 'rejected: invalid-url'],
  ] as const) {
    it(`${url} makes ${expected}`, () => {
      expect(single(url)).to.equal(expected);
    });
  }

  it('wins over endpoint and path; without any there is no target', () => {
    const url = targetUrl({ url: 'https://a.example', endpoint: 'https://b.example', path: '/c' });
    expect(url).to.have.property('href', 'https://a.example/');
    expect(targetUrl({ path: '/c' }))
      .to.be.instanceOf(TargetRejected)
      .with.property('rule', 'invalid-url');
  });
});
