import { type ApplicationOwner, ownApplication } from '../../domain/application/application.ts';
import { findNamed, withoutNamed } from '../../domain/application/named-values.ts';
import type { Application, EventOf } from '../../domain/events/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { EventLog } from '../loop/handle-command.ts';
import { parseInput } from '../parse.ts';
import { changeApplication } from './change-application.ts';
import { TlsNamed } from './tls-input.ts';

/** Deletes TLS settings: calls of their origins go without a client certificate from then on, and trust as usual. */
export const decideDeleteTls = (
  { name, ...owner }: ApplicationOwner & { readonly name: string },
  existing: Application | undefined,
): EventOf<'TlsDeleted'>[] => {
  const application = ownApplication(existing, owner);
  if (findNamed(application.tls, name) === undefined) {
    throw new Refusal('TLS_NOT_FOUND', `application ${owner.applicationId} has no TLS settings ${name}`);
  }
  return [{ type: 'TlsDeleted', data: { ...application, tls: withoutNamed(application.tls, name), tlsName: name } }];
};

export const deleteTls =
  (log: EventLog) =>
  async (context: CommandContext, applicationId: number, given: string): Promise<CommandResult<undefined>> => {
    const { name } = parseInput(TlsNamed, { name: given });
    const owner = { applicationId, tenant: context.tenant };
    const { revision, position } = await changeApplication(log, {
      applicationId,
      context,
      decide: (existing) => decideDeleteTls({ ...owner, name }, existing),
    });
    return { value: undefined, revision, position };
  };
