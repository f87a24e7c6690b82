import { z } from 'zod';
import { defined } from '../domain/defined.ts';
import { DomainError, rejectField } from '../domain/domain-error.ts';
import { type Actor, type ApiToken, actorName, type EventOf, isTokenEvent } from '../domain/events/index.ts';
import { PERMISSIONS } from '../domain/permissions.ts';
import { tokenStream } from '../domain/streams.ts';
import { hashOfSecret, SECRET_BYTES } from '../domain/token.ts';
import { ApplicationId, InstantInput, isPlainText, type Tenant, toInstant, toMs } from '../domain/values.ts';
import { loadApplicationOf } from './application/applications.ts';
import type { CommandContext, CommandResult } from './command.ts';
import { ownAppend } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import { handleCommand } from './loop/handle-command.ts';
import { loadToken } from './loop/load.ts';
import { parseInput, requireVisible } from './parse.ts';

const MAX_NAME = 100;
const MAX_APPLICATIONS = 100;
/** These reach beyond applications. */
const OF_ADMINISTRATORS: ReadonlySet<string> = new Set(['scheduler:tenant:admin', 'scheduler:admin']);

export const CreateToken = z.strictObject({
  name: z
    .string()
    .min(1, 'must not be empty')
    .max(MAX_NAME)
    .refine(isPlainText, 'must not contain control characters or unpaired surrogates')
    .superRefine(requireVisible),
  permissions: z
    .array(z.enum(PERMISSIONS, `must be one of ${PERMISSIONS.join(', ')}`))
    .min(1, 'must have at least one')
    .max(PERMISSIONS.length)
    .transform((permissions) => [...new Set(permissions)]),
  /** Ids of the applications that it is bound to. */
  applications: z
    .array(ApplicationId)
    .min(1, 'must have at least one')
    .max(MAX_APPLICATIONS)
    .transform((ids) => [...new Set(ids)])
    .optional(),
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
  { tokenId, tenant, actor, token: { name, permissions, applications, expiresAt }, secretHash }: CreateTokenInput,
  existing: ApiToken | undefined,
  nowMs: number,
): EventOf<'TokenCreated'>[] => {
  if (existing !== undefined) return [];
  if (actor.type === 'token')
    throw new DomainError('FORBIDDEN', 'an API token cannot create another one: sign in to create it');
  if (expiresAt && toMs(expiresAt) <= nowMs) throw rejectField('UNTIL_IN_PAST', '/expiresAt', 'must be in the future');
  if (applications !== undefined && permissions.some((each) => OF_ADMINISTRATORS.has(each))) {
    throw rejectField(
      'BAD_COMBINATION',
      '/permissions',
      'a token with scheduler:admin cannot be limited to applications',
    );
  }
  const data = {
    tokenId,
    tenant,
    name,
    permissions,
    ...defined({ applications }),
    secretHash,
    createdAt: toInstant(nowMs),
    createdBy: actorName(actor),
    ...(expiresAt ? { expiresAt } : {}),
  };
  return [{ type: 'TokenCreated', data }];
};

/** A token that was just created, with its secret, which nobody can look up later. */
type CreatedToken = { readonly token: ApiToken; readonly secret: string };

/** The caller has checked that the permissions may be given. */
export const createToken =
  (deps: CommandDeps) =>
  async (context: CommandContext, input: unknown): Promise<CommandResult<CreatedToken>> => {
    const token = parseInput(CreateToken, input);
    const { tenant, actor } = context;
    await checkApplications(deps.store, token, tenant);
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

/** @throws DomainError UNKNOWN_APPLICATION */
const checkApplications = async (
  store: CommandDeps['store'],
  { applications = [] }: CreateToken,
  tenant: Tenant,
): Promise<void> => {
  const found = await Promise.all(applications.map((id) => loadApplicationOf(store, id, tenant)));
  const at = found.indexOf(undefined);
  if (at === -1) return;
  throw rejectField('UNKNOWN_APPLICATION', `/applications/${at}`, `there is no application ${applications[at]}`);
};

type RevokeTokenInput = { readonly tokenId: number; readonly tenant: Tenant; readonly actor: Actor };

/** Revokes a token, also one that has expired; records nothing if it is revoked. */
export const decideRevokeToken = (
  { tokenId, tenant, actor }: RevokeTokenInput,
  existing: ApiToken | undefined,
  nowMs: number,
): EventOf<'TokenRevoked'>[] => {
  if (existing?.tenant !== tenant) throw new DomainError('TOKEN_NOT_FOUND', `there is no token ${tokenId}`);
  if (existing.revokedAt !== undefined) return [];
  return [{ type: 'TokenRevoked', data: { ...existing, revokedAt: toInstant(nowMs), revokedBy: actorName(actor) } }];
};

/** @throws DomainError TOKEN_NOT_FOUND */
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
