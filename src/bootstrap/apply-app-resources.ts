import type { CommandContext, CommandResult } from '../commands/command.ts';
import type { Commands } from '../commands/index.ts';
import { type AppResource, WHOLE_APPLICATION } from './app-resource.ts';
import type { AppResourceAction, StoredAppResource } from './plan-app-resources.ts';

export type AppResourceCommands = Pick<
  Commands,
  | 'setVariable'
  | 'deleteVariable'
  | 'setLimit'
  | 'deleteLimit'
  | 'setCalendar'
  | 'deleteCalendar'
  | 'setAlertRule'
  | 'deleteAlertRule'
  | 'setPause'
  | 'liftPause'
>;

type Done = Pick<CommandResult<unknown>, 'position'>;
type ApplyDeps = {
  readonly commands: AppResourceCommands;
  readonly context: CommandContext;
  readonly applicationId: number;
};

/** When something is done about them: before jobs name them, with the jobs there, or after jobs have ceased to name them. */
export type ApplyStep = 'before jobs' | 'after jobs' | 'last';

const stepOf = (action: AppResourceAction): ApplyStep => {
  const { kind } = 'wanted' in action ? action.wanted : action.stored;
  if (action.kind === 'delete') return kind === 'pause' || kind === 'alertRule' ? 'before jobs' : 'last';
  return kind === 'pause' || kind === 'alertRule' ? 'after jobs' : 'before jobs';
};

/**
 * Carries out those actions that are due at this step.
 * @param jobIdOf the id of a job of the application by its name
 */
export const applyAppResources = async (
  { commands, context, applicationId }: ApplyDeps,
  actions: readonly AppResourceAction[],
  { step, jobIdOf }: { readonly step: ApplyStep; readonly jobIdOf: (name: string) => number },
): Promise<Done[]> => {
  const set = ({ kind, name, value }: AppResource): Promise<Done> => {
    switch (kind) {
      case 'variable':
        return commands.setVariable(context, applicationId, name, value);
      case 'limit':
        return commands.setLimit(context, applicationId, name, value);
      case 'calendar':
        return commands.setCalendar(context, name, value);
      case 'alertRule': {
        const { job, ...rule } = value;
        const of = typeof job === 'string' ? jobIdOf(job) : applicationId;
        return commands.setAlertRule(context, name, { ...rule, of }, {});
      }
      case 'pause': {
        const of =
          name === WHOLE_APPLICATION
            ? { scope: 'application', of: applicationId }
            : { scope: 'job', of: jobIdOf(name) };
        // A reason of the context would become that of the pause, where its file gives none.
        const { reason: _, ...unexplained } = context;
        return commands.setPause(unexplained, { ...of, ...value }, 'tenant');
      }
    }
  };
  const remove = ({ kind, name, id = 0 }: StoredAppResource): Promise<Done> => {
    switch (kind) {
      case 'variable':
        return commands.deleteVariable(context, applicationId, name);
      case 'limit':
        return commands.deleteLimit(context, applicationId, name);
      case 'calendar':
        return commands.deleteCalendar(context, name);
      case 'alertRule':
        return commands.deleteAlertRule(context, name, {});
      case 'pause':
        return commands.liftPause(context, id, 'tenant');
    }
  };
  const done: Done[] = [];
  for (const action of actions.filter((each) => stepOf(each) === step)) {
    switch (action.kind) {
      case 'create':
        done.push(await set(action.wanted));
        break;
      case 'update':
        // The new pause begins before the old one ends.
        done.push(await set(action.wanted));
        if (action.stored.kind === 'pause') done.push(await remove(action.stored));
        break;
      case 'delete':
        done.push(await remove(action.stored));
        break;
      case 'keep':
      case 'skip':
        break;
    }
  }
  return done;
};
