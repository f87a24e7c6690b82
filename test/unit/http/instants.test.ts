import { expect } from 'chai';
import { withInstants, withInstantsInBody } from '../../../src/http/instants.ts';

const NOW_MS = Date.parse('2026-03-02T09:00:00.000Z');

describe('instants of a request', () => {
  it('may be dates, days and spans before now', () => {
    expect(withInstants({ from: '2026-02-28', to: '-90m', asOf: '-2d', limit: '5' }, NOW_MS)).to.deep.equal({
      from: '2026-02-28T00:00:00.000Z',
      to: '2026-03-02T07:30:00.000Z',
      asOf: '2026-02-28T09:00:00.000Z',
      limit: '5',
    });
    const midnights = ['today', 'monday', 'sunday', 'tuesday', 'yesterday'].map(
      (from) => withInstants({ from }, NOW_MS).from,
    );
    expect(midnights).to.deep.equal(
      ['2026-03-02', '2026-03-02', '2026-03-01', '2026-02-24', '2026-03-01'].map((date) => `${date}T00:00:00.000Z`),
    );
  });

  it('may be so in a body and its filter, too', () => {
    const body = { action: 'rerun', filter: { from: '-1h', status: 'failed' }, to: '2026-03-01' };
    expect(withInstantsInBody(body, NOW_MS)).to.deep.equal({
      action: 'rerun',
      filter: { from: '2026-03-02T08:00:00.000Z', status: 'failed' },
      to: '2026-03-01T00:00:00.000Z',
    });
    for (const other of [undefined, 'today', ['today'], { until: '-1h', job: { from: '-1h' } }])
      expect(withInstantsInBody(other, NOW_MS)).to.equal(other);
  });

  it('are left as they are where they are neither', () => {
    const query = { from: '2026-02-30', to: '-24', asOf: ['-1h', '-2h'], name: '-24h' };
    expect(withInstants(query, NOW_MS)).to.equal(query);
    for (const from of ['2026-03-01T00:00:00+02:00', '24h', '-24H', '-9999999w', '0000-01-01', '-99999999999999w'])
      expect(withInstants({ from }, NOW_MS)).to.deep.equal({ from });
  });
});
