import { expect } from 'chai';
import supertest from 'supertest';
import { DomainError } from '../../src/domain/domain-error.ts';
import type { ApiToken } from '../../src/domain/events/index.ts';
import { done, NOW_MS, testApp, tokenFor } from '../support/http.ts';
import { aToken, writtenToken } from '../support/tokens.ts';

const API = '/_/scheduler';
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

describe('API tokens', () => {
  const findToken =
    (token: ApiToken = aToken()) =>
    async (tokenId: number): Promise<ApiToken | undefined> =>
      tokenId === token.tokenId ? token : undefined;
  const get = (token: ApiToken, headers: Record<string, string> = bearer(writtenToken())) =>
    supertest(testApp({ findToken: findToken(token) }).app)
      .get(`${API}/jobs`)
      .set(headers);

  const expired = new Date(NOW_MS).toISOString();
  const rejected: Record<string, () => ReturnType<typeof get>> = {
    'one that does not exist': () => get(aToken(), bearer(writtenToken(6))),
    'a wrong secret': () => get(aToken(), bearer(writtenToken(5, 't'.repeat(43)))),
    'another form': () => get(aToken(), bearer('car_5_short')),
    'one that has expired': () => get(aToken({ expiresAt: expired })),
    'one that was revoked': () => get(aToken({ revokedAt: expired })),
    'one in a cookie': () => get(aToken(), { Cookie: `session=${writtenToken()}` }),
  };
  for (const [what, request] of Object.entries(rejected)) {
    it(`are rejected: ${what}`, async () => {
      const { body, headers } = await request().expect(401);
      expect(body.code).to.equal('TOKEN_REJECTED');
      expect(headers['www-authenticate']).to.match(/error="invalid_token"/);
    });
  }

  it('are not rejected while the log is unavailable', async () => {
    const away = async () => {
      throw new DomainError('LOG_UNAVAILABLE', 'away');
    };
    const { app } = testApp({ findToken: away });
    await supertest(app).get(`${API}/jobs`).set(bearer(writtenToken())).expect(503);
    await supertest(app).get('/readyz').set(bearer(writtenToken())).expect(200);
  });

  describe('creation', () => {
    const create = (
      permissions: readonly string[],
      requested: readonly string[],
      headers: Record<string, string> = {},
    ) =>
      supertest(testApp({ commands: { createToken: async () => done({ token, secret: 'x'.repeat(43) }) } }).app)
        .post(`${API}/tokens`)
        .set({ ...bearer(tokenFor({ permissions })), ...headers })
        .send({ name: 'deploy', permissions: requested });
    const token = aToken({ tokenId: 8 });
    const tenantAdmin = ['scheduler:tenant:admin'];

    it('is for tenant administrators, in a response that must not be cached', async () => {
      const { body, headers } = await create(tenantAdmin, ['scheduler:jobs:read']).expect(201);
      expect(body.token).to.match(/^car_8_/);
      expect(body).to.not.have.any.keys('secretHash', 'tenant', 'tokenId');
      expect(headers['cache-control']).to.equal('no-store');
      await create(['scheduler:jobs:write'], ['scheduler:jobs:read']).expect(403);
    });
    it('rejects permissions that the caller lacks', async () => {
      const { body } = await create(tenantAdmin, ['scheduler:jobs:read', 'scheduler:admin']).expect(403);
      expect(body.detail).to.contain('scheduler:admin');
      await create(tenantAdmin, tenantAdmin).expect(201);
      await create(['scheduler:admin'], ['scheduler:admin']).expect(201);
    });
    it('rejects an Idempotency-Key, as the response would be stored', async () => {
      const { body } = await create(tenantAdmin, tenantAdmin, { 'Idempotency-Key': 'once' }).expect(400);
      expect(body.code).to.equal('BAD_IDEMPOTENCY_KEY');
    });
  });
});
