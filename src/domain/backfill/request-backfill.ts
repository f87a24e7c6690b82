import { defined } from '../defined.ts';
import { DomainError, rejectFields } from '../domain-error.ts';
import { type ChosenSlots, type EventOf, type Reprocess, ScheduleFields } from '../events/index.ts';
import { hasReachedMaxRuns } from '../execution/overlap-decision.ts';
import { type Runs, type Span, tailOf } from '../execution/tail.ts';
import type { LivingJob } from '../job/job.ts';
import { rulesOf } from '../job/rules.ts';
import { rejectExpiredSlot } from '../retention/expire-executions.ts';
import { compileSchedule, slots } from '../schedule/index.ts';
import { toInstant, toMs } from '../values.ts';
import { chooseSlots, slotsOfChosen } from './claim-backfill.ts';

/** Maximum slots in the span of a backfill. */
const MAX_SLOTS = 10_000;
/** Maximum unfinished backfills per job: every event of its runs carries them. */
const MAX_BACKFILLS = 5;

/** Outcomes of called slots; slots that were never called are missing. */
export type SlotHistory = ReadonlyMap<number, 'succeeded' | 'unsuccessful' | 'open'>;

/**
 * Returns the slots of a job's schedule after one instant and up to another, epoch ms.
 * @throws DomainError BAD_RANGE if there are more than 10,000 or an instant is in the future
 */
export const slotsOfSpan = (
  { definition }: Pick<LivingJob, 'definition'>,
  { afterMs, untilMs }: Span,
  nowMs: number,
): number[] => {
  const isFuture = 'must not be in the future: a backfill calls past slots';
  if (afterMs > nowMs) throw rejectSpan(['/from', '/to'], isFuture);
  if (untilMs > nowMs) throw rejectSpan(['/to'], isFuture);
  if (afterMs >= untilMs) throw rejectSpan(['/from', '/to'], '`to` must be after `from`');
  const found: number[] = [];
  for (const slotMs of slots(compileSchedule(definition), afterMs)) {
    if (slotMs > untilMs) break;
    if (found.length === MAX_SLOTS) {
      throw rejectSpan(['/from', '/to'], `there are more than ${MAX_SLOTS} slots between \`from\` and \`to\``);
    }
    found.push(slotMs);
  }
  return found;
};

const rejectSpan = (pointers: readonly string[], message: string): DomainError =>
  rejectFields(
    'BAD_RANGE',
    pointers.map((pointer) => ({ pointer, message })),
  );

type ChooseInput = {
  readonly job: LivingJob;
  readonly reprocess: Reprocess;
  readonly slotsMs: readonly number[];
  readonly history: SlotHistory;
};

/**
 * Returns the slots that a backfill calls; `undefined` if there are none.
 * @throws DomainError EXPIRED if a slot of the span has expired
 */
export const slotsToCall = (runs: Runs, { job, reprocess, slotsMs, history }: ChooseInput): ChosenSlots | undefined => {
  const [firstMs] = slotsMs;
  if (firstMs !== undefined) rejectExpiredSlot(runs, firstMs);
  const isToCome = reprocess === 'all' ? () => false : slotsToCome(runs, job);
  return chooseSlots(ScheduleFields.parse(job.definition), slotsMs, (slotMs) => {
    if (isToCome(slotMs)) return false;
    const was = history.get(slotMs);
    return reprocess === 'all' || was === undefined || (reprocess === 'failed' && was === 'unsuccessful');
  });
};

/** Returns a test for slots that something else will call or settle: those not settled yet, or of another backfill. */
const slotsToCome = (runs: Runs, job: LivingJob): ((slotMs: number) => boolean) => {
  const others = new Set(runs.backfills.flatMap(slotsOfChosen));
  const isScheduled = hasSlots(runs, job);
  const isCaughtUp = (slotMs: number): boolean =>
    runs.catchUp.some(({ afterMs, untilMs }) => afterMs < slotMs && slotMs <= untilMs);
  return (slotMs) => others.has(slotMs) || (isScheduled && (slotMs > runs.cursorMs || isCaughtUp(slotMs)));
};

const hasSlots = (runs: Runs, { status, definition }: LivingJob): boolean =>
  status === 'enabled' && !hasReachedMaxRuns(runs, rulesOf(definition));

type RequestInput = ChooseInput & {
  readonly jobRevision: number;
  readonly backfillId: number;
  readonly span: Span;
  readonly parallel: number;
  readonly createdBy: string;
  /** W3C trace context of the request. */
  readonly requestTrace?: string | undefined;
  readonly reason: string | undefined;
  readonly nowMs: number;
};

export const requestBackfill = (runs: Runs, input: RequestInput): EventOf<'BackfillRequested'>[] => {
  const { job, backfillId, span, reprocess, parallel, createdBy, requestTrace, reason, nowMs } = input;
  const { tenant, applicationId, jobId } = job.definition;
  const chosen = slotsToCall(runs, input);
  if (chosen !== undefined && runs.backfills.length >= MAX_BACKFILLS) {
    throw new DomainError(
      'TOO_MANY_BACKFILLS',
      `job ${jobId} already has ${MAX_BACKFILLS} unfinished backfills: wait until one has ended, or cancel one`,
    );
  }
  const traced = defined({ requestTrace });
  const waiting = chosen === undefined ? [] : [{ ...chosen, backfillId, parallel, createdBy, ...traced }];
  const lastMs = chosen === undefined ? undefined : slotsOfChosen(chosen).at(-1);
  return [
    {
      type: 'BackfillRequested',
      data: {
        tenant,
        applicationId,
        jobId,
        backfillId,
        from: toInstant(span.afterMs),
        to: toInstant(span.untilMs),
        reprocess,
        parallel,
        total: chosen === undefined ? 0 : slotsOfChosen(chosen).length,
        ...defined({ slots: chosen }),
        createdAt: toInstant(nowMs),
        createdBy,
        ...defined({ reason }),
        tail: tailOf({
          ...runs,
          cursorMs: cursorBehind(runs, input, lastMs),
          backfills: [...runs.backfills, ...waiting],
        }),
      },
    },
  ];
};

/**
 * The cursor after a request. If the job has no slots, because it is disabled or completed, the backfill settles the slots
 * that it calls: otherwise they would be due again if the clock is set back and the job then gets slots. If the newest
 * definition is not active yet, the previous one may still have slots to settle.
 */
const cursorBehind = (runs: Runs, { job, jobRevision }: RequestInput, lastMs = runs.cursorMs): number =>
  !hasSlots(runs, job) && runs.jobRevision >= jobRevision ? Math.max(runs.cursorMs, lastMs) : runs.cursorMs;

export const instantsOf = (chosen: ChosenSlots | undefined): string[] =>
  chosen === undefined ? [] : slotsOfChosen(chosen).map(toInstant);

export const spanOf = ({ from, to }: { readonly from: string; readonly to: string }): Span => ({
  afterMs: toMs(from),
  untilMs: toMs(to),
});
