import { defined } from '../../domain/defined.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { type ApiToken, actorName } from '../../domain/events/index.ts';
import { hasSecret, readToken, rejectionReason } from '../../domain/token.ts';
import { toMs } from '../../domain/values.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { IdentificationOptions } from '../callers/authenticate.ts';
import type { Identity } from '../callers/authorize.ts';
import { createLogLookup, type FindToken } from '../callers/log-lookup.ts';

/**
 * The caller of an API token. A missing token and a wrong secret get the same error.
 * @throws DomainError TOKEN_REJECTED, LOG_UNAVAILABLE, STARTING
 */
export const callerOfToken = async (given: string, deps: IdentificationOptions): Promise<Identity> => {
  const parts = readToken(given);
  if (parts === undefined) throw rejected('it is malformed');
  const token = await deps.findToken(parts.tokenId);
  if (token === undefined || !hasSecret(token, parts.secret)) throw rejected('it is unknown');
  return toIdentity(token, deps);
};

/**
 * The caller who signed in with an API token, while the token is valid.
 * @throws DomainError TOKEN_REJECTED, LOG_UNAVAILABLE, STARTING
 */
export const holderOf = async (
  { tokenId, secretHash }: Pick<ApiToken, 'tokenId' | 'secretHash'>,
  deps: IdentificationOptions,
): Promise<Identity> => {
  const token = await deps.findToken(tokenId);
  // In a log that was restored, another token may have the id.
  if (token?.secretHash !== secretHash) throw rejected('it is unknown');
  return toIdentity(token, deps);
};

/** @throws DomainError TOKEN_REJECTED */
const toIdentity = (token: ApiToken, { clock }: IdentificationOptions): Identity => {
  const why = rejectionReason(token, clock.now());
  if (why !== undefined) throw rejected(`it ${why === 'expired' ? 'has expired' : 'was revoked'}`);
  const { tokenId, name, tenant, permissions, applications, queues, createdBy, expiresAt, secretHash } = token;
  const actor = { type: 'token', name, tokenId, createdBy } as const;
  return defined({
    user: actorName(actor),
    callerId: tokenId,
    actor,
    tenant,
    permissions: new Set(permissions),
    applications,
    queues,
    roles: [],
    expiresAtMs: expiresAt === undefined ? undefined : toMs(expiresAt),
    signedIn: { by: 'apiToken', tokenId, secretHash },
  });
};

const rejected = (why: string): DomainError => new DomainError('TOKEN_REJECTED', `the API token was rejected: ${why}`);

/** Minimum interval of reading the last allocated id, whatever ids strangers invent. */
const POLL_INTERVAL_MS = 100;

export type TokenLookup = {
  readonly find: FindToken;
  /** Sets the readers of tokens and of the last allocated token id when the log is open. */
  readFrom(read: { token: FindToken; lastId: () => Promise<number> }): void;
};

/**
 * Looks up API tokens in the log. Ids are allocated in order, so ids beyond the last one are not looked up: such requests
 * share one read of the last allocated id, which begins after they arrive. So a token that another process just created is
 * found, and invented tokens cost no read each.
 */
export const createTokenLookup = (world: Runtime): TokenLookup => {
  const tokens = createLogLookup<number, ApiToken>('API tokens', world);
  const ids = createLogLookup<'last', number>('API tokens', world);
  let lastId = 0;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  const look = async (): Promise<void> => {
    const waitMs = lookedAtMs + POLL_INTERVAL_MS - world.clock.monotonic();
    // Requests that arrive before the read begins share it.
    await (waitMs > 0 ? world.timers.sleep(waitMs) : undefined);
    looking = undefined;
    lookedAtMs = world.clock.monotonic();
    ids.forget('last');
    lastId = (await ids.find('last')) ?? 0;
  };

  return {
    find: async (tokenId) => {
      if (tokenId > lastId) {
        looking ??= look();
        await looking;
      }
      return tokenId > lastId ? undefined : tokens.find(tokenId);
    },
    readFrom: ({ token, lastId: readLastId }) => {
      tokens.readFrom(token);
      ids.readFrom(readLastId);
    },
  };
};
