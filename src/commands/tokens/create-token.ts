import { z } from 'zod';
import { type Actor, type ApiToken, actorName, type EventOf } from '../../domain/events/index.ts';
import { PERMISSIONS } from '../../domain/permissions.ts';
import { Refusal, refuseField } from '../../domain/refusal.ts';
import { tokenStream } from '../../domain/streams.ts';
import { hashOfSecret, SECRET_BYTES } from '../../domain/tokens/api-token.ts';
import { InstantInput, isPlainText, type Tenant, toInstant, toMs } from '../../domain/values.ts';
import type { CommandDeps } from '../command-deps.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadToken } from '../loop/load.ts';
import { parseInput } from '../parse.ts';
import type { Commands } from '../port.ts';

const LONGEST_NAME = 100;

export const CreateToken = z.strictObject({
  name: z
    .string()
    .min(1, 'must not be empty')
    .max(LONGEST_NAME)
    .refine(isPlainText, 'must not contain control characters or unpaired surrogates'),
  permissions: z
    .array(z.enum(PERMISSIONS, `must be one of ${PERMISSIONS.join(', ')}`))
    .min(1, 'must have at least one')
    .max(PERMISSIONS.length)
    .transform((permissions) => [...new Set(permissions)]),
  expiresAt: InstantInput.nullable().optional(),
});
export type CreateToken = z.infer<typeof CreateToken>;

type CreateTokenInput = {
  readonly tokenId: number;
  readonly tenant: Tenant;
  readonly actor: Actor;
  readonly token: CreateToken;
  readonly secretHash: string;
};

/**
 * Creates a token; records nothing if its id is in use. A token creates no other, or one that leaked could
 * outlive its revocation.
 */
export const decideCreateToken = (
  { tokenId, tenant, actor, token: { name, permissions, expiresAt }, secretHash }: CreateTokenInput,
  existing: ApiToken | undefined,
  nowMs: number,
): EventOf<'TokenCreated'>[] => {
  if (existing !== undefined) return [];
  if (actor.type === 'token') throw new Refusal('FORBIDDEN', 'an API token creates no other: sign in to create one');
  if (expiresAt && toMs(expiresAt) <= nowMs) throw refuseField('UNTIL_PASSED', '/expiresAt', 'must be in the future');
  const data = {
    tokenId,
    tenant,
    name,
    permissions,
    secretHash,
    createdAt: toInstant(nowMs),
    createdBy: actorName(actor),
    ...(expiresAt ? { expiresAt } : {}),
  };
  return [{ type: 'TokenCreated', data }];
};

export const createToken =
  (deps: CommandDeps): Commands['createToken'] =>
  async (context, input) => {
    const token = parseInput(CreateToken, input);
    const { tenant, actor } = context;
    const tokenId = await deps.tokenIds.take();
    const secret = deps.world.random.bytes(SECRET_BYTES).toString('base64url');
    const { events, revision, position } = await handleCommand(deps, {
      stream: tokenStream(tokenId),
      context,
      load: () => loadToken(deps.store, tokenId),
      decide: (existing) =>
        decideCreateToken(
          { tokenId, tenant, actor, token, secretHash: hashOfSecret(secret) },
          existing,
          deps.world.clock.now(),
        ),
    });
    const [created] = events;
    if (created === undefined) throw new Error(`the new id ${tokenId} is in use already`);
    return { value: { token: created.data, secret }, revision, position };
  };
