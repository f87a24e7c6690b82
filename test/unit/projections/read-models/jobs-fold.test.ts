import { expect } from 'chai';
import { toInstant } from '../../../../src/domain/values.ts';
import { foldDocuments } from '../../../../src/projections/read-models/documents.ts';
import { foldJobs } from '../../../../src/projections/read-models/jobs-fold.ts';
import { foldSchedule } from '../../../../src/projections/read-models/schedule-fold.ts';
import type { Entry } from '../../../support/entry.ts';
import { history, recorded } from '../../../support/histories.ts';

const forfeited = (stream: string): Entry => ({
  stream,
  event: { type: 'NameRevoked', data: { tenant: 'acme', ownerId: 1, name: 'other' } },
});

describe('fold jobs', () => {
  it('keeps the last definition, and every version with the span it held', () => {
    const changes = foldJobs(recorded(history((['edit', 'delete'] as const).map((step) => ({ jobId: 1, step })))));
    expect(changes?.jobs.get(1)).to.deep.include({ deleted: true, revision: 2 });
    expect(
      changes?.versions.map(({ type, revision, validFrom, validTo }) => ({
        type,
        revision,
        validFrom,
        validTo,
      })),
    ).to.deep.equal([
      { type: 'JobCreated', revision: 0, validFrom: at(1), validTo: at(2) },
      { type: 'JobUpdated', revision: 1, validFrom: at(2), validTo: at(4) },
      { type: 'JobDeleted', revision: 2, validFrom: at(4), validTo: undefined },
    ]);
  });

  it('moves the revision, and makes no version, when a name was forfeited', () => {
    const events = recorded([...history([{ jobId: 1, step: 'claim' }]), forfeited('job-1')]);
    const changes = foldJobs(events);
    expect(changes?.jobs.get(1)?.definition?.name).to.equal('job 1');
    expect(changes?.jobs.get(1)?.revision).to.equal(1);
    expect(changes?.versions).to.have.length(1);
  });

  it('takes a forfeit for the stream that it is in', () => {
    const events = recorded([...history([{ jobId: 1, step: 'claim' }]), forfeited('app-1')]);
    expect(foldJobs(events)?.jobs.get(1)?.revision).to.equal(0);
    expect([...(foldDocuments(events)?.revisions ?? [])]).to.deep.equal([['app-1', 0]]);
  });
});

describe('fold schedule', () => {
  it('keeps of each job the last definition and the last tail', () => {
    const changes = foldSchedule(recorded(history((['edit', 'claim'] as const).map((step) => ({ jobId: 1, step })))));
    expect(changes?.definitions.get(1)).to.include({ deleted: false, revision: 1 });
    expect(changes?.runs.get(1)?.revision).to.equal(1);
    expect(changes?.runs.get(1)?.tail.open).to.have.length(1);
  });
});

/** When the n-th entry of a history was recorded. */
const at = (index: number): string => toInstant(Date.UTC(2026, 2, 1, 8) + index * 1_000);
