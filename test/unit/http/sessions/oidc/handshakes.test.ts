import { expect } from 'chai';
import fc from 'fast-check';
import { ReturnTo } from '../../../../../src/http/sessions/oidc/handshakes.ts';

const SITE = 'https://jobs.example';

describe('where a sign-in goes back to', () => {
  it('takes paths of this service, with what comes after them', () => {
    for (const path of ['/', '/_/scheduler/ui', '/_/scheduler/jobs?limit=3&name=a%20b#top', '/ä?x=//y']) {
      expect(ReturnTo.parse(path)).to.equal(path);
    }
  });

  it('takes no address that leads elsewhere, however it is written', () => {
    const part = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '@',
      ':',
      '\t',
      '\n',
      ' ',
      '%2f',
      '?',
      '#',
      'evil.example',
      'https:',
      'x',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const parsed = ReturnTo.safeParse(parts.join(''));
        if (parsed.success) expect(new URL(parsed.data, SITE).origin).to.equal(SITE);
      }),
      { numRuns: 1_000 },
    );
    for (const path of [
      '//evil.example',
      '/\\evil.example',
      '/\t/evil.example',
      '\\\\evil.example',
      'https:/x',
      '',
      'ui',
    ]) {
      expect(ReturnTo.safeParse(path).success, path).to.equal(false);
    }
  });

  it('takes no endless path', () => {
    expect(ReturnTo.safeParse(`/${'x'.repeat(1_000)}`).success).to.equal(false);
  });
});
