import type { ApplicationOwner, ApplicationState } from '../../domain/application.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { EventOf } from '../../domain/events/index.ts';
import { applicationStream } from '../../domain/streams.ts';
import type { CommandContext } from '../command.ts';
import { type EventLog, handleCommand } from '../loop/handle-command.ts';
import { loadApplicationState } from '../loop/load.ts';
import { withoutOwn } from '../loop/own-append.ts';

/** Calls a deletion off that has begun; records nothing if none has, or if it is done. */
export const decideCancelApplicationDeletion = (state: ApplicationState): EventOf<'ApplicationDeletionCancelled'>[] => {
  switch (state.status) {
    case 'absent':
    case 'living':
    case 'deleted':
      return [];
    case 'leaving':
      return [{ type: 'ApplicationDeletionCancelled', data: state.application }];
  }
};

/** Why a job is deleted that was created as its application went. */
export const APPLICATION_WENT = 'its application was deleted';

/** Ignores that such a job is deleted already: its creator and its engine may delete it at the same time. */
export const unlessDeleted = (error: unknown): void => {
  if (!(error instanceof DomainError && error.code === 'JOB_NOT_FOUND')) throw error;
};

type KeepOptions = { readonly owner: Pick<ApplicationOwner, 'applicationId'>; readonly context: CommandContext };

/**
 * Keeps an application from being deleted, because a job was found or created in it. Called after the job's
 * creation was appended: a deletion that has begun by then may have looked for jobs before, and one that begins later
 * finds the job.
 * @returns whether the application stays; false if it is deleted already
 */
export const cancelApplicationDeletion = async (log: EventLog, { owner, context }: KeepOptions): Promise<boolean> => {
  const { applicationId } = owner;
  const { state } = await loadApplicationState(log.store, applicationId);
  // Most often nobody deletes it, and the stream's turn need not be waited for.
  if (state.status !== 'leaving') return state.status === 'living';
  const { state: last } = await handleCommand(log, {
    stream: applicationStream(applicationId),
    context: withoutOwn(context),
    load: () => loadApplicationState(log.store, applicationId),
    decide: decideCancelApplicationDeletion,
  });
  return last.status !== 'deleted';
};
