import { type EventOf, isJobEvent } from '../../../src/domain/events/index.ts';
import type { Run } from '../simulate.ts';
import type { Called } from '../targets.ts';
import type { Noted } from '../trace.ts';
import { attemptOf } from './attempt-of.ts';

/** What an engine hears of late it breaks off a moment later. */
const MOMENT_MS = 3_000;
/** An unanswered call is given up after this. */
const LOST_MS = 1_500;

/**
 * No job runs beside itself: where an execution was ended as lost and the next one was called, the first call is broken
 * off as soon as its engine can hear of it.
 */
export const checkBeside = ({ plan, epochMs, events, calls, trace }: Run): string[] => {
  const wrong: string[] = [];
  const endedMs = new Map<string, number>();
  for (const event of events) {
    if (isLost(event)) endedMs.set(attemptOf(event.data), event.recordedAt - epochMs);
  }
  const momentMs = MOMENT_MS + 10 * plan.weather.latencyMs;
  const mayOverlap = new Set(
    events.flatMap((event) => (isJobEvent(event) && event.data.overlap === 'allow' ? [event.data.jobId] : [])),
  );
  const byJob = Map.groupBy(calls, ({ jobId }) => jobId);
  for (const [jobId, ofJob] of byJob) {
    if (mayOverlap.has(jobId)) continue;
    for (const [index, later] of ofJob.entries()) {
      for (const first of ofJob.slice(0, index)) {
        if (first.endedAtMs === undefined || first.endedAtMs <= later.atMs) continue;
        const lostMs = endedMs.get(attemptOf(first)) ?? later.atMs;
        if (first.endedAtMs <= heardMs(trace, first, { lostMs, momentMs })) continue;
        wrong.push(
          `execution ${later.executionId} of job ${later.jobId} was called beside execution ${first.executionId}`,
        );
      }
    }
  }
  return wrong;
};

type Lost = EventOf<'ExecutionFailed' | 'ExecutionAttemptFailed'>;

const isLost = (event: Run['events'][number]): event is Run['events'][number] & Lost =>
  (event.type === 'ExecutionFailed' || event.type === 'ExecutionAttemptFailed') && event.data.reason === 'ENGINE_LOST';

type Hearing = { readonly lostMs: number; readonly momentMs: number };

/** When a process must have heard of it, whatever befell it. */
const heardMs = (trace: readonly Noted[], { process }: Called, { lostMs, momentMs }: Hearing): number => {
  let byMs = lostMs + momentMs;
  for (const { atMs, who, what, fields } of trace) {
    if (who !== process || atMs > byMs || !TROUBLE.test(what)) continue;
    const lastedMs = Number(fields.forMs ?? fields.byMs ?? LOST_MS);
    byMs = Math.max(byMs, atMs + lastedMs + momentMs);
  }
  return byMs;
};

const TROUBLE = /^(freezes at|sleeps with its machine|is cut off from log|.* is late on the way|.* is lost on the way)/;
