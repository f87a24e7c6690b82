import { ownApplication } from '../../domain/application.ts';
import type { Application, EventOf } from '../../domain/events/index.ts';
import { requireApplication } from '../application/applications.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import type { EventLog } from '../loop/handle-command.ts';
import { changeApplication } from './change-application.ts';

type EraseSecretsInput = { readonly applicationId: number; readonly tenant: string; readonly generation: number };

/**
 * Records that a data key is about to be deleted, again if an earlier try did not come to delete it. Records nothing if
 * a later generation was erased.
 */
export const decideEraseSecrets = (
  { generation, ...owner }: EraseSecretsInput,
  existing: Application | undefined,
): EventOf<'SecretsErased'>[] => {
  const application = ownApplication(existing, owner);
  if ((application.erasedGeneration ?? 0) > generation) return [];
  return [{ type: 'SecretsErased', data: { ...application, erasedGeneration: generation, generation } }];
};

type ErasureReport = {
  readonly applicationId: number;
  /** Generation of the data key that was deleted; absent if there was none. */
  readonly generation?: number;
};

/**
 * Deletes the data key of an application. Nothing that was sealed with it can be opened again.
 *
 * Records the deletion first, then deletes the key: if the process dies in between, the next try deletes it. A repeated
 * request deletes the key that its event names, even if the application has a newer one by then.
 */
export const eraseSecrets =
  (deps: EventLog & CommandDeps) =>
  async (context: CommandContext, applicationId: number): Promise<CommandResult<ErasureReport>> => {
    const owner = { tenant: context.tenant, applicationId };
    const { erasedGeneration = 0 } = await requireApplication(deps.store, owner);
    const activeDefinition = await deps.secrets.currentGeneration({ ...owner, from: erasedGeneration });
    const { application, ...done } = await changeApplication(deps, {
      applicationId,
      context,
      decide: (existing) =>
        activeDefinition === undefined ? [] : decideEraseSecrets({ ...owner, generation: activeDefinition }, existing),
    });
    const generation = done.position === undefined ? activeDefinition : application.erasedGeneration;
    if (generation === undefined) return { ...done, value: { applicationId } };
    await deps.secrets.erase({ ...owner, generation });
    return { ...done, value: { applicationId, generation } };
  };
