import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type ApplicationOwner, decideCreateApplication, namesOf, ownApplication } from '../../domain/application.ts';
import { changesOwner } from '../../domain/difference.ts';
import {
  type Actor,
  Application,
  changedBy,
  createdBy,
  type EventOf,
  isOfType,
  type JobDefaults,
} from '../../domain/events/index.ts';
import { NO_NAMES } from '../../domain/parameters/index.ts';
import { applicationStream } from '../../domain/streams.ts';
import { HookInput } from '../../domain/tasks/http/kind.ts';
import { type CommandContext, type CommandResult, ownAppend } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { checkHooks, givesHook, requireHookPermission } from '../job/check-fields.ts';
import { checkRenamed, DisplayName, Name, NewName, withoutNulls } from '../job/job-input.ts';
import { RetentionInput } from '../job/rules-input.ts';
import { APPLICATIONS, setDocument } from '../loop/documents.ts';
import { loadApplication } from '../loop/load.ts';
import { createNamed, createRename } from '../loop/names.ts';
import { clearable, parseInput, serverSet } from '../parse.ts';
import { requireApplication } from './applications.ts';

export const CreateApplication = z.strictObject({
  name: NewName,
  displayName: DisplayName.optional(),
  onFailure: HookInput.exactOptional(),
  onSuccess: HookInput.exactOptional(),
  retention: RetentionInput.exactOptional(),
});

export const createApplication =
  (deps: CommandDeps) =>
  async (context: CommandContext, input: unknown): Promise<CommandResult<Application>> => {
    const { name, displayName = name, ...defaults } = parseInput(CreateApplication, input);
    const { tenant } = context;
    requireHookPermission(context, { given: defaults });
    const own = ownAppend(context, isOfType('ApplicationCreated'));
    const warnings = await checkHooks(deps.tasks, defaults, { tenant, known: NO_NAMES });
    const applicationId = own?.made?.events[0]?.data.applicationId ?? (await deps.applicationIds.take());
    const { created, revision, position } = await createNamed(deps, {
      name: { tenant, name, ownerId: applicationId },
      stream: applicationStream(applicationId),
      initial: undefined,
      load: () => loadApplication(deps.store, applicationId),
      decide: (existing) => {
        const made = createdBy(context.actor, deps.world.clock.now());
        return decideCreateApplication({ applicationId, tenant, name, displayName, ...defaults, ...made }, existing);
      },
      context,
      own,
    });
    return { value: created.data, revision, position, warnings };
  };

/** Merged into the application; null clears a hook or the retention. */
export const UpdateApplication = z.strictObject({
  name: Name.optional(),
  displayName: DisplayName.optional(),
  ...clearable({ onFailure: HookInput, onSuccess: HookInput, retention: RetentionInput }),
  ...serverSet('id', 'createdAt', 'createdBy', 'updatedAt', 'updatedBy'),
});

type ApplicationChange = Pick<z.infer<typeof UpdateApplication>, 'name' | 'displayName' | keyof JobDefaults>;
type UpdateApplicationInput = ApplicationChange & {
  readonly applicationId: number;
  readonly tenant: string;
  readonly actor: Actor;
  readonly owner?: string | undefined;
};

/** Merges a change into an application; records nothing if neither its fields nor its owner change. */
export const decideUpdateApplication = (
  { applicationId, tenant, actor, owner, ...change }: UpdateApplicationInput,
  existing: Application | undefined,
  nowMs: number,
): EventOf<'ApplicationUpdated'>[] => {
  const application = ownApplication(existing, { applicationId, tenant });
  if (change.name !== undefined) checkRenamed(change.name, application.name);
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  const merged = Application.parse(withoutNulls({ ...application, ...Object.fromEntries(given) }));
  if (isDeepStrictEqual(merged, application) && !changesOwner(owner, application)) return [];
  return [{ type: 'ApplicationUpdated', data: { ...merged, ...changedBy(actor, nowMs, owner) } }];
};

export const updateApplication =
  (deps: CommandDeps) =>
  async (context: CommandContext, applicationId: number, input: unknown): Promise<CommandResult<Application>> => {
    const { name, displayName, onFailure, onSuccess, retention } = parseInput(UpdateApplication, input);
    const change = { name, displayName, onFailure, onSuccess, retention };
    const { tenant, actor, owner } = context;
    const warnings = givesHook(change) ? await checkedHooks(deps, { applicationId, tenant }, change) : [];
    const rename = createRename(deps, { tenant, ownerId: applicationId }, context);
    const update = { applicationId, tenant, actor, owner, ...change };
    const done = await setDocument(deps, APPLICATIONS, {
      key: [applicationId],
      context,
      decide: (existing, nowMs) => {
        const events = decideUpdateApplication(update, existing, nowMs);
        for (const { data } of events) requireHookPermission(context, { given: data, before: existing });
        return events;
      },
      prepare: async ([updated], existing) => {
        if (updated !== undefined && existing !== undefined) await rename.reserve(existing.name, updated.data.name);
      },
    });
    await rename.release(done.value.name);
    return { ...done, warnings };
  };

const checkedHooks = async (
  { store, tasks }: CommandDeps,
  owner: ApplicationOwner,
  change: ApplicationChange,
): Promise<readonly string[]> => {
  const known = namesOf(await requireApplication(store, owner));
  return checkHooks(tasks, change, { tenant: owner.tenant, known });
};
