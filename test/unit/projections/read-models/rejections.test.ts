import { expect } from 'chai';
import type { RejectionEvent } from '../../../../src/domain/events/index.ts';
import { rejectionsStream } from '../../../../src/domain/streams.ts';
import { foldRejections } from '../../../../src/projections/read-models/rejections.ts';
import { recorded } from '../../../support/histories.ts';

const at = (second: number): string => `2026-03-01T08:00:${String(second).padStart(2, '0')}.000Z`;
const rejectedAt = (second: number, tenant?: string): RejectionEvent => ({
  type: 'RequestsRejected',
  data: {
    ...(tenant === undefined ? {} : { tenant }),
    ...{ code: 'FORBIDDEN', count: 1, minute: at(0), lastAt: at(second), requestId: 'r' },
  },
});
const cutAt = (second: number, tenant?: string): RejectionEvent => ({
  type: 'RejectionsTruncated',
  data: { ...(tenant === undefined ? {} : { tenant }), before: at(second) },
});
const fold = (...events: RejectionEvent[]) =>
  foldRejections(recorded(events.map((event) => ({ stream: rejectionsStream(event.data.tenant), event }))));

describe('fold rejections', () => {
  it('cuts what came before the cut, of the same tenant alone', () => {
    const folded = fold(
      rejectedAt(1, 'acme'),
      rejectedAt(2),
      rejectedAt(3, 'acme'),
      cutAt(3, 'acme'),
      rejectedAt(2, 'acme'),
    );
    expect(folded?.rejected.map((row) => [row.tenant, row.at])).to.deep.equal([
      ['', at(2)],
      ['acme', at(3)],
      ['acme', at(2)],
    ]);
    expect([...(folded?.cuts ?? [])]).to.deep.equal([['acme', at(3)]]);
  });

  it('makes nothing of other events', () => {
    expect(foldRejections([])).to.equal(undefined);
  });
});
