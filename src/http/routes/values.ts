import { LIMITS, SetLimit } from '../../commands/named-values/limits.ts';
import { SECRETS, SetSecret } from '../../commands/named-values/secrets.ts';
import { SetTls, TLS } from '../../commands/named-values/tls.ts';
import { SetVariable, VARIABLES } from '../../commands/named-values/variables.ts';
import type { Secret } from '../../domain/events/index.ts';
import type { SecretView } from '../../projections/queries/records/applications.ts';
import { EXAMPLES } from '../openapi/examples.ts';
import { LimitSchema, SecretSchema, TlsSchema, tlsResource, VariableSchema } from '../resources/applications.ts';
import type { Route } from '../route.ts';
import type { RouteDeps } from './deps.ts';
import { namedValueRoutes } from './named-value.ts';

type ValueDeps = Pick<RouteDeps, 'commands' | 'queries' | 'clock'>;

/** The routes of what an application has by name. */
export const valueRoutes = ({ commands, queries, clock }: ValueDeps): Route[] => [
  ...namedValueRoutes(queries, {
    values: VARIABLES,
    path: 'variables',
    writtenWith: 'scheduler:jobs:write',
    ...{ accepts: SetVariable, example: EXAMPLES.setVariable, result: VariableSchema },
    words: {
      list: ["Lists an application's variables, by name", 'A page of variables'],
      get: ['Shows a variable', 'The variable'],
      set: ['Gives a variable its value: what jobs name as ${NAME}', 'The variable as it is now'],
      delete: ['Takes a variable away: executions of jobs that name it fail from then on', 'The variable is gone'],
      history: 'a variable',
      revert: 'a variable the value that it had at a version',
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
      list: [
        "Lists which secrets an application has, by name; never a secret's value",
        'A page of secrets, without their values',
      ],
      get: ['Tells that a secret exists; never its value', 'The secret, without its value'],
      set: [
        'Gives a secret its value: what jobs name as ${secret:NAME}, or what signs all calls',
        'The secret as it is now, without its value',
      ],
      delete: ['Takes a secret away: executions of jobs that name it fail from then on', 'The secret is gone'],
      history: 'a secret: when it was changed, never what it was',
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
        'Sets how many calls the jobs that name the limit may make, at once or in a time',
        'The limit as it is now',
      ],
      delete: ['Deletes a limit that no job names', 'The limit is gone'],
      history: 'a limit',
      revert: 'a limit the bounds that it had at a version',
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
        'Sets whom calls of some origins trust, and with which client certificate they are made',
        'The TLS settings as they are now',
      ],
      delete: [
        'Deletes TLS settings: calls of their origins are made as any other from then on',
        'The TLS settings are gone',
      ],
    },
    listOf: ({ tls }) => tls,
    shown: (settings) => tlsResource(settings, clock.now()),
    set: commands.setTls,
    remove: commands.deleteTls,
  }),
];
