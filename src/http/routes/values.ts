import { z } from 'zod';
import type { CommandContext, CommandResult } from '../../commands/command.ts';
import {
  LIMITS,
  missingValue,
  type NamedKind,
  SetLimit,
  SetVariable,
  VARIABLES,
} from '../../commands/named-values/named-value.ts';
import { SECRETS, SetSecret } from '../../commands/named-values/secrets.ts';
import { SetTls, TLS } from '../../commands/named-values/tls.ts';
import type { Secret } from '../../domain/events/index.ts';
import type { Permission } from '../../domain/permissions.ts';
import { keysetOf } from '../../projections/queries/keyset.ts';
import { type ListPage, type PageRequest, toListPage } from '../../projections/queries/page.ts';
import type { SecretView, ValuesView } from '../../projections/queries/records/applications.ts';
import type { Scope } from '../../projections/queries/scope.ts';
import type { ApiContext } from '../context.ts';
import { LimitSchema, SecretSchema, TlsSchema, tlsResource, VariableSchema } from '../resources/applications.ts';
import { respondToCommand } from '../responses/command-responses.ts';
import { pageQuery, pageResponse, toPageRequest } from '../responses/pages.ts';
import { defineRoute, type Route } from '../route.ts';
import { paramsIn } from '../validate.ts';
import { historyRoute, revertRoute } from './histories.ts';
import { found, noContent } from './shapes.ts';

type NamedItem = { readonly name: string };
/** Texts of a route: its summary, and its response. */
type Words = readonly [summary: string, answer: string];

/** A kind of named values in the API. */
type NamedValueRoutes<T extends NamedItem, V extends NamedItem> = {
  readonly values: NamedKind;
  /** Last part of the list's path. */
  readonly path: string;
  readonly writtenWith: Permission;
  readonly accepts: z.ZodType;
  readonly result: z.ZodType;
  readonly words: {
    readonly list: Words;
    readonly get: Words;
    readonly set: Words;
    readonly delete: Words;
    /** Description of the versions; absent without a history. */
    readonly history?: string;
    /** Description of a revert; absent without one. */
    readonly revert?: string;
  };
  readonly listOf: (values: ValuesView) => readonly V[];
  readonly shown: (value: T | V) => object;
  readonly set: (
    context: CommandContext,
    applicationId: number,
    name: string,
    input: unknown,
  ) => Promise<CommandResult<T>>;
  readonly remove: (context: CommandContext, applicationId: number, name: string) => Promise<CommandResult<unknown>>;
};

/** The routes of one kind of named values: list, value, changes, history and revert. */
const namedValueRoutes = <T extends NamedItem, V extends NamedItem>(
  queries: ApiContext['queries'],
  { values, path, writtenWith, accepts, result, words, listOf, shown, set, remove }: NamedValueRoutes<T, V>,
): Route[] => {
  const list = `/applications/:id/${path}` as const;
  const each = `${list}/:name` as const;
  const one = `Application${capital(values.kind)}`;
  const valuesOf = async (scope: Scope, id: number): Promise<readonly V[]> =>
    listOf(found(await queries.getValues(scope, id), 'APPLICATION_NOT_FOUND', `application ${id}`));
  const respondSet = (done: CommandResult<T>) => respondToCommand(done, { status: 200, body: shown(done.value) });
  const objectOf = ({ id, name }: { readonly id: number; readonly name: string }) => ({
    kind: values.kind,
    name,
    applicationId: id,
  });
  return [
    defineRoute({
      method: 'get',
      path: list,
      operationId: `listApplication${capital(path)}`,
      summary: words.list[0],
      permission: 'scheduler:jobs:read',
      bound: 'application',
      query: NamesQuery,
      result: z.array(result),
      responses: { 200: words.list[1] },
      handle: async ({ scope, params: { id }, query, link }) =>
        pageResponse(namesPage(await valuesOf(scope, id), toPageRequest(query)), link, shown),
    }),
    defineRoute({
      method: 'get',
      path: each,
      operationId: `get${one}`,
      summary: words.get[0],
      permission: 'scheduler:jobs:read',
      bound: 'application',
      result,
      responses: { 200: words.get[1] },
      handle: async ({ scope, params: { id, name } }) => {
        const value = (await valuesOf(scope, id)).find((other) => other.name === name);
        if (value === undefined) throw missingValue(values, { applicationId: id, name });
        return { status: 200, body: shown(value) };
      },
    }),
    defineRoute({
      method: 'put',
      path: each,
      operationId: `set${one}`,
      summary: words.set[0],
      permission: writtenWith,
      bound: 'application',
      accepts,
      result,
      responses: { 200: words.set[1] },
      handle: async ({ context, params: { id, name }, body }) => respondSet(await set(context, id, name, body)),
    }),
    defineRoute({
      method: 'delete',
      path: each,
      operationId: `delete${one}`,
      summary: words.delete[0],
      permission: writtenWith,
      bound: 'application',
      responses: { 204: words.delete[1] },
      handle: async ({ context, params: { id, name } }) => noContent(await remove(context, id, name)),
    }),
    ...(words.history === undefined
      ? []
      : [
          historyRoute(queries, {
            path: each,
            bound: 'application',
            operationId: `get${one}History`,
            what: words.history,
            missing: values.missing,
            objectOf,
          }),
        ]),
    ...(words.revert === undefined
      ? []
      : [
          revertRoute(queries, {
            path: each,
            bound: 'application',
            operationId: `revert${one}`,
            what: words.revert,
            params: paramsIn(`${each}/:version`),
            result,
            objectOf,
            revert: async (context, { id, name }, fields) => respondSet(await set(context, id, name, fields)),
          }),
        ]),
  ];
};

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

const NamesQuery = z.strictObject(pageQuery);

/**
 * Cuts a page from a complete list sorted by name. The cursor is the last name of the previous page.
 * @throws BadCursor
 */
const namesPage = <T extends { readonly name: string }>(
  items: readonly T[],
  { limit, cursor }: PageRequest,
): ListPage<T> => {
  const keyset = keysetOf({ name: 'text' }, { cursor });
  const [after = ''] = keyset.place ?? [];
  const rest = items.filter(({ name }) => name > `${after}`);
  return toListPage(rest, { limit, keyset, placeOf: ({ name }) => [name], item: (each) => each, total: items.length });
};

/** The routes of an application's named values. */
export const valueRoutes = ({ commands, queries, clock }: ApiContext): Route[] => [
  ...namedValueRoutes(queries, {
    values: VARIABLES,
    path: 'variables',
    writtenWith: 'scheduler:jobs:write',
    accepts: SetVariable,
    result: VariableSchema,
    words: {
      list: ["Lists an application's variables, by name", 'A page of variables'],
      get: ['Shows a variable', 'The variable'],
      set: ['Sets a variable, which jobs use as ${NAME}', 'The variable after the change'],
      delete: ['Deletes a variable: executions of jobs that use it fail from then on', 'The variable is deleted'],
      history: 'a variable',
      revert: 'a variable to a version',
    },
    listOf: ({ variables }) => variables,
    shown: (variable) => variable,
    set: commands.setVariable,
    remove: commands.deleteVariable,
  }),
  ...namedValueRoutes(queries, {
    values: SECRETS,
    path: 'secrets',
    writtenWith: 'scheduler:secrets:write',
    accepts: SetSecret,
    result: SecretSchema,
    words: {
      list: ["Lists an application's secrets by name, without their values", 'A page of secrets, without their values'],
      get: ['Shows a secret, without its value', 'The secret, without its value'],
      set: [
        'Sets a secret, which jobs use as ${secret:NAME}, or which signs all calls',
        'The secret after the change, without its value',
      ],
      delete: ['Deletes a secret: executions of jobs that use it fail from then on', 'The secret is deleted'],
      history: 'a secret: the times of its changes, never its values',
    },
    listOf: ({ secrets }) => secrets,
    shown: ({ value: _, ...secret }: (Secret | SecretView) & { readonly value?: unknown }) => secret,
    set: commands.setSecret,
    remove: commands.deleteSecret,
  }),
  ...namedValueRoutes(queries, {
    values: LIMITS,
    path: 'limits',
    writtenWith: 'scheduler:jobs:write',
    accepts: SetLimit,
    result: LimitSchema,
    words: {
      list: ["Lists an application's limits, by name", 'A page of limits'],
      get: ['Shows a limit', 'The limit'],
      set: [
        'Sets how many calls the jobs with this limit can make, simultaneously or in a period',
        'The limit after the change',
      ],
      delete: ['Deletes a limit that no job uses', 'The limit is deleted'],
      history: 'a limit',
      revert: 'a limit to a version',
    },
    listOf: ({ limits }) => limits,
    shown: (limit) => limit,
    set: commands.setLimit,
    remove: commands.deleteLimit,
  }),
  ...namedValueRoutes(queries, {
    values: TLS,
    path: 'tls',
    writtenWith: 'scheduler:secrets:write',
    accepts: SetTls,
    result: TlsSchema,
    words: {
      list: ["Lists an application's TLS settings, by name; never a key", 'A page of TLS settings'],
      get: ['Shows TLS settings; never the key', 'The TLS settings'],
      set: [
        'Sets the trusted authorities and the client certificate for calls to some origins',
        'The TLS settings after the change',
      ],
      delete: [
        'Deletes TLS settings: calls to their origins use the defaults from then on',
        'The TLS settings are deleted',
      ],
    },
    listOf: ({ tls }) => tls,
    shown: (settings) => tlsResource(settings, clock.now()),
    set: commands.setTls,
    remove: commands.deleteTls,
  }),
];
