import { expect } from 'chai';
import supertest from 'supertest';
import type { SessionEvent } from '../../src/domain/events/index.ts';
import { decideEndSession, decideEndSessions, type SessionOwner } from '../../src/domain/session.ts';
import { SessionResponse } from '../../src/http/sessions/router.ts';
import { NOW_MS, testApp, tokenFor } from '../support/http.ts';
import { aToken, writtenToken } from '../support/tokens.ts';

const API = '/_/scheduler';
const DAY_MS = 24 * 3_600_000;
const fromThePage = { 'Sec-Fetch-Site': 'same-origin' };

type Changes = Parameters<typeof testApp>[0];

/** A browser, as far as cookies go, at an app of the tests. */
const browserAt = (changes: Changes = {}) => {
  const { app, world } = testApp(changes);
  let cookie: string | undefined;
  const request = (method: 'get' | 'post' | 'delete', path: string, headers: Record<string, string> = {}) =>
    supertest(app)
      [method](`${API}${path}`)
      .set(cookie === undefined ? headers : { Cookie: cookie, ...headers });
  return {
    world,
    ask: request,
    cookie: () => cookie,
    signIn: async (token: string): Promise<string> => {
      const { headers } = await request('post', '/session', { Authorization: `Bearer ${token}` }).expect(204);
      const set = headers['set-cookie']?.[0] ?? '';
      cookie = set.split(';', 1)[0];
      return set;
    },
    session: async () => {
      const { body, headers } = await request('get', '/session').expect(200);
      expect(headers['cache-control']).to.equal('no-store');
      return SessionResponse.parse(body).session;
    },
  };
};

const withToken = (token: Parameters<typeof aToken>[0], changes: Changes = {}) => {
  let stored = aToken(token);
  return {
    browser: browserAt({ ...changes, findToken: async (id) => (id === stored.tokenId ? stored : undefined) }),
    become: (other: Parameters<typeof aToken>[0]) => {
      stored = aToken({ ...token, ...other });
    },
  };
};

/** Which sessions have ended, as the log would have it. */
const withEndings = () => {
  const ended: SessionEvent[] = [];
  const of = (owner: SessionOwner) =>
    ended.findLast(({ data }) => data.tenant === owner.tenant && data.callerId === owner.callerId)?.data;
  const changes: Changes = {
    findEndedSessions: async (owner) => of(owner),
    commands: {
      endSession: async ({ tenant }, callerId, session) => {
        const owner = { tenant, callerId };
        ended.push(...decideEndSession({ ...owner, ...session }, of(owner), NOW_MS));
        return { value: undefined, revision: 0, position: undefined };
      },
    },
  };
  const endAll = (callerId: string, nowMs: number) => {
    ended.push(...decideEndSessions({ tenant: 'default', callerId }, nowMs));
  };
  return { changes, ended, endAll };
};

describe('a session', () => {
  it('begins with a JWT, and lasts as long as that', async () => {
    const browser = browserAt();
    const token = tokenFor({ roles: ['viewer'], permissions: ['scheduler:jobs:trigger', 'another:service'] });
    expect(await browser.session()).to.equal(null);
    const set = await browser.signIn(token);
    expect(set).to.match(/^session=[\w.-]+; Max-Age=3600; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(set, 'nobody takes the token out of it').to.not.include(token.split('.')[2]);
    expect(await browser.session()).to.deep.equal({
      user: 'ada',
      tenant: 'default',
      permissions: ['scheduler:jobs:read', 'scheduler:jobs:trigger'],
      roles: ['viewer'],
      signedInBy: 'jwt',
      expiresAt: new Date(NOW_MS + 3_600_000).toISOString(),
    });
    await browser.ask('get', '/jobs').expect(200);
    await browser.world.advance(3_600_000);
    await browser.ask('get', '/jobs').expect(401);
    expect(await browser.session()).to.equal(null);
  });

  it('begins with an API token, whose secret is not in the cookie', async () => {
    const { browser } = withToken({ applications: [1], expiresAt: new Date(NOW_MS + DAY_MS).toISOString() });
    const set = await browser.signIn(writtenToken());
    expect(set).to.match(/^session=[\w.-]+; Max-Age=86400; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(set).to.have.length.below(1_000).and.to.not.include('car_');
    expect(await browser.session()).to.deep.equal({
      user: 'token:deploy',
      tenant: 'acme',
      permissions: ['scheduler:jobs:read'],
      roles: [],
      applications: [1],
      signedInBy: 'apiToken',
      expiresAt: new Date(NOW_MS + DAY_MS).toISOString(),
    });
    await browser.ask('get', '/jobs').expect(200);
  });

  it('of an API token that does not expire ends after 30 days', async () => {
    const { browser } = withToken({});
    expect(await browser.signIn(writtenToken())).to.include('Max-Age=2592000;');
    await browser.world.advance(30 * DAY_MS - 1_000);
    await browser.ask('get', '/jobs').expect(200);
    await browser.world.advance(1_000);
    const { body } = await browser.ask('get', '/jobs').expect(401);
    expect(body).to.include({ code: 'TOKEN_REJECTED', detail: 'the session has ended: sign in again' });
  });

  it('of an API token ends when that is revoked, or its id is that of another one', async () => {
    for (const other of [{ revokedAt: '2026-01-01T00:00:00.000Z' }, { secretHash: '00'.repeat(32) }, { tokenId: 6 }]) {
      const { browser, become } = withToken({});
      await browser.signIn(writtenToken());
      await browser.ask('get', '/jobs').expect(200);
      become(other);
      await browser.ask('get', '/jobs').expect(401);
    }
  });

  it('is closed to callers who change the cookie, and is no bearer token', async () => {
    const { browser } = withToken({});
    const sealed = (await browser.signIn(writtenToken())).split(';', 1)[0]?.slice('session='.length) ?? '';
    const changed = sealed.replace(/.(?=.{30}$)/, (letter) => (letter === 'A' ? 'B' : 'A'));
    await browser.ask('get', '/jobs', { Cookie: `session=${changed}` }).expect(401);
    const { body } = await browser.ask('get', '/jobs', { Cookie: '', Authorization: `Bearer ${sealed}` }).expect(401);
    expect(body.code).to.equal('TOKEN_REJECTED');
    await browser.ask('get', '/jobs', { Cookie: `session=${writtenToken()}` }).expect(401);
  });

  it('travels over TLS alone if the service is reached by https', async () => {
    const browser = browserAt({ publicUrl: 'https://jobs.example' });
    expect(await browser.signIn(tokenFor())).to.match(/; Secure; /);
  });

  it('needs a token that is good, in the header alone, and not too long for a cookie', async () => {
    const browser = browserAt();
    const codeOf = async (headers: Record<string, string>) => {
      const response = await browser.ask('post', '/session', headers).expect(401);
      expect(response.headers).to.not.have.property('set-cookie');
      return response.body.code;
    };
    expect(await codeOf({})).to.equal('NOT_AUTHENTICATED');
    expect(await codeOf({ Cookie: `session=${tokenFor()}` })).to.equal('NOT_AUTHENTICATED');
    expect(await codeOf({ Authorization: 'Bearer a.b.c' })).to.equal('TOKEN_REJECTED');
    expect(await codeOf({ Authorization: `Bearer ${writtenToken()}` })).to.equal('TOKEN_REJECTED');
    expect(await codeOf({ Authorization: `Bearer ${tokenFor({ more: 'x'.repeat(3_800) })}` })).to.equal(
      'TOKEN_REJECTED',
    );
  });

  it('replaces another one, so that no one is kept in a session that was put there', async () => {
    const browser = browserAt();
    await browser.signIn(tokenFor({}, 'eve'));
    await browser.signIn(tokenFor({}, 'ada'));
    expect(await browser.session()).to.include({ user: 'ada' });
  });

  it('ends by a request of the page alone', async () => {
    const browser = browserAt();
    await browser.signIn(tokenFor());
    for (const headers of [{}, { 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'https://evil.example' }]) {
      const { body, headers: responded } = await browser.ask('delete', '/session', headers).expect(403);
      expect([body.code, responded['set-cookie']]).to.deep.equal(['CROSS_ORIGIN', undefined]);
    }
    const { headers } = await browser.ask('delete', '/session', fromThePage).expect(204);
    expect(headers['set-cookie']).to.deep.equal(['session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict']);
  });

  it('ends for everybody who has the cookie, and for no other session of the user', async () => {
    for (const token of [tokenFor(), writtenToken()]) {
      const { changes } = withEndings();
      const { browser } = withToken({}, changes);
      await browser.signIn(token);
      const other = browser.cookie() ?? '';
      await browser.signIn(token);
      const copied = { Cookie: browser.cookie() ?? '' };
      await browser.ask('delete', '/session', { ...copied, ...fromThePage }).expect(204);
      const { body } = await browser.ask('get', '/jobs', copied).expect(401);
      expect(body).to.include({ code: 'TOKEN_REJECTED', detail: 'the session has ended: sign in again' });
      await browser.ask('get', '/jobs', { Cookie: other }).expect(200);
      await browser.ask('get', '/jobs', { Cookie: '', Authorization: `Bearer ${token}` }).expect(200);
      await browser.ask('delete', '/session', { ...copied, ...fromThePage }).expect(204);
    }
  });

  it('of a JWT that a gateway put in the cookie ends so, too', async () => {
    const { changes, ended } = withEndings();
    const browser = browserAt(changes);
    const cookie = { Cookie: `session=${tokenFor()}` };
    await browser.ask('get', '/jobs', cookie).expect(200);
    await browser.ask('delete', '/session', { ...cookie, ...fromThePage }).expect(204);
    await browser.ask('get', '/jobs', cookie).expect(401);
    expect(ended.map(({ type }) => type)).to.deep.equal(['SessionEnded']);
    await browser.ask('get', '/jobs', { Cookie: `session=${tokenFor({ another: 1 })}` }).expect(200);
  });

  it('ends by an administrator, with all others of the user that have begun', async () => {
    const { changes, endAll } = withEndings();
    const browser = browserAt(changes);
    await browser.signIn(tokenFor({ preferred_username: 'ada.l' }));
    await browser.world.advance(1_000);
    endAll('eve', browser.world.clock.now());
    await browser.ask('get', '/jobs').expect(200);
    endAll('ada', browser.world.clock.now());
    await browser.ask('get', '/jobs').expect(401);
    expect(await browser.session()).to.equal(null);
    await browser.ask('get', '/jobs', { Cookie: `session=${tokenFor()}` }).expect(401);
    await browser.world.advance(1);
    await browser.signIn(tokenFor());
    await browser.ask('get', '/jobs').expect(200);
  });

  it('is reported of a bearer token too, and of a bad one that it was rejected', async () => {
    const browser = browserAt();
    const { body } = await browser.ask('get', '/session', { Authorization: `Bearer ${tokenFor()}` }).expect(200);
    expect(body).to.deep.include({ signIn: ['token'] });
    expect(body.session).to.include({ user: 'ada' });
    await browser.ask('get', '/session', { Authorization: 'Bearer a.b.c' }).expect(401);
  });

  it('shows an administrator all permissions', async () => {
    const browser = browserAt();
    await browser.signIn(tokenFor({ permissions: ['scheduler:tenant:admin'] }));
    expect((await browser.session())?.permissions)
      .to.include('scheduler:secrets:write')
      .and.not.include('scheduler:admin');
  });
});
