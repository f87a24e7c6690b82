import { z } from 'zod';
import { type Actor, type Application, actorName, type EventOf } from '../../domain/events/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import { applicationStream } from '../../domain/streams.ts';
import { toInstant } from '../../domain/values.ts';
import type { Revision } from '../../event-store/port.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { checkRenamed, Name } from '../job/job-input.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadApplication } from '../loop/load.ts';
import { releaseReservation, reservationOf, reserveName } from '../loop/names.ts';
import { ownAppend } from '../loop/own-append.ts';
import { parseInput } from '../parse.ts';

/** Merged into the application. Fields set by the server are ignored, so that a caller can PUT what it got by GET. */
export const UpdateApplication = z.strictObject({
  name: Name.optional(),
  displayName: Name.optional(),
  ...z
    .strictObject({
      id: z.unknown(),
      createdAt: z.unknown(),
      createdBy: z.unknown(),
      updatedAt: z.unknown(),
      updatedBy: z.unknown(),
    })
    .partial().shape,
});

type UpdateApplicationInput = {
  readonly applicationId: number;
  readonly tenant: string;
  readonly actor: Actor;
  readonly name?: string | undefined;
  readonly displayName?: string | undefined;
};

/** Renames an application; records nothing if it has these names already. */
export const decideUpdateApplication = (
  { applicationId, tenant, actor, name, displayName }: UpdateApplicationInput,
  existing: Application | undefined,
  nowMs: number,
): EventOf<'ApplicationUpdated'>[] => {
  if (existing === undefined || existing.tenant !== tenant) {
    throw new Refusal('APPLICATION_NOT_FOUND', `there is no application ${applicationId}`);
  }
  if (name !== undefined) checkRenamed(name, existing.name);
  const renamed = { ...existing, name: name ?? existing.name, displayName: displayName ?? existing.displayName };
  if (renamed.name === existing.name && renamed.displayName === existing.displayName) return [];
  return [
    {
      type: 'ApplicationUpdated',
      data: { ...renamed, updatedAt: toInstant(nowMs), updatedBy: actorName(actor) },
    },
  ];
};

export const updateApplication =
  (deps: CommandDeps) =>
  async (context: CommandContext, applicationId: number, input: unknown): Promise<CommandResult<Application>> => {
    const { name, displayName } = parseInput(UpdateApplication, input);
    const { tenant, actor } = context;
    const claimOf = (taken: string) => ({ tenant, name: taken, ownerId: applicationId });
    let reservation: Revision | undefined;
    const { state, events, revision, position } = await handleCommand(deps, {
      stream: applicationStream(applicationId),
      context,
      load: () => loadApplication(deps.store, applicationId),
      decide: (existing) =>
        decideUpdateApplication({ applicationId, tenant, actor, name, displayName }, existing, deps.world.clock.now()),
      own: ownAppend(context, (event): event is EventOf<'ApplicationUpdated'> => event.type === 'ApplicationUpdated'),
      prepare: async ([updated], existing) => {
        if (updated === undefined || existing === undefined || updated.data.name === existing.name) return;
        reservation = await reservationOf(deps, claimOf(existing.name));
        await reserveName(deps, claimOf(updated.data.name), context);
      },
    });
    const application = events[0]?.data ?? state;
    if (application === undefined) throw new Error(`application ${applicationId} is gone`);
    if (reservation !== undefined && state !== undefined && state.name !== application.name) {
      await releaseReservation(deps, { ...claimOf(state.name), reservation }, context);
    }
    return { value: application, revision, position };
  };
