import { expect } from 'chai';
import { openBrowser } from '../support/cookie-browser.ts';
import { type LyingProvider, startLyingProvider } from '../support/lying-provider.ts';
import { type Site, startSiteAnywhere } from '../support/sign-in-site.ts';

const SIGN_IN = '/_/scheduler/sign-in';
type Claims = Readonly<Record<string, unknown>>;
const nowSeconds = () => Math.floor(Date.now() / 1_000);

describe('an ID token', () => {
  let provider: LyingProvider;
  let site: Site;
  before(async () => {
    provider = await startLyingProvider();
    site = await startSiteAnywhere({ issuer: provider.issuer });
  });
  after(async () => {
    await site.close();
    await provider.close();
  });

  /** Signs in up to the provider, and comes back with a code; the token endpoint answers as it is told. */
  const comeBack = async (response: (nonce: string) => Promise<LyingProvider['answer']>) => {
    const browser = openBrowser();
    const begun = await browser.ask(`${site.url}${SIGN_IN}`);
    const requested = new URL(begun.headers.get('location') ?? '').searchParams;
    provider.answer = await response(requested.get('nonce') ?? '');
    const { status, text } = await browser.ask(`${site.url}${SIGN_IN}/callback?code=x&state=${requested.get('state')}`);
    const session = (await browser.jar.getCookies(site.url)).find(({ key }) => key === 'session');
    return { status, text, isSignedIn: session !== undefined };
  };
  const withToken = (changes: Claims, signedBy?: 'own key' | 'other key') =>
    comeBack(async (nonce) => {
      const times = { iat: nowSeconds(), exp: nowSeconds() + 300 };
      const claims = { iss: provider.issuer, aud: 'carillon', sub: 'ada', nonce, ...times, ...changes };
      const id_token = await provider.idToken(claims, signedBy);
      return { status: 200, body: { access_token: 'a', token_type: 'Bearer', id_token } };
    });

  it('signs in if all of it is right', async () => {
    expect(await withToken({})).to.include({ status: 200, isSignedIn: true });
  });

  const FOREIGN = 'the ID token belongs to another issuer, audience or sign-in';
  const LATE = 'synchronize the clocks of provider and service';
  const rejected: Record<string, [changes: () => Claims, why: string]> = {
    'of another sign-in': [() => ({ nonce: 'another' }), FOREIGN],
    'without a nonce': [() => ({ nonce: undefined }), 'does not belong to this sign-in'],
    'for another audience': [() => ({ aud: 'another' }), FOREIGN],
    'for several audiences, requested by another client': [() => ({ aud: ['carillon', 'b'], azp: 'b' }), FOREIGN],
    'of another issuer': [() => ({ iss: 'https://evil.example' }), FOREIGN],
    'that has expired': [() => ({ iat: nowSeconds() - 600, exp: nowSeconds() - 61 }), LATE],
    'that is not valid yet': [() => ({ nbf: nowSeconds() + 90 }), LATE],
    'without a subject': [() => ({ sub: undefined }), 'does not belong to this sign-in'],
    'of a user without a name': [() => ({ preferred_username: '' }), 'preferred_username'],
  };
  for (const [what, [changes, why]] of Object.entries(rejected)) {
    it(`is rejected ${what}`, async () => {
      const { status, text, isSignedIn } = await withToken(changes());
      expect([status, isSignedIn]).to.deep.equal([401, false]);
      expect(text).to.include(why);
    });
  }

  it('is taken within a minute of its times', async () => {
    expect(await withToken({ iat: nowSeconds() - 600, exp: nowSeconds() - 30 })).to.include({ status: 200 });
  });

  it('is rejected if another key has signed it', async () => {
    expect(await withToken({}, 'other key')).to.include({ status: 401, isSignedIn: false });
  });

  it('is needed', async () => {
    const response = await comeBack(async () => ({ status: 200, body: { access_token: 'a', token_type: 'Bearer' } }));
    expect(response).to.include({ status: 401, isSignedIn: false });
  });

  it('is rejected if the user has too many roles and applications for a cookie', async () => {
    const applications = Array.from({ length: 100 }, (_, index) => 100_000_000_000_000 + index);
    const { status, text } = await withToken({
      applications,
      preferred_username: '€'.repeat(200),
      tenant: '€'.repeat(200),
    });
    expect([status, text.includes('too many roles and applications for a cookie')]).to.deep.equal([401, true]);
  });

  for (const [status, body, expected] of [
    [400, { error: 'invalid_grant' }, 401],
    [401, { error: 'invalid_client' }, 503],
    [400, { error: 'unauthorized_client' }, 503],
    [500, { error: 'server_error' }, 503],
    [502, 'Bad Gateway', 503],
    [200, 'no JSON object', 401],
  ] as const) {
    it(`is missing if the provider responds with ${status} ${JSON.stringify(body)}, which becomes ${expected}`, async () => {
      const response = await comeBack(async () => ({ status, body }));
      expect(response).to.include({ status: expected, isSignedIn: false });
    });
  }
});
