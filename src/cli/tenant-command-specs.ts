import { calendarOf, definitionOf } from './command-bodies.ts';
import type { CommandSpec } from './command-options.ts';
import type { CommandWork } from './run-command.ts';
import { TENANT_VIEWS } from './tenant-views.ts';

export const TENANT_GROUPS: Readonly<Record<string, string>> = {
  variables: 'Variables of applications, for ${NAME} in their jobs',
  secrets: 'Secrets of applications, for ${secret:NAME} in their jobs, and the keys that they are sealed with',
  calendars: 'Calendars: dates on which jobs are not called, or the only ones on which they are',
  limits: 'Limits of applications: how many calls at once, and in a time',
  alerts: 'Alerts that are firing, and the rules that raise them',
  tokens: 'API tokens',
  backfill: 'Slots of the past that are called later',
  audit: 'Who changed what, and what the log proves of it',
  projections: 'Read models of a running server',
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
      says: `The ${kind} of an application`,
      options: LIMIT,
      work: { kind: 'list', path, view: TENANT_VIEWS[kind] },
    },
    [`${kind} history <application> <${noun}>`]: {
      says: `The versions of a ${noun}, newest first`,
      options: LIMIT,
      work: { kind: 'list', path: `${path}/:${noun}/history`, view: TENANT_VIEWS.history },
    },
    [`${kind} delete <application> <${noun}>`]: {
      says: `Delete a ${noun}`,
      options: REASON,
      work: {
        kind: 'change',
        method: 'delete',
        path: `${path}/:${noun}`,
        said: `${noun} :${noun} of :application is deleted`,
      },
    },
  } satisfies Readonly<Record<string, CommandSpec>>;
};

/** Verbs of what a tenant has beside its jobs. */
export const TENANT_VERBS: Readonly<Record<string, CommandSpec>> = {
  ...valuesOf('variables', 'variable'),
  'variables set <application> <variable> [value]': {
    says: 'Set a variable; its value comes from standard input, or is asked for, where it is not named',
    options: REASON,
    work: {
      kind: 'change',
      method: 'put',
      path: '/applications/:application/variables/:variable',
      body: async ({ args: { variable, value } }, { readValue }) => ({
        value: value ?? (await readValue(`Value of ${variable}`)),
      }),
      said: 'variable :variable of :application is set',
    },
  },
  ...valuesOf('secrets', 'secret'),
  'secrets set <application> <secret>': {
    says: 'Set a secret; its value comes from standard input, or is asked for without being shown',
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
      said: 'secret :secret of :application is set',
    },
  },
  'calendars list': {
    says: 'Calendars',
    options: LIMIT,
    work: { kind: 'list', path: '/calendars', view: TENANT_VIEWS.calendars },
  },
  'calendars get <calendar>': {
    says: 'One calendar with its dates',
    work: { kind: 'fields', path: '/calendars/:calendar', view: TENANT_VIEWS.calendar },
  },
  'calendars put <calendar> [file]': {
    says: 'Create a calendar, or make it what a file or standard input says: JSON, or a date a line',
    options: REASON,
    work: {
      kind: 'change',
      method: 'put',
      path: '/calendars/:calendar',
      body: async ({ args: { file } }, { readText }) => calendarOf(await readText(file), file),
      said: 'calendar :calendar is as it was put',
    },
  },
  'calendars history <calendar>': {
    says: 'The versions of a calendar, newest first',
    options: LIMIT,
    work: { kind: 'list', path: '/calendars/:calendar/history', view: TENANT_VIEWS.history },
  },
  'calendars delete <calendar>': {
    says: 'Delete a calendar',
    options: REASON,
    work: { kind: 'change', method: 'delete', path: '/calendars/:calendar', said: 'calendar :calendar is deleted' },
  },
  ...valuesOf('limits', 'limit'),
  'limits set <application> <limit>': {
    says: 'Set a limit; what is left out is not limited',
    options: ['parallel', 'rate', 'reason'],
    work: {
      kind: 'change',
      method: 'put',
      path: '/applications/:application/limits/:limit',
      body: async ({ options: { parallel, rate } }) => ({ parallel, rate }),
      said: 'limit :limit of :application is set',
    },
  },
  'alerts list': {
    says: 'Alerts that are firing',
    filters: ['rule', 'jobId', 'applicationId'],
    options: LIMIT,
    work: { kind: 'list', path: '/alerts', view: TENANT_VIEWS.alerts },
  },
  'alerts rules': {
    says: 'Alert rules',
    options: LIMIT,
    work: { kind: 'list', path: '/alert-rules', view: TENANT_VIEWS.rules },
  },
  'alerts get <rule>': {
    says: 'One alert rule; with --json its whole definition, which `alerts put` takes',
    work: { kind: 'fields', path: '/alert-rules/:rule', view: TENANT_VIEWS.rule },
  },
  'alerts put <rule> [file]': {
    says: 'Create an alert rule, or make it what a file or standard input says, in JSON or YAML',
    options: REASON,
    work: {
      kind: 'change',
      method: 'put',
      path: '/alert-rules/:rule',
      body: async ({ args: { file } }, { readText }) => definitionOf(await readText(file), file),
      said: 'alert rule :rule is as it was put',
    },
  },
  'alerts test <rule>': {
    says: 'Send a test message to each receiver of an alert rule',
    work: own('testRule'),
  },
  'alerts notifications <rule>': {
    says: 'The notifications of an alert rule, newest first',
    work: { kind: 'table', path: '/alert-rules/:rule/notifications', view: TENANT_VIEWS.notifications },
  },
  'alerts delete <rule>': {
    says: 'Delete an alert rule',
    options: REASON,
    work: { kind: 'change', method: 'delete', path: '/alert-rules/:rule', said: 'alert rule :rule is deleted' },
  },
  'tokens list': {
    says: 'API tokens, without their secrets',
    options: LIMIT,
    work: { kind: 'list', path: '/tokens', view: TENANT_VIEWS.tokens },
  },
  'tokens create <name>': {
    says: 'Create an API token, and print only it, this once',
    options: ['permissions', 'applications', 'expires', 'reason'],
    work: own('createToken'),
  },
  'tokens revoke <token>': {
    says: 'Revoke an API token, by its id',
    options: REASON,
    work: { kind: 'change', method: 'delete', path: '/tokens/:token', said: 'token :token is revoked' },
  },
  'backfill start <job>': {
    says: 'Call slots of the past, each once',
    options: ['begin', 'end', 'reprocess', 'parallel', 'dryRun', 'reason', 'wait'],
    work: own('startBackfill'),
  },
  'backfill list': {
    says: 'Backfills, newest first',
    options: LIMIT,
    work: { kind: 'list', path: '/backfills', view: TENANT_VIEWS.backfills },
  },
  'backfill get <job> <backfill>': {
    says: 'One backfill, and how far it is',
    work: { kind: 'fields', path: '/jobs/:job/backfills/:backfill', view: TENANT_VIEWS.backfills },
  },
  'backfill cancel <job> <backfill>': {
    says: 'Call no further slot of a backfill',
    options: REASON,
    work: {
      kind: 'change',
      method: 'delete',
      path: '/jobs/:job/backfills/:backfill',
      said: 'backfill :backfill of :job is cancelled',
    },
  },
  'audit list': {
    says: 'Who changed what and why, and what was rejected, newest first',
    filters: ['actor', 'action', 'outcome', 'code', 'applicationId', 'from', 'to'],
    options: LIMIT,
    work: { kind: 'list', path: '/audit', view: TENANT_VIEWS.audit },
  },
  'projections list': {
    says: 'Read models, and how far each is',
    work: { kind: 'table', path: '/projections', view: TENANT_VIEWS.projections },
  },
};
