import { z } from 'zod';
import { PERMISSIONS, type Permission } from '../../src/domain/permissions.ts';
import { openApiDocument } from '../../src/http/openapi/document.ts';
import { allRoutes } from '../../test/support/routes.ts';
import { table } from './table.ts';

const MEANINGS: Readonly<Record<Permission, string>> = {
  'scheduler:jobs:read':
    'to see jobs, applications, calendars, limits, pauses, alerts and their rules, operations, variables, which secrets there are, statistics; to preview',
  'scheduler:jobs:write':
    'to change jobs, applications, calendars, limits, pauses, alert rules and variables; to name secrets in jobs; to bootstrap',
  'scheduler:jobs:trigger':
    'to have a job executed now, an execution again, or slots of the past; with `scheduler:executions:read`, to have the request of a preview sent',
  'scheduler:secrets:write': 'to set and delete secrets of applications',
  'scheduler:executions:read':
    'to see executions and their results, occurrences, and events as they happen; with `scheduler:jobs:write`, to set hooks, which receive results',
  'scheduler:executions:cancel': 'to cancel executions',
  'scheduler:audit:read':
    'to see all changes, and to have the log checked, exported and proven: `GET /audit` and what is below it',
  'scheduler:tenant:admin': 'all of these within the own tenant, and its [API tokens](api/callers.md#api-tokens)',
  'scheduler:admin': 'everything, in any tenant by `?tenant=` (`*` for all, in what only reads)',
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
  Object.entries(Document.parse(openApiDocument(allRoutes, 'any')).paths).flatMap(([path, operations]) =>
    METHODS.flatMap((method) => {
      const operation = operations[method];
      if (operation === undefined) return [];
      return [[`\`${method.toUpperCase()} ${path}\``, operation.summary, neededBy(operation.description)]];
    }),
  );

/** docs/reference/permissions.md, made of the description of the API. */
export const permissionsDocument = (): string => `# Permissions

What each permission allows, and what each request needs. [Who asks](api/callers.md) says where permissions come from. This
page is made by \`npm run docs\`.

${table(
  ['permission', 'allows'],
  PERMISSIONS.map((permission) => [`\`${permission}\``, MEANINGS[permission]]),
)}

## What each request needs

All lie under \`/_/scheduler\`, but for \`/healthz\`, \`/readyz\` and \`/metrics\`. Where the last column is empty, the request is for
everyone, or is known by something else than a permission: the summary or [the page about it](api/README.md) says by what.

${table(['request', 'what it does', 'permission'], requests())}
`;
