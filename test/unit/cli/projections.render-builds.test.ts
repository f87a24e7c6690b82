import { expect } from 'chai';
import { createProgressLines, renderComparison, renderPlan } from '../../../src/cli/projections.ts';
import { runAgainst } from '../../support/canned-carillon.ts';

const written = (isTTY: boolean) => {
  const texts: string[] = [];
  return { texts, lines: createProgressLines({ isTTY, write: (text) => texts.push(text) }) };
};
const build = { generation: 2, purpose: 'rebuild', createdAt: '2026-03-01T00:00:00Z' } as const;
const reading = (progress: number) => ({
  name: 'executions',
  build: { ...build, phase: 'reading' as const, progress, eventsPerSecond: 61_000, remainingMs: 9_000 },
});

describe('progress lines', () => {
  it('show a bar, the rate and the time left on a terminal, each in place of the one before', () => {
    const { texts, lines } = written(true);
    lines.show([reading(0.5)]);
    lines.show([reading(0.75)]);
    lines.print('executions: generation 2 is live');
    expect(texts).to.deep.equal([
      'executions    [############------------] 50 % read, 61000 events/s, 9 s left\n',
      '\u001b[1A\u001b[0J',
      'executions    [##################------] 75 % read, 61000 events/s, 9 s left\n',
      '\u001b[1A\u001b[0J',
      'executions: generation 2 is live\n',
    ]);
  });

  it('are a plain line for each tenth and each phase elsewhere', () => {
    const { texts, lines } = written(false);
    for (const progress of [0.51, 0.55, 0.62]) lines.show([reading(progress)]);
    lines.show([{ name: 'executions', build: { ...build, phase: 'indexing', progress: 1 } }]);
    expect(texts).to.deep.equal([
      'executions: 51 % read, 61000 events/s, 9 s left\n',
      'executions: 62 % read, 61000 events/s, 9 s left\n',
      'executions: creating indexes\n',
    ]);
  });
});

describe('render builds', () => {
  it('reports each difference in a line, and how many more there are', () => {
    const first = [
      { table: 'executions', key: { id: 7 }, kind: 'missing' as const },
      { table: 'execution_counts', key: { tenant: 'acme', id: 0 }, kind: 'extra' as const },
      {
        table: 'jobs',
        key: { job_id: 1 },
        kind: 'different' as const,
        columns: [{ column: 'name', live: 'oops', log: 'hello' }],
      },
    ];
    expect(renderComparison('jobs', { position: '9', differences: 5, first }).split('\n')).to.deep.equal([
      'jobs: 5 rows differ from the log',
      '  executions id=7: missing',
      '  execution_counts tenant=acme id=0: not in the log',
      '  jobs job_id=1: name is oops, but hello in the log',
      '  and 2 more',
    ]);
  });

  it('reports what a rebuild would do', () => {
    const plan = [{ name: 'jobs', events: 200_000, sizeBytes: 52_428_800, estimatedMs: 7_000 }];
    expect(renderPlan(plan)).to.match(/^jobs +200000 events +50 MiB, about 7 s\nNothing was changed/);
  });
});

describe('carillon projections', () => {
  it('follow rebuilds to their ends, and exit with 1 if rows differ', async () => {
    const build = (fields: object) => ({
      name: 'jobs',
      build: { generation: 2, phase: 'done', progress: 1, ...fields },
      parked: [],
    });
    const started = [{ body: [{ name: 'jobs', generation: 2 }] }];
    const done = await runAgainst(
      { '/projections/jobs/rebuild': started, '/projections': [{ body: [build({})] }] },
      ...['projections', 'rebuild', 'jobs', '--verify'],
    );
    expect(done).to.deep.include({ code: 0, out: 'jobs: generation 2 is live\n' });
    expect(done.bodies).to.deep.equal([{ verify: true, dryRun: false }]);
    const comparison = { position: '9', differences: 1, first: [{ table: 'jobs', key: { id: 7 }, kind: 'missing' }] };
    const different = await runAgainst(
      { '/projections/all/verify': started, '/projections': [{ body: [build({ comparison })] }] },
      ...['projections', 'verify'],
    );
    expect(different).to.deep.include({
      code: 1,
      out: 'jobs: 1 row differs from the log\n  jobs id=7: missing\n',
    });
  });
});
