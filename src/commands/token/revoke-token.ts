import { isTokenEvent } from '../../domain/events/families.ts';
import { type Actor, type ApiToken, actorName, type EventOf } from '../../domain/events/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import { tokenStream } from '../../domain/streams.ts';
import { type Tenant, toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadToken } from '../loop/load.ts';
import { ownAppend } from '../loop/own-append.ts';

type RevokeTokenInput = { readonly tokenId: number; readonly tenant: Tenant; readonly actor: Actor };

/** Revokes a token, also one that has expired; records nothing if it is revoked. */
export const decideRevokeToken = (
  { tokenId, tenant, actor }: RevokeTokenInput,
  existing: ApiToken | undefined,
  nowMs: number,
): EventOf<'TokenRevoked'>[] => {
  if (existing?.tenant !== tenant) throw new Refusal('TOKEN_NOT_FOUND', `there is no token ${tokenId}`);
  if (existing.revokedAt !== undefined) return [];
  return [{ type: 'TokenRevoked', data: { ...existing, revokedAt: toInstant(nowMs), revokedBy: actorName(actor) } }];
};

/** @throws Refusal TOKEN_NOT_FOUND */
export const revokeToken =
  (deps: CommandDeps) =>
  async (context: CommandContext, tokenId: number): Promise<CommandResult<undefined>> => {
    const { tenant, actor } = context;
    const { revision, position } = await handleCommand(deps, {
      stream: tokenStream(tokenId),
      context,
      load: () => loadToken(deps.store, tokenId),
      decide: (existing) => decideRevokeToken({ tokenId, tenant, actor }, existing, deps.world.clock.now()),
      own: ownAppend(context, isTokenEvent),
    });
    return { value: undefined, revision, position };
  };
