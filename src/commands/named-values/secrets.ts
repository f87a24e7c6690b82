import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { rejectField } from '../../domain/domain-error.ts';
import type { Secret } from '../../domain/events/index.ts';
import { readSigningKey, SIGNING_KEY_FORM } from '../../domain/named-values/keys.ts';
import { MIN_STRUCK_LENGTH } from '../../domain/redaction/index.ts';
import { isSameSealed, type Sealed } from '../../domain/values.ts';
import { requireApplication } from '../application/applications.ts';
import { parseInput } from '../parse.ts';
import {
  deleteNamed,
  type NamedValues,
  Origin,
  serverSet,
  setNamed,
  type ToBe,
  ValueName,
  ValueText,
} from './named-value.ts';

const MAX_ORIGINS = 20;

export const SetSecret = z.strictObject({
  ...serverSet,
  value: ValueText.min(1, 'must not be empty'),
  /** Left out, the stored ones stay; null removes them. */
  allowedOrigins: z.array(Origin).min(1, 'must name at least one origin').max(MAX_ORIGINS).nullable().optional(),
  /** Whether it signs the application's calls. Left out, that stays as it is. */
  signing: z.boolean().optional(),
});

/** Jobs name one as `${secret:NAME}`, or it signs all calls of the application. */
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
  /** Undefined keeps the stored ones; null removes them. */
  readonly allowedOrigins: readonly string[] | null | undefined;
  /** Whether it signs calls; undefined keeps what is stored. */
  readonly signing: boolean | undefined;
  /** Whether the clear value can sign. */
  readonly isSigningKey: boolean;
};

/** Says so already what has the same fingerprint, origins and use. */
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

/** Executions of jobs that name it fail from then on. */
export const deleteSecret = deleteNamed(SECRETS);
