import type { CommandContext, Commands } from '../../src/commands/port.ts';
import { Refusal } from '../../src/domain/refusal.ts';
import { toInstant } from '../../src/domain/values.ts';
import type { Position } from '../../src/event-store/port.ts';
import { EPOCH_MS } from './clocks.ts';
import type { PlannedCommand } from './plan.ts';
import type { Trace } from './trace.ts';

/** A command whose answer reached its caller. */
export type Acknowledged = {
  readonly command: PlannedCommand;
  readonly atMs: number;
  /** By the clock that engines follow, epoch ms. */
  readonly commonMs: number;
  readonly jobId: number;
  /** Of the job, after it; for a trigger, of its stream of runs. */
  readonly revision: number;
  readonly position: Position | undefined;
  readonly executionId?: number;
};

export type Callers = {
  readonly acknowledged: readonly Acknowledged[];
  makeApplication(commands: Commands): Promise<void>;
  /** Asks as a client of this process would; what becomes of it is kept. */
  ask(process: string, commands: Commands, command: PlannedCommand): Promise<void>;
};

type Options = {
  readonly trace: Trace;
  readonly nowMs: () => number;
  readonly commonMs: () => number;
};

type Answer = Pick<Acknowledged, 'jobId' | 'revision' | 'position' | 'executionId'>;
type AskOf<K> = Extract<PlannedCommand['ask'], { kind: K }>;

/** Jobs are given few names, so that they get into each other's way. */
const NAMES = 3;
const CONTEXT: CommandContext = { tenant: 'default', actor: { type: 'user', name: 'ann' }, correlationId: 'simulated' };

export const createCallers = ({ trace, nowMs, commonMs }: Options): Callers => {
  const acknowledged: Acknowledged[] = [];
  let applicationId = 0;
  /** The plan's jobs by the ids that they were given. */
  const jobIds = new Map<number, number>();

  const create = async (commands: Commands, command: PlannedCommand, ask: AskOf<'create'>): Promise<Answer> => {
    const { endsAfterMs } = ask;
    const { value, ...done } = await commands.createJob(CONTEXT, {
      applicationId,
      name: `job ${command.job}`,
      pattern: ask.pattern,
      taskType: 'HttpInvokerTask',
      taskConfig: taskOf(command),
      ...(endsAfterMs === undefined ? {} : { endAt: toInstant(EPOCH_MS + command.atMs + endsAfterMs) }),
    });
    jobIds.set(command.job, value.job.jobId);
    return { ...done, jobId: value.job.jobId };
  };

  const answer = async (commands: Commands, command: PlannedCommand): Promise<Answer | undefined> => {
    const { ask } = command;
    if (ask.kind === 'create') return create(commands, command, ask);
    const jobId = jobIds.get(command.job);
    if (jobId === undefined) return undefined;
    const update = async (change: object) => ({ ...(await commands.updateJob(CONTEXT, jobId, change, {})), jobId });
    switch (ask.kind) {
      case 'trigger': {
        const { value, ...done } = await commands.triggerJob(CONTEXT, jobId);
        return { ...done, jobId, executionId: value.execution.executionId };
      }
      case 'enable':
        return { ...(await commands.enableJob(CONTEXT, jobId, {})), jobId };
      case 'disable':
        return { ...(await commands.disableJob(CONTEXT, jobId, {})), jobId };
      case 'delete':
        return { ...(await commands.deleteJob(CONTEXT, jobId, {})), jobId };
      case 'rename':
        return update({ name: `name ${command.atMs % NAMES}` });
      case 'reschedule':
        return update({ pattern: ask.pattern, taskConfig: taskOf(command) });
      case 'retarget':
        return update({ taskConfig: taskOf(command) });
    }
  };

  return {
    acknowledged,
    makeApplication: async (commands) => {
      const { value } = await commands.createApplication(CONTEXT, { name: 'app' });
      ({ applicationId } = value);
    },
    ask: async (process, commands, command) => {
      const what = `${command.ask.kind} of job ${command.job}`;
      trace.note(process, `is asked for the ${what}`);
      try {
        const answered = await answer(commands, command);
        if (answered === undefined) return;
        const { jobId, revision, position, executionId } = answered;
        const ids = { jobId, revision, ...(executionId === undefined ? {} : { executionId }) };
        acknowledged.push({ command, atMs: nowMs(), commonMs: commonMs(), position, ...ids });
        trace.note(process, `has done the ${what}`, ids);
      } catch (error) {
        trace.note(process, `has not done the ${what}`, { why: error instanceof Refusal ? error.code : String(error) });
      }
    },
  };
};

/** Each edit has a target of its own, so that a call shows by which definition it was made. */
const taskOf = ({ job, atMs }: PlannedCommand) => ({ method: 'POST', url: `https://job-${job}.test/${atMs}` });
