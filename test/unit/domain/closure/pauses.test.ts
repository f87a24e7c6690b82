import { expect } from 'chai';
import { lastingPauses } from '../../../../src/domain/closure/pauses.ts';
import type { Pause } from '../../../../src/domain/events/index.ts';
import { idRangesOf } from '../../../../src/domain/id-ranges.ts';

const at = (clock: string): string => `2026-03-01T${clock}:00.000Z`;
const nowMs = Date.parse(at('09:00'));
const job = {
  tenant: 'default',
  applicationId: 3,
  jobId: 7,
  target: 'https://crm.example.com:8443',
  labelsText: '{"team":"crm","stage":"test"}',
};

let last = 0;
const pause = (fields: Pick<Pause, 'scope'> & Partial<Pause>): Pause => ({
  pauseId: ++last,
  tenant: 'default',
  createdAt: at('08:00'),
  createdBy: 'ann',
  ...fields,
});
const found = (...pauses: readonly Pause[]): Pause | undefined => lastingPauses(pauses, nowMs)(job);

describe('the pause of a job that ends last', () => {
  it('is one that binds it', () => {
    const isBoundBy = (fields: Pick<Pause, 'scope'> & Partial<Pause>) => found(pause(fields)) !== undefined;
    expect([isBoundBy({ scope: 'installation', tenant: 'other' }), isBoundBy({ scope: 'tenant' })]).to.not.include(
      false,
    );
    expect(isBoundBy({ scope: 'tenant', tenant: 'other' })).to.equal(false);
    const of = (scope: 'application' | 'job', id: number) =>
      isBoundBy({ scope, ...(scope === 'job' ? { jobId: id } : { applicationId: id }) });
    expect([of('application', 3), of('application', 4)]).to.deep.equal([true, false]);
    expect([of('job', 7), of('job', 3)]).to.deep.equal([true, false]);
    const ofJobs = (jobs: readonly number[], tenant = 'default') =>
      isBoundBy({ scope: 'jobs', jobs: idRangesOf(jobs), tenant });
    expect([ofJobs([3, 7]), ofJobs([3]), ofJobs([7], 'other')]).to.deep.equal([true, false, false]);
    const withLabels = (labels: Record<string, string>, tenant = 'default') =>
      isBoundBy({ scope: 'labels', labels, tenant });
    expect([withLabels({ team: 'crm' }), withLabels({ stage: 'test', team: 'crm' })]).to.deep.equal([true, true]);
    const others = [
      withLabels({ team: 'erp' }),
      withLabels({ team: 'crm', more: 'yes' }),
      withLabels({ team: 'crm' }, 'other'),
    ];
    expect(others).to.deep.equal([false, false, false]);
    const names = ['crm.example.com', 'crm.example.com:8443', 'https://crm.example.com:8443', 'example.com'];
    const byTarget = names.map((target) => isBoundBy({ scope: 'target', target }));
    expect(byTarget).to.deep.equal([true, true, true, false]);
  });

  it('binds no job by a target that is not known', () => {
    const pauses = [pause({ scope: 'target', target: 'crm.example.com' })];
    expect(lastingPauses(pauses, nowMs)({ ...job, target: undefined })).to.equal(undefined);
  });

  it('is none that is to begin, but one that was to begin before', () => {
    expect(found(pause({ scope: 'tenant', from: at('09:01') }))).to.equal(undefined);
    expect(found(pause({ scope: 'tenant', from: at('09:00') }))?.from).to.equal(at('09:00'));
    expect(found(pause({ scope: 'tenant', createdAt: at('09:01') })), 'of a clock that is ahead').not.to.equal(
      undefined,
    );
  });

  it('is none that has ended', () => {
    expect(found(pause({ scope: 'tenant', until: at('09:00') }))).to.equal(undefined);
    expect(found(pause({ scope: 'tenant', until: at('10:00'), liftedAt: at('08:30') }))).to.equal(undefined);
  });

  it('is the one without an end, else the one with the latest', () => {
    const [early, late] = [
      pause({ scope: 'job', jobId: 7, until: at('10:00') }),
      pause({ scope: 'tenant', until: at('11:00') }),
    ];
    const sameScope = pause({ scope: 'tenant', until: at('10:30') });
    expect(found(early, late, sameScope)).to.equal(late);
    expect(found(sameScope, late, early)).to.equal(late);
    const open = pause({ scope: 'application', applicationId: 3 });
    expect(found(open, late)).to.equal(open);
  });
});
