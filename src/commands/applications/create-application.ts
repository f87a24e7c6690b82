import { z } from 'zod';
import { type Application, actorName, type DomainEvent, type EventOf } from '../../domain/events/index.ts';
import { applicationStream } from '../../domain/streams.ts';
import { toInstant } from '../../domain/values.ts';
import type { CommandDeps } from '../command-deps.ts';
import { Name } from '../jobs/job-input.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadApplication } from '../loop/load.ts';
import { reserveName } from '../loop/names.ts';
import { ownAppend } from '../loop/own-append.ts';
import { parseInput } from '../parse.ts';
import type { Commands } from '../port.ts';

export const CreateApplication = z.strictObject({ name: Name, displayName: Name.optional() });

/** Creates an application; records nothing if its id is in use. */
export const decideCreateApplication = (
  application: Application,
  existing: Application | undefined,
): EventOf<'ApplicationCreated'>[] =>
  existing === undefined ? [{ type: 'ApplicationCreated', data: application }] : [];

const isApplicationCreated = (event: DomainEvent): event is EventOf<'ApplicationCreated'> =>
  event.type === 'ApplicationCreated';

export const createApplication =
  (deps: CommandDeps): Commands['createApplication'] =>
  async (context, input) => {
    const { name, displayName = name } = parseInput(CreateApplication, input);
    const { tenant } = context;
    const own = ownAppend(context, isApplicationCreated);
    const applicationId = own?.made?.events[0]?.data.applicationId ?? (await deps.applicationIds.take());
    const { events, revision, position } = await handleCommand(deps, {
      stream: applicationStream(applicationId),
      context,
      load: () => loadApplication(deps.store, applicationId),
      decide: (existing) => {
        const now = toInstant(deps.world.clock.now());
        const by = actorName(context.actor);
        return decideCreateApplication(
          { applicationId, tenant, name, displayName, createdAt: now, createdBy: by, updatedAt: now, updatedBy: by },
          existing,
        );
      },
      own,
      prepare: () => reserveName(deps, { tenant, name, ownerId: applicationId }, context),
    });
    const [created] = events;
    if (created === undefined) throw new Error(`the new id ${applicationId} is in use already`);
    return { value: created.data, revision, position };
  };
