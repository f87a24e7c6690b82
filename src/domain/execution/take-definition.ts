import { cancelBackfills } from '../backfill/backfill.ts';
import { type Blackouts, withoutHolds } from '../closure/closure.ts';
import { withMovedSlots } from '../closure/shift.ts';
import type { JobDefinition, OpenExecution, RangeReason, RunEvent } from '../events/index.ts';
import type { Job } from '../job/job.ts';
import { type RunRules, rulesOf } from '../job/rules.ts';
import type { JobSlots } from '../schedule/index.ts';
import { toInstant } from '../values.ts';
import { cancellationReason, SUPERSEDED } from './cancellation.ts';
import { cancelled } from './outcome.ts';
import { decideOverlap, hasNotBegun } from './overlap-decision.ts';
import { idsOf, type JobRef, type SettleResult, settleUntil } from './range.ts';
import { missCatchUp } from './settle.ts';
import { MAX_WITHDRAWN, type Runs, tailOf, withdrawn } from './tail.ts';

type TakeDefinitionInput = {
  readonly job: Exclude<Job, { status: 'absent' }>;
  readonly jobRevision: number;
  /** The definition that was active until now, and its slots; `undefined` if there was none. */
  readonly previous: PreviousDefinition | undefined;
  readonly closures: Blackouts;
  /** The place of now among the slots of the new definition: those after it are due by it. */
  readonly placeMs: number;
  readonly nowMs: number;
};

type PreviousDefinition = { readonly definition: JobDefinition; readonly slots: JobSlots | undefined };

/**
 * Activates a new definition. An engine that still uses the older one fails its next append because of these events. Due,
 * unsettled slots of the older definition are missed; if the schedule is unchanged, they stay due. `previous.slots` is
 * `undefined` if none was due under the older definition, such as that of a disabled job. If many waiting executions are no
 * longer needed, only cancels some of them: decide again until the definition is active.
 */
export const takeDefinition = (
  runs: Runs,
  { job, jobRevision, previous, placeMs, nowMs, ...given }: TakeDefinitionInput,
): RunEvent[] => {
  if (runs.jobRevision >= jobRevision) return [];
  const ref = idsOf(job.definition);
  const rules = previous && rulesOf(previous.definition);
  const { slots, closures } =
    rules === undefined ? { slots: undefined, ...given } : withMovedSlots({ ...given, rules, slots: previous?.slots });
  const keepsSlots = previous !== undefined && sameSlots(previous.definition, job);
  const dueMs = keepsSlots || slots === undefined ? placeMs : slots.placeMs(nowMs);
  const fromMs = Math.max(placeMs, dueMs, runs.cursorMs);
  const events: RunEvent[] = [];
  let after = runs;

  const unneeded = findUnneeded(runs, { job, keepsSlots });
  if (unneeded.length > MAX_WITHDRAWN)
    return cancelAll(runs, ref, { unneeded: unneeded.slice(0, MAX_WITHDRAWN), nowMs });
  if (!keepsSlots) {
    if (rules !== undefined && slots !== undefined) {
      const left = { job: ref, slots, reason: leftBecause(job) };
      const settled = settleLeft(runs, { ...left, closures, fromMs, rules });
      const missed = missCatchUp(settled.runs, left);
      events.push(...settled.events, ...missed.events);
      after = missed.runs;
    }
    after = { ...after, cursorMs: fromMs };
  }
  if (job.status === 'enabled' && previous?.definition.enabled === false) after = { ...after, failuresInRow: 0 };
  if (previous?.definition.scheduleSince !== job.definition.scheduleSince) after = countedAnew(after);
  after = { ...after, jobRevision };
  events.push({
    type: 'DefinitionActivated',
    data: { ...ref, jobRevision, from: toInstant(fromMs), tail: tailOf(after) },
  });
  if (job.status === 'deleted') {
    events.push(...cancelBackfills(after, { job: ref, reason: 'JOB_DELETED' }));
    after = { ...after, backfills: [] };
  }
  return [...events, ...cancelAll(after, ref, { unneeded: findUnneeded(after, { job, keepsSlots }), nowMs })];
};

type LeftInput = {
  readonly job: JobRef;
  readonly rules: RunRules;
  readonly slots: JobSlots;
  readonly closures: Blackouts;
  readonly fromMs: number;
  readonly reason: RangeReason;
};

/** Settles the older definition's due slots that were not called. Slots deferred by a pause are not called. */
const settleLeft = (runs: Runs, { job, rules, slots, fromMs, reason, ...input }: LeftInput): SettleResult => {
  const closures = withoutHolds(input.closures);
  const left = { job, runs, rules, slots, closures, nowMs: fromMs, untilMs: fromMs };
  switch (decideOverlap(runs, rules)) {
    case 'none':
      return { events: [], runs };
    case 'call':
    case 'wait':
      return settleUntil({ ...left, type: 'OccurrencesMissed', reason });
    case 'skip':
    case 'queue':
    case 'replace':
      return settleUntil({ ...left, type: 'OccurrencesSkipped', reason: 'OVERLAP' });
  }
};

type Unneeded = { readonly execution: OpenExecution; readonly error: Parameters<typeof cancelled>[0]['error'] };

/** Finds waiting executions that are no longer needed, such as uncalled slots of the older definition. */
const findUnneeded = (
  { open }: Runs,
  { job, keepsSlots }: Pick<TakeDefinitionInput, 'job'> & { readonly keepsSlots: boolean },
): readonly Unneeded[] =>
  open.flatMap((execution) => {
    if (execution.state !== 'pending' && execution.state !== 'offered') return [];
    const isUncalled = hasNotBegun(execution) || (execution.state === 'offered' && execution.attempt === 1);
    const isReplaced = !keepsSlots && execution.trigger === 'schedule' && isUncalled;
    const error = cancellationReason(job.status, execution) ?? (isReplaced ? SUPERSEDED.edited : undefined);
    return error === undefined ? [] : [{ execution, error }];
  });

const cancelAll = (
  runs: Runs,
  job: JobRef,
  { unneeded, nowMs }: { readonly unneeded: readonly Unneeded[]; readonly nowMs: number },
): RunEvent[] => {
  let after = runs;
  return unneeded.map(({ execution, error }) => {
    after = withdrawn(after, execution);
    return cancelled({ job, runs: after, execution, nowMs, error });
  });
};

/** Resets the count of runs. Open executions were claimed before, so they are marked as uncounted. */
const countedAnew = (runs: Runs): Runs => ({
  ...runs,
  runs: 0,
  open: runs.open.map((execution) =>
    execution.trigger === 'schedule' ? { ...execution, uncounted: true } : execution,
  ),
});

const sameSlots = (previous: JobDefinition, job: Exclude<Job, { status: 'absent' }>): boolean =>
  job.status !== 'deleted' &&
  previous.enabled === job.definition.enabled &&
  previous.scheduleSince === job.definition.scheduleSince;

const leftBecause = (job: Exclude<Job, { status: 'absent' }>): RangeReason => {
  switch (job.status) {
    case 'deleted':
      return 'DELETED';
    case 'disabled':
      return 'DISABLED';
    case 'enabled':
      return 'EDITED';
  }
};
