import type { CommandContext, Commands } from '../../src/commands/port.ts';
import { Refusal } from '../../src/domain/refusal.ts';
import { toInstant } from '../../src/domain/values.ts';
import type { Position } from '../../src/event-store/port.ts';
import type { PlannedCommand } from './plan.ts';
import type { Trace } from './trace.ts';

/** A command whose answer reached its caller. */
export type Acknowledged = {
  readonly command: PlannedCommand;
  readonly atMs: number;
  /** By the clock that engines follow, epoch ms. */
  readonly commonMs: number;
  /** Place in the trace: what came before, what after. */
  readonly order: number;
  readonly jobId: number;
  /** Of the job, after it; for a trigger, of its stream of runs. */
  readonly revision: number;
  readonly position: Position | undefined;
  readonly executionId?: number;
};

export type Callers = {
  readonly acknowledged: readonly Acknowledged[];
  /** Asks as a client of this process would; what becomes of it is kept. */
  ask(process: string, commands: Commands, command: PlannedCommand): Promise<void>;
};

type Options = {
  readonly trace: Trace;
  readonly nowMs: () => number;
  readonly commonMs: () => number;
  readonly epochMs: number;
  readonly applicationId: () => number;
};

const CONTEXT: CommandContext = { tenant: 'default', actor: { type: 'user', name: 'ann' }, correlationId: 'simulated' };

export const createCallers = ({ trace, nowMs, commonMs, epochMs, applicationId }: Options): Callers => {
  const acknowledged: Acknowledged[] = [];
  /** The plan's jobs by the ids that they were given. */
  const jobIds = new Map<number, number>();

  const answer = async (commands: Commands, command: PlannedCommand, known: number | undefined) => {
    const { job, ask } = command;
    if (ask.kind === 'create') {
      const { endsAfterMs } = ask;
      const { value, ...done } = await commands.createJob(CONTEXT, {
        applicationId: applicationId(),
        name: `job ${job}`,
        pattern: ask.pattern,
        taskType: 'HttpInvokerTask',
        taskConfig: taskOf(command),
        ...(endsAfterMs === undefined ? {} : { endAt: toInstant(epochMs + command.atMs + endsAfterMs) }),
      });
      return { ...done, jobId: value.job.jobId };
    }
    if (known === undefined) return undefined;
    if (ask.kind === 'trigger') {
      const { value, ...done } = await commands.triggerJob(CONTEXT, known);
      return { ...done, jobId: known, executionId: value.execution.executionId };
    }
    return { ...(await change(commands, command, known)), jobId: known };
  };

  const change = (commands: Commands, command: PlannedCommand, jobId: number) => {
    const { ask } = command;
    switch (ask.kind) {
      case 'enable':
        return commands.enableJob(CONTEXT, jobId, {});
      case 'disable':
        return commands.disableJob(CONTEXT, jobId, {});
      case 'delete':
        return commands.deleteJob(CONTEXT, jobId, {});
      case 'rename':
        return commands.updateJob(CONTEXT, jobId, { name: `name ${command.atMs % 3}` }, {});
      case 'reschedule':
        return commands.updateJob(CONTEXT, jobId, { pattern: ask.pattern, taskConfig: taskOf(command) }, {});
      default:
        return commands.updateJob(CONTEXT, jobId, { taskConfig: taskOf(command) }, {});
    }
  };

  return {
    acknowledged,
    ask: async (process, commands, command) => {
      const { kind } = command.ask;
      const known = jobIds.get(command.job);
      trace.note(process, `is asked to ${kind} job ${command.job}`, known === undefined ? {} : { jobId: known });
      try {
        const done = await answer(commands, command, known);
        if (done === undefined) return;
        const { jobId, revision, position } = done;
        if (kind === 'create') jobIds.set(command.job, jobId);
        const executionId = 'executionId' in done ? { executionId: done.executionId } : {};
        const order = trace.entries.length;
        acknowledged.push({
          command,
          atMs: nowMs(),
          commonMs: commonMs(),
          order,
          jobId,
          revision,
          position,
          ...executionId,
        });
        trace.note(process, `answers: ${kind} of job ${command.job} is done`, { jobId, revision, ...executionId });
      } catch (error) {
        const why = error instanceof Refusal ? error.code : String(error);
        trace.note(process, `answers: ${kind} of job ${command.job} is not done`, { why });
      }
    },
  };
};

/** Each edit has a target of its own, so that a call shows by which definition it was made. */
const taskOf = ({ job, atMs }: PlannedCommand) => ({ method: 'POST', url: `https://job-${job}.test/${atMs}` });
