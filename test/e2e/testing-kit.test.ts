import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect } from 'chai';
import { createClient } from '../../packages/client/src/client.ts';
import type { StartedCarillon } from '../../packages/testing/src/kit.ts';
import { startCarillon } from '../../src/testing/start-carillon.ts';
import { sharedServer } from '../support/shared-servers.ts';
import { TestPostgresAddress } from '../support/test-postgres.ts';

describe('the kit for tests of jobs', () => {
  let postgresUrl: string;
  let carillon: StartedCarillon;
  const called: string[] = [];
  const target = createServer((request, response) => {
    called.push(String(request.headers['carillon-scheduled-at']));
    response.end('{}');
  });

  before(async () => {
    postgresUrl = TestPostgresAddress.parse(await sharedServer('postgres')).url;
    target.listen(0, '127.0.0.1');
    await once(target, 'listening');
    carillon = await startCarillon({ postgresUrl, now: '2026-03-01T00:00:00Z' });
  });
  after(async () => {
    await carillon.stop();
    target.close();
  });

  it('has the slots of hours called while its clock is moved over them', async () => {
    const client = createClient(carillon);
    await client.POST('/applications', { body: { name: 'crm' } });
    const address = target.address();
    if (typeof address !== 'object' || address === null) throw new Error('it has no port');
    const { data: job } = await client.POST('/jobs', {
      body: {
        ...{ applicationId: 'crm', name: 'report', pattern: '0 * * * *', taskType: 'HttpInvokerTask' as const },
        taskConfig: { url: `http://127.0.0.1:${address.port}/`, method: 'POST' },
      },
    });
    await carillon.advance('2h');
    expect(called).to.deep.equal(['2026-03-01T01:00:00.000Z', '2026-03-01T02:00:00.000Z']);
    expect(new Date(carillon.now()).toISOString()).to.match(/^2026-03-01T02:00/);
    const { data: executions } = await client.GET('/executions', { params: { query: { jobId: job.id } } });
    expect(executions.map(({ status }) => status)).to.deep.equal(['succeeded', 'succeeded']);
    const calledAgain = once(target, 'request');
    await client.POST('/jobs/{id}/trigger', { params: { path: { id: job.id } }, body: {} });
    await carillon.until(calledAgain);
    expect(called).to.have.length(3);
  });

  it('states what is wrong with a setting, and leaves nothing', async () => {
    const error = await startCarillon({ postgresUrl, settings: { TENANT_JOBS: 'many' } }).catch(String);
    expect(error).to.match(/TENANT_JOBS/);
    const moment = await startCarillon({ postgresUrl, now: 'yesterday' }).catch(String);
    expect(moment).to.include('yesterday');
  });
});
