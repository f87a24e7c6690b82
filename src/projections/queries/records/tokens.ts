import { ApiToken } from '../../../domain/events/index.ts';
import { bigint, instant, integer, json, record, text } from '../../record.ts';

/** An API token as the API shows it. */
export type TokenView = Omit<ApiToken, 'tokenId' | 'tenant' | 'secretHash'> & { readonly id: number };

export const tokenRecord = record(
  'token',
  {
    id: bigint().named('token_id'),
    tenant: text().inner(),
    createdAt: instant(),
    /** Without the hash of its secret, which is in the log only. */
    token: json(ApiToken.omit({ secretHash: true })),
    revision: integer().inner(),
  },
  { key: ['id'] },
);

/** A token as the API shows it: without its secret or what is recorded of that. */
export const toTokenView = (token: Omit<ApiToken, 'secretHash'>): TokenView => {
  const { tokenId: id, name, permissions, applications, createdAt, createdBy, expiresAt, revokedAt, revokedBy } = token;
  return {
    ...{ id, name, permissions },
    ...(applications === undefined ? {} : { applications }),
    ...{ createdAt, createdBy },
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(revokedAt === undefined ? {} : { revokedAt }),
    ...(revokedBy === undefined ? {} : { revokedBy }),
  };
};
