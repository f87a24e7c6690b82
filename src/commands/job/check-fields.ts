import { isDeepStrictEqual } from 'node:util';
import type { CalendarVersion } from '../../domain/closure/calendars.ts';
import { DomainError, type FieldError, pointerOf, rejectField, rejectFields } from '../../domain/domain-error.ts';
import { type Application, type Hook, isCalendarEvent, type RuleFields } from '../../domain/events/index.ts';
import { HOOK_NAMES, type HookName } from '../../domain/execution/hook.ts';
import { findNamed } from '../../domain/named-values/keys.ts';
import type { KnownNames } from '../../domain/parameters/index.ts';
import { calendarStream } from '../../domain/streams.ts';
import type { Tenant } from '../../domain/values.ts';
import { StreamParked } from '../../event-store/errors.ts';
import type { EventStore } from '../../event-store/port.ts';
import type { CommandDeps } from '../command-deps.ts';
import { type CheckedFields, checkRules, checkSchedule, type GivenSchedule } from './check-rules.ts';
import type { TaskChecks } from './check-task.ts';
import type { JobFields } from './job-input.ts';

type NamesOwner = {
  readonly tenant: Tenant;
  /** `undefined` if the application does not exist yet. */
  readonly application: Application | undefined;
};

/** The names that a definition uses; null, which clears a field in a change, counts as none. */
type NamingFields = {
  readonly calendar?: RuleFields['calendar'] | null;
  readonly limit?: string | null | undefined;
};

/**
 * Checks that the calendars and the limit of a definition exist.
 * @returns the calendars as they are now
 * @throws DomainError UNKNOWN_CALENDAR, UNKNOWN_LIMIT
 */
export const checkNames = async (
  store: EventStore,
  { tenant, application }: NamesOwner,
  { calendar, limit }: NamingFields,
): Promise<readonly CalendarVersion[]> => {
  if (limit && findNamed(application?.limits, limit) === undefined) {
    throw rejectField('UNKNOWN_LIMIT', '/limit', `the application has no limit ${limit}`);
  }
  const named = (['exclude', 'include'] as const).flatMap((list) =>
    (calendar?.[list] ?? []).map((name, index) => ({ name, pointer: `/calendar/${list}/${index}` })),
  );
  if (named.length === 0) return [];
  const last = await store.readLast(named.map(({ name }) => calendarStream(tenant, name)));
  const found: CalendarVersion[] = [];
  const unknown: FieldError[] = [];
  for (const [index, { name, pointer }] of named.entries()) {
    const event = last[index];
    if (event instanceof StreamParked) throw event;
    const isThere = event !== undefined && isCalendarEvent(event) && event.type === 'CalendarSet';
    if (isThere) found.push({ ...event.data, revision: event.revision, deleted: false });
    else unknown.push({ pointer, message: `there is no calendar ${name}` });
  }
  if (unknown.length > 0) throw rejectFields('UNKNOWN_CALENDAR', unknown);
  return found;
};

type FieldsOwner = NamesOwner & {
  readonly known: KnownNames;
  /** Existing resources that the fields can use. */
  readonly naming: Parameters<typeof checkNames>[2];
};

export type Check = () => readonly string[] | Promise<readonly string[]>;

/** Checks that need only these fields. */
export const ownChecks = (fields: GivenSchedule & CheckedFields): readonly Check[] => [
  () => {
    checkSchedule(fields);
    return [];
  },
  () => {
    checkRules(fields);
    return [];
  },
];

/** Checks the fields of a whole job. @returns warnings @throws DomainError naming all rejected fields */
export const checkFields = async (
  { store, tasks }: CommandDeps,
  fields: JobFields,
  { tenant, application, known, naming }: FieldsOwner,
): Promise<readonly string[]> => {
  const owner = { tenant, known };
  const warnings = await checkAll<readonly string[]>([
    ...ownChecks(fields),
    async () => {
      await checkNames(store, { tenant, application }, naming);
      return [];
    },
    () => tasks.check(fields, owner),
    () => checkHooks(tasks, fields, owner),
  ]);
  return warnings.flat();
};

/**
 * Runs independent checks one after another.
 * @returns their results
 * @throws DomainError naming the fields that they reject, with the code of the first. A blocked target's code takes
 * precedence, because it is also logged as rejected access.
 */
export const checkAll = async <T>(checks: readonly (() => T | Promise<T>)[]): Promise<readonly T[]> => {
  const results: T[] = [];
  const rejections: DomainError[] = [];
  for (const check of checks) {
    try {
      results.push(await check());
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      rejections.push(error);
    }
  }
  const [first, ...others] = rejections;
  if (first === undefined) return results;
  if (others.length === 0) throw first;
  const { code } = rejections.find((each) => each.code === 'TARGET_BLOCKED') ?? first;
  throw rejectFields(
    code,
    rejections.flatMap(({ message, errors }) => (errors.length === 0 ? [{ pointer: '', message }] : errors)),
  );
};

type GivenHooks = Readonly<Partial<Record<HookName, Hook | 'none' | null | undefined>>>;

export const givesHook = (given: GivenHooks): boolean => HOOK_NAMES.some((name) => isHook(given[name]));

const isHook = (given: GivenHooks[HookName]): given is Hook => typeof given === 'object' && given !== null;

/**
 * Requires that the caller can read executions if a hook is added or changed, because a hook receives their results.
 * @throws DomainError FORBIDDEN
 */
export const requireHookPermission = (
  { canReadExecutions }: { readonly canReadExecutions?: true },
  { given, before = {} }: { readonly given: GivenHooks; readonly before?: GivenHooks | undefined },
): void => {
  if (canReadExecutions) return;
  const changed = HOOK_NAMES.find((name) => isHook(given[name]) && !isDeepStrictEqual(given[name], before[name]));
  if (changed === undefined) return;
  const why =
    'a hook receives the results of executions: to set one, you need the permission scheduler:executions:read';
  throw rejectField('FORBIDDEN', pointerOf([changed]), why);
};

/**
 * Checks the given hooks like tasks.
 * @returns warnings
 * @throws DomainError BAD_INPUT, and the rejections of a task
 */
export const checkHooks = async (
  { checkHook }: TaskChecks,
  given: GivenHooks,
  owner: Parameters<TaskChecks['checkHook']>[2],
): Promise<readonly string[]> => {
  const warnings: string[] = [];
  for (const name of HOOK_NAMES) {
    const hook = given[name];
    if (isHook(hook)) warnings.push(...(await checkHook(name, hook, owner)));
  }
  return warnings;
};
