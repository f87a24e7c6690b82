import { durationMs } from '../../domain/duration.ts';
import type { JobDefinition } from '../../domain/events/index.ts';
import { jobSlots, scheduleKey, scheduleOf } from '../../domain/schedule/index.ts';
import type { RunTask } from '../../engine/run/execute.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** Upper bounds, seconds. A slot is late above 1 s, so that is a bound. */
export const LATENESS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3_600] as const;
/** Upper bounds, seconds: up to the largest timeout that a job can have. */
export const CALL_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800] as const;

/**
 * Registers how late calls are sent and how long they take, and returns what measures them. Measuring costs 0.6 µs an
 * execution.
 */
export const measureCalls = (metrics: Pick<Metrics, 'histogram'>): ((runTask: RunTask) => RunTask) => {
  const observeLateness = metrics.histogram({
    name: 'carillon_slot_lateness_seconds',
    help: 'Time from when a slot was due to when its first request was sent.',
    buckets: LATENESS_SECONDS,
  });
  const observeDuration = metrics.histogram({
    name: 'carillon_call_duration_seconds',
    help: 'Time from when a request was sent to the end of its answer, by how the call ended.',
    labels: ['outcome'],
    buckets: CALL_SECONDS,
  });
  return (runTask) => async (task) => {
    const outcome = await runTask(task);
    if (outcome === 'withheld' || outcome.startedAtMs === undefined) return outcome;
    const { startedAtMs, finishedAtMs } = outcome;
    observeDuration({ outcome: outcome.kind }, Math.max(0, finishedAtMs - startedAtMs) / 1_000);
    const { trigger, attempt, scheduledAt } = task.claim;
    if (trigger === 'schedule' && attempt === 1) {
      observeLateness({}, Math.max(0, startedAtMs - dueMsOf(task.definition, Date.parse(scheduledAt))) / 1_000);
    }
    return outcome;
  };
};

const dueMsOf = (definition: JobDefinition, slotMs: number): number => {
  const { jobId, jitter } = definition;
  if (jitter === undefined) return slotMs;
  return jobSlots({ schedule: scheduleOf(scheduleKey(definition)), jobId, jitterMs: durationMs(jitter) }).dueMs(slotMs);
};
