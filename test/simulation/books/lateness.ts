import { isJobEvent, isRunEvent, type LateReason, type RunEvent } from '../../../src/domain/events/index.ts';
import type { Run } from '../simulate.ts';

const LATE_AFTER_MS = 1_000;
/** An engine knows the common time to about this, and sends its request so long before a target has it. */
const KNOWN_TO_MS = 2_500;

type Ended = { readonly startedAt?: string | undefined; readonly late?: LateReason | undefined };

/** A call that was sent more than a second after its slot says why, one that was not says nothing of it. */
export const checkLateness = ({ events, calls, plan }: Run): string[] => {
  const wrong: string[] = [];
  const ends = new Map<number, Ended>();
  const jittered = new Set(
    events.flatMap((event) => (isJobEvent(event) && event.data.jitter !== undefined ? [event.data.jobId] : [])),
  );
  for (const event of events) {
    if (!isRunEvent(event) || !isTold(event) || event.data.trigger !== 'schedule') continue;
    // Later attempts are made when they are to be; the first one has told of itself already.
    if (ends.has(event.data.executionId)) continue;
    // Their slots are due a moment later than they are named.
    if (jittered.has(event.data.jobId)) continue;
    const { executionId, scheduledAt, startedAt, late } = event.data;
    // Where a target tells of the end before its engine tells of the call, nobody knows when it was sent.
    const isSure = event.metadata.actor.type === 'engine';
    ends.set(executionId, isSure ? { startedAt, late } : {});
    if (!isSure) continue;
    const lateByMs = startedAt === undefined ? 0 : Date.parse(startedAt) - Date.parse(scheduledAt);
    if (lateByMs > LATE_AFTER_MS === (late !== undefined)) continue;
    wrong.push(`execution ${executionId} was sent ${lateByMs} ms after its slot and says ${late ?? 'nothing'} of it`);
  }
  const isTimeKnown = !plan.faults.some(({ kind, process }) => kind === 'clock' && process === 'postgres');
  for (const { executionId, attempt, commonMs, scheduledAt } of isTimeKnown ? calls : []) {
    if (attempt > 1) continue;
    const end = ends.get(executionId);
    if (end?.startedAt === undefined || end.late !== undefined) continue;
    const lateByMs = commonMs - Date.parse(scheduledAt);
    if (lateByMs > LATE_AFTER_MS + KNOWN_TO_MS) {
      wrong.push(`execution ${executionId} was called ${lateByMs} ms after its slot and says nothing of it`);
    }
  }
  return wrong;
};

type Told = Extract<RunEvent, { data: { finishedAt: string } } | { type: 'CallAccepted' }>;

/** Whether an event tells how late a call was: that of its end, or before it that its target has taken it. */
const isTold = (event: RunEvent): event is Told => event.type === 'CallAccepted' || 'finishedAt' in event.data;
