import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { runAgainst } from '../../support/canned-carillon.ts';

const job = {
  id: 2,
  application: { id: 1, name: 'crm' },
  name: 'sync',
  schedule: { at: '2030-01-01T00:00:00.000Z' },
  labels: { team: 'crm' },
  taskType: 'HttpInvokerTask',
  taskConfig: { url: 'http://a', method: 'PUT', headers: { 'X-A': '1' } },
  nextRunAt: null,
};
const URL = ['--url', 'http://a'];

describe('the options that define a job', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'carillon-define-'));
    await writeFile(
      path.join(folder, 'job.yaml'),
      'pattern: 0 2 * * *\ntaskConfig: { url: http://file, method: PATCH }\n',
    );
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Runs a command against a server that has one job, and returns what was sent. */
  const run = async (...args: readonly string[]) => {
    const preview = { scheduleText: 'Daily', slots: [], target: { allowed: !args.includes('http://10.0.0.1') } };
    const responses = {
      '/jobs': [{ status: 201, body: job }],
      '/jobs/crm%2Fsync': [{ body: job, headers: { ETag: '"3"' } }],
      '/preview': [{ body: preview }],
    };
    const result = await runAgainst(responses, 'jobs', ...args.map((arg) => arg.replace('DIR', folder)));
    return { ...result, sent: result.bodies[0] };
  };
  const created = async (...args: readonly string[]) => {
    const { code, out, sent } = await run('create', 'crm/sync', ...args);
    expect({ code, out }).to.deep.equal({
      code: 0,
      out: 'Created crm/sync\n',
    });
    const { applicationId, name, ...definition } = Object(sent);
    expect([applicationId, name]).to.deep.equal(['crm', 'sync']);
    return definition;
  };

  it('become the fields of a new job', async () => {
    const taskType = 'HttpInvokerTask';
    const examples: readonly [readonly string[], object][] = [
      [
        ['--cron', '0 2 * * *', ...URL],
        { pattern: '0 2 * * *', taskType, taskConfig: { method: 'GET', url: 'http://a' } },
      ],
      [
        ['--every', '10s', ...URL, '--body', '{"a": 1}', '--header', 'X-B: c:d'],
        {
          schedule: { every: '10s' },
          taskType,
          taskConfig: { method: 'POST', url: 'http://a', headers: { 'X-B': 'c:d' }, body: { a: 1 } },
        },
      ],
      [
        ['--every', '1h', '--queue', 'reports', '--task', 'daily', '--input', '{"a": 1}'],
        {
          schedule: { every: '1h' },
          taskType: 'WorkerTask',
          taskConfig: { queue: 'reports', task: 'daily', input: { a: 1 } },
        },
      ],
      [
        ['--at', '2030-01-01T00:00:00Z', ...URL, '--set', 'retry.maxAttempts=3', '--set', 'overlap=allow'],
        {
          schedule: { at: '2030-01-01T00:00:00Z' },
          taskType,
          taskConfig: { method: 'GET', url: 'http://a' },
          retry: { maxAttempts: 3 },
          overlap: 'allow',
        },
      ],
      [
        [
          '-f',
          'DIR/job.yaml',
          '--every',
          '1d',
          '--method',
          'POST',
          '--label',
          'team:crm',
          '--time-zone',
          'Europe/Rome',
        ],
        {
          schedule: { every: '1d' },
          timezone: 'Europe/Rome',
          labels: { team: 'crm' },
          taskConfig: { url: 'http://file', method: 'POST' },
        },
      ],
    ];
    expect(await created(...URL)).to.deep.equal({ taskType, taskConfig: { method: 'GET', url: 'http://a' } });
    for (const [args, definition] of examples) expect(await created(...args)).to.deep.equal(definition);
  });

  it('state an instant from now with --in', async () => {
    const { schedule } = await created('--in', '10m', ...URL);
    expect(Date.parse(schedule.at) - Date.now()).to.be.within(590_000, 600_000);
  });

  it('take the application from --application', async () => {
    const { sent } = await run('create', 'sync', '--application', 'crm', '--every', '1d', ...URL);
    expect(sent).to.include({ applicationId: 'crm', name: 'sync' });
  });

  it('are rejected by name if one is missing', async () => {
    const examples: readonly [readonly string[], string][] = [
      [['create', 'sync', '--every', '1d', ...URL], '"sync" is not a job address. Use APPLICATION/NAME, such as crm'],
      [['create', 'crm/sync', '--every', '1d'], 'The job has nothing to run. Add --url, or --queue and --task.'],
      [['update', 'crm/sync'], 'Nothing to change.'],
    ];
    for (const [args, message] of examples) {
      const { code, err, sent } = await run(...args);
      expect({ code, sent }, args.join(' ')).to.deep.equal({ code: 2, sent: undefined });
      expect(err).to.include(`carillon: ${message}`);
    }
  });

  it('change only their own fields of a job, and keep the rest of an object', async () => {
    const { out, sent } = await run('update', 'crm/sync', '--header', 'X-B: 2', '--label', 'tier:1', '--every', '2h');
    expect(out).to.equal('Updated crm/sync\n');
    expect(sent).to.deep.equal({
      schedule: { every: '2h' },
      labels: { team: 'crm', tier: '1' },
      taskConfig: { ...job.taskConfig, headers: { 'X-A': '1', 'X-B': '2' } },
    });
  });

  it('preview a job with its changes, or one to create; exit code 1 if its target is blocked', async () => {
    const { code, out, sent } = await run('preview', 'crm/sync', '--cron', '0 2 * * *', '--count', '3');
    expect({ code, out }).to.deep.equal({ code: 0, out: 'Schedule  Daily\nTarget    allowed\n' });
    expect(sent).to.deep.equal({ ...job, schedule: null, pattern: '0 2 * * *', count: 3 });
    const blocked = await run('preview', '--every', '1h', '--url', 'http://10.0.0.1', '--application', 'crm');
    expect(blocked.code).to.equal(1);
    expect(blocked.sent).to.deep.include({ applicationId: 'crm', count: 5, schedule: { every: '1h' } });
  });
});
