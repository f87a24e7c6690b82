import { expect } from 'chai';
import fc from 'fast-check';
import { explainSlot, type SlotRange } from '../../../src/domain/ledger/explain-slot.ts';
import { slotsOf } from '../../../src/domain/ledger/periods.ts';
import { anyLife } from '../../support/job-life.ts';
import { recordsOf } from '../../support/slot-records.ts';

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
