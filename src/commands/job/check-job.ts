import { namesOf } from '../../domain/application.ts';
import type { TaskConfig } from '../../domain/events/index.ts';
import { NO_NAMES } from '../../domain/parameters/index.ts';
import { loadApplicationOf } from '../application/applications.ts';
import type { CommandDeps } from '../command-deps.ts';
import { parseInput } from '../parse.ts';
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
    const known = application === undefined ? NO_NAMES : namesOf(application);
    return { fields, warnings: await tasks.check(fields.taskConfig, { tenant, known }) };
  },
  seal: ({ taskConfig, confidential = false }, options) => tasks.seal(taskConfig, { ...options, confidential }),
});
