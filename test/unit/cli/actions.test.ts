import { expect } from 'chai';
import { runAgainst, shownExecution } from '../../support/canned-carillon.ts';

const running = shownExecution(8, { status: 'running', finishedAt: null, durationMs: null, result: undefined });

describe('carillon jobs trigger', () => {
  const trigger = (args: readonly string[], ...polled: Parameters<typeof runAgainst>[0][string]) =>
    runAgainst(
      { '/jobs/crm%2Fsync/trigger': [{ status: 202, body: running }], '/executions/8': polled },
      ...['jobs', 'trigger', 'crm/sync', ...args],
    );

  it('names the execution if the server fails while it waits', async () => {
    const gone = { status: 503, body: { code: 'LOG_UNAVAILABLE', detail: 'the log is away' } };
    const { code, err } = await trigger(['--wait', '30s'], { body: running }, gone);
    expect(code).to.equal(2);
    expect(err).to.match(
      /LOG_UNAVAILABLE[\s\S]*\n {2}Execution 8 was started and may continue\. Check it with: `carillon executions get 8`\n$/,
    );
  });

  it('waits for the end', async () => {
    const { code, out } = await trigger(['--wait', '30s'], { body: running }, { body: shownExecution(8) });
    expect({ code, out }).to.deep.equal({ code: 0, out: 'Execution 8 succeeded in 2.0 s (HTTP 200)\n' });
  });

  it('rejects a body that lost its quotes, and sends other texts', async () => {
    const { code, err, bodies } = await trigger(['--body', '{day: 1}']);
    expect({ code, bodies }).to.deep.equal({ code: 2, bodies: [] });
    expect(err).to.match(/^carillon: --body looks like JSON but is not valid JSON\. .*'\{"day": 1\}'.*--body @-\.\n$/);
    for (const text of ['plain', '[INFO] it works', '{"year": ${T:YYYY}}', '{']) {
      expect((await trigger(['--body', text])).bodies, text).to.deep.equal([{ body: text }]);
    }
    expect((await trigger(['--body', '{"day": 1}'])).bodies).to.deep.equal([{ body: { day: 1 } }]);
  });
});

describe('carillon executions get', () => {
  it('shows each attempt that ended', async () => {
    const attempts = [
      {
        attempt: 1,
        startedAt: '2026-01-01T00:00:00.000Z',
        finishedAt: '2026-01-01T00:00:00.031Z',
        error: { code: 'HTTP_503', message: 'the target responded with status 503' },
      },
      { attempt: 2, startedAt: '2026-01-01T00:00:01.000Z', finishedAt: '2026-01-01T00:00:02.000Z', status: 200 },
    ];
    const body = shownExecution(8, { attempt: 2, attempts });
    const { out } = await runAgainst({ '/executions/8': [{ body }] }, 'executions', 'get', '8');
    expect(out).to.match(
      /\nAttempt +2\nAttempt 1 +2026-01-01T00:00:00Z, took 31 ms: HTTP_503: .* 503\nAttempt 2 +2026-01-01T00:00:01Z, took 1\.0 s: HTTP 200\n/,
    );
  });
});

describe('carillon tokens create', () => {
  it('limits a token to queues', async () => {
    const responses = { '/tokens': [{ status: 201, body: { id: 3, token: 'car_3_x' } }] };
    const args = ['--permissions', 'scheduler:work', '--queues', 'crm/reports, crm/mails'];
    const { out, bodies } = await runAgainst(responses, 'tokens', 'create', 'worker', ...args);
    expect(out).to.equal('car_3_x\n');
    expect(bodies).to.deep.equal([
      { name: 'worker', permissions: ['scheduler:work'], queues: ['crm/reports', 'crm/mails'] },
    ]);
  });
});

describe('carillon jobs upcoming', () => {
  it('rejects a period that is too long, with the maximum', async () => {
    const { code, err } = await runAgainst({}, 'jobs', 'upcoming', '--for', '40d');
    expect(code).to.equal(2);
    expect(err).to.match(/'--for <duration>' argument '40d' is invalid\. Must be more than 0 and at most 24h\./);
  });
});
