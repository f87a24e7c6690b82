import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { decideEraseSecrets } from '../../domain/application.ts';
import { rejectField } from '../../domain/domain-error.ts';
import type { Secret } from '../../domain/events/index.ts';
import { readSigningKey, SIGNING_KEY_FORM } from '../../domain/named-values/keys.ts';
import { MIN_STRUCK_LENGTH } from '../../domain/redaction/redact.ts';
import { isSameSealed, type Sealed } from '../../domain/values.ts';
import { StreamParked } from '../../event-store/errors.ts';
import { applicationsOf, requireApplication } from '../application/applications.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { APPLICATIONS, setDocument } from '../loop/documents.ts';
import { loadApplication } from '../loop/load.ts';
import { parseInput } from '../parse.ts';
import {
  deleteNamed,
  type NamedValues,
  Origin,
  setByServer,
  setNamed,
  type ToBe,
  ValueName,
  ValueText,
} from './named-value.ts';

const MAX_ORIGINS = 20;

export const SetSecret = z.strictObject({
  ...setByServer,
  value: ValueText.min(1, 'must not be empty'),
  /** If absent, the stored origins are kept; null removes them. */
  allowedOrigins: z.array(Origin).min(1, 'must name at least one origin').max(MAX_ORIGINS).nullable().optional(),
  /** Whether it signs the application's calls. If absent, unchanged. */
  signing: z.boolean().optional(),
});

/** Jobs use a secret as `${secret:NAME}`, or it signs all calls of the application. */
export const SECRETS: NamedValues<Secret> = {
  kind: 'secret',
  noun: 'secret',
  missing: 'SECRET_NOT_FOUND',
  // The path of `erase` is the command that erases all secrets.
  nameInput: ValueName.refine((text) => text !== 'erase', 'erase is reserved: choose another name'),
  listOf: ({ secrets }) => secrets,
  eventOf: (application, { what, list: secrets, name: secret }) => ({
    type: `Secret${what}`,
    data: { ...application, secrets, secret },
  }),
};

type SecretInput = {
  readonly value: Sealed;
  /** `undefined` keeps the stored origins; null removes them. */
  readonly allowedOrigins: readonly string[] | null | undefined;
  /** Whether it signs calls; `undefined` keeps the stored value. */
  readonly signing: boolean | undefined;
  /** Whether the clear value is a valid signing key. */
  readonly isSigningKey: boolean;
};

/** Unchanged if fingerprint, origins and use are the same. */
export const newSecret =
  ({ value, allowedOrigins: given, signing: wanted, isSigningKey }: SecretInput): ToBe<Secret> =>
  (stored, set) => {
    const signing = wanted ?? stored?.signing === true;
    if (signing && !isSigningKey) throw rejectField('BAD_INPUT', '/value', SIGNING_KEY_FORM);
    if (signing && given) {
      throw rejectField('BAD_INPUT', '/allowedOrigins', 'must be omitted: a signing key is never sent');
    }
    const use = signing ? { signing } : originsOf(given === undefined ? stored?.allowedOrigins : given);
    const storedUse = { ...originsOf(stored?.allowedOrigins), ...(stored?.signing && { signing: true }) };
    return isSameSealed(stored?.value, value) && isDeepStrictEqual(storedUse, use)
      ? undefined
      : { ...set, value, ...use };
  };

const originsOf = (origins: readonly string[] | null | undefined) => (origins ? { allowedOrigins: [...origins] } : {});

const ANYWHERE = 'jobs can send the secret to every allowed target: set allowedOrigins to restrict it';
const SHORT = `shorter than ${MIN_STRUCK_LENGTH} characters: it is not masked if a target repeats it within a text`;

export const setSecret = setNamed(SECRETS, async (input, deps, { name, ...owner }) => {
  const { value: clear, allowedOrigins, signing } = parseInput(SetSecret, input);
  // Checked first, so that no data key is made for an application that the tenant does not have.
  await requireApplication(deps.store, owner);
  const value = await deps.secrets.seal(owner, clear, { kind: 'secret', name });
  return {
    toBe: newSecret({ value, allowedOrigins, signing, isSigningKey: readSigningKey(clear) !== undefined }),
    warningsOf: (secret) => [
      ...(secret.allowedOrigins === undefined && !secret.signing ? [ANYWHERE] : []),
      ...(clear.length < MIN_STRUCK_LENGTH ? [SHORT] : []),
    ],
  };
});

/** Executions of jobs that use it fail from then on. */
export const deleteSecret = deleteNamed(SECRETS);
type ErasureReport = {
  readonly applicationId: number;
  /** Generation of the deleted data key; absent if there was none. */
  readonly generation?: number;
};

/**
 * Deletes the data key of an application. Nothing that was sealed with it can be opened again.
 *
 * Records the deletion first, then deletes the key: if the process dies in between, the next try deletes it. A repeated
 * request deletes the key that its event names, even if the application has a newer one by then.
 */
export const eraseSecrets =
  (deps: CommandDeps) =>
  async (context: CommandContext, applicationId: number): Promise<CommandResult<ErasureReport>> => {
    const owner = { tenant: context.tenant, applicationId };
    const { erasedGeneration = 0 } = await requireApplication(deps.store, owner);
    const activeDefinition = await deps.secrets.currentGeneration({ ...owner, from: erasedGeneration });
    const { value: application, ...done } = await setDocument(deps, APPLICATIONS, {
      key: [applicationId],
      context,
      decide: (existing) =>
        activeDefinition === undefined ? [] : decideEraseSecrets({ ...owner, generation: activeDefinition }, existing),
    });
    const generation = done.position === undefined ? activeDefinition : application.erasedGeneration;
    if (generation === undefined) return { ...done, value: { applicationId } };
    await deps.secrets.erase({ ...owner, generation });
    return { ...done, value: { applicationId, generation } };
  };

/** How many data keys were wrapped again with the ring's current key, and which could not be. */
type RotationReport = {
  readonly rewrapped: number;
  /** Data keys that the current key already wrapped. */
  readonly current: number;
  readonly failed: readonly { readonly applicationId: number; readonly code: string; readonly message: string }[];
};

/**
 * Wraps the data key of every application with the ring's current key. Reads the log, because a read model may lag. Reports
 * keys that can't be unwrapped and continues with the others. Repeating it changes nothing.
 */
export const rotateSecrets = (deps: CommandDeps) => async (): Promise<RotationReport> => {
  const counts = { rewrapped: 0, current: 0 };
  const failed: RotationReport['failed'][number][] = [];
  for await (const applications of applicationsOf(deps.store)) {
    for (const { applicationId } of applications) {
      try {
        const done = await rewrapKeyOf(applicationId, deps);
        if (done !== undefined) counts[done] += 1;
      } catch (error) {
        failed.push({ applicationId, ...reasonOf(error) });
      }
    }
  }
  return { ...counts, failed };
};

/** Wraps an application's data key again unless the current key wraps it; `undefined` if there is none. */
const rewrapKeyOf = async (
  applicationId: number,
  { store, secrets }: CommandDeps,
): Promise<'rewrapped' | 'current' | undefined> => {
  const { state } = await loadApplication(store, applicationId);
  if (state === undefined) return undefined;
  const { tenant, erasedGeneration: from = 0 } = state;
  // A key with a recorded but incomplete deletion is still current.
  const generation = await secrets.currentGeneration({ tenant, applicationId, from });
  if (generation === undefined) return undefined;
  return (await secrets.rewrap({ tenant, applicationId, generation })) ? 'rewrapped' : 'current';
};

const reasonOf = (error: unknown): { code: string; message: string } => {
  if (!(error instanceof Error)) throw error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (!code.startsWith('SECRET_') && !(error instanceof StreamParked)) throw error;
  return { code, message: error.message };
};
