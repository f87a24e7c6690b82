import { type ApiToken, actorName } from '../../domain/events/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import { hasSecret, readToken, whyClosed } from '../../domain/token.ts';
import { toMs } from '../../domain/values.ts';
import type { Clock } from '../../runtime/world.ts';
import type { Identity } from '../identity.ts';
import type { FindToken } from '../log-lookup.ts';

type TokenCallerDeps = { readonly findToken: FindToken; readonly clock: Pick<Clock, 'now'> };

/**
 * The caller that an API token stands for. One that does not exist and one with a wrong secret are refused alike.
 * @throws Refusal TOKEN_REFUSED, LOG_UNAVAILABLE, STARTING
 */
export const callerOfToken = async (given: string, deps: TokenCallerDeps): Promise<Identity> => {
  const parts = readToken(given);
  if (parts === undefined) throw refused('it has not the form of one');
  const token = await deps.findToken(parts.tokenId);
  if (token === undefined || !hasSecret(token, parts.secret)) throw refused('there is none like it');
  return toIdentity(token, deps);
};

/**
 * The caller who signed in with an API token: for as long as the token opens something.
 * @throws Refusal TOKEN_REFUSED, LOG_UNAVAILABLE, STARTING
 */
export const holderOf = async (
  { tokenId, secretHash }: Pick<ApiToken, 'tokenId' | 'secretHash'>,
  deps: TokenCallerDeps,
): Promise<Identity> => {
  const token = await deps.findToken(tokenId);
  // In a log that was restored, another token may have the id.
  if (token?.secretHash !== secretHash) throw refused('there is none like it');
  return toIdentity(token, deps);
};

/** @throws Refusal TOKEN_REFUSED */
const toIdentity = (token: ApiToken, { clock }: Pick<TokenCallerDeps, 'clock'>): Identity => {
  const why = whyClosed(token, clock.now());
  if (why !== undefined) throw refused(`it ${why === 'expired' ? 'has expired' : 'was revoked'}`);
  const { tokenId, name, tenant, permissions, applications, createdBy, expiresAt, secretHash } = token;
  const actor = { type: 'token', name, tokenId, createdBy } as const;
  return {
    user: actorName(actor),
    callerId: tokenId,
    actor,
    tenant,
    permissions: new Set(permissions),
    ...(applications === undefined ? {} : { applications }),
    roles: [],
    ...(expiresAt === undefined ? {} : { expiresAtMs: toMs(expiresAt) }),
    signedIn: { by: 'api token', tokenId, secretHash },
  };
};

const refused = (why: string): Refusal => new Refusal('TOKEN_REFUSED', `the API token was refused: ${why}`);
