import { expect } from 'chai';
import { failedExecution, runAgainst, shownExecution } from '../../support/canned-carillon.ts';

describe('carillon jobs logs', () => {
  const past = { '/executions': [{ body: [failedExecution, shownExecution(7)] }] };

  it('prints the last ends, oldest first, with the first line of an error', async () => {
    expect((await runAgainst(past, 'jobs', 'logs')).out).to.equal(
      '2026-01-01T00:00:02Z  succeeded  7  crm/sync  2.0 s  200\n' +
        '2026-01-01T00:00:02Z  failed     8  crm/sync  2.0 s  HTTP_500: the target responded\n',
    );
  });

  it('follows the ends after these, each once', async () => {
    const event = (id: number): string =>
      `id: ${id}\ndata: ${JSON.stringify({ data: { ...shownExecution(id), jobSnapshot: { name: 'sync' } } })}\n\n`;
    const stream = [{ body: event(8) + event(9) }, { status: 403, body: { code: 'FORBIDDEN', detail: 'no more' } }];
    const { out, err } = await runAgainst({ ...past, '/events': stream }, 'jobs', 'logs', '--follow');
    expect(out.split('\n').map((line) => line.split(/ +/)[2])).to.deep.equal(['7', '8', '9', undefined]);
    expect(err).to.match(/Reconnecting\.\ncarillon: FORBIDDEN: no more/);
  });
});
