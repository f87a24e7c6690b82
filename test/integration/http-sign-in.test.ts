import { inspect } from 'node:util';
import { expect } from 'chai';
import { SessionResponse } from '../../src/http/sessions/router.ts';
import { type Browser, openBrowser } from '../support/cookie-browser.ts';
import { freePort } from '../support/free-port.ts';
import { PUBLIC_CLIENT, startIdentityProvider, type TestProvider } from '../support/identity-provider.ts';
import { type Site, siteAt, startSite, startSiteAnywhere } from '../support/sign-in-site.ts';

const API = '/_/scheduler';
const users = {
  ada: { preferred_username: 'ada.l', tenant: 'acme', roles: ['viewer', 'of another service'], permissions: ['other'] },
  ben: { permissions: ['scheduler:jobs:read'], applications: [1, '2'] },
  eve: { permissions: ['scheduler:jobs:read'] },
  bad: { tenant: '*' },
  worse: { roles: ['boss'], applications: [1] },
};

describe('signing in at an identity provider', () => {
  let provider: TestProvider;
  let site: Site;
  before(async () => {
    const port = await freePort();
    const url = siteAt(port);
    provider = await startIdentityProvider({
      redirectUri: `${url}${API}/sign-in/callback`,
      afterSignOut: `${url}${API}/ui`,
      users,
    });
    site = await startSite({ port, issuer: provider.issuer });
  });
  after(async () => {
    await site.close();
    await provider.close();
  });

  const signInAs = async (
    user: keyof typeof users | undefined,
    { browser = openBrowser(), returnTo = '/healthz' } = {},
  ) => {
    provider.user = user;
    const response = await browser.visit(`${site.url}${API}/sign-in?returnTo=${encodeURIComponent(returnTo)}`);
    return { browser, answer: response };
  };
  const sessionOf = async (browser: Browser) => {
    const { text } = await browser.ask(`${site.url}${API}/session`);
    const { session, signIn } = SessionResponse.parse(JSON.parse(text));
    expect(signIn).to.deep.equal(['token', 'oidc']);
    return session;
  };
  const callbackOf = (browser: Browser): string => {
    const callback = browser.way().find((url) => url.includes('/sign-in/callback'));
    if (callback === undefined) throw new Error('the browser did not come back');
    return callback;
  };
  /** A sign-in up to where the provider sends the browser back, which it does not follow. */
  const begin = async (browser: Browser) => {
    const begun = await browser.ask(`${site.url}${API}/sign-in`);
    return new URL(begun.headers.get('location') ?? '');
  };

  it('returns to the requested page, through any process', async () => {
    const { browser, answer: response } = await signInAs('ada', { returnTo: '/_/scheduler/jobs?limit=3' });
    expect([response.status, response.url]).to.deep.equal([200, `${site.url}/_/scheduler/jobs?limit=3`]);
    expect(await sessionOf(browser)).to.deep.equal({
      user: 'ada.l',
      tenant: 'acme',
      permissions: ['scheduler:jobs:read'],
      roles: ['viewer'],
      signedInBy: 'oidc',
      expiresAt: '2026-01-01T01:00:00.000Z',
    });
    const cookies = await browser.jar.getCookies(site.url);
    expect(cookies.map(({ key, httpOnly, sameSite, path }) => ({ key, httpOnly, sameSite, path }))).to.deep.equal([
      { key: 'session', httpOnly: true, sameSite: 'strict', path: '/' },
    ]);
  });

  it('sends a new challenge, state and nonce each time', async () => {
    const [first, second] = [await begin(openBrowser()), await begin(openBrowser())];
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(first.searchParams.get(name))
        .to.match(/^[\w-]{43}$/)
        .and.not.equal(second.searchParams.get(name));
    }
    expect(first.searchParams.get('code_challenge_method')).to.equal('S256');
    expect(first.searchParams.get('client_id')).to.equal('carillon');
  });

  it('works for a client without a secret', async () => {
    const port = await freePort();
    const of = siteAt(port);
    const open = await startIdentityProvider({ redirectUri: `${of}${API}/sign-in/callback`, users });
    const other = await startSite({ port, issuer: open.issuer, ...PUBLIC_CLIENT });
    const browser = openBrowser();
    const { status } = await browser.visit(`${other.url}${API}/sign-in?returnTo=/_/scheduler/jobs`);
    expect(status).to.equal(200);
    await Promise.all([other.close(), open.close()]);
  });

  it('limits the session to the applications that the provider names', async () => {
    const { browser } = await signInAs('ben');
    expect(await sessionOf(browser)).to.deep.include({ user: 'ben', tenant: 'default', applications: [1, 2] });
    const { status } = await browser.ask(`${site.url}${API}/applications/3`);
    expect(status).to.equal(404);
  });

  it('lasts as long as configured, and renews without interaction', async () => {
    const { browser } = await signInAs('ada');
    for (const { world } of site.processes) await world.advance(3_600_000);
    expect(await sessionOf(browser)).to.equal(null);
    expect((await browser.ask(`${site.url}${API}/jobs`)).status).to.equal(401);
    await signInAs('ada', { browser });
    expect(await sessionOf(browser)).to.include({ user: 'ada.l' });
    expect(browser.way().join(' ')).to.not.include('/interaction/');
  });

  it('shows a page if the provider rejects the sign-in', async () => {
    const { browser, answer: response } = await signInAs(undefined);
    expect([response.status, response.headers.get('content-type')]).to.deep.equal([401, 'text/html; charset=utf-8']);
    expect(response.text)
      .to.include('the provider rejected the sign-in: access_denied')
      .and.include('href="/_/scheduler/sign-in"');
    expect(response.text).to.include('ask its administrator for access to this service');
    expect(await sessionOf(browser)).to.equal(null);
  });

  for (const [user, why] of [
    ['bad', 'tenant: does not name a tenant'],
    ['worse', 'a token with scheduler:admin cannot be limited to applications'],
  ] as const) {
    it(`rejects invalid claims of the provider: ${why}`, async () => {
      const { browser, answer: response } = await signInAs(user);
      expect(response.status).to.equal(401);
      expect(response.text).to.include(why);
      expect(await sessionOf(browser)).to.equal(null);
    });
  }

  it('accepts no code twice', async () => {
    const { browser } = await signInAs('ada');
    const again = await browser.ask(callbackOf(browser));
    expect([again.status, again.text]).to.deep.equal([401, again.text]);
    expect(again.text).to.include('or has finished it');
  });

  it('accepts no code twice, even with a copied cookie', async () => {
    provider.user = 'ada';
    const browser = openBrowser();
    const handshake = { kept: '' };
    const begun = await browser.ask(`${site.url}${API}/sign-in`);
    handshake.kept = begun.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
    await browser.visit(begun.headers.get('location') ?? '');
    const thief = await openBrowser().ask(callbackOf(browser), { headers: { Cookie: handshake.kept } });
    expect(thief.status).to.equal(401);
    expect(thief.text).to.match(/the code was used before|or has finished it/);
    expect(thief.headers.getSetCookie().join()).to.not.include('session=e');
  });

  it('sends one token request per sign-in, even if a cookie sends several codes', async () => {
    const begun = await openBrowser().ask(`${site.url}${API}/sign-in`);
    const cookie = begun.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
    const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state');
    const iss = encodeURIComponent(provider.issuer);
    const told: string[] = [];
    for (let count = 0; count < 10; count++) {
      const url = `${site.url}${API}/sign-in/callback?code=junk${count}&state=${state}&iss=${iss}`;
      const { status, text } = await openBrowser().ask(url, { headers: { Cookie: cookie } });
      expect(status).to.equal(401);
      told.push(text);
    }
    const rejectedHere = told.filter((text) => text.includes('or has finished it'));
    expect(rejectedHere, 'by each of the two processes').to.have.length(8);
  });

  it('rejects the callback of another browser', async () => {
    provider.user = 'eve';
    const eve = openBrowser();
    const atProvider = await begin(eve);
    const victim = openBrowser();
    await eve.visit(atProvider.href);
    const lured = await victim.visit(callbackOf(eve));
    expect(lured.status).to.equal(401);
    expect(await sessionOf(victim)).to.equal(null);
    await signInAs('ada', { browser: victim });
    expect((await victim.visit(callbackOf(eve))).status).to.equal(401);
    expect(await sessionOf(victim)).to.include({ user: 'ada.l' });
  });

  it('rejects a code with the state of another sign-in', async () => {
    provider.user = 'ada';
    const browser = openBrowser();
    const [first, second] = [await begin(browser), await begin(browser)];
    await browser.visit(first.href);
    const { searchParams } = new URL(callbackOf(browser));
    const fresh = openBrowser();
    const mine = await begin(fresh);
    for (const [who, state] of [
      [browser, second],
      [fresh, mine],
    ] as const) {
      const mixed = new URLSearchParams(searchParams);
      mixed.set('state', state.searchParams.get('state') ?? '');
      const response = await who.ask(`${site.url}${API}/sign-in/callback?${mixed}`);
      expect(response.status).to.equal(401);
    }
  });

  it('works in several windows, and keeps few abandoned sign-ins', async () => {
    provider.user = 'ada';
    const browser = openBrowser();
    const begun: URL[] = [];
    for (let count = 0; count < 8; count += 1) begun.push(await begin(browser));
    const names = (await browser.jar.getCookies(site.url)).map(({ key }) => key);
    expect(names).to.have.length(5);
    const [overtaken, , , kept] = begun;
    expect((await browser.visit(overtaken?.href ?? '')).status).to.equal(401);
    await browser.visit(kept?.href ?? '');
    expect(await sessionOf(browser)).to.include({ user: 'ada.l' });
  });

  it('expires after 10 minutes', async () => {
    const browser = openBrowser();
    const begun = await begin(browser);
    for (const { world } of site.processes) await world.advance(600_000);
    const state = begun.searchParams.get('state');
    const { status, text } = await browser.ask(`${site.url}${API}/sign-in/callback?code=x&state=${state}`);
    expect([status, text.includes('more than 10 minutes ago')]).to.deep.equal([401, true]);
  });

  for (const query of ['', 'state=x', 'state=x&state=y', 'error=access_denied', 'code=%00&state=%F0', 'error[a]=b']) {
    it(`rejects a callback of ${query || 'nothing'}`, async () => {
      const { status } = await openBrowser().ask(`${site.url}${API}/sign-in/callback?${query}`);
      expect(status).to.be.within(400, 401);
    });
  }

  it('echoes no text of an address', async () => {
    const browser = openBrowser();
    const state = (await begin(browser)).searchParams.get('state');
    const said = encodeURIComponent('<script>alert(1)</script>');
    const { status, text } = await browser.ask(
      `${site.url}${API}/sign-in/callback?state=${state}&error=${said}&error_description=${said}`,
    );
    expect(status).to.equal(401);
    expect(text).to.not.include('script').and.to.not.include('alert');
  });

  it('rejects a return address at another site', async () => {
    const response = await openBrowser().ask(`${site.url}${API}/sign-in?returnTo=%2F%2Fevil.example`, {
      headers: { Accept: 'application/json' },
    });
    expect([response.status, JSON.parse(response.text).errors?.[0].pointer]).to.deep.equal([400, '/returnTo']);
  });

  it('rejects changes and sign-outs of other sites', async () => {
    const { browser } = await signInAs('ben');
    const foreign = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
    for (const path of ['/jobs', '/sign-out']) {
      const { status } = await browser.ask(`${site.url}${API}${path}`, { method: 'POST', headers: foreign });
      expect(status, path).to.equal(403);
    }
    expect(await sessionOf(browser)).to.include({ user: 'ben' });
  });

  it('signs out here and at the provider, with no token in an address', async () => {
    const { browser } = await signInAs('ada');
    const out = await browser.ask(`${site.url}${API}/sign-out`, {
      method: 'POST',
      headers: { 'Sec-Fetch-Site': 'same-origin' },
    });
    expect(out.status).to.equal(200);
    expect(await sessionOf(browser)).to.equal(null);
    const [, href = ''] = /url=([^"]+)"/.exec(out.text) ?? [];
    const there = new URL(href.replaceAll('&amp;', '&'));
    expect(there.origin).to.equal(provider.issuer);
    expect(Object.fromEntries(there.searchParams)).to.deep.equal({
      client_id: 'carillon',
      post_logout_redirect_uri: `${site.url}${API}/ui`,
    });
    expect((await browser.ask(there.href)).status, 'as the provider has it').to.equal(200);
  });

  it('shows a remedy if the provider rejects the client, and recovers', async () => {
    const wrong = await startSiteAnywhere({ issuer: provider.issuer, clientSecret: 'another' });
    const browser = openBrowser();
    const begun = await browser.ask(`${wrong.url}${API}/sign-in`);
    const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state');
    const { status, text, headers } = await browser.ask(
      `${wrong.url}${API}/sign-in/callback?code=x&state=${state}&iss=${encodeURIComponent(provider.issuer)}`,
    );
    expect([status, headers.get('retry-after')]).to.deep.equal([503, '5']);
    expect(text).to.include('check OIDC_CLIENT_ID and OIDC_CLIENT_SECRET');
    expect(wrong.world.lines.map(({ message }) => message)).to.deep.equal(['sign-ins with the identity provider fail']);
    for (const _ of wrong.processes) await browser.ask(`${wrong.url}${API}/sign-in`);
    expect(wrong.world.lines.at(-1)?.message).to.equal('sign-ins with the identity provider work again');
    await wrong.close();
  });

  it('reports an unavailable provider', async () => {
    const port = await freePort();
    const away = await startSiteAnywhere({ issuer: siteAt(port) });
    const { status, text } = await openBrowser().visit(`${away.url}${API}/sign-in`);
    expect(status).to.equal(503);
    expect(text).to.include('could not be reached (ECONNREFUSED): check OIDC_ISSUER');
    await away.close();
  });

  it('writes no token, code or state to the log', async () => {
    const { browser } = await signInAs('ada');
    const { searchParams } = new URL(callbackOf(browser));
    await browser.ask(callbackOf(browser));
    const cookie = (await browser.jar.getCookies(site.url))[0]?.value ?? '';
    const lines = inspect([site.world.lines, site.processes.map(({ world }) => world.lines)], { depth: 9 });
    expect(lines).to.include('SIGN_IN_REJECTED');
    for (const secret of [cookie, searchParams.get('code') ?? '', searchParams.get('state') ?? '']) {
      expect(secret).to.have.length.above(20);
      expect(lines).to.not.include(secret);
    }
  });
});
