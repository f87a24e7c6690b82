import { expect } from 'chai';
import { ago, runAgainst } from '../../support/canned-carillon.ts';

const sync = { jobId: 2, jobName: 'sync', applicationId: 1, applicationName: 'crm' };
const words = (out: string): string[] => out.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));

describe('carillon attention, views and report', () => {
  it('list jobs that need attention, with their owners', async () => {
    const acknowledgement = { owner: 'bo', note: 'Known', acknowledgedAt: ago(9), acknowledgedBy: 'ann' };
    const jobs = [{ ...sync, kind: 'failing', since: ago(7_200), count: 3, acknowledgement }];
    const { out } = await runAgainst({ '/attention': [{ body: { jobs } }] }, 'attention', 'list');
    expect(words(out)).to.deep.equal([
      'JOB | PROBLEM | COUNT | SINCE | OWNER | UNTIL | NOTE',
      'crm/sync | failing | 3 | 2 h ago | bo | Known',
      '',
    ]);
  });

  it('acknowledge a job, and end the acknowledgement', async () => {
    const at = '/jobs/crm%2Fsync/acknowledgement';
    const requested = ['attention', 'acknowledge', 'crm/sync', '--note', 'Known', '--for', '4h'];
    const put = await runAgainst({ [at]: [{ body: {} }] }, ...requested);
    expect([put.out, put.bodies]).to.deep.equal(['Acknowledged crm/sync\n', [{ note: 'Known', until: '4h' }]]);
    const end = await runAgainst({ [at]: [{ status: 204 }] }, 'attention', 'end', 'crm/sync');
    expect(end.out).to.equal('No one takes care of crm/sync\n');
  });

  it('save filters of jobs under a name, list and delete them', async () => {
    const view = { name: 'failing', query: 'state=failing', updatedAt: ago(60), updatedBy: 'ann' };
    const saved = await runAgainst({ '/views/failing': [{ body: view }] }, 'views', 'save', 'failing', 'state=failing');
    expect([saved.out, saved.bodies]).to.deep.equal(['Saved view failing\n', [{ query: 'state=failing' }]]);
    const { out } = await runAgainst({ '/views': [{ body: { views: [view] } }] }, 'views', 'list');
    expect(words(out)[1]).to.equal('failing | state=failing | 1 min ago | ann');
    const deleted = await runAgainst({ '/views/failing': [{ status: 204 }] }, 'views', 'delete', 'failing');
    expect(deleted.out).to.equal('Deleted view failing\n');
  });

  it('show the success rate of each job', async () => {
    const counts = { runs: 4, succeeded: 3, failed: 1, cancelled: 0, before: { succeeded: 0, failed: 0 } };
    const jobs = [{ ...sync, ...counts, p95Ms: 1_500, slots: { late: 1, skipped: 0, missed: 2 } }];
    const report = { from: ago(60), to: ago(0), jobs, isPartial: false };
    const { out } = await runAgainst({ '/stats/jobs': [{ body: report }] }, 'report');
    expect(words(out)).to.deep.equal([
      'JOB | RUNS | SUCCESS | BEFORE | FAILED | P95 | LATE | SKIPPED | MISSED',
      'crm/sync | 4 | 75 % | 1 | 1.5 s | 1 | 0 | 2',
      '',
    ]);
  });
});
