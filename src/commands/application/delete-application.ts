import {
  type ApplicationOwner,
  decideBeginDeletion,
  decideCancelApplicationDeletion,
  decideDeleteApplication,
  presentApplication,
} from '../../domain/application.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { type Application, type EventOf, isOfType } from '../../domain/events/index.ts';
import { applicationStream } from '../../domain/streams.ts';
import type { Revision } from '../../event-store/port.ts';
import { liftPause } from '../closures.ts';
import type { CommandContext, CommandResult, Precondition } from '../command.ts';
import { ownAppend, withoutOwn } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { type EventLog, handleCommand, type RecordedChange } from '../loop/handle-command.ts';
import { loadApplicationState } from '../loop/load.ts';
import { releaseName } from '../loop/names.ts';

const isDeletion = isOfType('ApplicationDeleted');

/** Maximum retries because of changes by others. */
const MAX_TRIES = 10;

/**
 * Deletes an application without jobs, in three steps: records in its stream that the deletion has started, looks up the
 * jobs, and deletes the application if its stream is unchanged since. A job created in the meantime cancels the deletion
 * there (`cancelApplicationDeletion`). So an acknowledged job never loses its application, and no process waits for another.
 */
export const deleteApplication =
  (deps: CommandDeps) =>
  async (
    context: CommandContext,
    applicationId: number,
    precondition: Precondition,
  ): Promise<CommandResult<undefined>> => {
    const owner = { applicationId, tenant: context.tenant };
    const made = ownAppend(context, isDeletion)?.made;
    if (made !== undefined) return deleted(deps, made, context);
    const { state } = await loadApplicationState(deps.store, applicationId);
    if (state.status === 'deleted' && state.application.tenant === owner.tenant) {
      // In case the process of an earlier deletion died before this.
      await finishDeletion(deps, state.application, context);
    }
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const begunAt = await begin(deps, { owner, context, precondition });
      const done = await deleteIfUnused(deps, { owner, context, begunAt });
      if (done.events.length > 0) return deleted(deps, done, context);
    }
    throw new DomainError('CONTENTION', `others kept changing application ${applicationId}: retry`);
  };

type Step = { readonly owner: ApplicationOwner; readonly context: CommandContext };

/** @returns the revision of the recorded event */
const begin = async (
  deps: CommandDeps,
  { owner, context, precondition }: Step & { readonly precondition: Precondition },
): Promise<Revision> => {
  const { revision } = await handleCommand(deps, {
    stream: applicationStream(owner.applicationId),
    context: withoutOwn(context),
    load: () => loadWithRevision(deps, owner),
    decide: (loaded) =>
      decideBeginDeletion({ ...owner, actor: context.actor, ...precondition }, loaded, deps.world.clock.now()),
    // Most deletions are rejected here, before anything is recorded.
    prepare: () => rejectUsedApplication(deps, owner),
  });
  return revision;
};

/** @throws DomainError APPLICATION_IN_USE */
const deleteIfUnused = async (
  deps: CommandDeps,
  { owner, context, begunAt }: Step & { readonly begunAt: Revision },
) => {
  try {
    await rejectUsedApplication(deps, owner);
  } catch (error) {
    if (error instanceof DomainError) await cancelApplicationDeletion(deps, { owner, context });
    throw error;
  }
  const { state } = await loadApplicationState(deps.store, owner.applicationId);
  const from = presentApplication(state)?.erasedGeneration ?? 0;
  const generation = await deps.secrets.currentGeneration({ ...owner, from });
  return handleCommand(deps, {
    stream: applicationStream(owner.applicationId),
    context,
    load: () => loadWithRevision(deps, owner),
    decide: (loaded) =>
      decideDeleteApplication({ actor: context.actor, begunAt, generation }, loaded, deps.world.clock.now()),
    own: ownAppend(context, isDeletion),
  });
};

const loadWithRevision = async ({ store }: CommandDeps, { applicationId }: ApplicationOwner) => {
  const { state, revision } = await loadApplicationState(store, applicationId);
  return { state: { state, revision }, revision };
};

const deleted = async (
  deps: CommandDeps,
  { events, revision, position }: RecordedChange<EventOf<'ApplicationDeleted'>>,
  context: CommandContext,
) => {
  const [event] = events;
  if (event === undefined) throw new Error('no application was deleted');
  await finishDeletion(deps, event.data, context);
  return { value: undefined, revision, position };
};

/** Erases the data key, frees the name and ends the pauses. Repeating it changes nothing. */
const finishDeletion = async (deps: CommandDeps, application: Application, context: CommandContext): Promise<void> => {
  const { tenant, applicationId, name, erasedGeneration: generation } = application;
  const plain = withoutOwn(context);
  if (generation !== undefined) await deps.secrets.erase({ tenant, applicationId, generation });
  await releaseName(deps, { tenant, name, ownerId: applicationId }, plain);
  for (const pauseId of await deps.readModels.pausesOfApplication({ tenant, applicationId })) {
    await liftPause(deps)(plain, pauseId, 'tenant');
  }
};

/** @throws DomainError APPLICATION_IN_USE, READ_MODELS_BEHIND */
const rejectUsedApplication = async ({ readModels }: CommandDeps, application: ApplicationOwner): Promise<void> => {
  const { jobs, executions } = await readModels.usesOfApplication(application);
  const named = [
    ...some(
      jobs.total,
      'job',
      jobs.first.map(({ jobId, name }) => `${jobId} (${name})`),
    ),
    ...some(executions.total, 'open execution', executions.first.map(String)),
  ];
  if (named.length === 0) return;
  throw new DomainError(
    'APPLICATION_IN_USE',
    `application ${application.applicationId} has the ${named.join(', and the ')}: first delete its jobs, and wait for their executions or cancel them`,
  );
};

const some = (total: number, kind: string, first: readonly string[]): string[] => {
  if (total === 0) return [];
  const others = total > first.length ? ` and ${total - first.length} more` : '';
  return [`${kind}${total === 1 ? '' : 's'} ${first.join(', ')}${others}`];
};

/** Why a job is deleted that was created while its application was being deleted. */
export const APPLICATION_WENT = 'its application was deleted';

/** Ignores that such a job is already deleted: its creator and its engine may delete it simultaneously. */
export const unlessDeleted = (error: unknown): void => {
  if (!(error instanceof DomainError && error.code === 'JOB_NOT_FOUND')) throw error;
};

/**
 * Prevents the deletion of an application because it has a job. Called after the job's creation was appended: a deletion in
 * progress may have looked for jobs before, and a later one finds the job.
 * @returns whether the application is kept; false if it is already deleted
 */
export const cancelApplicationDeletion = async (
  log: EventLog,
  { owner, context }: { readonly owner: ApplicationOwner; readonly context: CommandContext },
): Promise<boolean> => {
  const { applicationId } = owner;
  const { state } = await loadApplicationState(log.store, applicationId);
  // Usually no deletion is in progress, and the stream's queue need not be waited for.
  if (state.status !== 'leaving') return state.status === 'living';
  const { state: last } = await handleCommand(log, {
    stream: applicationStream(applicationId),
    context: withoutOwn(context),
    load: () => loadApplicationState(log.store, applicationId),
    decide: decideCancelApplicationDeletion,
  });
  return last.status !== 'deleted';
};
