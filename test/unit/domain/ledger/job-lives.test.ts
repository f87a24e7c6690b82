import { expect } from 'chai';
import fc from 'fast-check';
import { isJobEvent, isRunEvent } from '../../../../src/domain/events/families.ts';
import type { JobDefinition } from '../../../../src/domain/events/index.ts';
import { rulesOf } from '../../../../src/domain/job/rules.ts';
import { explainSlot, type SlotExecution } from '../../../../src/domain/ledger/explain-slot.ts';
import { type DefinitionPeriod, slotsOf } from '../../../../src/domain/ledger/periods.ts';
import { type SlotRange, slotRangeOf } from '../../../../src/domain/ledger/uncalled.ts';
import { compileSchedule, jobSlots } from '../../../../src/domain/schedule/index.ts';
import { toMs } from '../../../../src/domain/values.ts';
import { anyLife, type JobLife } from '../../../support/job-life.ts';

type Recorded = {
  readonly periods: readonly DefinitionPeriod[];
  readonly ranges: readonly SlotRange[];
  readonly executions: ReadonlyMap<number, SlotExecution>;
};

/** What the events of a life say of its slots, as the read models keep it. */
const recordsOf = ({ events }: JobLife): Recorded => {
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
    if (event.type === 'DefinitionTaken') {
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
      const late = 'late' in event.data ? event.data.late : undefined;
      const waits = event.type === 'ExecutionRequested';
      executions.set(toMs(scheduledAt), { executionId, waits, ...(late === undefined ? {} : { late }) });
    }
  }
  return { periods, ranges, executions };
};

describe('the slots of any job', () => {
  it('are explained by what is recorded, each once, and nothing else is recorded', () => {
    fc.assert(
      fc.property(anyLife, (life) => {
        const { periods, ranges, executions } = recordsOf(life);
        const { runs, closures, nowMs, bornMs } = life;
        const wrong: string[] = [];
        const counted = new Map<SlotRange, number>();
        const called = new Set(executions.keys());
        for (const { slotMs, period } of slotsOf(periods, { afterMs: bornMs, untilMs: nowMs + 200 })) {
          const found = ranges.filter(({ firstMs, lastMs }) => firstMs <= slotMs && slotMs <= lastMs);
          for (const range of found) counted.set(range, (counted.get(range) ?? 0) + 1);
          called.delete(slotMs);
          const [range] = found;
          const execution = executions.get(slotMs);
          const records = {
            ...(range === undefined ? {} : { range }),
            ...(execution === undefined ? {} : { execution }),
          };
          const explained = explainSlot(slotMs, records, { period, runs, closures, nowMs });
          const at = new Date(slotMs).toISOString();
          const isOne = range?.executionId === execution?.executionId;
          if (found.length + (execution === undefined || (isOne && range !== undefined) ? 0 : 1) > 1) {
            wrong.push(`${at} is explained twice`);
          }
          const isLeft = runs.catchUp.some(({ afterMs, untilMs }) => afterMs < slotMs && slotMs <= untilMs);
          const isSettled = slotMs <= runs.cursorMs && !isLeft && execution?.waits !== true;
          if (isSettled && explained?.outcome === 'due') wrong.push(`${at} is not explained`);
          if (explained === undefined && period.rules.maxRuns === undefined) wrong.push(`${at} is said to be no slot`);
        }
        for (const range of ranges) {
          if (counted.get(range) !== range.count)
            wrong.push(`${counted.get(range)} slots are in ${JSON.stringify(range)}`);
        }
        for (const slotMs of called) wrong.push(`${new Date(slotMs).toISOString()} was called, and is no slot`);
        expect(wrong).to.deep.equal([]);
      }),
      { numRuns: 300 },
    );
  });
});
