import { z } from 'zod';
import { decideCreateApplication } from '../../domain/application.ts';
import { type Application, actorName, type DomainEvent, type EventOf } from '../../domain/events/index.ts';
import { NO_NAMES } from '../../domain/parameters/index.ts';
import { applicationStream } from '../../domain/streams.ts';
import { HookInput } from '../../domain/tasks/http/kind.ts';
import { toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import { ownAppend } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { checkHooks, requireHookPermission } from '../job/check-fields.ts';
import { DisplayName, NewName } from '../job/job-input.ts';
import { RetentionInput } from '../job/rules-input.ts';
import { loadApplication } from '../loop/load.ts';
import { createNamed } from '../loop/names.ts';
import { parseInput } from '../parse.ts';

export const CreateApplication = z.strictObject({
  name: NewName,
  displayName: DisplayName.optional(),
  onFailure: HookInput.exactOptional(),
  onSuccess: HookInput.exactOptional(),
  retention: RetentionInput.exactOptional(),
});

const isApplicationCreated = (event: DomainEvent): event is EventOf<'ApplicationCreated'> =>
  event.type === 'ApplicationCreated';

export const createApplication =
  (deps: CommandDeps) =>
  async (context: CommandContext, input: unknown): Promise<CommandResult<Application>> => {
    const { name, displayName = name, ...defaults } = parseInput(CreateApplication, input);
    const { tenant } = context;
    requireHookPermission(context, { given: defaults });
    const own = ownAppend(context, isApplicationCreated);
    const warnings = await checkHooks(deps.tasks, defaults, { tenant, known: NO_NAMES });
    const applicationId = own?.made?.events[0]?.data.applicationId ?? (await deps.applicationIds.take());
    const { created, revision, position } = await createNamed(deps, {
      name: { tenant, name, ownerId: applicationId },
      stream: applicationStream(applicationId),
      initial: undefined,
      load: () => loadApplication(deps.store, applicationId),
      decide: (existing) => {
        const now = toInstant(deps.world.clock.now());
        const by = actorName(context.actor);
        const made = { createdAt: now, createdBy: by, updatedAt: now, updatedBy: by };
        return decideCreateApplication({ applicationId, tenant, name, displayName, ...defaults, ...made }, existing);
      },
      context,
      own,
    });
    return { value: created.data, revision, position, warnings };
  };
