import { expect } from 'chai';
import fc from 'fast-check';
import { TargetRejected, targetUrl } from '../../../../src/domain/targets/target-url.ts';

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
