import { LIMITS, SetLimit } from '../../commands/named-values/limits.ts';
import { SECRETS, SetSecret } from '../../commands/named-values/secrets.ts';
import { SetTls, TLS } from '../../commands/named-values/tls.ts';
import { SetVariable, VARIABLES } from '../../commands/named-values/variables.ts';
import type { Secret } from '../../domain/events/index.ts';
import type { SecretView } from '../../projections/queries/records/applications.ts';
import type { ApiContext } from '../context.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import { LimitSchema, SecretSchema, TlsSchema, tlsResource, VariableSchema } from '../resources/applications.ts';
import type { Route } from '../route.ts';
import { namedValueRoutes } from './named-value.ts';

/** The routes of an application's named values. */
export const valueRoutes = ({ commands, queries, clock }: ApiContext): Route[] => [
  ...namedValueRoutes(queries, {
    values: VARIABLES,
    path: 'variables',
    writtenWith: 'scheduler:jobs:write',
    ...{ accepts: SetVariable, example: EXAMPLES.setVariable, result: VariableSchema },
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
    ...{ accepts: SetSecret, example: EXAMPLES.setSecret, result: SecretSchema },
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
    ...{ accepts: SetLimit, example: EXAMPLES.setLimit, result: LimitSchema },
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
    ...{ accepts: SetTls, example: EXAMPLES.setTls, result: TlsSchema },
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
