import { expect } from 'chai';
import { foldLedger } from '../../../../src/projections/read-models/ledger-fold.ts';
import { history, recorded, type Step } from '../../../support/histories.ts';

const folded = (...steps: Step['step'][]) => foldLedger(recorded(history(steps.map((step) => ({ jobId: 1, step })))));

describe('fold ledger', () => {
  it('keeps the part of each definition that states which slots there are, and whether they are due', () => {
    const definitions = folded('edit', 'switch', 'switch', 'delete')?.definitions;
    expect(definitions?.map(({ jobRevision, hasSlots }) => [jobRevision, hasSlots])).to.deep.equal([
      [0, true],
      [1, true],
      [2, false],
      [3, true],
      [4, false],
    ]);
    expect(definitions?.[0]?.definition).to.deep.equal({
      pattern: '* * * * *',
      timezone: 'UTC',
      scheduleSince: '2026-03-01T08:00:00.000Z',
    });
  });
  it('ends a definition in force with the next one, and keeps when that was recorded', () => {
    expect(folded('edit', 'switch')?.taken).to.deep.equal([
      {
        ...{ jobId: 1, jobRevision: 1, activatedAt: '2026-03-01T08:00:03.000Z' },
        ...{ inForceFrom: '2026-03-01T08:00:07.000Z', inForceUntil: '2026-03-01T08:00:14.000Z' },
      },
      {
        ...{ jobId: 1, jobRevision: 2, activatedAt: '2026-03-01T08:00:05.000Z' },
        ...{ inForceFrom: '2026-03-01T08:00:14.000Z', inForceUntil: undefined },
      },
    ]);
  });
  it('keeps the slots that were not called, and the event that reports it', () => {
    const ranges = folded('pass', 'claim', 'pass', 'cancel')?.ranges;
    expect(
      ranges?.map(({ revision, outcome, reason, executionId }) => [revision, outcome, reason, executionId]),
    ).to.deep.equal([
      [0, 'missed', 'ENGINE_DOWN', undefined],
      [2, 'skipped', 'OVERLAP', undefined],
      [3, 'skipped', 'OVERLAP', 1],
    ]);
  });
  it('changes nothing for other events', () => {
    const events = recorded(history([{ jobId: 1, step: 'claim' }]));
    expect(foldLedger(events.filter(({ stream }) => !stream.startsWith('job-')))).to.equal(undefined);
  });
});
