import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type ApplicationOwner, ownApplication } from '../../domain/application.ts';
import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { defined } from '../../domain/defined.ts';
import { changesOwner } from '../../domain/difference.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { durationInput } from '../../domain/duration-input.ts';
import {
  type Application,
  type ApplicationEvent,
  changedBy,
  type Limit,
  type Variable,
} from '../../domain/events/index.ts';
import { HOOK_NAMES } from '../../domain/execution/hook.ts';
import type { ChangedKind } from '../../domain/history/change-of.ts';
import { checkRoom, findNamed, withNamed, withoutNamed } from '../../domain/named-values/keys.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { APPLICATIONS, changeDocument, setDocument } from '../loop/documents.ts';
import { parseInput, Slug, serverSet } from '../parse.ts';
import { rejectInUse } from '../read-models.ts';

const MAX_VALUE_BYTES = 8_192;

/** Name of a variable or secret. */
export const ValueName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'must be 1 to 64 letters, digits or underscores, and not begin with a digit');

export const ValueText = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= MAX_VALUE_BYTES, `at most ${MAX_VALUE_BYTES} bytes`);

/** Fields of all named values that the server sets. */
export const setByServer = serverSet('name', 'updatedAt', 'updatedBy');

/** The origin of a target, as a URL without a path. */
export const Origin = z
  .string()
  .max(300)
  .transform((text, context) => {
    const url = URL.parse(text);
    if (url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
    context.addIssue('must be an origin such as https://api.example.com, without a path');
    return z.NEVER;
  });

/** The fields of every named value. */
type NamedValue = { readonly name: string; readonly updatedAt: string; readonly updatedBy: string };
type NamedRef = ApplicationOwner & { readonly name: string };

export type NamedKind = {
  readonly kind: ChangedKind;
  /** Noun in messages. */
  readonly noun: string;
  readonly missing: DomainErrorCode;
};

/** The caller of a change, and the application before it. */
type Setting = { readonly context: CommandContext; readonly application: Application | undefined };

/** A kind of named values of an application. Its commands and routes are derived from this. */
export type NamedValues<T extends NamedValue> = NamedKind & {
  readonly nameInput: z.ZodType<string>;
  readonly listOf: (application: Application) => readonly T[] | undefined;
  /** The event that records a change, with the changed application. */
  readonly eventOf: (
    application: Application,
    change: { readonly what: 'Set' | 'Deleted'; readonly list: T[]; readonly name: string },
  ) => ApplicationEvent;
  /** Rejects a value that the caller can't set. Called before each append. */
  readonly rejectSet?: (deps: CommandDeps, value: NamedRef, setting: Setting) => Promise<void>;
  /** Rejects the deletion of a value that is in use. */
  readonly rejectUsed?: (deps: CommandDeps, value: NamedRef) => Promise<void>;
};

const nameOf = ({ nameInput }: { readonly nameInput: z.ZodType<string> }, name: string): string =>
  parseInput(z.strictObject({ name: nameInput }), { name }).name;

/** The new value, with its setter and time; `undefined` if the stored one is equal. */
export type ToBe<T> = (stored: T | undefined, set: NamedValue, application: Application) => T | undefined;

type SetInput<T> = NamedRef &
  Pick<CommandContext, 'actor' | 'owner'> & { readonly toBe: ToBe<T>; readonly nowMs: number };

/** @throws DomainError APPLICATION_NOT_FOUND, APPLICATION_FULL */
export const decideSet = <T extends NamedValue>(
  { listOf, eventOf }: NamedValues<T>,
  { name, actor, owner, toBe, nowMs, ...of }: SetInput<T>,
  existing: Application | undefined,
): ApplicationEvent[] => {
  const application = ownApplication(existing, of);
  const stored = findNamed(listOf(application), name);
  const set = { name, ...changedBy(actor, nowMs, owner) };
  const isGivenBack = changesOwner(owner, stored);
  const value =
    toBe(stored, set, application) ?? (stored !== undefined && isGivenBack ? { ...stored, ...set } : undefined);
  if (value === undefined) return [];
  const event = eventOf(application, { what: 'Set', list: withNamed(listOf(application), value), name });
  checkRoom(event.data);
  return [event];
};

/** @throws DomainError APPLICATION_NOT_FOUND, and an error for a missing value */
export const decideDelete = <T extends NamedValue>(
  { listOf, eventOf, ...values }: NamedValues<T>,
  { name, ...owner }: NamedRef,
  existing: Application | undefined,
): ApplicationEvent[] => {
  const application = ownApplication(existing, owner);
  if (findNamed(listOf(application), name) === undefined) throw missingValue(values, { ...owner, name });
  return [eventOf(application, { what: 'Deleted', list: withoutNamed(listOf(application), name), name })];
};

export const missingValue = (
  { noun, missing }: Omit<NamedKind, 'kind'>,
  { applicationId, name }: Omit<NamedRef, 'tenant'>,
): DomainError => new DomainError(missing, `application ${applicationId} has no ${noun} ${name}`);

type SetPlan<T> = {
  readonly toBe: ToBe<T>;
  /** Warnings about the new value. */
  readonly warningsOf?: (value: T) => readonly string[];
};

/** Creates the command that sets a value. `plan` parses the input and seals its secret. */
export const setNamed =
  <T extends NamedValue>(
    values: NamedValues<T>,
    plan: (input: unknown, deps: CommandDeps, value: NamedRef) => SetPlan<T> | Promise<SetPlan<T>>,
  ) =>
  (deps: CommandDeps) =>
  async (
    context: CommandContext,
    applicationId: number,
    givenName: string,
    input: unknown,
  ): Promise<CommandResult<T>> => {
    const { tenant, actor, owner } = context;
    const ref = { applicationId, tenant, name: nameOf(values, givenName) };
    const { toBe, warningsOf } = await plan(input, deps, ref);
    const { value: application, ...done } = await setDocument(deps, APPLICATIONS, {
      key: [applicationId],
      context,
      decide: (existing, nowMs) => decideSet(values, { ...ref, actor, ...(owner && { owner }), toBe, nowMs }, existing),
      prepare: async (_, before) => values.rejectSet?.(deps, ref, { context, application: before }),
    });
    const value = findNamed(values.listOf(application), ref.name);
    if (value === undefined) throw new Error(`${values.noun} ${ref.name} of application ${applicationId} was not set`);
    return { ...done, value, ...(warningsOf && { warnings: warningsOf(value) }) };
  };

/** Creates the command that deletes a value. */
export const deleteNamed =
  <T extends NamedValue>(values: NamedValues<T>) =>
  (deps: CommandDeps) =>
  async (context: CommandContext, applicationId: number, givenName: string): Promise<CommandResult<unknown>> => {
    const ref = { applicationId, tenant: context.tenant, name: nameOf(values, givenName) };
    return changeDocument(deps, APPLICATIONS, {
      key: [applicationId],
      context,
      decide: (existing) => decideDelete(values, ref, existing),
      prepare: async () => values.rejectUsed?.(deps, ref),
    });
  };

export const SetVariable = z.strictObject({ ...setByServer, value: ValueText });

/** Jobs use a variable as `${NAME}`. */
export const VARIABLES: NamedValues<Variable> = {
  kind: 'variable',
  noun: 'variable',
  missing: 'VARIABLE_NOT_FOUND',
  // `${T:…}` is a time.
  nameInput: ValueName.refine((text) => text !== 'T', 'T is reserved for the time: choose another name'),
  // A hook receives results, and a variable in its URL determines where they are sent.
  rejectSet: async ({ readModels }, variable, { context, application }) => {
    if (context.canReadExecutions) return;
    const isInDefault = HOOK_NAMES.some((hook) => application?.[hook]?.url.includes(`\${${variable.name}}`));
    if (!isInDefault && (await readModels.jobsWithHookVariable(variable)).total === 0) return;
    const why = `the URL of a hook uses ${variable.name}, and a hook receives the results of executions`;
    throw new DomainError('FORBIDDEN', `${why}: to set it, you need the permission scheduler:executions:read`);
  },
  listOf: ({ variables }) => variables,
  eventOf: (application, { what, list: variables, name: variable }) => ({
    type: `Variable${what}`,
    data: { ...application, variables, variable },
  }),
};

export const newVariable =
  (value: string): ToBe<Variable> =>
  (stored, set) =>
    stored?.value === value ? undefined : { ...set, value };

export const setVariable = setNamed(VARIABLES, (input) => ({
  toBe: newVariable(parseInput(SetVariable, input).value),
}));

/** Executions of jobs that use it fail from then on. */
export const deleteVariable = deleteNamed(VARIABLES);

const MAX_PARALLEL = 10_000;
const MAX_COUNTED = 1_000_000;

/** Set as a whole. */
export const SetLimit = z
  .strictObject({
    ...setByServer,
    parallel: z.int().min(1).max(MAX_PARALLEL).optional(),
    rate: z
      .strictObject({
        count: z.int().min(1).max(MAX_COUNTED),
        per: durationInput({ least: '1s', most: '31d' }),
      })
      .optional(),
  })
  .refine(({ parallel, rate }) => parallel !== undefined || rate !== undefined, 'give parallel, rate, or both');

/** A limit that jobs use can't be deleted. */
export const LIMITS: NamedValues<Limit> = {
  kind: 'limit',
  noun: 'limit',
  missing: 'LIMIT_NOT_FOUND',
  nameInput: Slug,
  listOf: ({ limits }) => limits,
  eventOf: (application, { what, list: limits, name: limit }) => ({
    type: `Limit${what}`,
    data: { ...application, limits, limit },
  }),
  rejectUsed: async ({ readModels }, limit) =>
    rejectInUse('LIMIT_IN_USE', `limit ${limit.name}`, await readModels.jobsWithLimit(limit)),
};

export const newLimit =
  ({ parallel, rate }: Pick<Limit, 'parallel' | 'rate'>): ToBe<Limit> =>
  (stored, set) => {
    if (stored !== undefined && isDeepStrictEqual([stored.parallel, stored.rate], [parallel, rate])) return undefined;
    return { ...set, ...defined({ parallel, rate }) };
  };

export const setLimit = setNamed(LIMITS, (input) => ({ toBe: newLimit(parseInput(SetLimit, input)) }));

export const deleteLimit = deleteNamed(LIMITS);
