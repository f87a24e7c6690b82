import { namesOf } from '../../domain/application.ts';
import type { Application, Hooks } from '../../domain/events/index.ts';
import { type KnownNames, NO_NAMES, secretsIn } from '../../domain/parameters/index.ts';
import type { TaskOf } from '../../domain/tasks/kinds.ts';
import type { TaskConfig } from '../../domain/tasks/stored.ts';
import { loadApplicationOf } from '../application/applications.ts';
import type { CommandDeps } from '../command-deps.ts';
import { parseInput } from '../parse.ts';
import { checkFields, checkHooks } from './check-fields.ts';
import { JobFields } from './job-input.ts';

type TaskOwner = {
  readonly tenant: string;
  /** `undefined` if the application does not exist yet. */
  readonly applicationId: number | undefined;
};

/** Names that a definition can use although they do not exist yet: they are set first. */
export type NamesToCome = {
  readonly variables: ReadonlySet<string>;
  readonly limits: ReadonlySet<string>;
  readonly calendars: ReadonlySet<string>;
};

type OwnerToCome = TaskOwner & { readonly toCome: NamesToCome };

export type CheckedJob = {
  readonly fields: JobFields;
  readonly warnings: readonly string[];
  /** Secrets that it uses and that are not set: until they are, commands reject it. */
  readonly missingSecrets: readonly string[];
};

/** Checks definitions like the commands, without recording. */
export type JobChecks = {
  /** @throws DomainError like createJob */
  check(owner: OwnerToCome, input: unknown): Promise<CheckedJob>;
  /** @throws DomainError like updateApplication @returns warnings */
  checkHooks(owner: OwnerToCome, hooks: Hooks): Promise<readonly string[]>;
  /** Seals a task like an update that replaces `previous`. */
  seal(
    fields: JobFields,
    options: TaskOwner & { readonly applicationId: number; readonly previous: TaskOf },
  ): Promise<TaskConfig>;
};

export const createJobChecks = (deps: CommandDeps): JobChecks => ({
  check: async ({ tenant, applicationId, toCome }, input) => {
    const fields = parseInput(JobFields, input);
    const application =
      applicationId === undefined ? undefined : await loadApplicationOf(deps.store, applicationId, tenant);
    const missingSecrets = missingIn(application, fields);
    const known = knownOf(application, toCome, missingSecrets);
    const owner = { tenant, application, known, naming: withoutNames(fields, toCome) };
    const warnings = await checkFields(deps, fields, owner);
    return { fields, warnings, missingSecrets };
  },
  checkHooks: async ({ tenant, applicationId, toCome }, hooks) => {
    const application =
      applicationId === undefined ? undefined : await loadApplicationOf(deps.store, applicationId, tenant);
    return checkHooks(deps.tasks, hooks, { tenant, known: knownOf(application, toCome) });
  },
  seal: ({ taskType, taskConfig, confidential = false }, options) =>
    deps.tasks.seal({ taskType, taskConfig }, { ...options, confidential }),
});

const knownOf = (
  application: Application | undefined,
  { variables }: NamesToCome,
  missingSecrets: readonly string[] = [],
): KnownNames => {
  const there = application === undefined ? NO_NAMES : namesOf(application);
  return {
    variables: new Set([...there.variables, ...variables]),
    secrets: new Map([...there.secrets, ...missingSecrets.map((name) => [name, undefined] as const)]),
  };
};

const missingIn = (application: Application | undefined, { taskConfig, onFailure, onSuccess }: JobFields): string[] => {
  const there = new Set(application?.secrets?.map(({ name }) => name));
  return [...new Set(secretsIn({ taskConfig, onFailure, onSuccess }))].filter((name) => !there.has(name));
};

/** Names that a definition uses, except those that will be set first. */
const withoutNames = ({ calendar, limit }: JobFields, { limits, calendars }: NamesToCome) => {
  const others = (names: readonly string[] = []): string[] => names.filter((name) => !calendars.has(name));
  return {
    calendar: calendar && { exclude: others(calendar.exclude), include: others(calendar.include) },
    limit: limit === undefined || limits.has(limit) ? undefined : limit,
  };
};
