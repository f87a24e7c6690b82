import { actorName } from '../../domain/events/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import { hasSecret, readToken, whyClosed } from '../../domain/tokens/api-token.ts';
import type { Clock } from '../../world.ts';
import type { Caller } from '../authorize.ts';
import type { FindToken } from './token-lookup.ts';

type TokenCallerDeps = { readonly findToken: FindToken; readonly clock: Pick<Clock, 'now'> };

/**
 * The caller that an API token stands for. One that does not exist and one with a wrong secret are refused alike.
 * @throws Refusal TOKEN_REFUSED, LOG_UNAVAILABLE, STARTING
 */
export const callerOfToken = async (given: string, { findToken, clock }: TokenCallerDeps): Promise<Caller> => {
  const parts = readToken(given);
  if (parts === undefined) throw refused('it has not the form of one');
  const token = await findToken(parts.tokenId);
  if (token === undefined || !hasSecret(token, parts.secret)) throw refused('there is none like it');
  const why = whyClosed(token, clock.now());
  if (why !== undefined) throw refused(`it ${why === 'expired' ? 'has expired' : 'was revoked'}`);
  const { tokenId, name, tenant, permissions, applications, createdBy } = token;
  const actor = { type: 'token', name, tokenId, createdBy } as const;
  const caller = { user: actorName(actor), actor, tenant, permissions: new Set(permissions) };
  return applications === undefined ? caller : { ...caller, applications };
};

const refused = (why: string): Refusal => new Refusal('TOKEN_REFUSED', `the API token was refused: ${why}`);
