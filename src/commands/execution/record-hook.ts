import { CARILLON, type EventOf, type HookCall } from '../../domain/events/index.ts';
import { tailOf } from '../../domain/execution/tail.ts';
import { runsStream } from '../../domain/streams.ts';
import { toMs } from '../../domain/values.ts';
import { type EventLog, handleCommand } from '../loop/handle-command.ts';
import { loadRuns } from '../loop/load.ts';

type HookedExecution = Omit<EventOf<'HookAttempted'>['data'], 'tail' | 'hook'>;

/** Records the progress of a hook's call; nothing if the execution has expired since. */
export const recordHook =
  (log: EventLog) =>
  async (execution: HookedExecution, hook: HookCall): Promise<void> => {
    const { tenant, jobId, executionId, createdAt } = execution;
    await handleCommand(log, {
      stream: runsStream(jobId),
      context: { tenant, actor: CARILLON, correlationId: `execution-${executionId}` },
      load: () => loadRuns(log.store, jobId),
      decide: (runs): EventOf<'HookAttempted'>[] =>
        runs.expired !== undefined && toMs(createdAt) < toMs(runs.expired.before)
          ? []
          : [{ type: 'HookAttempted', data: { ...execution, hook, tail: tailOf(runs) } }],
    });
  };
