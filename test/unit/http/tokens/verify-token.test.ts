import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { expect } from 'chai';
import jwt from 'jsonwebtoken';
import { DomainError } from '../../../../src/domain/domain-error.ts';
import { LAST_INSTANT_MS } from '../../../../src/domain/values.ts';
import {
  secretKeys,
  type TokenRules,
  type VerificationKeys,
  verifyToken,
  WeakSecret,
} from '../../../../src/http/tokens/verify-token.ts';
import { JWT_SECRET, NOW_MS, tokenFor } from '../../../support/http.ts';
import { manualWorld } from '../../../support/world.ts';

const NOW = NOW_MS / 1_000;
const { clock } = manualWorld({ nowMs: NOW_MS });
const rules: TokenRules = {
  keys: secretKeys(JWT_SECRET),
  clock,
  tenantClaim: 'tenant',
  applicationsClaim: 'applications',
};
const goodClaims = { sub: 'ada', exp: NOW + 3_600 };

const encode = (value: unknown): string =>
  (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString('base64url');
/** Signed whatever it says. */
const forged = (header: unknown, claims: unknown, secret = JWT_SECRET): string => {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
};
const withClaims = (claims: Record<string, unknown>): string => forged({ alg: 'HS256' }, { ...goodClaims, ...claims });
const rejectionOf = (token: string, under: Partial<TokenRules> = {}): Promise<string> =>
  failureOf(token, { ...rules, ...under });
const failureOf = async (token: string, under: TokenRules): Promise<string> => {
  try {
    await verifyToken(token, under);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'TOKEN_REJECTED') return error.message;
    throw error;
  }
  throw new Error('the token was taken');
};

describe('verifying a token', () => {
  it('returns user, tenant, permissions and roles', async () => {
    const token = tokenFor({
      preferred_username: 'ada.l',
      tenant: 'acme',
      permissions: ['a'],
      scope: 'b c',
      roles: ['viewer'],
    });
    expect(await verifyToken(token, rules)).to.deep.equal({
      user: 'ada.l',
      sub: 'ada',
      tenant: 'acme',
      permissions: ['a', 'b', 'c'],
      roles: ['viewer'],
      issuedAtMs: NOW_MS,
      expiresAtMs: NOW_MS + 3_600_000,
    });
  });

  it('reports for an expiry beyond all time that it is the end of time', async () => {
    expect((await verifyToken(withClaims({ exp: 1e300 }), rules)).expiresAtMs).to.equal(LAST_INSTANT_MS);
  });

  it('defaults to the subject as user, and the default tenant', async () => {
    const { user, tenant } = await verifyToken(withClaims({}), rules);
    expect({ user, tenant }).to.deep.equal({ user: 'ada', tenant: 'default' });
  });

  for (const tenant of [
    '*',
    '',
    'acme\0',
    'a\u001fb',
    '\u0085',
    '\ud800',
    'acme\udc00',
    'x'.repeat(201),
    7,
    ['acme'],
    null,
  ]) {
    it(`rejects the tenant ${JSON.stringify(tenant)?.slice(0, 20)}`, async () => {
      expect(await rejectionOf(withClaims({ tenant }))).to.equal(
        'the token was rejected: tenant: does not name a tenant',
      );
    });
  }

  it('finds the tenant under the claim that is configured', async () => {
    expect((await verifyToken(withClaims({ org: 'acme' }), { ...rules, tenantClaim: 'org' })).tenant).to.equal('acme');
  });

  it('takes a token again while its key is the same and its time has not come', async () => {
    const world = manualWorld({ nowMs: NOW_MS });
    let secret = JWT_SECRET;
    const own: TokenRules = { ...rules, keys: (question) => secretKeys(secret)(question), clock: world.clock };
    const token = withClaims({});
    const { user } = await verifyToken(token, own);
    expect((await verifyToken(token, own)).user).to.equal(user);
    secret = JWT_SECRET.toUpperCase();
    expect(await failureOf(token, own)).to.include('its signature is wrong');
    secret = JWT_SECRET;
    await world.advance(3_600_000);
    expect(await failureOf(token, own)).to.include('the token has expired');
  });

  const badHeaders: Record<string, unknown> = {
    'no algorithm': {},
    'algorithm none': { alg: 'none' },
    'an algorithm that is not listed': { alg: 'HS512' },
    'an unknown critical extension': { alg: 'HS256', crit: ['x'], x: 1 },
    'an empty critical list': { alg: 'HS256', crit: [] },
    'an unencoded payload': { alg: 'HS256', b64: false },
    'another kind of token': { alg: 'HS256', typ: 'logout+jwt' },
    'a key id that is no text': { alg: 'HS256', kid: 7 },
  };
  for (const [what, header] of Object.entries(badHeaders)) {
    it(`rejects ${what}`, async () => {
      await rejectionOf(forged(header, goodClaims));
    });
  }

  const badClaims: Record<string, Record<string, unknown>> = {
    'no expiry': { exp: undefined },
    'an expiry that is no number': { exp: String(NOW + 60) },
    'an expired token': { exp: NOW },
    'a token issued in the future': { iat: NOW + 61 },
    'an issue time that is no number': { iat: '2026' },
    'a token that is not valid yet': { nbf: NOW + 61 },
    'no subject': { sub: undefined },
    'an empty subject': { sub: '' },
    'a subject that is an object': { sub: { name: 'ada' } },
    'a subject with a line break': { sub: 'ada\nroot' },
    'an endless subject': { sub: 'a'.repeat(201) },
    'a user name that is no text': { preferred_username: 7 },
    'an empty tenant': { tenant: '' },
    'a tenant that is no text': { tenant: ['acme'] },
    'permissions that are no list': { permissions: 'scheduler:admin' },
    'permissions that are no texts': { permissions: [{ admin: true }] },
    'a scope that is an object': { scope: {} },
    'roles that are no list': { roles: 'admin' },
  };
  for (const [what, claims] of Object.entries(badClaims)) {
    it(`rejects ${what}`, async () => {
      await rejectionOf(withClaims(claims));
    });
  }

  it('allows the clock of the issuer to be a minute ahead', async () => {
    await verifyToken(withClaims({ iat: NOW + 60, nbf: NOW + 60 }), rules);
  });

  it('checks issuer and audience if they are configured', async () => {
    const under = { issuer: 'https://id.example', audience: 'carillon' };
    await rejectionOf(withClaims({}), under);
    await rejectionOf(withClaims({ iss: 'https://other.example', aud: 'carillon' }), under);
    await rejectionOf(withClaims({ iss: 'https://id.example', aud: 'other' }), under);
    await rejectionOf(withClaims({ iss: ['https://id.example'], aud: 'carillon' }), under);
    await verifyToken(withClaims({ iss: 'https://id.example', aud: ['other', 'carillon'] }), { ...rules, ...under });
  });

  it('rejects another secret, a changed token, invalid UTF-8 and what is no JWT', async () => {
    await rejectionOf(forged({ alg: 'HS256' }, goodClaims, 'another secret that is also long enough'));
    const [header = '', , signature = ''] = withClaims({}).split('.');
    await rejectionOf(`${header}.${encode({ ...goodClaims, sub: 'root' })}.${signature}`);
    await rejectionOf(forged({ alg: 'HS256' }, Buffer.from('{"sub":"\xff","exp":9999999999}', 'latin1')));
    await rejectionOf(forged({ alg: 'HS256' }, 'text'));
    await rejectionOf(forged({ alg: 'HS256' }, null));
    for (const token of ['', 'a', 'a.b', 'a.b.c.d', '../..', `${header}..`, `${'a'.repeat(9_000)}.b.c`]) {
      await rejectionOf(token);
    }
  });

  it('never takes a public key for a shared secret', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const published: VerificationKeys = async ({ alg }) => (alg === 'RS256' ? publicKey : undefined);
    expect(await rejectionOf(forged({ alg: 'HS256' }, goodClaims, pem), { keys: published })).to.match(/no known key/);
  });

  it('takes RS256, ES256 and EdDSA of a published key', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const ed = generateKeyPairSync('ed25519');
    const under = (key: KeyObject): TokenRules => ({ ...rules, keys: async () => key });
    const rs256 = jwt.sign(goodClaims, rsa.privateKey, { algorithm: 'RS256', noTimestamp: true });
    const es256 = jwt.sign(goodClaims, ec.privateKey, { algorithm: 'ES256', noTimestamp: true });
    const signed = `${encode({ alg: 'EdDSA' })}.${encode(goodClaims)}`;
    const edDsa = `${signed}.${sign(null, Buffer.from(signed), ed.privateKey).toString('base64url')}`;
    expect((await verifyToken(rs256, under(rsa.publicKey))).user).to.equal('ada');
    expect((await verifyToken(es256, under(ec.publicKey))).user).to.equal('ada');
    expect((await verifyToken(edDsa, under(ed.publicKey))).user).to.equal('ada');
    await rejectionOf(`${signed}.${Buffer.alloc(64).toString('base64url')}`, under(ed.publicKey));
  });

  it('wants a secret of 32 bytes', () => {
    expect(() => secretKeys('short')).to.throw(WeakSecret, /32/);
  });
});
