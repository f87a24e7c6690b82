import { ownApplication } from '../../domain/application/application.ts';
import { findNamed, withoutNamed } from '../../domain/application/named-values.ts';
import type { Application, EventOf } from '../../domain/events/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { EventLog } from '../loop/handle-command.ts';
import { parseInput } from '../parse.ts';
import { changeApplication } from './change-application.ts';
import { SecretNamed } from './value-input.ts';

type DeleteSecretInput = { readonly applicationId: number; readonly tenant: string; readonly name: string };

/** Deletes a secret. Executions of jobs that name it fail from then on. */
export const decideDeleteSecret = (
  { name, ...owner }: DeleteSecretInput,
  existing: Application | undefined,
): EventOf<'SecretDeleted'>[] => {
  const application = ownApplication(existing, owner);
  if (findNamed(application.secrets, name) === undefined) {
    throw new Refusal('SECRET_NOT_FOUND', `application ${owner.applicationId} has no secret ${name}`);
  }
  const secrets = withoutNamed(application.secrets, name);
  return [{ type: 'SecretDeleted', data: { ...application, secrets, secret: name } }];
};

export const deleteSecret =
  (log: EventLog) =>
  async (context: CommandContext, applicationId: number, given: string): Promise<CommandResult<undefined>> => {
    const { name } = parseInput(SecretNamed, { name: given });
    const { tenant } = context;
    const { revision, position } = await changeApplication(log, {
      applicationId,
      context,
      decide: (existing) => decideDeleteSecret({ applicationId, tenant, name }, existing),
    });
    return { value: undefined, revision, position };
  };
