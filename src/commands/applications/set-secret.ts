import { isDeepStrictEqual } from 'node:util';
import { ownApplication } from '../../domain/application/application.ts';
import { checkRoom, findNamed, withNamed } from '../../domain/application/named-values.ts';
import { readSigningKey, SIGNING_KEY_FORM } from '../../domain/application/signing-key.ts';
import { type Actor, type Application, actorName, type EventOf, type Secret } from '../../domain/events/index.ts';
import { MIN_STRUCK_LENGTH } from '../../domain/redaction/index.ts';
import { refuseField } from '../../domain/refusal.ts';
import { isSameSealed, type Sealed, toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { parseInput } from '../parse.ts';
import { loadApplicationOf } from './applications.ts';
import { changeApplication } from './change-application.ts';
import { SecretNamed, SetSecret } from './value-input.ts';

type SetSecretInput = {
  readonly applicationId: number;
  readonly tenant: string;
  readonly actor: Actor;
  readonly name: string;
  readonly value: Sealed;
  /** Undefined keeps the stored ones; null removes them. */
  readonly allowedOrigins: readonly string[] | null | undefined;
  /** Whether it signs calls; undefined keeps what is stored. */
  readonly signing: boolean | undefined;
  /** Whether the clear value can sign. */
  readonly isSigningKey: boolean;
};

/** Sets a secret to a sealed value; records nothing if fingerprint, origins and use are the same. */
export const decideSetSecret = (
  { name, value, actor, allowedOrigins: given, signing: wanted, isSigningKey, ...owner }: SetSecretInput,
  existing: Application | undefined,
  nowMs: number,
): EventOf<'SecretSet'>[] => {
  const application = ownApplication(existing, owner);
  const stored = findNamed(application.secrets, name);
  const signing = wanted ?? stored?.signing === true;
  if (signing && !isSigningKey) throw refuseField('BAD_INPUT', '/value', SIGNING_KEY_FORM);
  if (signing && given) throw refuseField('BAD_INPUT', '/allowedOrigins', 'what signs is sent nowhere: leave them out');
  const use = signing ? { signing } : originsOf(given === undefined ? stored?.allowedOrigins : given);
  const storedUse = { ...originsOf(stored?.allowedOrigins), ...(stored?.signing && { signing: true }) };
  if (isSameSealed(stored?.value, value) && isDeepStrictEqual(storedUse, use)) return [];
  const secret = {
    name,
    value,
    updatedAt: toInstant(nowMs),
    updatedBy: actorName(actor),
    ...use,
  };
  const after = { ...application, secrets: withNamed(application.secrets, secret) };
  checkRoom(after);
  return [{ type: 'SecretSet', data: { ...after, secret: name } }];
};

const originsOf = (origins: readonly string[] | null | undefined) => (origins ? { allowedOrigins: [...origins] } : {});

const ANYWHERE = 'jobs may send it to every target that is allowed: give it allowedOrigins to say where it belongs';
const SHORT = `shorter than ${MIN_STRUCK_LENGTH} characters: it is not struck out where a target repeats it inside of a text`;

export const setSecret =
  (deps: CommandDeps) =>
  async (
    context: CommandContext,
    applicationId: number,
    given: string,
    input: unknown,
  ): Promise<CommandResult<Secret>> => {
    const { name } = parseInput(SecretNamed, { name: given });
    const { value: clear, allowedOrigins, signing } = parseInput(SetSecret, input);
    const { tenant, actor } = context;
    // Checked first, so that no data key is made for an application that the tenant does not have.
    ownApplication(await loadApplicationOf(deps.store, applicationId, tenant), { applicationId, tenant });
    const value = await deps.secrets.seal({ tenant, applicationId }, clear, { kind: 'secret', name });
    const { application, ...done } = await changeApplication(deps, {
      applicationId,
      context,
      decide: (existing) =>
        decideSetSecret(
          {
            ...{ applicationId, tenant, actor, name, value, allowedOrigins, signing },
            isSigningKey: readSigningKey(clear) !== undefined,
          },
          existing,
          deps.world.clock.now(),
        ),
    });
    const secret = findNamed(application.secrets, name);
    if (secret === undefined) throw new Error(`secret ${name} of application ${applicationId} was not set`);
    const warnings = [
      ...(secret.allowedOrigins === undefined && !secret.signing ? [ANYWHERE] : []),
      ...(clear.length < MIN_STRUCK_LENGTH ? [SHORT] : []),
    ];
    return { ...done, value: secret, warnings };
  };
