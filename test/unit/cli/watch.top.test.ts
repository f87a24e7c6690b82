import { expect } from 'chai';
import { ago, runAgainst, shownExecution, TWO_HOURS } from '../../support/canned-carillon.ts';

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
