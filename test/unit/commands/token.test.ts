import { expect } from 'chai';
import { CreateToken } from '../../../src/commands/token.ts';
import type { Actor, ApiToken, TokenEvent } from '../../../src/domain/events/index.ts';
import { decideCreateToken, decideRevokeToken } from '../../../src/domain/token.ts';
import { specOf } from '../../support/given.ts';
import { aToken } from '../../support/tokens.ts';

const { given } = specOf<ApiToken | undefined, TokenEvent>(undefined, (_state, event) => event.data);
const at = '2026-03-02T10:00:00.000Z';
const later = '2026-03-02T12:00:00.000Z';
const nowMs = Date.parse(at);
const bob: Actor = { type: 'user', name: 'bob' };
const created = (other: Partial<ApiToken> = {}): TokenEvent => ({ type: 'TokenCreated', data: aToken(other) });
const requested = { name: 'deploy', permissions: ['scheduler:jobs:read'] };

describe('create token', () => {
  const create =
    (other: object = {}, actor = bob) =>
    () => {
      const token = CreateToken.parse({ ...requested, ...other });
      const { tenant, tokenId, secretHash } = aToken();
      return decideCreateToken({ tokenId, tenant, actor, token, secretHash }, nowMs);
    };
  it('records the whole token, with the hash of its secret', () => {
    given()
      .when(create())
      .then(created({ createdAt: at, createdBy: 'bob' }));
  });
  it('records its end and each permission once', () => {
    const permissions = ['scheduler:jobs:read', 'scheduler:jobs:write', 'scheduler:jobs:read'];
    given()
      .when(create({ permissions, expiresAt: '2026-03-02T13:00:00+01:00' }))
      .then(created({ permissions: permissions.slice(0, 2), expiresAt: later, createdAt: at, createdBy: 'bob' }));
  });
  it('records the applications that it is bound to, and binds no administrator', () => {
    given()
      .when(create({ applications: [3, 1, 3] }))
      .then(created({ applications: [3, 1], createdAt: at, createdBy: 'bob' }));
    for (const permission of ['scheduler:admin', 'scheduler:tenant:admin']) {
      given()
        .when(create({ applications: [3], permissions: [permission] }))
        .thenRejected('BAD_COMBINATION', ['/permissions']);
    }
  });
  it('is rejected if it has expired already', () => {
    given()
      .when(create({ expiresAt: at }))
      .thenRejected('UNTIL_IN_PAST', ['/expiresAt']);
  });
  it('rejects a token as its creator, as the new token could outlive its revocation', () => {
    given()
      .when(create({}, { type: 'token', name: 'deploy', tokenId: 4, createdBy: 'ann' }))
      .thenRejected('FORBIDDEN');
  });
  for (const input of [
    { name: '' },
    { name: 'a\nb' },
    { name: 'x'.repeat(101) },
    { permissions: [] },
    { permissions: ['scheduler:everything'] },
    { permissions: 'scheduler:jobs:read' },
    { expiresAt: 'tomorrow' },
    { applications: [] },
    { applications: ['crm'] },
    { tenant: 'globex' },
  ]) {
    it(`rejects ${JSON.stringify(input)}`, () => {
      expect(CreateToken.safeParse({ ...requested, ...input }).success).to.equal(false);
    });
  }
});

describe('revoke token', () => {
  const revoke =
    (tenant = 'acme') =>
    (state: ApiToken | undefined) =>
      decideRevokeToken({ tokenId: 5, tenant, actor: bob }, state, nowMs);
  it('records the token with its end, once', () => {
    given(created({ expiresAt: later }))
      .when(revoke())
      .thenOnce({ type: 'TokenRevoked', data: aToken({ expiresAt: later, revokedAt: at, revokedBy: 'bob' }) });
  });
  it('is rejected if there is none, or only one of another tenant', () => {
    given().when(revoke()).thenRejected('TOKEN_NOT_FOUND');
    given(created()).when(revoke('globex')).thenRejected('TOKEN_NOT_FOUND');
  });
});
