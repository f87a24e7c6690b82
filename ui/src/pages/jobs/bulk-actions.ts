import { signal } from '@preact/signals';
import { answerOf, api } from '../../api/client.ts';
import { type Permission, session } from '../../api/session.ts';
import type { IconName } from '../../parts/icon.tsx';
import type { bulkFilter } from './filter.ts';

export const ACTIONS = ['enable', 'disable', 'trigger', 'delete'] as const;
export type Action = (typeof ACTIONS)[number];

type Verb = {
  readonly verb: string;
  readonly past: string;
  readonly icon: IconName;
  /** What it does to the jobs. */
  readonly says: string;
  readonly needs: Permission;
  /** What takes it back. */
  readonly back?: Action;
};

export const VERBS: Readonly<Record<Action, Verb>> = {
  enable: {
    verb: 'Enable',
    past: 'enabled',
    icon: 'play',
    says: 'They fire again from their next slots on.',
    needs: 'scheduler:jobs:write',
    back: 'disable',
  },
  disable: {
    verb: 'Disable',
    past: 'disabled',
    icon: 'pause',
    says: 'They fire no more until somebody enables them.',
    needs: 'scheduler:jobs:write',
    back: 'enable',
  },
  trigger: {
    verb: 'Trigger',
    past: 'triggered',
    icon: 'bolt',
    says: 'Each is executed once, now, beside its schedule.',
    needs: 'scheduler:jobs:trigger',
  },
  delete: {
    verb: 'Delete',
    past: 'deleted',
    icon: 'trash',
    says: 'This cannot be undone. Their executions stay readable.',
    needs: 'scheduler:jobs:write',
  },
};

export const mayDo = (action: Action): boolean => session.may(VERBS[action].needs);

export type Work = {
  readonly action: Action;
  readonly filter: ReturnType<typeof bulkFilter> | { correlationId: string };
};

/** The operations that this page began, until they are dismissed. */
export const operations = signal<readonly { readonly id: number; readonly action: Action }[]>([]);

export const dismissOperation = (id: number): void => {
  operations.value = operations.value.filter((each) => each.id !== id);
};

/** Begins an operation, and shows how far it is. */
export const startOperation = async ({ action, filter }: Work, reason: string): Promise<void> => {
  const body = { action, filter, ...(reason.trim() === '' ? {} : { reason: reason.trim() }) };
  const operation = await answerOf(api.POST('/jobs/bulk', { body }));
  if ('id' in operation) operations.value = [...operations.value, { id: operation.id, action }];
};

/** How many jobs an operation would take. */
export const countOf = async ({ action, filter }: Work, signal: AbortSignal): Promise<number> => {
  const answer = await answerOf(api.POST('/jobs/bulk', { body: { action, filter, dryRun: true }, signal }));
  return 'count' in answer ? answer.count : 0;
};
