import { ownApplication } from '../../domain/application/application.ts';
import { checkRoom, findNamed, withNamed } from '../../domain/application/named-values.ts';
import { type Actor, type Application, actorName, type EventOf, type Variable } from '../../domain/events/index.ts';
import { toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { EventLog } from '../loop/handle-command.ts';
import { parseInput } from '../parse.ts';
import { changeApplication } from './change-application.ts';
import { SetVariable, VariableNamed } from './value-input.ts';

type SetVariableInput = {
  readonly applicationId: number;
  readonly tenant: string;
  readonly actor: Actor;
  readonly name: string;
  readonly value: string;
};

/** Sets a variable; records nothing if it has this value already. */
export const decideSetVariable = (
  { name, value, actor, ...owner }: SetVariableInput,
  existing: Application | undefined,
  nowMs: number,
): EventOf<'VariableSet'>[] => {
  const application = ownApplication(existing, owner);
  if (findNamed(application.variables, name)?.value === value) return [];
  const variable = { name, value, updatedAt: toInstant(nowMs), updatedBy: actorName(actor) };
  const after = { ...application, variables: withNamed(application.variables, variable) };
  checkRoom(after);
  return [{ type: 'VariableSet', data: { ...after, variable: name } }];
};

export const setVariable =
  (log: EventLog) =>
  async (
    context: CommandContext,
    applicationId: number,
    given: string,
    input: unknown,
  ): Promise<CommandResult<Variable>> => {
    const { name } = parseInput(VariableNamed, { name: given });
    const { value } = parseInput(SetVariable, input);
    const { tenant, actor } = context;
    const { application, ...done } = await changeApplication(log, {
      applicationId,
      context,
      decide: (existing) =>
        decideSetVariable({ applicationId, tenant, actor, name, value }, existing, log.world.clock.now()),
    });
    const variable = findNamed(application.variables, name);
    if (variable === undefined) throw new Error(`variable ${name} of application ${applicationId} was not set`);
    return { ...done, value: variable };
  };
