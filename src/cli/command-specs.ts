import type { CommandSpec } from './command-options.ts';
import type { CommandWork } from './run-command.ts';
import { TENANT_GROUPS, TENANT_VERBS } from './tenant-command-specs.ts';
import { VIEWS } from './views.ts';

export const GROUPS: Readonly<Record<string, string>> = {
  jobs: 'Manage jobs, by address such as crm/nightly-sync, or by id',
  executions: 'Show, cancel and rerun executions',
  applications: 'Manage applications, which contain jobs',
  bootstrap: 'Manage applications and jobs as files',
  pauses: 'List and end pauses of jobs, applications, targets and tenants',
  ...TENANT_GROUPS,
  context: 'Manage named servers and their tokens',
};

const own = (name: keyof typeof import('./job-actions.ts')): CommandWork => ({
  kind: 'own',
  run: async (...given) => (await import('./job-actions.ts'))[name](...given),
});

const SPAN = ['from', 'to'] as const;
const REASON = ['reason'] as const;
const LIMIT = ['limit'] as const;

const JOB_VERBS: Readonly<Record<string, CommandSpec>> = {
  'jobs list': {
    description: 'List jobs with their next runs',
    filters: ['applicationId', 'name', 'target', 'label', 'state', 'lastStatus', 'sort'],
    options: LIMIT,
    work: { kind: 'list', path: '/jobs', view: VIEWS.jobs },
  },
  'jobs get <job>': {
    description: 'Show a job; with --json its full definition, which `jobs put` accepts',
    work: { kind: 'fields', path: '/jobs/:job', view: VIEWS.job },
  },
  'jobs put <job> [file]': {
    description: 'Create or replace a job from a file or standard input, in JSON or YAML',
    options: REASON,
    work: own('putJob'),
  },
  'jobs edit <job>': {
    description: "Edit a job in $EDITOR, without overwriting other users' changes",
    options: REASON,
    work: { kind: 'own', run: async (...given) => (await import('./edit-job.ts')).editJob(...given) },
  },
  'jobs import <file>': {
    description:
      'Convert the jobs of another scheduler to a file, and list what has no equivalent; - is standard input',
    options: ['source', 'out'],
    work: { kind: 'local', run: async (...given) => (await import('./import/import-jobs.ts')).importJobs(...given) },
  },
  'jobs delete <job>': {
    description: 'Delete a job and keep its executions',
    options: REASON,
    work: { kind: 'change', method: 'delete', path: '/jobs/:job', said: 'Deleted :job' },
  },
  'jobs enable <job>': {
    description: 'Enable a job: it runs on schedule again',
    options: REASON,
    work: { kind: 'change', method: 'post', path: '/jobs/:job/enable', said: 'Enabled :job' },
  },
  'jobs disable <job>': {
    description: 'Disable a job: it stops running on schedule',
    options: REASON,
    work: { kind: 'change', method: 'post', path: '/jobs/:job/disable', said: 'Disabled :job' },
  },
  'jobs pause <job>': {
    description: 'Pause a job; its slots are skipped, or run after the pause',
    options: ['for', 'until', 'catchUp', 'reason'],
    work: own('pause'),
  },
  'jobs unpause <job>': {
    description: 'End the pauses of a job',
    options: REASON,
    work: own('unpause'),
  },
  'jobs trigger <job>': {
    description: 'Run a job now, even if it is disabled',
    options: ['body', 'header', 'query', 'variable', 'overlap', 'at', 'force', 'reason', 'wait'],
    work: own('trigger'),
  },
  'jobs history <job>': {
    description: 'List the versions of a job, newest first',
    options: LIMIT,
    work: { kind: 'list', path: '/jobs/:job/history', view: VIEWS.history },
  },
  'jobs occurrences <job>': {
    description: 'List the slots of a job with their outcomes, oldest first (default: the last 24 hours)',
    filters: ['outcome', ...SPAN],
    options: LIMIT,
    work: { kind: 'list', path: '/jobs/:job/occurrences', view: VIEWS.occurrences },
  },
  'jobs upcoming': {
    description: 'List the 50 jobs that run next',
    filters: ['minutes'],
    work: { kind: 'table', path: '/upcoming', view: VIEWS.upcoming },
  },
  'executions list': {
    description: 'List executions, newest first',
    filters: ['jobId', 'applicationId', 'status', 'trigger', 'errorText', 'errorCode', 'label', ...SPAN],
    options: LIMIT,
    work: { kind: 'list', path: '/executions', view: VIEWS.executions },
  },
  'executions get <execution>': {
    description: 'Show an execution with its request and response',
    work: { kind: 'fields', path: '/executions/:execution', view: VIEWS.execution },
  },
  'executions cancel <execution>': {
    description: 'Cancel a pending or running execution',
    options: REASON,
    work: own('cancel'),
  },
  'executions rerun <execution>': {
    description: 'Run a job again for the slot of an earlier execution',
    options: ['original', 'force', 'reason', 'wait'],
    work: own('rerun'),
  },
  'executions tail': {
    description: 'Print a line for each execution when it ends, until interrupted',
    options: ['job'],
    work: { kind: 'own', run: async (...given) => (await import('./tail.ts')).tail(...given) },
  },
  'applications list': {
    description: 'List applications',
    options: LIMIT,
    work: { kind: 'list', path: '/applications', view: VIEWS.applications },
  },
  'applications get <application>': {
    description: 'Show an application',
    work: { kind: 'fields', path: '/applications/:application', view: VIEWS.application },
  },
  'applications create <application>': {
    description: 'Create an application',
    options: ['displayName', 'reason'],
    work: {
      kind: 'change',
      method: 'post',
      path: '/applications',
      body: async ({ subject: name, options: { displayName } }) => ({ name, displayName }),
      said: 'Created application :application',
    },
  },
  'applications delete <application>': {
    description: 'Delete an application without jobs',
    options: REASON,
    work: {
      kind: 'change',
      method: 'delete',
      path: '/applications/:application',
      said: 'Deleted application :application',
    },
  },
  'pauses list': {
    description: 'List active pauses',
    options: LIMIT,
    work: { kind: 'list', path: '/pauses', view: VIEWS.pauses },
  },
  'pauses lift <pause>': {
    description: 'End a pause, by id',
    options: REASON,
    work: { kind: 'change', method: 'delete', path: '/pauses/:pause', said: 'Ended pause :pause' },
  },
  'bootstrap plan': {
    description: 'Show the changes that applying a folder would make, field by field',
    options: ['dir', 'exitCode'],
    work: { kind: 'own', run: async (...given) => (await import('./bootstrap.ts')).plan(...given) },
  },
  'bootstrap apply': {
    description: 'Apply a folder of applications and jobs to the server',
    options: ['dir', 'allowDelete', 'reason'],
    work: { kind: 'own', run: async (...given) => (await import('./bootstrap.ts')).apply(...given) },
  },
  'bootstrap drift': {
    description: 'Show differences between the server and a folder, with who changed them and when',
    options: ['dir', 'exitCode'],
    work: { kind: 'own', run: async (...given) => (await import('./drift.ts')).drift(...given) },
  },
  'bootstrap adopt [address]': {
    description:
      "Overwrite others' changes with the files, for a job, an application or --all; with --write, first update a job's file from the server",
    options: ['dir', 'all', 'write', 'reason'],
    work: { kind: 'own', run: async (...given) => (await import('./adopt.ts')).adopt(...given) },
  },
  'explain <job>': {
    description: 'Explain the outcome of a slot',
    options: ['slot'],
    work: { kind: 'own', run: async (...given) => (await import('./explain-slot.ts')).explainSlot(...given) },
  },
};

const local = (name: keyof typeof import('./context-commands.ts')): CommandWork => ({
  kind: 'local',
  run: async (...given) => (await import('./context-commands.ts'))[name](...given),
});

/** Verbs of this machine, and of the way to a server. */
const LOCAL_VERBS: Readonly<Record<string, CommandSpec>> = {
  'open [job]': {
    description: 'Open the admin UI, or a job in it, and print its URL',
    work: { kind: 'own', run: async (...given) => (await import('./open-page.ts')).openPage(...given) },
  },
  doctor: {
    description:
      'Check the server, token, clock, engines, read models, Kafka and Postgres, with a next step for each issue',
    work: { kind: 'local', run: async (...given) => (await import('./doctor.ts')).doctor(...given) },
  },
  'context add <name>': {
    description: 'Add a server; the token comes from --token, standard input or a prompt',
    work: local('addContext'),
  },
  'context list': { description: 'List the contexts and the current one', work: local('listContexts') },
  'context use <context>': {
    description: 'Switch to a context; `local` is the server on this machine',
    work: local('useContext'),
  },
  'context delete <context>': { description: 'Delete a context and its token', work: local('deleteContext') },
};

/** By how each is called. In paths and sentences, `:job` stands for its argument `<job>`. */
export const VERBS: Readonly<Record<string, CommandSpec>> = { ...JOB_VERBS, ...TENANT_VERBS, ...LOCAL_VERBS };
