import { expect } from 'chai';
import type { Execution } from '../../../packages/client/src/schema.ts';
import { moved, overlapOf, type Row, rowsOf, zoomed } from '../../../ui/src/pages/timeline/bars.ts';

const at = (second: number): string => new Date(second * 1_000).toISOString();
const execution = (id: number, jobId: number, [due, from, to]: readonly [number, number | null, number | null]) =>
  ({
    ...{ id, jobId, jobName: `job ${jobId}`, trigger: 'schedule', status: to === null ? 'running' : 'succeeded' },
    ...{ scheduledAt: at(due), createdAt: at(due), startedAt: from === null ? null : at(from) },
    finishedAt: to === null ? null : at(to),
  }) as Execution;

describe('the timeline', () => {
  const executions = [execution(1, 7, [10, 12, 20]), execution(2, 8, [0, 0, 15]), execution(3, 7, [25, 25, null])];
  const rows = rowsOf(executions, 30_000);

  it('has a row for each job in the order of their first, and open executions up to now', () => {
    expect(rows.map(({ name, bars }) => [name, bars.map(({ id }) => id)])).to.deep.equal([
      ['job 8', [2]],
      ['job 7', [1, 3]],
    ]);
    expect(rows[1]?.bars.map(({ dueMs, fromMs, toMs }) => [dueMs, fromMs, toMs])).to.deep.equal([
      [10_000, 12_000, 20_000],
      [25_000, 25_000, 30_000],
    ]);
  });

  it('counts what runs simultaneously in each part, also what began before', () => {
    const span = { fromMs: 0, toMs: 30_000 };
    expect(overlapOf(rows, span, 6)).to.deep.equal([1, 1, 2, 1, 0, 1]);
    expect(overlapOf(rows, { fromMs: 13_000, toMs: 14_000 }, 2)).to.deep.equal([2, 2]);
    const none: readonly Row[] = [];
    expect(overlapOf(none, span, 2)).to.deep.equal([0, 0]);
  });

  it('is zoomed around its middle, and moved by a part of it', () => {
    const span = { fromMs: 10_000, toMs: 50_000 };
    expect(zoomed(span, 0.5)).to.deep.equal({ fromMs: 20_000, toMs: 40_000 });
    expect(zoomed(zoomed(span, 2), 0.5)).to.deep.equal(span);
    expect(moved(span, -0.25)).to.deep.equal({ fromMs: 0, toMs: 40_000 });
    expect(zoomed({ fromMs: 0, toMs: 100 }, 0.5).toMs - zoomed({ fromMs: 0, toMs: 100 }, 0.5).fromMs).to.equal(1_000);
  });
});
