import { signal } from '@preact/signals';
import { api, dataOf } from '../api/client.ts';
import { type Permission, session } from '../api/session.ts';
import type { Action, JobAction, Work } from './bulk-work.ts';
import type { IconName } from './icon.tsx';

type Verb = {
  readonly verb: string;
  readonly past: string;
  readonly icon: IconName;
  /** Effect of the action. */
  readonly description: string;
  readonly needs: Permission;
  /** The action can't be undone. */
  readonly danger?: true;
  /** The action that undoes it. */
  readonly back?: JobAction;
};

export const VERBS: Readonly<Record<Action, Verb>> = {
  enable: {
    verb: 'Enable',
    past: 'enabled',
    icon: 'play',
    description: 'They run on schedule again from their next slots.',
    needs: 'scheduler:jobs:write',
    back: 'disable',
  },
  disable: {
    verb: 'Disable',
    past: 'disabled',
    icon: 'pause',
    description: "They won't run on schedule until you enable them.",
    needs: 'scheduler:jobs:write',
    back: 'enable',
  },
  trigger: {
    verb: 'Trigger',
    past: 'triggered',
    icon: 'bolt',
    description: 'Runs each job once, now. Their schedules stay the same.',
    needs: 'scheduler:jobs:trigger',
  },
  delete: {
    verb: 'Delete',
    past: 'deleted',
    icon: 'trash',
    description: "This can't be undone. Their executions stay available.",
    needs: 'scheduler:jobs:write',
    danger: true,
  },
  rerun: {
    verb: 'Rerun',
    past: 'rerun',
    icon: 'undo',
    description: 'Runs each again, now, for the same slot, as a new execution.',
    needs: 'scheduler:jobs:trigger',
  },
  cancel: {
    verb: 'Cancel',
    past: 'cancelled',
    icon: 'clear',
    description:
      "Executions that haven't started won't run. Running calls are aborted, but their targets may already have processed them.",
    needs: 'scheduler:executions:cancel',
    danger: true,
  },
};

export const mayDo = (action: Action): boolean => session.may(VERBS[action].needs);

type Begun = { readonly id: number; readonly of: Work['of']; readonly action: Action };

/** Operations started on this page, until they are dismissed. */
export const operations = signal<readonly Begun[]>([]);

export const dismissOperation = (id: number): void => {
  operations.value = operations.value.filter((each) => each.id !== id);
};

const startWork = (work: Work, other: { readonly reason?: string; readonly dryRun?: true }, signal?: AbortSignal) => {
  const init = signal === undefined ? {} : { signal };
  if (work.of === 'executions') {
    const { of: _, ...query } = work;
    return dataOf(api.POST('/executions/bulk', { body: { ...query, ...other }, ...init }));
  }
  const { of: _, ...query } = work;
  return dataOf(api.POST('/jobs/bulk', { body: { ...query, ...other }, ...init }));
};

/** Starts an operation and shows its progress. */
export const startOperation = async (work: Work, reason: string): Promise<void> => {
  const operation = await startWork(work, reason.trim() === '' ? {} : { reason: reason.trim() });
  if ('id' in operation) {
    operations.value = [...operations.value, { id: operation.id, of: work.of, action: work.action }];
  }
};

/** Number of items that an operation would process. */
export const countOf = async (work: Work, signal: AbortSignal): Promise<number> => {
  const response = await startWork(work, { dryRun: true }, signal);
  return 'count' in response ? response.count : 0;
};
