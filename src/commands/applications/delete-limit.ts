import { ownApplication } from '../../domain/application/application.ts';
import { findNamed, withoutNamed } from '../../domain/application/named-values.ts';
import type { Application, EventOf } from '../../domain/events/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { refuseInUse } from '../job-uses.ts';
import { parseInput } from '../parse.ts';
import { changeApplication } from './change-application.ts';
import { LimitNamed } from './limit-input.ts';

type DeleteLimitInput = { readonly applicationId: number; readonly tenant: string; readonly name: string };

/** Deletes a limit. */
export const decideDeleteLimit = (
  { name, ...owner }: DeleteLimitInput,
  existing: Application | undefined,
): EventOf<'LimitDeleted'>[] => {
  const application = ownApplication(existing, owner);
  if (findNamed(application.limits, name) === undefined) {
    throw new Refusal('LIMIT_NOT_FOUND', `application ${owner.applicationId} has no limit ${name}`);
  }
  const limits = withoutNamed(application.limits, name);
  return [{ type: 'LimitDeleted', data: { ...application, limits, limit: name } }];
};

export const deleteLimit =
  (deps: CommandDeps) =>
  async (context: CommandContext, applicationId: number, given: string): Promise<CommandResult<undefined>> => {
    const { name } = parseInput(LimitNamed, { name: given });
    const { tenant } = context;
    const { revision, position } = await changeApplication(deps, {
      applicationId,
      context,
      decide: (existing) => decideDeleteLimit({ applicationId, tenant, name }, existing),
      prepare: async () =>
        refuseInUse('LIMIT_IN_USE', `limit ${name}`, await deps.uses.ofLimit({ tenant, applicationId, name })),
    });
    return { value: undefined, revision, position };
  };
