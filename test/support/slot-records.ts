import { isJobEvent, isRunEvent, type JobDefinition } from '../../src/domain/events/index.ts';
import { rulesOf } from '../../src/domain/job/rules.ts';
import { type SlotExecution, type SlotRange, slotRangeOf } from '../../src/domain/ledger/explain-slot.ts';
import type { DefinitionPeriod } from '../../src/domain/ledger/periods.ts';
import { compileSchedule, jobSlots } from '../../src/domain/schedule/index.ts';
import { toMs } from '../../src/domain/values.ts';
import type { JobLife } from './job-life.ts';

export type SlotRecording = {
  readonly periods: readonly DefinitionPeriod[];
  readonly ranges: readonly SlotRange[];
  readonly executions: ReadonlyMap<number, SlotExecution>;
};

/** The read models' records of the slots in a life. */
export const recordsOf = ({ events }: Pick<JobLife, 'events'>): SlotRecording => {
  const definitions = new Map<number, JobDefinition>();
  const periods: DefinitionPeriod[] = [];
  const ranges: SlotRange[] = [];
  const executions = new Map<number, SlotExecution>();
  for (const event of events) {
    if (isJobEvent(event) && event.data.enabled && event.type !== 'JobDeleted') {
      definitions.set(event.revision, event.data);
    }
    if (!isRunEvent(event)) continue;
    const range = slotRangeOf(event);
    if (range !== undefined) ranges.push(range);
    if (event.type === 'DefinitionActivated') {
      const { from, jobRevision } = event.data;
      const before = periods.at(-1);
      if (before !== undefined)
        periods[periods.length - 1] = { ...before, untilMs: Math.min(before.untilMs, toMs(from)) };
      const definition = definitions.get(jobRevision);
      if (definition === undefined) continue;
      const rules = rulesOf(definition);
      const slots = jobSlots({ schedule: compileSchedule(definition), jobId: 7, jitterMs: rules.jitterMs });
      periods.push({ jobRevision, afterMs: toMs(from), untilMs: Number.POSITIVE_INFINITY, slots, rules });
    }
    if ('executionId' in event.data && event.data.trigger === 'schedule') {
      const { executionId, scheduledAt } = event.data;
      const late = ('late' in event.data ? event.data.late : undefined) ?? executions.get(toMs(scheduledAt))?.late;
      const waits = event.type === 'ExecutionRequested';
      executions.set(toMs(scheduledAt), { executionId, waits, ...(late === undefined ? {} : { late }) });
    }
  }
  return { periods, ranges, executions };
};
