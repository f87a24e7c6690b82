import { expect } from 'chai';
import type { ExplainReport } from '../../../packages/client/src/schema.ts';
import { renderExplanation } from '../../../src/cli/audit.ts';
import { runAgainst } from '../../support/canned-carillon.ts';

const explanation: ExplainReport = {
  from: '2026-03-01T00:00:00.000Z',
  to: '2026-03-02T00:00:00.000Z',
  explained: true,
  jobs: 1,
  slots: { fired: 1_440, late: {}, skipped: {}, missed: {}, due: 0 },
  faults: { unexplained: 0, duplicated: 0, notDue: 0 },
  faultySlots: [],
  unreadable: [],
};

describe('what carillon audit explain prints', () => {
  it('is how many slots there are, by the outcome of them and why', () => {
    const slots = { ...explanation.slots, late: { ENGINE_DOWN: 2 }, skipped: { PAUSED: 30, OVERLAP: 1 }, due: 4 };
    expect(renderExplanation({ ...explanation, jobs: 12, slots })).to.equal(
      [
        '12 jobs, slots after 2026-03-01T00:00:00.000Z up to 2026-03-02T00:00:00.000Z:',
        '  fired           1440',
        '  late               2  ENGINE_DOWN',
        '  skipped           30  PAUSED',
        '  skipped            1  OVERLAP',
        '  due                4  outcome not recorded yet',
        'Every slot is explained exactly once',
        '',
      ].join('\n'),
    );
  });

  it('names the slots that are not explained, and the jobs that were not checked', () => {
    const first = '2026-03-01T10:00:00.000Z';
    const last = '2026-03-01T12:00:00.000Z';
    const text = renderExplanation({
      ...explanation,
      explained: false,
      faults: { unexplained: 3, duplicated: 1, notDue: 0 },
      faultySlots: [
        { jobId: 7, kind: 'unexplained', first, last, count: 3 },
        { jobId: 8, kind: 'duplicated', first, last: first, count: 1 },
      ],
      unreadable: [{ jobId: 9, reason: 'stream runs-9 is parked' }],
    });
    expect(text.split('\n').slice(2)).to.deep.equal([
      'job 7, 2026-03-01T10:00:00.000Z to 2026-03-01T12:00:00.000Z (3 slots): no outcome recorded',
      'job 8, 2026-03-01T10:00:00.000Z: outcome recorded twice',
      "job 9 can't be checked: stream runs-9 is parked",
      'unexplained: 3 slots, duplicated: 1 slot, not checked: 1 job',
      '',
    ]);
  });

  it('is the report itself with --json, for a span that can be relative', async () => {
    const words = ['audit', 'explain', '--since', '24h', '--json'];
    const { code, out } = await runAgainst({ '/audit/explain': [{ body: explanation }] }, ...words);
    expect(code).to.equal(0);
    expect(JSON.parse(out)).to.deep.equal(explanation);
  });
});
