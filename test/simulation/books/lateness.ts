import { durationMs } from '../../../src/domain/duration.ts';
import { isJobEvent, isRunEvent, type LateReason, type RunEvent } from '../../../src/domain/events/index.ts';
import type { Plan } from '../plan.ts';
import type { Run } from '../simulate.ts';
import { jobHistories } from './job-history.ts';
import { dueTimes } from './shifts.ts';

const LATE_AFTER_MS = 1_000;
/** An engine knows the common time to about this, and sends its request so long before a target has it. */
const KNOWN_TO_MS = 2_500;
/** An engine that decides knows it to about this. */
const DECIDED_TO_MS = 600;

type Ended = { readonly startedAt?: string | undefined; readonly late?: LateReason | undefined };

/**
 * A call that was sent more than a second after its slot says why, one that was not says nothing of it; and a slot is
 * claimed until it is as late as its job allows, and missed as too late only after.
 */
export const checkLateness = (run: Run): string[] => [...checkReasons(run), ...checkMaxLateness(run)];

const checkMaxLateness = ({ events, plan }: Run): string[] =>
  jobHistories(events).flatMap(({ versions, runs }) => {
    const waited = new Set(runs.flatMap(({ type, data }) => (type === 'ExecutionRequested' ? [data.executionId] : [])));
    return runs.flatMap(({ type, data, stream, revision, recordedAt }) => {
      if (type !== 'ExecutionStarted' && type !== 'OccurrencesMissed') return [];
      const {
        maxLateness = Number.POSITIVE_INFINITY,
        jitter = 0,
        calendar,
      } = versions.get(data.jobRevision)?.definition ?? {};
      const name = `${stream}/${revision}`;
      if (type === 'OccurrencesMissed') {
        const lateByMs = recordedAt - Date.parse(data.last);
        if (
          data.reason !== 'TOO_LATE' ||
          isClockPut(plan) ||
          calendar?.shift !== undefined ||
          lateByMs + DECIDED_TO_MS > durationMs(maxLateness)
        )
          return [];
        return [`${name} misses ${data.last} as too late after ${lateByMs} ms, and ${maxLateness} are allowed`];
      }
      const { trigger, executionId, attempt, createdAt, scheduledAt, dueAt = scheduledAt, late } = data;
      // It began to wait by the clock of one engine, and is claimed by that of another, which may be behind.
      const behindMs = !waited.has(executionId) ? 0 : isClockPut(plan) ? Number.POSITIVE_INFINITY : DECIDED_TO_MS;
      const lateByMs = Date.parse(createdAt) - Date.parse(dueAt) - durationMs(jitter) - behindMs;
      if (trigger !== 'schedule' || attempt > 1) return [];
      if (lateByMs > durationMs(maxLateness)) return [`${name} claims ${scheduledAt}, later than ${maxLateness}`];
      return lateByMs > LATE_AFTER_MS && late === undefined ? [`${name} claims ${scheduledAt} late for no reason`] : [];
    });
  });

const checkReasons = ({ events, calls, plan }: Run): string[] => {
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
    const { executionId, scheduledAt, dueAt = scheduledAt, startedAt, late } = event.data;
    // Where a target tells of the end before its engine tells of the call, nobody knows when it was sent.
    const isSure = event.metadata.actor.type === 'engine';
    ends.set(executionId, isSure ? { startedAt, late } : {});
    if (!isSure) continue;
    const lateByMs = startedAt === undefined ? 0 : Date.parse(startedAt) - Date.parse(dueAt);
    if (lateByMs > LATE_AFTER_MS === (late !== undefined)) continue;
    wrong.push(`execution ${executionId} was sent ${lateByMs} ms after its slot and says ${late ?? 'nothing'} of it`);
  }
  const dueMsOf = dueTimes(events);
  for (const call of isClockPut(plan) ? [] : calls) {
    const { executionId, attempt, commonMs } = call;
    if (attempt > 1) continue;
    const end = ends.get(executionId);
    if (end?.startedAt === undefined || end.late !== undefined) continue;
    const lateByMs = commonMs - dueMsOf(call);
    if (lateByMs > LATE_AFTER_MS + KNOWN_TO_MS) {
      wrong.push(`execution ${executionId} was called ${lateByMs} ms after its slot and says nothing of it`);
    }
  }
  return wrong;
};

const isClockPut = ({ faults }: Plan): boolean =>
  faults.some(({ kind, process }) => kind === 'clock' && process === 'postgres');

type Told = Extract<RunEvent, { data: { finishedAt: string } } | { type: 'CallAccepted' }>;

/** Whether an event tells how late a call was: that of its end, or before it that its target has taken it. */
const isTold = (event: RunEvent): event is Told => event.type === 'CallAccepted' || 'finishedAt' in event.data;
