import type { CommandSpec } from './command-options.ts';
import type { CommandWork } from './run-command.ts';
import { TENANT_GROUPS, TENANT_VERBS } from './tenant-command-specs.ts';
import { VIEWS } from './views.ts';

export const GROUPS: Readonly<Record<string, string>> = {
  jobs: 'Jobs, by their address such as crm/nightly-sync, or by their id',
  executions: 'Executions of jobs',
  applications: 'Applications, which jobs belong to',
  bootstrap: 'Applications and jobs from files',
  pauses: 'Pauses of jobs, applications, targets and tenants',
  ...TENANT_GROUPS,
  context: 'Servers by a name, each with its token',
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
    says: 'Jobs, with when each runs next',
    filters: ['applicationId', 'name', 'target', 'label', 'state', 'lastStatus', 'sort'],
    options: LIMIT,
    work: { kind: 'list', path: '/jobs', view: VIEWS.jobs },
  },
  'jobs get <job>': {
    says: 'One job; with --json its whole definition, which `jobs put` takes',
    work: { kind: 'fields', path: '/jobs/:job', view: VIEWS.job },
  },
  'jobs put <job> [file]': {
    says: 'Create a job, or make it what a file or standard input says, in JSON or YAML',
    options: REASON,
    work: own('putJob'),
  },
  'jobs edit <job>': {
    says: 'Change a job in $EDITOR; a change that somebody else made meanwhile stays',
    options: REASON,
    work: { kind: 'own', run: async (...given) => (await import('./edit-job.ts')).editJob(...given) },
  },
  'jobs import <file>': {
    says: 'Make a file of jobs from what another scheduler has, and name what has no counterpart; - is standard input',
    options: ['source', 'out'],
    work: { kind: 'local', run: async (...given) => (await import('./import/import-jobs.ts')).importJobs(...given) },
  },
  'jobs delete <job>': {
    says: 'Delete a job; its executions stay readable',
    options: REASON,
    work: { kind: 'change', method: 'delete', path: '/jobs/:job', said: ':job is deleted' },
  },
  'jobs enable <job>': {
    says: 'Let a job fire again',
    options: REASON,
    work: { kind: 'change', method: 'post', path: '/jobs/:job/enable', said: ':job is enabled' },
  },
  'jobs disable <job>': {
    says: 'Stop a job from firing',
    options: REASON,
    work: { kind: 'change', method: 'post', path: '/jobs/:job/disable', said: ':job is disabled' },
  },
  'jobs pause <job>': {
    says: 'Pause a job for a while; slots that come due are skipped, or called afterwards',
    options: ['for', 'until', 'catchUp', 'reason'],
    work: own('pause'),
  },
  'jobs unpause <job>': {
    says: 'Lift the pauses of a job',
    options: REASON,
    work: own('unpause'),
  },
  'jobs trigger <job>': {
    says: 'Have a job executed now, enabled or not',
    options: ['body', 'header', 'query', 'variable', 'overlap', 'at', 'force', 'reason', 'wait'],
    work: own('trigger'),
  },
  'jobs history <job>': {
    says: 'The versions of a job, newest first',
    options: LIMIT,
    work: { kind: 'list', path: '/jobs/:job/history', view: VIEWS.history },
  },
  'jobs occurrences <job>': {
    says: 'The slots of a job, oldest first, and what became of each; by default of the last 24 hours',
    filters: ['outcome', ...SPAN],
    options: LIMIT,
    work: { kind: 'list', path: '/jobs/:job/occurrences', view: VIEWS.occurrences },
  },
  'jobs upcoming': {
    says: 'The 50 jobs that run next',
    filters: ['minutes'],
    work: { kind: 'table', path: '/upcoming', view: VIEWS.upcoming },
  },
  'executions list': {
    says: 'Executions, newest first',
    filters: ['jobId', 'applicationId', 'status', 'trigger', 'errorText', 'errorCode', 'label', ...SPAN],
    options: LIMIT,
    work: { kind: 'list', path: '/executions', view: VIEWS.executions },
  },
  'executions get <execution>': {
    says: 'One execution, with what was called and what it answered',
    work: { kind: 'fields', path: '/executions/:execution', view: VIEWS.execution },
  },
  'executions cancel <execution>': {
    says: 'Cancel an execution that is pending or running',
    options: REASON,
    work: own('cancel'),
  },
  'executions rerun <execution>': {
    says: 'Execute a job again for the instant of an earlier execution',
    options: ['original', 'force', 'reason', 'wait'],
    work: own('rerun'),
  },
  'executions tail': {
    says: 'A line for each execution that ends, as it ends, until it is interrupted',
    options: ['job'],
    work: { kind: 'own', run: async (...given) => (await import('./tail.ts')).tail(...given) },
  },
  'applications list': {
    says: 'Applications',
    options: LIMIT,
    work: { kind: 'list', path: '/applications', view: VIEWS.applications },
  },
  'applications get <application>': {
    says: 'One application',
    work: { kind: 'fields', path: '/applications/:application', view: VIEWS.application },
  },
  'applications create <application>': {
    says: 'Create an application',
    options: ['displayName', 'reason'],
    work: {
      kind: 'change',
      method: 'post',
      path: '/applications',
      body: async ({ subject: name, options: { displayName } }) => ({ name, displayName }),
      said: 'application :application is created',
    },
  },
  'applications delete <application>': {
    says: 'Delete an application that has no jobs',
    options: REASON,
    work: {
      kind: 'change',
      method: 'delete',
      path: '/applications/:application',
      said: 'application :application is deleted',
    },
  },
  'pauses list': {
    says: 'The pauses in force',
    options: LIMIT,
    work: { kind: 'list', path: '/pauses', view: VIEWS.pauses },
  },
  'pauses lift <pause>': {
    says: 'Lift a pause by its id',
    options: REASON,
    work: { kind: 'change', method: 'delete', path: '/pauses/:pause', said: 'pause :pause is lifted' },
  },
  'bootstrap plan': {
    says: 'Show what applying a folder would change, field by field, and change nothing',
    options: ['dir', 'exitCode'],
    work: { kind: 'own', run: async (...given) => (await import('./bootstrap.ts')).plan(...given) },
  },
  'bootstrap apply': {
    says: 'Bring applications and jobs to what a folder says',
    options: ['dir', 'allowDelete', 'reason'],
    work: { kind: 'own', run: async (...given) => (await import('./bootstrap.ts')).apply(...given) },
  },
  'bootstrap drift': {
    says: 'Show what on the server differs from a folder, who changed it, and when',
    options: ['dir', 'exitCode'],
    work: { kind: 'own', run: async (...given) => (await import('./drift.ts')).drift(...given) },
  },
  'bootstrap adopt [address]': {
    says: 'Bring a job, an application or all that others changed to what the files say, or with --write the file of a job to what the server has',
    options: ['dir', 'all', 'write', 'reason'],
    work: { kind: 'own', run: async (...given) => (await import('./adopt.ts')).adopt(...given) },
  },
  'explain <job>': {
    says: 'Explain the outcome of a slot',
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
    says: 'Print the address of the page, or of a job on it, and open it',
    work: { kind: 'own', run: async (...given) => (await import('./open-page.ts')).openPage(...given) },
  },
  doctor: {
    says: 'Check server, token, clock, engines, read models, Kafka and Postgres: each is well, or what to do next',
    work: { kind: 'local', run: async (...given) => (await import('./doctor.ts')).doctor(...given) },
  },
  'context add <name>': {
    says: 'Add a server; its token comes from --token or standard input, or is asked for',
    work: local('addContext'),
  },
  'context list': { says: 'The servers that have a name, and the one in use', work: local('listContexts') },
  'context use <context>': {
    says: 'Put a context in use; `local` is the server that runs here',
    work: local('useContext'),
  },
  'context delete <context>': { says: 'Delete a context with its token', work: local('deleteContext') },
};

/** By how each is called. In paths and sentences, `:job` stands for its argument `<job>`. */
export const VERBS: Readonly<Record<string, CommandSpec>> = { ...JOB_VERBS, ...TENANT_VERBS, ...LOCAL_VERBS };
