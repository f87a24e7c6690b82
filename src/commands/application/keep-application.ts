import { type ApplicationOwner, type ApplicationState, presentApplication } from '../../domain/application.ts';
import type { Application, EventOf } from '../../domain/events/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import { applicationStream } from '../../domain/streams.ts';
import type { Position } from '../../event-store/port.ts';
import type { CommandContext } from '../command.ts';
import { type EventLog, handleCommand, type LoadedState } from '../loop/handle-command.ts';
import { loadApplicationState } from '../loop/load.ts';
import { withoutOwn } from '../loop/own-append.ts';

/** Calls a deletion off that has begun; records nothing if none has, or if it is done. */
export const decideKeepApplication = (state: ApplicationState): EventOf<'ApplicationDeletionDropped'>[] => {
  switch (state.status) {
    case 'absent':
    case 'living':
    case 'deleted':
      return [];
    case 'leaving':
      return [{ type: 'ApplicationDeletionDropped', data: state.application }];
  }
};

/** Why a job is deleted that was created as its application went. */
export const APPLICATION_WENT = 'its application was deleted';

/** Ignores that such a job is deleted already: its creator and its engine may delete it at the same time. */
export const unlessDeleted = (error: unknown): void => {
  if (!(error instanceof Refusal && error.code === 'JOB_NOT_FOUND')) throw error;
};

type KeepOptions = {
  readonly owner: Pick<ApplicationOwner, 'applicationId'>;
  readonly context: CommandContext;
  /** Where the job's creation is: a deletion that the log had before it is called off. By default any that it has. */
  readonly asOf?: Position | undefined;
};

/**
 * Keeps an application from being deleted, because a job was found or created in it. Called after the job's
 * creation was appended: a deletion that has begun by then may have looked for jobs before, and one that begins later
 * finds the job.
 * @returns the application that stays; undefined if it is deleted already
 */
export const keepApplication = async (
  log: EventLog,
  { owner, context, asOf }: KeepOptions,
): Promise<LoadedState<Application | undefined>> => {
  const { applicationId } = owner;
  const { state, revision } = await loadApplicationState(log.store, applicationId, { asOf });
  // Most often nobody deletes it, and the stream's turn need not be waited for.
  if (state.status !== 'leaving') return { state: presentApplication(state), revision };
  const { state: last, revision: kept } = await handleCommand(log, {
    stream: applicationStream(applicationId),
    context: withoutOwn(context),
    load: () => loadApplicationState(log.store, applicationId),
    decide: decideKeepApplication,
  });
  return { state: presentApplication(last), revision: kept };
};
