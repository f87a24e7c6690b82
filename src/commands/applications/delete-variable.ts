import { ownApplication } from '../../domain/application/application.ts';
import { findNamed, withoutNamed } from '../../domain/application/named-values.ts';
import type { Application, EventOf } from '../../domain/events/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { EventLog } from '../loop/handle-command.ts';
import { parseInput } from '../parse.ts';
import { changeApplication } from './change-application.ts';
import { VariableNamed } from './value-input.ts';

type DeleteVariableInput = { readonly applicationId: number; readonly tenant: string; readonly name: string };

/** Deletes a variable. Executions of jobs that name it fail from then on. */
export const decideDeleteVariable = (
  { name, ...owner }: DeleteVariableInput,
  existing: Application | undefined,
): EventOf<'VariableDeleted'>[] => {
  const application = ownApplication(existing, owner);
  if (findNamed(application.variables, name) === undefined) {
    throw new Refusal('VARIABLE_NOT_FOUND', `application ${owner.applicationId} has no variable ${name}`);
  }
  const variables = withoutNamed(application.variables, name);
  return [{ type: 'VariableDeleted', data: { ...application, variables, variable: name } }];
};

export const deleteVariable =
  (log: EventLog) =>
  async (context: CommandContext, applicationId: number, given: string): Promise<CommandResult<undefined>> => {
    const { name } = parseInput(VariableNamed, { name: given });
    const { tenant } = context;
    const { revision, position } = await changeApplication(log, {
      applicationId,
      context,
      decide: (existing) => decideDeleteVariable({ applicationId, tenant, name }, existing),
    });
    return { value: undefined, revision, position };
  };
