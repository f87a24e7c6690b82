import { durationMs } from '../duration.ts';
import type { AlertCondition, AlertRule } from '../events/index.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** A span of time for people, by its two largest units: `1h 30m`. */
export const toText = (ms: number): string => {
  if (ms < 1_000) return `${ms}ms`;
  const parts: string[] = [];
  let restMs = ms;
  for (const [unit, unitMs] of UNITS) {
    const amount = Math.floor(restMs / unitMs);
    restMs -= amount * unitMs;
    if (amount > 0) parts.push(`${amount}${unit}`);
    else if (parts.length > 0) break;
  }
  return parts.slice(0, 2).join(' ');
};

/** A condition for people. */
export const conditionToText = (condition: AlertCondition): string => {
  switch (condition.kind) {
    case 'failures':
      return condition.count === 1 ? 'an execution failed' : `${condition.count} executions failed in a row`;
    case 'missed':
    case 'skipped':
      return `a slot was ${condition.kind}${condition.reason === undefined ? '' : ` (${condition.reason})`}`;
    case 'late':
      return `a slot is more than ${toText(durationMs(condition.over))} late`;
    case 'noSuccess':
      return `no success for ${toText(durationMs(condition.over))}`;
    case 'notRun':
      return `nothing has run for ${toText(durationMs(condition.over))}`;
    case 'running':
      return `a call takes longer than ${toText(durationMs(condition.over))}`;
    case 'disabled':
      return 'disabled by disableAfter';
  }
};

/** What somebody who is notified can do about it. */
export const remedyOf = ({ condition }: Pick<AlertRule, 'condition'>): string => {
  switch (condition.kind) {
    case 'failures':
      return 'Look at the executions of the job and at its target. Once the target works again, rerun what failed.';
    case 'missed':
      return 'Look at why in the occurrences of the job, and at the engines. A backfill calls slots that were missed.';
    case 'skipped':
      return 'Look at why in the occurrences of the job, such as an earlier execution that still ran, or a limit.';
    case 'late':
      return 'Look at what the slot waited for in the occurrences of the job: its limit, an earlier execution, or the engines.';
    case 'noSuccess':
      return 'Look at the executions of the job: it fails, is not called, or still runs.';
    case 'notRun':
      return 'Look at why in the occurrences of the job, at its pauses and calendars, and at the engines.';
    case 'running':
      return 'Look at the target. Cancel the execution if nobody needs its result any more, or shorten the timeout of the job.';
    case 'disabled':
      return 'Mend the target, then enable the job again. A backfill calls the slots of the meantime.';
  }
};
