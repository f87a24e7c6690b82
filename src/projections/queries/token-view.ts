import type { ApiToken } from '../../domain/events/index.ts';
import type { TokenView } from './port/tenants.ts';

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
