import { z } from 'zod';
import type { CommandContext } from '../../src/commands/command.ts';
import type { Commands } from '../../src/commands/index.ts';
import type { BulkWork } from '../../src/domain/events/index.ts';
import { queueTarget } from '../../src/domain/tasks/worker/stored.ts';
import { toInstant } from '../../src/domain/values.ts';
import { EPOCH_MS } from './clocks.ts';
import type { PlannedCommand } from './plan.ts';

/** What a caller is told when a command is done. */
export const Answer = z.object({
  jobId: z.int(),
  /** Of the job, after it; for a trigger, of its stream of runs. */
  revision: z.int(),
  position: z.string().optional(),
  executionId: z.int().optional(),
  backfillId: z.int().optional(),
  pauseId: z.int().optional(),
  /** Engines that had not taken a change in when it was answered. */
  pendingEngines: z.array(z.string()).optional(),
  /** Of an erase: which data key went; of a rotation: how many there were. */
  generation: z.int().optional(),
  keys: z.int().optional(),
});
export type Answer = z.infer<typeof Answer>;

export type Asked = {
  readonly command: PlannedCommand;
  readonly applicationId: number;
  /** Those beside the first one. */
  readonly extras: readonly number[];
  /** Undefined where nobody knows whether there is such a job. */
  readonly jobId: number | undefined;
  /** The same of another job of the plan. */
  readonly idOf: (job: number) => number | undefined;
  readonly newestPause: number | undefined;
  /** The execution that a job's last event is of, as read models show it. */
  readonly newestExecution: (jobId: number) => { readonly id: number; readonly scheduledAt: string } | undefined;
  readonly newestBackfill: (jobId: number) => number | undefined;
  /** Lets executions expire that were created longer ago. */
  readonly expire: (jobId: number, keepMs: number) => Promise<void>;
};

/** Jobs are given few names, so that they get into each other's way. */
const NAMES = 3;

/** Does what is asked; undefined for a job that nobody knows. */
export const carryOut = async (
  commands: Commands,
  context: CommandContext,
  { command, applicationId, extras, jobId, idOf, newestExecution, newestBackfill, newestPause, expire }: Asked,
): Promise<Answer | undefined> => {
  const { ask: request, atMs } = command;
  if (request.kind === 'create') {
    const { startsAfterMs, endsAfterMs, extra } = request;
    const { value, revision, position } = await commands.createJob(context, {
      applicationId: extra === undefined ? applicationId : extras[extra],
      name: `job ${command.job}`,
      ...scheduleOf(request, atMs),
      taskType: command.isWork ? 'WorkerTask' : 'HttpInvokerTask',
      taskConfig: taskOf(command),
      ...request.rules,
      ...(startsAfterMs === undefined ? {} : { startAt: toInstant(EPOCH_MS + atMs + startsAfterMs) }),
      ...(endsAfterMs === undefined ? {} : { endAt: toInstant(EPOCH_MS + atMs + endsAfterMs) }),
    });
    return { jobId: value.job.jobId, revision, position };
  }
  if (request.kind === 'application')
    return { jobId: NO_JOB, ...(await askApplication(commands, context, { applicationId, what: request.what, atMs })) };
  if (request.kind === 'leave') {
    const leaving = extras[request.extra];
    if (leaving === undefined) return undefined;
    const { revision, position } = await commands.deleteApplication(context, leaving, {});
    return { jobId: NO_JOB, revision, position };
  }
  if (request.kind === 'limit') {
    const { name, ...limit } = request.limit;
    const { revision, position } = await commands.setLimit(context, applicationId, name, limit);
    return { jobId: NO_JOB, revision, position };
  }
  if (request.kind === 'bulk') {
    const {
      value,
      revision,
      position,
      pendingEngines = [],
    } = await commands.requestOperation(context, {
      work: workOf(request.action),
    });
    const { pauseId } = value;
    const paused = pauseId === undefined ? {} : { pauseId, pendingEngines: [...pendingEngines] };
    return { jobId: NO_JOB, revision, position, ...paused };
  }
  if (request.kind === 'pause') {
    const scope = {
      application: applicationId,
      job: idOf(request.ofJob),
      target: command.isWork ? queueTarget(applicationId, WORK.queue) : `job-${request.ofJob}.test`,
      tenant: undefined,
      installation: undefined,
    };
    const of = scope[request.scope];
    if (request.scope === 'job' && of === undefined) return undefined;
    const fromMs = EPOCH_MS + atMs + (request.afterMs ?? 0);
    const from = request.afterMs === undefined ? {} : { from: toInstant(fromMs) };
    const until = toInstant(fromMs + request.forMs);
    const pause = {
      scope: request.scope,
      ...from,
      until,
      catchUp: request.catchUp,
      ...(of === undefined ? {} : { of }),
    };
    const { value, revision, position, pendingEngines = [] } = await commands.setPause(context, pause, 'installation');
    return { jobId: NO_JOB, revision, position, pauseId: value.pauseId, pendingEngines: [...pendingEngines] };
  }
  if (request.kind === 'calendar') {
    const { name = 'days', days } = request;
    const dates = DAYS[days];
    const { revision, position, pendingEngines = [] } = await commands.setCalendar(context, name, { dates });
    return { jobId: NO_JOB, revision, position, pendingEngines: [...pendingEngines] };
  }
  if (request.kind === 'lift') {
    if (newestPause === undefined) return undefined;
    const { revision, position } = await commands.liftPause(context, newestPause, 'installation');
    return { jobId: NO_JOB, revision, position };
  }
  if (jobId === undefined) return undefined;
  const update = async (change: object): Promise<Answer> => {
    const { revision, position } = await commands.updateJob(context, jobId, change, {});
    return { jobId, revision, position };
  };
  switch (request.kind) {
    case 'force': {
      const { value, revision, position } = await commands.triggerJob(context, jobId, { force: true });
      return { jobId, revision, position, executionId: value.execution.executionId };
    }
    case 'trigger': {
      const { value, revision, position } = await commands.triggerJob(context, jobId);
      return { jobId, revision, position, executionId: value.execution.executionId };
    }
    case 'cancel': {
      const newest = newestExecution(jobId);
      if (newest === undefined) return undefined;
      const { revision, position } = await commands.cancelExecution(context, { jobId, executionId: newest.id });
      return { jobId, revision, position, executionId: newest.id };
    }
    case 'rerun': {
      const newest = newestExecution(jobId);
      if (newest === undefined) return undefined;
      const rerun = { jobId, executionId: newest.id, scheduledAt: newest.scheduledAt, definitionRevision: undefined };
      const { value, revision, position } = await commands.rerunExecution(context, rerun);
      return { jobId, revision, position, executionId: value.execution.executionId };
    }
    case 'backfill': {
      const { reprocess, parallel, fromAgoMs, toAgoMs } = request;
      const span = { from: toInstant(EPOCH_MS + atMs - fromAgoMs), to: toInstant(EPOCH_MS + atMs - toAgoMs) };
      const done = await commands.requestBackfill(context, jobId, { ...span, reprocess, parallel });
      const { value, revision, position } = done;
      return value.kind === 'requested'
        ? { jobId, revision, position, backfillId: value.backfill.backfillId }
        : undefined;
    }
    case 'cancelBackfill': {
      const backfillId = newestBackfill(jobId);
      if (backfillId === undefined) return undefined;
      const { revision, position } = await commands.cancelBackfill(context, { jobId, backfillId });
      return { jobId, revision, position, backfillId };
    }
    case 'expire':
      // Nobody is told of it.
      await expire(jobId, request.keepMs);
      return undefined;
    case 'rule':
      return update({ ...request.rules, taskConfig: taskOf(command) });
    case 'enable':
    case 'disable':
    case 'delete': {
      const done = { enable: commands.enableJob, disable: commands.disableJob, delete: commands.deleteJob }[
        request.kind
      ];
      const { revision, position } = await done(context, jobId, {});
      return { jobId, revision, position };
    }
    case 'rename':
      return update({ name: `name ${atMs % NAMES}` });
    case 'reschedule':
      return update({ ...scheduleOf(request, atMs), taskConfig: taskOf(command) });
    case 'retarget':
      return update({ taskConfig: taskOf(command) });
  }
};

type Scheduling = Extract<PlannedCommand['ask'], { kind: 'create' | 'reschedule' }>;

const scheduleOf = ({ kind, pattern, schedule }: Scheduling, atMs: number) => {
  if (schedule === undefined) return { pattern };
  if ('manual' in schedule) return kind === 'create' ? {} : NO_SLOTS;
  return { schedule: 'every' in schedule ? schedule : { at: toInstant(EPOCH_MS + atMs + schedule.atAfterMs) } };
};

/** Clears what a manual job cannot have. */
const NO_SLOTS = {
  ...{ pattern: null, schedule: null, startAt: null, endAt: null, calendar: null },
  ...{ jitter: null, maxRuns: null, misfire: null, misfireLimit: null, afterCompletion: null },
};

type BulkAsked = Extract<PlannedCommand['ask'], { kind: 'bulk' }>;

const workOf = (action: BulkAsked['action']): BulkWork => {
  switch (action) {
    case 'enable':
    case 'disable':
    case 'trigger':
      return { of: 'jobs', action, filter: { all: true } };
    case 'rerun':
    case 'cancel':
      return { of: 'executions', action, filter: { all: true } };
  }
};

/** `all` has every day that a simulation may see. */
const DAYS = {
  ...{ all: ['2025-12-31', '2026-01-01', '2026-01-02'], none: [], ahead: ['2031-01-01'] },
  ...{
    around: ['2025-12-31', '2026-01-02', '2026-01-03'],
    before: ['2025-12-30', '2025-12-31'],
    today: ['2026-01-01'],
  },
};
const NO_JOB = 0;
type AskedOfApplication = { readonly applicationId: number; readonly what: string; readonly atMs: number };

const askApplication = async (
  commands: Commands,
  context: CommandContext,
  { applicationId, what, atMs }: AskedOfApplication,
): Promise<Omit<Answer, 'jobId'>> => {
  if (what === 'set secret') {
    const { revision, position } = await commands.setSecret(context, applicationId, 'KEY', { value: `secret ${atMs}` });
    return { revision, position };
  }
  if (what === 'erase') {
    const { value, revision, position } = await commands.eraseSecrets(context, applicationId);
    return { revision, position, ...(value.generation === undefined ? {} : { generation: value.generation }) };
  }
  const { rewrapped, current, failed } = await commands.rotateSecrets();
  return { revision: 0, keys: rewrapped + current + failed.length };
};

/** Each edit has a target of its own, so that a call shows by which definition it was made. */
const taskOf = ({ job, atMs, isWork }: PlannedCommand) =>
  isWork ? { ...WORK, input: atMs } : { method: 'POST', url: `https://job-${job}.test/${atMs}` };

/** All work is for one function of one queue. */
export const WORK = { queue: 'reports', task: 'run' };
