import { calendarOf, definitionOf } from './command-bodies.ts';
import type { CommandSpec } from './command-options.ts';
import type { CommandWork } from './run-command.ts';
import { TENANT_VIEWS } from './tenant-views.ts';

export const TENANT_GROUPS: Readonly<Record<string, string>> = {
  variables: 'Manage variables of applications, used as ${NAME} in jobs',
  secrets: 'Manage secrets of applications, used as ${secret:NAME} in jobs, and their encryption keys',
  calendars: 'Manage calendars: dates on which jobs do not run, or the only dates on which they do',
  limits: 'Manage limits of applications: concurrent calls and calls per duration',
  alerts: 'Show active alerts and manage alert rules',
  tokens: 'Manage API tokens',
  backfill: 'Run past slots',
  audit: 'Show and prove who changed what',
  projections: 'Manage read models of a running server',
};

const own = (name: keyof typeof import('./tenant-actions.ts')): CommandWork => ({
  kind: 'own',
  run: async (...given) => (await import('./tenant-actions.ts'))[name](...given),
});

const REASON = ['reason'] as const;
const LIMIT = ['limit'] as const;

/** What every kind of named values of an application has. */
const valuesOf = (kind: 'variables' | 'secrets' | 'limits', noun: 'variable' | 'secret' | 'limit') => {
  const path = `/applications/:application/${kind}`;
  return {
    [`${kind} list <application>`]: {
      description: `List the ${kind} of an application`,
      options: LIMIT,
      work: { kind: 'list', path, view: TENANT_VIEWS[kind] },
    },
    [`${kind} history <application> <${noun}>`]: {
      description: `List the versions of a ${noun}, newest first`,
      options: LIMIT,
      work: { kind: 'list', path: `${path}/:${noun}/history`, view: TENANT_VIEWS.history },
    },
    [`${kind} delete <application> <${noun}>`]: {
      description: `Delete a ${noun}`,
      options: REASON,
      work: {
        kind: 'change',
        method: 'delete',
        path: `${path}/:${noun}`,
        said: `Deleted ${noun} :${noun} of :application`,
      },
    },
  } satisfies Readonly<Record<string, CommandSpec>>;
};

/** Verbs of what a tenant has beside its jobs. */
export const TENANT_VERBS: Readonly<Record<string, CommandSpec>> = {
  ...valuesOf('variables', 'variable'),
  'variables set <application> <variable> [value]': {
    description: 'Set a variable; without VALUE, the value comes from standard input or a prompt',
    options: REASON,
    work: {
      kind: 'change',
      method: 'put',
      path: '/applications/:application/variables/:variable',
      body: async ({ args: { variable, value } }, { readValue }) => ({
        value: value ?? (await readValue(`Value of ${variable}`)),
      }),
      said: 'Set variable :variable of :application',
    },
  },
  ...valuesOf('secrets', 'secret'),
  'secrets set <application> <secret>': {
    description: 'Set a secret; the value comes from standard input or a hidden prompt',
    options: ['origin', 'signing', 'reason'],
    work: {
      kind: 'change',
      method: 'put',
      path: '/applications/:application/secrets/:secret',
      body: async ({ args: { secret }, options: { origin, signing } }, { readValue }) => ({
        value: await readValue(`Value of ${secret}`),
        allowedOrigins: origin,
        signing,
      }),
      said: 'Set secret :secret of :application',
    },
  },
  'calendars list': {
    description: 'List calendars',
    options: LIMIT,
    work: { kind: 'list', path: '/calendars', view: TENANT_VIEWS.calendars },
  },
  'calendars get <calendar>': {
    description: 'Show a calendar with its dates',
    work: { kind: 'fields', path: '/calendars/:calendar', view: TENANT_VIEWS.calendar },
  },
  'calendars put <calendar> [file]': {
    description: 'Create or replace a calendar from a file or standard input: JSON, or one date per line',
    options: REASON,
    work: {
      kind: 'change',
      method: 'put',
      path: '/calendars/:calendar',
      body: async ({ args: { file } }, { readText }) => calendarOf(await readText(file), file),
      said: 'Updated calendar :calendar',
    },
  },
  'calendars history <calendar>': {
    description: 'List the versions of a calendar, newest first',
    options: LIMIT,
    work: { kind: 'list', path: '/calendars/:calendar/history', view: TENANT_VIEWS.history },
  },
  'calendars delete <calendar>': {
    description: 'Delete a calendar',
    options: REASON,
    work: { kind: 'change', method: 'delete', path: '/calendars/:calendar', said: 'Deleted calendar :calendar' },
  },
  ...valuesOf('limits', 'limit'),
  'limits set <application> <limit>': {
    description: 'Set a limit; an omitted option means no limit',
    options: ['parallel', 'rate', 'reason'],
    work: {
      kind: 'change',
      method: 'put',
      path: '/applications/:application/limits/:limit',
      body: async ({ options: { parallel, rate } }) => ({ parallel, rate }),
      said: 'Set limit :limit of :application',
    },
  },
  'alerts list': {
    description: 'List active alerts',
    filters: ['rule', 'jobId', 'applicationId'],
    options: LIMIT,
    work: { kind: 'list', path: '/alerts', view: TENANT_VIEWS.alerts },
  },
  'alerts rules': {
    description: 'List alert rules',
    options: LIMIT,
    work: { kind: 'list', path: '/alert-rules', view: TENANT_VIEWS.rules },
  },
  'alerts get <rule>': {
    description: 'Show an alert rule; with --json its full definition, which `alerts put` accepts',
    work: { kind: 'fields', path: '/alert-rules/:rule', view: TENANT_VIEWS.rule },
  },
  'alerts put <rule> [file]': {
    description: 'Create or replace an alert rule from a file or standard input, in JSON or YAML',
    options: REASON,
    work: {
      kind: 'change',
      method: 'put',
      path: '/alert-rules/:rule',
      body: async ({ args: { file } }, { readText }) => definitionOf(await readText(file), file),
      said: 'Updated alert rule :rule',
    },
  },
  'alerts test <rule>': {
    description: 'Send a test message to each receiver of an alert rule',
    work: own('testRule'),
  },
  'alerts notifications <rule>': {
    description: 'List the notifications of an alert rule, newest first',
    work: { kind: 'table', path: '/alert-rules/:rule/notifications', view: TENANT_VIEWS.notifications },
  },
  'alerts delete <rule>': {
    description: 'Delete an alert rule',
    options: REASON,
    work: { kind: 'change', method: 'delete', path: '/alert-rules/:rule', said: 'Deleted alert rule :rule' },
  },
  'tokens list': {
    description: 'List API tokens, without their secrets',
    options: LIMIT,
    work: { kind: 'list', path: '/tokens', view: TENANT_VIEWS.tokens },
  },
  'tokens create <name>': {
    description: 'Create an API token and print it once',
    options: ['permissions', 'applications', 'expires', 'reason'],
    work: own('createToken'),
  },
  'tokens revoke <token>': {
    description: 'Revoke an API token, by id',
    options: REASON,
    work: { kind: 'change', method: 'delete', path: '/tokens/:token', said: 'Revoked token :token' },
  },
  'backfill start <job>': {
    description: 'Run past slots, each once',
    options: ['begin', 'end', 'reprocess', 'parallel', 'dryRun', 'reason', 'wait'],
    work: own('startBackfill'),
  },
  'backfill list': {
    description: 'List backfills, newest first',
    options: LIMIT,
    work: { kind: 'list', path: '/backfills', view: TENANT_VIEWS.backfills },
  },
  'backfill get <job> <backfill>': {
    description: 'Show a backfill and its progress',
    work: { kind: 'fields', path: '/jobs/:job/backfills/:backfill', view: TENANT_VIEWS.backfills },
  },
  'backfill cancel <job> <backfill>': {
    description: 'Cancel a backfill: no further slots run',
    options: REASON,
    work: {
      kind: 'change',
      method: 'delete',
      path: '/jobs/:job/backfills/:backfill',
      said: 'Cancelled backfill :backfill of :job',
    },
  },
  'audit list': {
    description: 'List who changed what and why, and rejected requests, newest first',
    filters: ['actor', 'action', 'outcome', 'code', 'applicationId', 'from', 'to'],
    options: LIMIT,
    work: { kind: 'list', path: '/audit', view: TENANT_VIEWS.audit },
  },
  'projections list': {
    description: 'List read models and their progress',
    work: { kind: 'table', path: '/projections', view: TENANT_VIEWS.projections },
  },
};
