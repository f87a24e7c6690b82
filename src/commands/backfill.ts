import { z } from 'zod';
import {
  cancelBackfill as decideCancel,
  requestBackfill as decideRequest,
  instantsOf,
  type SlotHistory,
  slotsOfSpan,
  slotsToCall,
  spanOf,
} from '../domain/backfill/backfill.ts';
import { DomainError } from '../domain/domain-error.ts';
import {
  actorName,
  type EventOf,
  isRunEvent,
  type JobDefinition,
  Reprocess,
  type RunEvent,
} from '../domain/events/index.ts';
import type { Runs } from '../domain/execution/tail.ts';
import { type LivingJob, livingJob } from '../domain/job/job.ts';
import { runsStream } from '../domain/streams.ts';
import { InstantInput } from '../domain/values.ts';
import type { Revision } from '../event-store/port.ts';
import { type CommandContext, type CommandResult, ownAppend, withReason } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import { activateDefinition } from './loop/activate-definition.ts';
import { handleCommand, type LoadedState, type RecordedChange } from './loop/handle-command.ts';
import { hasRecentRunEvent, loadApplication, loadJob, loadRuns } from './loop/load.ts';
import { parseInput, ReasonInput } from './parse.ts';

/** With `overlap: allow`, backfills leave as much capacity to the schedule's slots. */
const MAX_PARALLEL = 50;

export const BackfillInput = z.strictObject({
  /** Slots after this instant. */
  from: InstantInput,
  /** Slots up to this instant. */
  to: InstantInput,
  reprocess: Reprocess.default('none'),
  parallel: z.int().min(1).max(MAX_PARALLEL).default(1),
  dryRun: z.boolean().default(false),
  reason: ReasonInput.optional(),
});

export type BackfillInput = z.infer<typeof BackfillInput>;

/** A recorded backfill, or the slots that it would call. */
type RequestedBackfill =
  | { readonly kind: 'requested'; readonly backfill: EventOf<'BackfillRequested'>['data'] }
  | { readonly kind: 'dryRun'; readonly slots: readonly string[] };

/**
 * Requests a backfill, which calls past slots once each. A dry run records nothing.
 * @throws DomainError BAD_INPUT, BAD_RANGE, JOB_NOT_FOUND, TOO_MANY_BACKFILLS, READ_MODELS_BEHIND; StreamParked
 */
export const requestBackfill =
  (deps: CommandDeps) =>
  async (given: CommandContext, jobId: number, body: unknown): Promise<CommandResult<RequestedBackfill>> => {
    const input = parseInput(BackfillInput, body);
    const context = withReason(given, input.reason);
    const own = ownAppend(context, isRunEvent);
    // An earlier attempt made the request, so it succeeds even if the job was deleted since.
    if (own?.made !== undefined) return requested(own.made);
    const { state: job } = await loadJob(deps.store, jobId);
    const { definition } = livingJob(job, jobId, context.tenant);
    // Throws if the application is parked: its jobs must not be called.
    await loadApplication(deps.store, definition.applicationId);
    await activateDefinition(deps, jobId, context);
    const load = () => loadBackfill(deps, { jobId, context, input });
    if (input.dryRun) {
      const { state, revision } = await load();
      const slots = instantsOf(slotsToCall(state.runs, { ...state, reprocess: input.reprocess }));
      return { value: { kind: 'dryRun', slots }, revision, position: undefined };
    }
    const backfillId = await deps.backfillIds.take();
    const appended = await handleCommand(deps, {
      stream: runsStream(jobId),
      context,
      load,
      own,
      decide: ({ runs, ...found }) =>
        decideRequest(runs, {
          ...found,
          backfillId,
          span: spanOf(input),
          reprocess: input.reprocess,
          parallel: input.parallel,
          createdBy: actorName(context.actor),
          requestTrace: context.traceparent,
          reason: context.reason,
          nowMs: deps.world.clock.now(),
        }),
    });
    return { ...requested(appended), warnings: warningsOf(input, definition) };
  };

type BackfillState = {
  readonly runs: Runs;
  readonly job: LivingJob;
  readonly jobRevision: Revision;
  readonly slotsMs: readonly number[];
  readonly history: SlotHistory;
};

type LoadInput = { readonly jobId: number; readonly context: CommandContext; readonly input: BackfillInput };

/**
 * The history is read after the runs and shows at least as much: if more is recorded afterwards, the append fails, and all
 * is read again.
 */
const loadBackfill = async (
  { store, world, readModels }: CommandDeps,
  { jobId, context, input }: LoadInput,
): Promise<LoadedState<BackfillState>> => {
  const { state: runs, revision } = await loadRuns(store, jobId);
  const { state: newest, definitionRevision: jobRevision } = await loadJob(store, jobId);
  const job = livingJob(newest, jobId, context.tenant);
  const slotsMs = slotsOfSpan(job, spanOf(input), world.clock.now());
  const history =
    input.reprocess === 'all' ? new Map() : await readModels.slotHistory({ tenant: context.tenant, jobId }, slotsMs);
  return { state: { runs, job, jobRevision, slotsMs, history }, revision };
};

const requested = ({ events, revision, position }: RecordedChange<RunEvent>): CommandResult<RequestedBackfill> => {
  const event = events.find((each) => each.type === 'BackfillRequested');
  if (event === undefined) throw new Error('no backfill was requested');
  return { value: { kind: 'requested', backfill: event.data }, revision, position };
};

const warningsOf = ({ parallel }: BackfillInput, { overlap }: JobDefinition): readonly string[] =>
  parallel > 1 && overlap !== 'allow'
    ? ['the slots of the backfill are called one at a time: `parallel` has an effect only with `overlap: allow`']
    : [];

/**
 * Cancels a backfill's uncalled slots; started executions continue. A repeat records nothing.
 * @throws DomainError BACKFILL_NOT_FOUND; BACKFILL_ENDED if no slot was left to cancel
 */
export const cancelBackfill =
  (deps: CommandDeps) =>
  async (
    context: CommandContext,
    { jobId, backfillId }: { readonly jobId: number; readonly backfillId: number },
  ): Promise<CommandResult<undefined>> => {
    const { state: job } = await loadJob(deps.store, jobId);
    if (job.status === 'absent' || job.definition.tenant !== context.tenant) {
      throw new DomainError('BACKFILL_NOT_FOUND', `job ${jobId} has no backfill ${backfillId}`);
    }
    const { definition } = job;
    const { revision, position } = await handleCommand(deps, {
      stream: runsStream(jobId),
      context,
      load: async () => {
        const { state: runs, revision } = await loadRuns(deps.store, jobId);
        const isWaiting = runs.backfills.some((backfill) => backfill.backfillId === backfillId);
        return { state: { runs, canCancel: isWaiting || (await isCancelled(deps, { jobId, backfillId })) }, revision };
      },
      own: ownAppend(context, isRunEvent),
      decide: ({ runs, canCancel }) => {
        const events = decideCancel(runs, { job: definition, reason: 'CANCELLED', backfillId });
        if (canCancel) return events;
        throw new DomainError(
          'BACKFILL_ENDED',
          `backfill ${backfillId} has called all its slots, so nothing is left to cancel`,
        );
      },
    });
    return { value: undefined, revision, position };
  };

const isCancelled = (
  { store }: CommandDeps,
  { jobId, backfillId }: { readonly jobId: number; readonly backfillId: number },
): Promise<boolean> =>
  hasRecentRunEvent(store, jobId, ({ type, data }) => type === 'BackfillCancelled' && data.backfillId === backfillId);
