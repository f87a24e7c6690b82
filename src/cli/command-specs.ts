import type { Operation } from '../../packages/client/src/schema.ts';
import { type CommandSpec, change, fields, own, rows } from './command.ts';
import { allowedTargetsOf, calendarOf, definitionOf } from './command-bodies.ts';
import { JOB_OPTIONS, type OptionName } from './command-options.ts';
import { TENANT_VIEWS } from './tenant-views.ts';
import { VIEWS } from './views.ts';

export const GROUPS: Readonly<Record<string, string>> = {
  jobs: 'Manage jobs, by address such as crm/nightly-sync, or by id',
  executions: 'Show, cancel and rerun executions',
  applications: 'Manage applications, which contain jobs',
  pauses: 'Set, list and end pauses of jobs, applications, targets and tenants',
  variables: 'Manage variables of applications, used as ${NAME} in jobs',
  secrets: 'Manage secrets of applications, used as ${secret:NAME} in jobs, and their encryption keys',
  calendars: 'Manage calendars: dates on which jobs do not run, or the only dates on which they do',
  limits: 'Manage limits of applications: concurrent calls and calls per duration',
  attention: 'Show jobs that need attention, and state who takes care of them',
  views: 'Manage saved views: names for filters of the list of jobs',
  alerts: 'Show active alerts and manage alert rules',
  tokens: 'Manage API tokens',
  queues: 'Show queues of worker tasks',
  operations: 'Follow bulk operations: changes of all jobs or executions that match filters',
  backfill: 'Run past slots',
  audit: 'Show and prove who changed what',
  engine: 'Manage the engines of a running server',
  targets: 'Manage the internal targets that jobs of the installation can call',
  projections: 'Manage read models of a running server',
  tenant: 'Export or erase a tenant',
  context: 'Manage named servers and their tokens',
};

/** Changes all jobs or executions that match the filters of their list. */
const all = (
  action: Operation['action'],
  description: string,
  options: readonly OptionName[] = action === 'trigger' ? ['spread'] : [],
): CommandSpec => ({
  description,
  operation: action === 'cancel' || action === 'rerun' ? 'listExecutions' : 'listJobs',
  options: [...options, 'everything', 'dryRun', 'reason', 'wait'],
  run: async (call) => (await import('./bulk.ts')).changeAll(action, call),
});

/** Lets a command also change all that match filters, if it is called without a name. */
const orAll = (action: Operation['action'], spec: CommandSpec): CommandSpec => ({
  ...spec,
  unnamed: all(action, spec.description),
});

/** The commands of every kind of named values of an application. */
const valuesOf = <Noun extends 'Variable' | 'Secret' | 'Limit'>(kind: Lowercase<Noun>, noun: Noun) => ({
  [`${kind}s list <application>`]: rows(
    `listApplication${noun}s`,
    `List the ${kind}s of an application`,
    TENANT_VIEWS[`${kind}s`],
  ),
  [`${kind}s history <application> <${kind}>`]: rows(
    `getApplication${noun}History`,
    `List the versions of a ${kind}, newest first`,
    TENANT_VIEWS.history,
  ),
  [`${kind}s delete <application> <${kind}>`]: change(
    `deleteApplication${noun}`,
    `Delete a ${kind}`,
    `Deleted ${kind} :${kind} of :application`,
  ),
});

/**
 * The commands that read and change data of a running server, by name. In sentences, `:job` is replaced by the argument
 * `<job>`. Paths, filters, `--limit` and `--reason` are derived from the API's operations.
 */
export const COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'jobs list': rows('listJobs', 'List jobs with their next runs', VIEWS.jobs),
  'jobs get <job>': fields(
    'getJob',
    'Show a job; with --json its full definition, which `jobs put` accepts',
    VIEWS.job,
  ),
  'jobs create <address> [file]': own(
    'Create a job from options, a file, or both',
    async (call) => (await import('./define-job.ts')).createJob(call),
    { operation: 'createJob', options: [...JOB_OPTIONS, 'set', 'ofApplication'] },
  ),
  'jobs put <job> [file]': own(
    'Create or replace a job from a file or standard input, in JSON or YAML',
    async (call) => (await import('./define-job.ts')).putJob(call),
    { operation: 'putJob' },
  ),
  'jobs update <job>': own(
    'Change the given fields of a job',
    async (call) => (await import('./define-job.ts')).updateJob(call),
    { operation: 'updateJob', options: [...JOB_OPTIONS, 'set', 'file'] },
  ),
  'jobs preview [job]': own(
    'Show the next slots and the request of a job, or of one to create, and store nothing',
    async (call) => (await import('./define-job.ts')).previewJob(call),
    { operation: 'previewJob', options: [...JOB_OPTIONS, 'set', 'file', 'ofApplication', 'count', 'send'] },
  ),
  'jobs edit <job>': own(
    "Edit a job in $EDITOR, without overwriting other users' changes",
    async (call) => (await import('./define-job.ts')).editJob(call),
    { operation: 'updateJob' },
  ),
  'jobs import <file>': own(
    'Convert the jobs of another scheduler to a file, and list what has no equivalent; - is standard input',
    async (call) => (await import('./import/import-jobs.ts')).importJobs(call),
    { isLocal: true, options: ['source', 'out'] },
  ),
  'jobs delete [job]': orAll('delete', change('deleteJob', 'Delete a job and keep its executions', 'Deleted :job')),
  'jobs enable [job]': orAll('enable', change('enableJob', 'Let a job run on schedule again', 'Enabled :job')),
  'jobs disable [job]': orAll('disable', change('disableJob', 'Stop running a job on schedule', 'Disabled :job')),
  'jobs label': all('label', 'Set and remove labels of all jobs that match the filters', ['setLabel', 'removeLabel']),
  'jobs pause <job>': own(
    'Pause a job; its slots are skipped, or run after the pause',
    async (call) => (await import('./actions.ts')).pause(call),
    { operation: 'setPause', options: ['pauseFrom', 'for', 'until', 'catchUp'] },
  ),
  'jobs unpause <job>': own('End the pauses of a job', async (call) => (await import('./actions.ts')).unpause(call), {
    operation: 'liftPause',
  }),
  'jobs trigger [job]': orAll(
    'trigger',
    own('Run a job now, even if it is disabled', async (call) => (await import('./actions.ts')).trigger(call), {
      operation: 'triggerJob',
      options: ['body', 'header', 'query', 'variable', 'overlap', 'at', 'force'],
    }),
  ),
  'jobs history <job>': rows('getJobHistory', 'List the versions of a job, newest first', TENANT_VIEWS.history),
  'jobs revert <job> <version>': change(
    'revertJob',
    'Restore an earlier version of a job, as a new version',
    'Reverted :job to version :version',
  ),
  'jobs occurrences <job>': rows(
    'listJobOccurrences',
    'List the slots of a job with their outcomes, oldest first (default: the last 24 hours)',
    VIEWS.occurrences,
  ),
  'jobs logs [job]': own(
    'Print a line for each of the last executions of a job or all jobs, and with --follow for each that ends',
    async (call) => (await import('./logs.ts')).printLogs(call),
    { options: ['follow', 'lines'] },
  ),
  'jobs upcoming': rows('getUpcomingSlots', 'List the 50 jobs that run next', VIEWS.upcoming),
  top: own(
    'Show which executions run and wait, and which slots are late, until interrupted',
    async (call) => (await import('./watch.ts')).top(call),
    { options: ['every'] },
  ),
  'executions list': rows('listExecutions', 'List executions, newest first', VIEWS.executions),
  'executions get <execution>': fields(
    'getExecution',
    'Show an execution with its request and response',
    VIEWS.execution,
  ),
  'executions cancel [execution]': orAll(
    'cancel',
    own('Cancel a pending or running execution', async (call) => (await import('./actions.ts')).cancel(call), {
      operation: 'cancelExecution',
    }),
  ),
  'executions rerun [execution]': orAll(
    'rerun',
    own(
      'Run a job again for the slot of an earlier execution',
      async (call) => (await import('./actions.ts')).rerun(call),
      { operation: 'rerunExecution', options: ['original', 'force'] },
    ),
  ),
  'attention list': rows(
    'listJobsNeedingAttention',
    'List jobs that need attention, and who takes care of them',
    TENANT_VIEWS.attention,
  ),
  'attention acknowledge <job>': change(
    'acknowledgeJob',
    'State who takes care of a job, or put it off with --for',
    'Acknowledged :job',
    { options: ['owner', 'note', 'for', 'until'] },
  ),
  'attention end <job>': change('endAcknowledgement', 'End the acknowledgement of a job', 'No one takes care of :job'),
  'views list': rows('listViews', 'List saved views', TENANT_VIEWS.savedViews),
  'views save <view> <filters>': change(
    'saveView',
    'Save filters of the list of jobs, such as state=failing, under a name',
    'Saved view :view',
    { body: async ({ args: { filters } }) => ({ query: filters }) },
  ),
  'views delete <view>': change('deleteView', 'Delete a saved view', 'Deleted view :view'),
  report: rows('getReport', 'Show the runs and the success rate of each job', TENANT_VIEWS.report),
  'queues list': rows('listQueues', 'List queues with their waiting work and their workers', VIEWS.queues),
  'operations list': rows('listOperations', 'List bulk operations, newest first', TENANT_VIEWS.operations),
  'operations get <operation>': fields(
    'getOperation',
    'Show a bulk operation and its progress',
    TENANT_VIEWS.operations,
  ),
  'operations cancel <operation>': change(
    'cancelOperation',
    'Cancel a bulk operation; finished changes remain',
    'Cancelled operation :operation',
  ),
  'applications list': rows('listApplications', 'List applications', VIEWS.applications),
  'applications get <application>': fields('getApplication', 'Show an application', VIEWS.application),
  'applications create <application>': change(
    'createApplication',
    'Create an application',
    'Created application :application',
    { options: ['displayName'], body: async ({ subject: name }) => ({ name }) },
  ),
  'applications delete <application>': change(
    'deleteApplication',
    'Delete an application without jobs',
    'Deleted application :application',
  ),
  'pauses list': rows('listPauses', 'List active and upcoming pauses', VIEWS.pauses),
  'pauses set <scope> [name]': own(
    'Pause an application, a target, the jobs with some labels (team:crm,stage:test), a tenant or the installation',
    async (call) => (await import('./actions.ts')).setPause(call),
    { operation: 'setPause', options: ['pauseFrom', 'for', 'until', 'catchUp'] },
  ),
  'pauses lift <pause>': change('liftPause', 'End a pause, by id', 'Ended pause :pause'),
  'init [folder]': own(
    'Create a folder of jobs as files, with a GitHub workflow that plans and applies them',
    async (call) => (await import('./small-commands.ts')).init(call),
    { isLocal: true },
  ),
  plan: own(
    'Show the changes that applying a folder would make, field by field',
    async (call) => (await import('./bootstrap.ts')).plan(call),
    { options: ['dir', 'exitCode'] },
  ),
  apply: own(
    'Apply a folder of applications and jobs to the server',
    async (call) => (await import('./bootstrap.ts')).apply(call),
    { options: ['dir', 'allowDelete', 'reason'] },
  ),
  drift: own(
    'Show differences between the server and a folder, with who changed them and when',
    async (call) => (await import('./bootstrap.ts')).drift(call),
    { options: ['dir', 'exitCode'] },
  ),
  'adopt [address]': own(
    "Overwrite others' changes with the files, for a job, an application or --all; with --write, first update a job's file from the server",
    async (call) => (await import('./adopt.ts')).adopt(call),
    { options: ['dir', 'all', 'write', 'reason'] },
  ),
  'explain <job>': own(
    'Explain the outcome of a slot, or of the last and next slots of a job',
    async (call) => (await import('./explain-slot.ts')).explainSlot(call),
    { options: ['slot'] },
  ),
  ...valuesOf('variable', 'Variable'),
  'variables set <application> <variable> [value]': change(
    'setApplicationVariable',
    'Set a variable; without VALUE, the value comes from standard input or a prompt',
    'Set variable :variable of :application',
    {
      body: async ({ args: { variable, value }, readValue }) => ({
        value: value ?? (await readValue(`Value of ${variable}`)),
      }),
    },
  ),
  ...valuesOf('secret', 'Secret'),
  'secrets set <application> <secret>': change(
    'setApplicationSecret',
    'Set a secret; the value comes from standard input or a hidden prompt',
    'Set secret :secret of :application',
    {
      options: ['origin', 'signing'],
      body: async ({ args: { secret }, readValue }) => ({ value: await readValue(`Value of ${secret}`) }),
    },
  ),
  'calendars list': rows('listCalendars', 'List calendars', TENANT_VIEWS.calendars),
  'calendars get <calendar>': fields('getCalendar', 'Show a calendar with its dates', TENANT_VIEWS.calendar),
  'calendars put <calendar> [file]': change(
    'setCalendar',
    'Create or replace a calendar from a file or standard input: JSON, or one date per line',
    'Updated calendar :calendar',
    { body: async ({ args: { file }, readText }) => calendarOf(await readText(file), file) },
  ),
  'calendars history <calendar>': rows(
    'getCalendarHistory',
    'List the versions of a calendar, newest first',
    TENANT_VIEWS.history,
  ),
  'calendars delete <calendar>': change('deleteCalendar', 'Delete a calendar', 'Deleted calendar :calendar'),
  ...valuesOf('limit', 'Limit'),
  'limits set <application> <limit>': change(
    'setApplicationLimit',
    'Set a limit; an omitted option means no limit',
    'Set limit :limit of :application',
    { options: ['parallel', 'rate'] },
  ),
  'alerts list': rows('listAlerts', 'List active alerts', TENANT_VIEWS.alerts),
  'alerts rules': rows('listAlertRules', 'List alert rules', TENANT_VIEWS.rules),
  'alerts get <rule>': fields(
    'getAlertRule',
    'Show an alert rule; with --json its full definition, which `alerts put` accepts',
    TENANT_VIEWS.rule,
  ),
  'alerts put <rule> [file]': change(
    'setAlertRule',
    'Create or replace an alert rule from a file or standard input, in JSON or YAML',
    'Updated alert rule :rule',
    { body: async ({ args: { file }, readText }) => definitionOf(await readText(file), file) },
  ),
  'alerts test <rule>': own('Send a test message to each receiver of an alert rule', async (call) =>
    (await import('./actions.ts')).testRule(call),
  ),
  'alerts notifications <rule>': rows(
    'listAlertNotifications',
    'List the notifications of an alert rule, newest first',
    TENANT_VIEWS.notifications,
  ),
  'alerts delete <rule>': change('deleteAlertRule', 'Delete an alert rule', 'Deleted alert rule :rule'),
  'tokens list': rows('listTokens', 'List API tokens, without their secrets', TENANT_VIEWS.tokens),
  'tokens create <name>': own(
    'Create an API token and print it once',
    async (call) => (await import('./actions.ts')).createToken(call),
    { operation: 'createToken', options: ['permissions', 'applications', 'queues', 'expires'] },
  ),
  'tokens revoke <token>': change('revokeToken', 'Revoke an API token, by id', 'Revoked token :token'),
  'backfill start <job>': own(
    'Run past slots, each once',
    async (call) => (await import('./bulk.ts')).startBackfill(call),
    { operation: 'requestBackfill', options: ['begin', 'end', 'reprocess', 'parallel', 'dryRun', 'wait'] },
  ),
  'backfill list': rows('listAllBackfills', 'List backfills, newest first', TENANT_VIEWS.backfills),
  'backfill get <job> <backfill>': fields('getBackfill', 'Show a backfill and its progress', TENANT_VIEWS.backfills),
  'backfill cancel <job> <backfill>': change(
    'cancelBackfill',
    'Cancel a backfill: no further slots run',
    'Cancelled backfill :backfill of :job',
  ),
  'audit list': rows(
    'listAudit',
    'List who changed what and why, and rejected requests, newest first',
    TENANT_VIEWS.audit,
  ),
  'audit prove': own(
    'Write a proof that an execution, or a version of a job, is in the log',
    async (call) => (await import('./audit.ts')).prove(call),
    { options: ['execution', 'provenJob', 'jobVersion', 'outFile'] },
  ),
  'audit anchor': own('Print a signed checkpoint of the log, to store outside the database', async (call) =>
    (await import('./audit.ts')).anchor(call),
  ),
  'audit key': own('Print the public keys that verify checkpoints and exports', async (call) =>
    (await import('./audit.ts')).printKeys(call),
  ),
  'audit compare <older> [newer]': own(
    'Prove that the log only grew since an older checkpoint, export or proof; without NEWER, up to the current log',
    async (call) => (await import('./audit.ts')).compare(call),
    { options: ['key'] },
  ),
  'audit explain': own(
    'Check that the log explains each slot of each job exactly once; for administrators of all tenants, unless --tenant is given',
    async (call) => (await import('./audit.ts')).explain(call),
    { operation: 'explainSlots', required: ['from'] },
  ),
  'audit export': own(
    'Export changes, executions and slots with a signed manifest that proves completeness',
    async (call) => (await import('./audit.ts')).exportAudit(call),
    { operation: 'exportLog', options: ['outFile'], required: ['from'], hasNoFormats: true },
  ),
  'targets get': fields(
    'getAllowedTargets',
    'Show the internal targets that jobs can call',
    TENANT_VIEWS.allowedTargets,
  ),
  'targets put [file]': change(
    'setAllowedTargets',
    'Replace the list of internal targets by a file or standard input: JSON, or one entry per line',
    'Updated the allowed targets',
    { body: async ({ args: { file }, readText }) => allowedTargetsOf(await readText(file), file) },
  ),
  'targets add <entry>': own(
    'Add an entry to the list of internal targets, such as 10.1.0.0/16 or crm.internal:8443',
    async (call) => (await import('./allowed-targets.ts')).addTarget(call),
    { operation: 'setAllowedTargets' },
  ),
  'targets remove <entry>': own(
    'Remove an entry from the list of internal targets',
    async (call) => (await import('./allowed-targets.ts')).removeTarget(call),
    { operation: 'setAllowedTargets' },
  ),
  'targets reset': change(
    'resetAllowedTargets',
    'Delete the list, so that the setting ALLOWED_TARGETS applies',
    'Reset the allowed targets to ALLOWED_TARGETS',
  ),
  'targets history': rows(
    'getAllowedTargetsHistory',
    'List the versions of the list, newest first',
    TENANT_VIEWS.history,
  ),
  'engine release': own(
    'Let waiting engines claim slots: on a restored or copied log, or after ENGINE_START=paused',
    async (call) => (await import('./small-commands.ts')).releaseEngines(call),
    { operation: 'releaseEngines' },
  ),
  'secrets rotate': own(
    "Encrypt the data key of every application with the first key of the server's SECRET_KEYS",
    async (call) => (await import('./small-commands.ts')).rotateKeys(call),
    { operation: 'rotateSecrets' },
  ),
  'secrets erase <applicationId>': own(
    "Delete an application's data key permanently: data sealed with it can't be read again. On EventStoreDB, the key is gone only after a scavenge of every node. Backups keep it.",
    async (call) => (await import('./small-commands.ts')).eraseKey(call),
    { operation: 'eraseApplicationSecrets' },
  ),
  'projections list': rows('listProjections', 'List read models and their progress', TENANT_VIEWS.projections),
  'projections rebuild <name>': own(
    'Rebuild a read model, or all, from the log while the current one serves queries, then switch over',
    async (call) => (await import('./projections.ts')).rebuildProjections(call),
    { operation: 'rebuildProjection', options: ['verify', 'planOnly'], hasNoFormats: true },
  ),
  'projections verify [name]': own(
    'Compare a read model, by default all, with the log, row by row, while the server runs',
    async (call) => (await import('./projections.ts')).verifyProjections(call),
    { operation: 'verifyProjection', hasNoFormats: true },
  ),
  'tenant export <tenant>': own(
    'Export all data of a tenant, one object per line; for a signed proof use `audit export`',
    async (call) => (await import('./tenants.ts')).exportTenantTo(call),
    { operation: 'exportTenant', options: ['outFile'], hasNoFormats: true },
  ),
  'tenant erase <tenant>': own(
    "Erase a tenant permanently and wait until nothing is left: jobs, applications with their data keys, calendars, pauses, alert rules and API tokens. The name can't be used again.",
    async (call) => (await import('./tenants.ts')).eraseTenantNamed(call),
    { operation: 'eraseTenant', required: ['confirm'] },
  ),
  'open [job]': own('Open the admin UI, or a job in it, and print its URL', async (call) =>
    (await import('./small-commands.ts')).openPage(call),
  ),
  doctor: own(
    'Check the server, token, clock, engines, read models, Kafka and Postgres, with a next step for each issue',
    async (call) => (await import('./doctor.ts')).doctor(call),
    { isLocal: true },
  ),
  'context add <name>': own(
    'Add a server; the token comes from --token, standard input or a prompt',
    async (call) => (await import('./small-commands.ts')).addContext(call),
    { isLocal: true },
  ),
  'context list': own(
    'List the contexts and the current one',
    async (call) => (await import('./small-commands.ts')).listContexts(call),
    { isLocal: true },
  ),
  'context use <context>': own(
    'Switch to a context; `local` is the server on this machine',
    async (call) => (await import('./small-commands.ts')).useContext(call),
    { isLocal: true },
  ),
  'context delete <context>': own(
    'Delete a context and its token',
    async (call) => (await import('./small-commands.ts')).deleteContext(call),
    { isLocal: true },
  ),
};
