import { durationMs } from '../duration.ts';
import type { AlertCondition } from '../events/index.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** Formats a duration by its two largest units: `1h 30m`. */
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

/** Describes a condition in plain language. */
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
      return `no run for ${toText(durationMs(condition.over))}`;
    case 'notTaken':
      return `no worker for ${toText(durationMs(condition.over))}`;
    case 'noSlots':
      return 'calendars exclude every slot to come';
    case 'running':
      return `a call takes longer than ${toText(durationMs(condition.over))}`;
    case 'disabled':
      return 'disabled by disableAfter';
  }
};

/** What the recipient of a notification can do about it. */
export const REMEDIES: Readonly<Record<AlertCondition['kind'], string>> = {
  failures: "Check the job's executions and its target. Once the target works again, rerun the failed executions.",
  missed: "Check the reason in the job's occurrences, and check the engines. To call missed slots, start a backfill.",
  skipped:
    "Check the reason in the job's occurrences, such as an earlier execution that was still running, or a limit.",
  late: "Check in the job's occurrences what the slot waited for: its limit, an earlier execution, or the engines.",
  noSuccess: "Check the job's executions: they fail, are missing, or still run.",
  notRun: "Check the reason in the job's occurrences, and check its pauses, its calendars and the engines.",
  notTaken: "Check that workers of the queue run and that their tasks include the job's, and check its pauses.",
  noSlots: 'Add dates to the calendars that the job includes, or change the calendars of the job.',
  running: "Check the target. Cancel the execution if its result is no longer needed, or shorten the job's timeout.",
  disabled: 'Fix the target, then enable the job again. To call the slots that passed since, start a backfill.',
};
