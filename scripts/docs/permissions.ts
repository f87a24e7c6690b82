import { z } from 'zod';
import { PERMISSIONS, type Permission } from '../../src/domain/permissions.ts';
import { openApiDocument } from '../../src/http/openapi/document.ts';
import { described } from '../../test/support/routes.ts';
import { table } from './table.ts';

const MEANINGS: Readonly<Record<Permission, string>> = {
  'scheduler:jobs:read':
    'read jobs, applications, calendars, limits, pauses, alerts, alert rules, operations, variables, names of secrets, and statistics; preview jobs',
  'scheduler:jobs:write':
    'change jobs, applications, calendars, limits, pauses, alert rules and variables; use secrets in jobs; bootstrap',
  'scheduler:jobs:trigger':
    'run a job now, repeat an execution, or run past slots; with `scheduler:executions:read`, also send the request of a preview',
  'scheduler:secrets:write': 'set and delete secrets and TLS settings of applications',
  'scheduler:executions:read':
    'read executions and their results, occurrences, and live events; with `scheduler:jobs:write`, also set hooks, which receive results',
  'scheduler:executions:cancel': 'cancel executions',
  'scheduler:work': 'take [work](api/workers.md) and send heartbeats, as workers do',
  'scheduler:audit:read': 'read all changes; check, export and prove the log: `GET /audit` and the paths below it',
  'scheduler:tenant:admin': 'all of the above within the own tenant, and its [API tokens](api/callers.md#api-tokens)',
  'scheduler:admin': 'everything, in any tenant with `?tenant=` (`*` for all tenants, only to read)',
};

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const Operation = z.object({ summary: z.string(), description: z.string().default('') });
const Document = z.object({
  paths: z.record(z.string(), z.object(Object.fromEntries(METHODS.map((method) => [method, Operation.optional()])))),
});

const neededBy = (description: string): string => {
  const [, named = ''] = /Requires the permission ([^.;]*)/.exec(description) ?? [];
  return [...named.matchAll(/`[^`]+`/g)].join(' or ');
};

const requests = (): string[][] =>
  Object.entries(Document.parse(openApiDocument(described, 'any')).paths).flatMap(([path, operations]) =>
    METHODS.flatMap((method) => {
      const operation = operations[method];
      if (operation === undefined) return [];
      return [[`\`${method.toUpperCase()} ${path}\``, operation.summary, neededBy(operation.description)]];
    }),
  );

/** Generates docs/reference/permissions.md from the description of the API. */
export const permissionsDocument = (): string => `# Permissions

Look up what a permission allows, or which one a request needs. [Authentication](api/callers.md) describes where
permissions come from. \`npm run docs\` generates this page from the code.

${table(
  ['permission', 'allows'],
  PERMISSIONS.map((permission) => [`\`${permission}\``, MEANINGS[permission]]),
)}

## What each request needs

Paths are relative to \`/_/scheduler\`, except \`/healthz\`, \`/readyz\` and \`/metrics\`. If the last column is empty, the request
needs no permission. It is open to everyone or authorized in another way, which the summary or
[the page about it](api/README.md) names.

${table(['request', 'what it does', 'permission'], requests())}
`;
