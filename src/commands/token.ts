import { z } from 'zod';
import { rejectField } from '../domain/domain-error.ts';
import type { ApiToken } from '../domain/events/index.ts';
import { PERMISSIONS } from '../domain/permissions.ts';
import { decideCreateToken, decideRevokeToken, hashOfSecret, SECRET_BYTES } from '../domain/token.ts';
import { ApplicationId, InstantInput, plainText, type Tenant } from '../domain/values.ts';
import { knownApplication, loadApplicationOf } from './application/applications.ts';
import type { CommandContext, CommandResult } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import { changeDocument, createDocument, TOKENS } from './loop/documents.ts';
import { createFindNamed } from './loop/names.ts';
import { parseInput, requireVisible } from './parse.ts';

const MAX_NAME = 100;
const MAX_APPLICATIONS = 100;
const QUEUE = /^[^/]{1,200}\/[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const CreateToken = z.strictObject({
  name: plainText(MAX_NAME).superRefine(requireVisible),
  permissions: z
    .array(z.enum(PERMISSIONS, `must be one of ${PERMISSIONS.join(', ')}`))
    .min(1, 'must have at least one')
    .max(PERMISSIONS.length)
    .transform((permissions) => [...new Set(permissions)]),
  /** Ids of the applications that it is limited to. */
  applications: z
    .array(ApplicationId)
    .min(1, 'must have at least one')
    .max(MAX_APPLICATIONS)
    .transform((ids) => [...new Set(ids)])
    .optional(),
  /** Queues that it is limited to, by the id or name of the application: `crm/reports`. */
  queues: z
    .array(z.string().max(300).regex(QUEUE, 'must be an application and a queue, such as crm/reports'))
    .min(1, 'must have at least one')
    .max(MAX_APPLICATIONS)
    .optional(),
  expiresAt: InstantInput.nullable().optional(),
});

export type CreateToken = z.infer<typeof CreateToken>;
/** A new token with its secret, which can't be looked up later. */
type CreatedToken = { readonly token: ApiToken; readonly secret: string };

/** The caller has checked that the permissions can be granted. */
export const createToken =
  (deps: CommandDeps) =>
  async (context: CommandContext, input: unknown): Promise<CommandResult<CreatedToken>> => {
    const given = parseInput(CreateToken, input);
    const { tenant } = context;
    const queues = given.queues && (await queuesWithIds(deps.store, given.queues, tenant));
    const token = { ...given, queues };
    await checkApplications(deps.store, token, tenant);
    const tokenId = await deps.tokenIds.take();
    const secret = deps.world.random.bytes(SECRET_BYTES).toString('base64url');
    const creating = { tokenId, ...context, token, secretHash: hashOfSecret(secret) };
    const { value, ...done } = await createDocument(deps, TOKENS, {
      key: [tokenId],
      context,
      decide: (nowMs) => decideCreateToken(creating, nowMs),
    });
    return { ...done, value: { token: value, secret } };
  };

/** @throws DomainError UNKNOWN_APPLICATION */
const queuesWithIds = (store: CommandDeps['store'], queues: readonly string[], tenant: Tenant): Promise<string[]> => {
  const find = createFindNamed(store);
  return Promise.all(
    queues.map(async (address, at) => {
      const [application = '', queue] = address.split('/');
      const id = /^[1-9]\d*$/.test(application) ? Number(application) : await find.application(tenant, application);
      const found = id === undefined ? undefined : await loadApplicationOf(store, id, tenant);
      if (found !== undefined) return `${found.applicationId}/${queue}`;
      throw rejectField('UNKNOWN_APPLICATION', `/queues/${at}`, `there is no application ${application}`);
    }),
  );
};

/** @throws DomainError UNKNOWN_APPLICATION */
const checkApplications = async (
  store: CommandDeps['store'],
  { applications = [] }: CreateToken,
  tenant: Tenant,
): Promise<void> => {
  for (const [at, applicationId] of applications.entries()) {
    await knownApplication(store, { tenant, applicationId }, `/applications/${at}`);
  }
};

/** @throws DomainError TOKEN_NOT_FOUND */
export const revokeToken =
  (deps: CommandDeps) =>
  (context: CommandContext, tokenId: number): Promise<CommandResult<unknown>> =>
    changeDocument(deps, TOKENS, {
      key: [tokenId],
      context,
      decide: (existing, nowMs) => decideRevokeToken({ tokenId, ...context }, existing, nowMs),
    });
