import type { ApiToken } from '../../src/domain/events/index.ts';
import { hashOfSecret, writeToken } from '../../src/domain/token.ts';

export const SECRET = 's'.repeat(43);

/** A token of acme with the tests' secret. */
export const aToken = (other: Partial<ApiToken> = {}): ApiToken => ({
  tokenId: 5,
  tenant: 'acme',
  name: 'deploy',
  permissions: ['scheduler:jobs:read'],
  secretHash: hashOfSecret(SECRET),
  createdAt: '2026-03-02T08:00:00.000Z',
  createdBy: 'ann',
  ...other,
});

/** The token as its holder sends it. */
export const writtenToken = (tokenId = 5, secret = SECRET): string => writeToken({ tokenId, secret });
