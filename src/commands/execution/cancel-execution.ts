import { DomainError } from '../../domain/domain-error.ts';
import { actorName, isRunEvent } from '../../domain/events/index.ts';
import { CALLED_AFTER_LOOK_MS, cancelExecution as decideCancel } from '../../domain/execution/cancel.ts';
import { runsStream } from '../../domain/streams.ts';
import type { Position } from '../../event-store/port.ts';
import { pollUntilFound } from '../../runtime/poll.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import { ownAppend } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { hasRecentRunEvent, lastRunEvent, loadJob, loadRuns } from '../loop/load.ts';

const POLL_INTERVAL_MS = 50;

/**
 * Cancels an execution. Returns when it has ended or, if its engine does not respond, when it can make no further call. A
 * repeat records nothing.
 * @throws DomainError EXECUTION_NOT_FOUND; EXECUTION_ENDED if it succeeded or failed
 */
export const cancelExecution =
  (deps: CommandDeps) =>
  async (
    context: CommandContext,
    { jobId, executionId }: { readonly jobId: number; readonly executionId: number },
  ): Promise<CommandResult<{ readonly ended: boolean }>> => {
    const { state: job } = await loadJob(deps.store, jobId);
    if (job.status === 'absent' || job.definition.tenant !== context.tenant) {
      throw new DomainError('EXECUTION_NOT_FOUND', `there is no execution ${executionId}`);
    }
    const { definition } = job;
    const { revision, position } = await handleCommand(deps, {
      stream: runsStream(jobId),
      context,
      load: async () => {
        const { state: runs, revision } = await loadRuns(deps.store, jobId);
        const isOpen = runs.open.some((open) => open.executionId === executionId);
        return { state: { runs, canCancel: isOpen || (await isCancelled(deps, { jobId, executionId })) }, revision };
      },
      own: ownAppend(context, isRunEvent),
      decide: ({ runs, canCancel }) => {
        if (!canCancel) throw alreadyEnded(executionId);
        return decideCancel(runs, {
          job: definition,
          executionId,
          nowMs: deps.world.clock.now(),
          message: messageOf(context),
        });
      },
    });
    const ended = await awaitEnd(deps, { jobId, executionId });
    return { value: { ended: ended !== undefined }, revision, position: ended ?? position };
  };

type RunningExecution = { readonly jobId: number; readonly executionId: number };

const isCancelled = ({ store }: CommandDeps, { jobId, executionId }: RunningExecution): Promise<boolean> =>
  hasRecentRunEvent(
    store,
    jobId,
    ({ type, data }) => type === 'ExecutionCancelled' && data.executionId === executionId,
  );

/**
 * Waits until an execution has ended, or its engine must have read the cancellation before another call.
 * @returns the position of the job's last run event; `undefined` if the execution is open
 */
const awaitEnd = (
  { store, world }: CommandDeps,
  { jobId, executionId }: RunningExecution,
): Promise<Position | undefined> =>
  pollUntilFound(world, { limitMs: CALLED_AFTER_LOOK_MS, everyMs: POLL_INTERVAL_MS }, async () => {
    const last = await lastRunEvent(store, jobId);
    const hasEnded = last?.event.data.tail.open.every((open) => open.executionId !== executionId);
    return hasEnded ? last?.event.position : undefined;
  });

const alreadyEnded = (executionId: number): DomainError =>
  new DomainError(
    'EXECUTION_ENDED',
    `execution ${executionId} has ended: only pending and running executions can be cancelled`,
  );

const messageOf = ({ actor, reason }: CommandContext): string =>
  `cancelled by ${actorName(actor)}${reason === undefined ? '' : `: ${reason}`}`;
