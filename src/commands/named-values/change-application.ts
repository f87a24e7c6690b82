import { evolveApplication, ownApplication } from '../../domain/application.ts';
import { isApplicationEvent } from '../../domain/events/families.ts';
import type { Application, ApplicationEvent } from '../../domain/events/index.ts';
import { applicationStream } from '../../domain/streams.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import { type EventLog, handleCommand } from '../loop/handle-command.ts';
import { loadApplication } from '../loop/load.ts';
import { ownAppend } from '../loop/own-append.ts';

type ChangeApplicationOptions = {
  readonly applicationId: number;
  readonly context: CommandContext;
  readonly decide: (application: Application | undefined) => readonly ApplicationEvent[];
  /** Called before each append; rejects by throwing. */
  readonly prepare?: (events: readonly ApplicationEvent[], application: Application | undefined) => Promise<void>;
};

export type ChangeApplicationResult = Omit<CommandResult<unknown>, 'value'> & {
  /** The application after the change. */
  readonly application: Application;
};

/**
 * Changes the variables, secrets or limits of an application.
 * @throws DomainError APPLICATION_NOT_FOUND
 */
export const changeApplication = async (
  log: EventLog,
  { applicationId, context, decide, prepare }: ChangeApplicationOptions,
): Promise<ChangeApplicationResult> => {
  const { state, events, revision, position } = await handleCommand(log, {
    stream: applicationStream(applicationId),
    context,
    load: () => loadApplication(log.store, applicationId),
    decide,
    prepare,
    own: ownAppend(context, isApplicationEvent),
  });
  const last = events.at(-1);
  const application = last === undefined ? state : evolveApplication(last);
  return { application: ownApplication(application, { applicationId, tenant: context.tenant }), revision, position };
};
