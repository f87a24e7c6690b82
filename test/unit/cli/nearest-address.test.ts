import { expect } from 'chai';
import { runAgainst } from '../../support/canned-carillon.ts';

const job = (name: string) => ({ name, application: { name: 'crm' } });
const rejected = (status: number, code: string) => [{ status, body: { code, detail: 'there is none' } }];

describe('the error that there is no such job or application', () => {
  const run = (line: string, responses: Parameters<typeof runAgainst>[0]) =>
    runAgainst(
      {
        '/applications': [{ body: [{ name: 'crm' }, { name: 'billing' }] }],
        '/jobs': [{ body: [job('report'), job('sync')] }],
        ...responses,
      },
      ...line.split(' '),
    );

  it('names the closest one', async () => {
    const noJob = rejected(404, 'JOB_NOT_FOUND');
    const noApplication = rejected(404, 'APPLICATION_NOT_FOUND');
    for (const [line, responses, meant] of [
      ['jobs get crm/snyc', { '/jobs/crm%2Fsnyc': noJob }, 'crm/sync'],
      ['jobs get cmr/sync', { '/jobs/cmr%2Fsync': noJob }, 'crm/sync'],
      ['variables list bilings', { '/applications/bilings/variables': noApplication }, 'billing'],
      ['pauses set application bilings', { '/pauses': rejected(422, 'UNKNOWN_APPLICATION') }, 'billing'],
    ] as const) {
      const { code, err } = await run(line, responses);
      expect(code, line).to.equal(2);
      expect(err, line)
        .to.match(/there is none\n/)
        .and.to.include(`\n  Did you mean ${meant}?\n`);
    }
  });

  it('is itself if none is close, or they can not be listed', async () => {
    const unknown = await run('jobs get crm/payday', { '/jobs/crm%2Fpayday': rejected(404, 'JOB_NOT_FOUND') });
    expect(unknown.err).to.not.include('Did you mean');
    const noRight = await run('jobs get crm/snyc', {
      '/jobs/crm%2Fsnyc': rejected(404, 'JOB_NOT_FOUND'),
      '/applications': rejected(403, 'FORBIDDEN'),
    });
    expect(noRight.err).to.match(/^carillon: JOB_NOT_FOUND: there is none\n.*\n$/);
  });

  it('names the address of a job that was named without its application', async () => {
    const { err } = await run('jobs get snyc', { '/jobs': [{ body: [] }, { body: [job('report'), job('sync')] }] });
    expect(err).to.match(/^carillon: No job has the name snyc\. Did you mean crm\/sync\?\n/);
  });
});
