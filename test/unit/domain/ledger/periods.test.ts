import { expect } from 'chai';
import { DEFAULT_RULES } from '../../../../src/domain/job/rules.ts';
import { type DefinitionPeriod, slotsOf } from '../../../../src/domain/ledger/periods.ts';
import { compileSchedule } from '../../../../src/domain/schedule/index.ts';

const at = (clock: string): number => Date.parse(`2026-03-01T${clock}Z`);
const every = (minutes: number) => ({
  slots: compileSchedule({ pattern: `*/${minutes} * * * *`, timezone: 'UTC' }),
  rules: DEFAULT_RULES,
});
const clocks = (periods: readonly DefinitionPeriod[], after: string, until: string): string[] =>
  [...slotsOf(periods, { afterMs: at(after), untilMs: at(until) })].map(
    ({ slotMs, period }) => `${new Date(slotMs).toISOString().slice(11, 16)} by ${period.jobRevision}`,
  );

describe('slots of periods', () => {
  const periods: DefinitionPeriod[] = [
    { jobRevision: 0, afterMs: at('09:00:00'), untilMs: at('09:20:00'), ...every(10) },
    { jobRevision: 3, afterMs: at('10:00:00'), untilMs: Number.POSITIVE_INFINITY, ...every(30) },
  ];
  it('begin after a definition came into force, and end with the slot at which it was over', () => {
    expect(clocks(periods, '08:00:00', '09:59:00')).to.deep.equal(['09:10 by 0', '09:20 by 0']);
  });
  it('are those of the definition that was active', () => {
    expect(clocks(periods, '09:15:00', '11:00:00')).to.deep.equal(['09:20 by 0', '10:30 by 3', '11:00 by 3']);
  });
  it('exclude the start of the span, and include its end', () => {
    expect(clocks(periods, '09:10:00', '09:20:00')).to.deep.equal(['09:20 by 0']);
  });
});
