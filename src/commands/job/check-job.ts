import { namesOf } from '../../domain/application.ts';
import type { Hooks, TaskConfig } from '../../domain/events/index.ts';
import { NO_NAMES } from '../../domain/parameters/index.ts';
import { loadApplicationOf } from '../application/applications.ts';
import type { CommandDeps } from '../command-deps.ts';
import { parseInput } from '../parse.ts';
import { checkHooks } from './check-hooks.ts';
import { checkNames } from './check-names.ts';
import { checkRules } from './check-rules.ts';
import { checkSchedule } from './check-schedule.ts';
import { JobFields } from './job-input.ts';

type TaskOwner = {
  readonly tenant: string;
  /** Undefined if the application does not exist yet. */
  readonly applicationId: number | undefined;
};

export type CheckedJob = { readonly fields: JobFields; readonly warnings: readonly string[] };

/** Checks definitions as the commands do, and records nothing. */
export type JobChecks = {
  /** @throws Refusal as createJob does */
  check(owner: TaskOwner, input: unknown): Promise<CheckedJob>;
  /** @throws Refusal as updateApplication does @returns warnings */
  checkHooks(owner: TaskOwner, hooks: Hooks): Promise<readonly string[]>;
  /** Seals a task as an update that replaces `previous` would. */
  seal(
    fields: JobFields,
    options: TaskOwner & { readonly applicationId: number; readonly previous: TaskConfig },
  ): Promise<TaskConfig>;
};

export const createJobChecks = ({ store, tasks }: Pick<CommandDeps, 'store' | 'tasks'>): JobChecks => ({
  check: async ({ tenant, applicationId }, input) => {
    const fields = parseInput(JobFields, input);
    checkSchedule(fields);
    checkRules(fields);
    const application = applicationId === undefined ? undefined : await loadApplicationOf(store, applicationId, tenant);
    await checkNames(store, { tenant, application }, fields);
    const owner = { tenant, known: application === undefined ? NO_NAMES : namesOf(application) };
    const warnings = [...(await tasks.check(fields.taskConfig, owner)), ...(await checkHooks(tasks, fields, owner))];
    return { fields, warnings };
  },
  checkHooks: async ({ tenant, applicationId }, hooks) => {
    const application = applicationId === undefined ? undefined : await loadApplicationOf(store, applicationId, tenant);
    const known = application === undefined ? NO_NAMES : namesOf(application);
    return checkHooks(tasks, hooks, { tenant, known });
  },
  seal: ({ taskConfig, confidential = false }, options) => tasks.seal(taskConfig, { ...options, confidential }),
});
