import { isDeepStrictEqual } from 'node:util';
import { ownApplication } from '../../domain/application/application.ts';
import { checkRoom, findNamed, withNamed } from '../../domain/application/named-values.ts';
import { type Actor, type Application, actorName, type EventOf, type Limit } from '../../domain/events/index.ts';
import { toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { EventLog } from '../loop/handle-command.ts';
import { parseInput } from '../parse.ts';
import { changeApplication } from './change-application.ts';
import { LimitNamed, SetLimit } from './limit-input.ts';

type SetLimitInput = {
  readonly applicationId: number;
  readonly tenant: string;
  readonly actor: Actor;
  readonly name: string;
} & Pick<Limit, 'parallel' | 'rate'>;

/** Sets a limit as a whole; records nothing if it says that already. */
export const decideSetLimit = (
  { name, parallel, rate, actor, ...owner }: SetLimitInput,
  existing: Application | undefined,
  nowMs: number,
): EventOf<'LimitSet'>[] => {
  const application = ownApplication(existing, owner);
  const stored = findNamed(application.limits, name);
  if (stored !== undefined && isDeepStrictEqual([stored.parallel, stored.rate], [parallel, rate])) return [];
  const limit = {
    name,
    ...(parallel === undefined ? {} : { parallel }),
    ...(rate === undefined ? {} : { rate }),
    updatedAt: toInstant(nowMs),
    updatedBy: actorName(actor),
  };
  const after = { ...application, limits: withNamed(application.limits, limit) };
  checkRoom(after);
  return [{ type: 'LimitSet', data: { ...after, limit: name } }];
};

export const setLimit =
  (log: EventLog) =>
  async (
    context: CommandContext,
    applicationId: number,
    given: string,
    input: unknown,
  ): Promise<CommandResult<Limit>> => {
    const { name } = parseInput(LimitNamed, { name: given });
    const { parallel, rate } = parseInput(SetLimit, input);
    const { tenant, actor } = context;
    const { application, ...done } = await changeApplication(log, {
      applicationId,
      context,
      decide: (existing) =>
        decideSetLimit({ applicationId, tenant, actor, name, parallel, rate }, existing, log.world.clock.now()),
    });
    const limit = findNamed(application.limits, name);
    if (limit === undefined) throw new Error(`limit ${name} of application ${applicationId} was not set`);
    return { ...done, value: limit };
  };
