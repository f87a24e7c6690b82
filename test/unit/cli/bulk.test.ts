import { expect } from 'chai';
import { runAgainst } from '../../support/canned-carillon.ts';
import type { CannedAnswer } from '../../support/canned-server.ts';

const operation = (fields: object) => ({ id: 3, of: 'jobs', action: 'disable', done: 0, rejected: {}, ...fields });
const started = operation({ status: 'pending' });
const ended = operation({ status: 'completed', done: 2, total: 2, endedAt: '2026-01-01T00:00:00.000Z' });
const job = {
  id: 1,
  name: 'sync',
  application: { name: 'crm' },
  timezone: 'UTC',
  pattern: '* * * * *',
  taskConfig: {},
};

describe('a command for all matching jobs', () => {
  const run = (line: string, responses: Readonly<Record<string, readonly CannedAnswer[]>> = {}) =>
    runAgainst(
      {
        '/jobs/bulk': [{ status: 202, body: started }],
        '/executions/bulk': [{ status: 202, body: started }],
        '/operations/3': [{ body: operation({ status: 'running', done: 1, total: 2 }) }, { body: ended }],
        ...responses,
      },
      ...line.split(' '),
    );

  it('sends the filters of the list, and states how to follow the operation', async () => {
    const examples: readonly [line: string, body: object][] = [
      [
        'jobs disable --label team:crm --label a:b:c',
        { action: 'disable', filter: { labels: { team: 'crm', a: 'b:c' } } },
      ],
      ['jobs enable --state disabled,paused', { action: 'enable', filter: { state: ['disabled', 'paused'] } }],
      ['jobs delete --all', { action: 'delete', filter: { all: true } }],
      [
        'jobs trigger --status failed --spread 10m',
        { action: 'trigger', filter: { lastStatus: 'failed' }, spread: '10m' },
      ],
      [
        'jobs label --application crm --set a:b --remove c',
        { action: 'label', filter: { applicationId: 'crm' }, labels: { a: 'b', c: null } },
      ],
      ['executions cancel --job crm/sync --since 2h', { action: 'cancel', filter: { jobId: 'crm/sync', from: '-2h' } }],
      ['executions rerun --status failed', { action: 'rerun', filter: { status: ['failed'] } }],
    ];
    for (const [line, body] of examples) {
      const { code, out, bodies } = await run(line);
      expect(bodies, line).to.deep.equal([body]);
      expect({ code, out }).to.deep.equal({
        code: 0,
        out: 'Started operation 3: disable. To follow it: `carillon operations get 3`\n',
      });
    }
  });

  it('shows with --dry-run what would be changed, and changes nothing', async () => {
    const { code, out, err, bodies } = await run('jobs disable --name sync --dry-run', {
      '/jobs/bulk': [{ body: { count: 1 } }],
      '/jobs': [{ body: [job] }],
    });
    expect(code).to.equal(0);
    expect(out).to.match(/^JOB .*\ncrm\/sync /);
    expect(err).to.equal('carillon: Would disable 1 jobs. Nothing was changed.\n');
    expect(bodies).to.deep.equal([{ action: 'disable', filter: { name: 'sync' }, dryRun: true }]);
  });

  it('waits with --wait for the end, and its exit code states whether all was done', async () => {
    const done = await run('jobs disable --all --wait');
    expect(done).to.include({ code: 0, out: 'Operation 3 completed: disable 2 of 2 jobs\n' });
    expect(done.err).to.equal('Operation 3: disable 0 jobs\nOperation 3: disable 1 of 2 jobs\n');
    const rejecting = { ...ended, done: 1, rejected: { OVERLAP: 1 } };
    const rejected = await run('jobs disable --all --wait 60s', { '/operations/3': [{ body: rejecting }] });
    expect(rejected).to.include({ code: 1, out: 'Operation 3 completed: disable 1 of 2 jobs, 1 rejected (OVERLAP)\n' });
    const short = await run('jobs disable --all --wait 1ms', { '/operations/3': [{ body: started }] });
    expect(short).to.include({ code: 2, out: '' });
    expect(short.err).to.include('Operation 3 is still pending after 1ms');
  });

  it('takes a name or filters, with the options of each', async () => {
    const examples: readonly [line: string, message: string][] = [
      ['jobs disable', 'carillon: Nothing is selected. Name one, add filters such as --application, or use --all.'],
      ['jobs disable crm/sync --label a:b', "error: --label can't be combined with a name"],
      ['jobs disable crm/sync --dry-run', "error: --dry-run can't be combined with a name"],
      ['jobs trigger --all --body x', 'error: --body needs a name'],
    ];
    for (const [line, message] of examples) {
      const { code, err, bodies } = await run(line);
      expect({ code, err, bodies }).to.deep.equal({ code: 2, err: `${message}\n`, bodies: [] });
    }
  });
});
