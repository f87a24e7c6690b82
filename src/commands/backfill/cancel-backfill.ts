import { cancelBackfill as decideCancel } from '../../domain/backfill/claim-backfill.ts';
import { isRunEvent } from '../../domain/events/families.ts';
import { Refusal } from '../../domain/refusal.ts';
import { runsStream } from '../../domain/streams.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadJob, loadRuns } from '../loop/load.ts';
import { ownAppend } from '../loop/own-append.ts';

/**
 * Cancels the slots of a backfill that are still to be called; what has begun goes on.
 * @throws Refusal BACKFILL_NOT_FOUND, BACKFILL_ENDED
 */
export const cancelBackfill =
  (deps: CommandDeps) =>
  async (
    context: CommandContext,
    { jobId, backfillId }: { readonly jobId: number; readonly backfillId: number },
  ): Promise<CommandResult<undefined>> => {
    const { state: job } = await loadJob(deps.store, jobId);
    if (job.status === 'absent' || job.definition.tenant !== context.tenant) {
      throw new Refusal('BACKFILL_NOT_FOUND', `job ${jobId} has no backfill ${backfillId}`);
    }
    const { tenant, applicationId } = job.definition;
    const { revision, position } = await handleCommand(deps, {
      stream: runsStream(jobId),
      context,
      load: () => loadRuns(deps.store, jobId),
      own: ownAppend(context, isRunEvent),
      decide: (runs) => {
        const events = decideCancel(runs, { job: { tenant, applicationId, jobId }, why: 'CANCELLED', backfillId });
        if (events.length > 0) return events;
        throw new Refusal('BACKFILL_ENDED', `no slot of backfill ${backfillId} is still to be called`);
      },
    });
    return { value: undefined, revision, position };
  };
