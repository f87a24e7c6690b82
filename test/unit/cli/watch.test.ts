import { expect } from 'chai';
import { ago, runAgainst, shownExecution, TWO_HOURS } from '../../support/canned-carillon.ts';
import { type CannedAnswer, startCannedServer } from '../../support/canned-server.ts';
import { runCarillon } from '../../support/carillon.ts';

const variable = (value: string): CannedAnswer => ({
  body: [{ name: 'REGION', value, updatedAt: '2026-01-01T00:00:00.000Z', updatedBy: 'ann' }],
});
const AWAY: CannedAnswer = { status: 502, body: '<html>' };
const LAST: CannedAnswer = { status: 403, body: { code: 'FORBIDDEN', detail: 'no more' } };

describe('a command with --watch', () => {
  /** What it prints of these answers, the last of which rejects. */
  const watched = async (responses: readonly CannedAnswer[], terminal: { isTTY?: boolean; rows?: number } = {}) => {
    const server = await startCannedServer({ '/_/scheduler/applications/crm/variables': [...responses, LAST] });
    try {
      const env = { CARILLON_SERVER: server.url, CARILLON_TOKEN: 't', NO_COLOR: '1' };
      return await runCarillon({ env, ...terminal }, 'variables', 'list', 'crm', '--watch', '--every', '1ms');
    } finally {
      await server.close();
    }
  };

  it('shows what it shows again if that has changed, until the server rejects', async () => {
    const { code, out, err } = await watched([variable('eu'), variable('eu'), variable('us')]);
    expect(out.match(/^REGION +(eu|us) /gm)).to.have.length(2);
    expect({ code, err }).to.deep.include({ code: 2 });
    expect(err).to.include('FORBIDDEN: no more');
  });

  it('shows it in place on a terminal, as much as there is room for', async () => {
    const { out } = await watched([variable('eu'), variable('eu')], { isTTY: true, rows: 2 });
    const screens = out.split('\u001b[H\u001b[J');
    expect(screens.map((screen) => screen.split(' ')[0])).to.deep.equal(['', 'VARIABLE', 'VARIABLE']);
    expect(screens[1]).to.match(/^.*\n$/);
  });

  it('waits for a server that is away for a while, but not for one that never was there', async () => {
    const back = await watched([variable('eu'), AWAY, variable('us')]);
    expect(back.out).to.match(/ us /);
    expect(back.err).to.match(/^carillon: Retrying\. The response \(HTTP 502\) is not from a Carillon server\.\n/);
    expect(await watched([AWAY])).to.deep.include({ code: 2, out: '' });
  });
});

describe('carillon top', () => {
  it('shows what runs, waits and is late', async () => {
    const waiting = shownExecution(10, { status: 'pending', startedAt: null, retryAt: ago(-TWO_HOURS) });
    const running = shownExecution(9, { status: 'running', startedAt: ago(TWO_HOURS), progress: { part: 3 } });
    const late = {
      jobId: 2,
      jobName: 'sync',
      applicationName: 'crm',
      at: ago(TWO_HOURS),
      outcome: 'missed',
      reason: 'OVERLAP',
    };
    const responses = { '/executions': [{ body: [running] }, { body: [waiting] }], '/occurrences': [{ body: [late] }] };
    const { out, code } = await runAgainst(responses, 'top');
    expect(code).to.equal(0);
    expect(out).to.match(/^1 running, 1 waiting, 1 late in the last 10 minutes\n/);
    expect(out).to.match(/\nID +STATUS +JOB +SINCE +ATTEMPT +WAITS FOR +PROGRESS\n/);
    expect(out).to.match(/\n9 +running +crm\/sync +2 h ago +1 +\{"part":3\}\n/);
    expect(out).to.match(/\n10 +pending +crm\/sync +2 h ago +1 +retry in 2 h\n/);
    expect(out).to.match(/\ncrm\/sync +20\S+Z +missed +2 h ago +OVERLAP\n$/);
  });
});
