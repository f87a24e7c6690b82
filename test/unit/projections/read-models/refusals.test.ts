import { expect } from 'chai';
import type { RefusalEvent } from '../../../../src/domain/events/index.ts';
import { refusalsStream } from '../../../../src/domain/streams.ts';
import { foldRefusals } from '../../../../src/projections/read-models/refusals.ts';
import { recorded } from '../../../support/histories.ts';

const at = (second: number): string => `2026-03-01T08:00:${String(second).padStart(2, '0')}.000Z`;
const refusedAt = (second: number, tenant?: string): RefusalEvent => ({
  type: 'RequestsRefused',
  data: {
    ...(tenant === undefined ? {} : { tenant }),
    ...{ code: 'FORBIDDEN', count: 1, minute: at(0), lastAt: at(second), requestId: 'r' },
  },
});
const cutAt = (second: number, tenant?: string): RefusalEvent => ({
  type: 'RefusalsCut',
  data: { ...(tenant === undefined ? {} : { tenant }), before: at(second) },
});
const fold = (...events: RefusalEvent[]) =>
  foldRefusals(recorded(events.map((event) => ({ stream: refusalsStream(event.data.tenant), event }))));

describe('fold refusals', () => {
  it('cuts what came before the cut, of the same tenant alone', () => {
    const folded = fold(
      refusedAt(1, 'acme'),
      refusedAt(2),
      refusedAt(3, 'acme'),
      cutAt(3, 'acme'),
      refusedAt(2, 'acme'),
    );
    expect(folded?.refused.map((row) => [row.tenant, row.at])).to.deep.equal([
      ['', at(2)],
      ['acme', at(3)],
      ['acme', at(2)],
    ]);
    expect([...(folded?.cuts ?? [])]).to.deep.equal([['acme', at(3)]]);
  });

  it('makes nothing of other events', () => {
    expect(foldRefusals([])).to.equal(undefined);
  });
});
