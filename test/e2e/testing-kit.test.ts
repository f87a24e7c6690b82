import { randomBytes } from 'node:crypto';
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

  it('offers work, which the test takes, keeps by heartbeats, completes, and loses after its lease', async () => {
    const client = createClient(carillon);
    const { data: job } = await client.PUT('/applications/{application}/jobs/{job}', {
      params: { path: { application: 'crm', job: 'send' } },
      body: {
        ...{ pattern: '30 * * * *', taskType: 'WorkerTask' as const },
        taskConfig: { queue: 'mails', task: 'send', input: { to: 'ann' } },
        ...{ heartbeatTimeout: '30s', retry: { maxAttempts: 2, retryOn: ['lost'] } },
      },
    });
    const [path, worker] = [{ application: 'crm', queue: 'mails' }, { id: 'test' }];
    const take = async () => {
      const takeId = randomBytes(32).toString('base64url');
      const { data } = await client.POST('/queues/{application}/{queue}/take', {
        params: { path },
        body: { takeId, worker },
      });
      return data.work[0];
    };
    const beat = async ({ executionId, token }: { readonly executionId: number; readonly token: string }) => {
      const running = [{ executionId, token }];
      const body = { worker, running };
      return (await client.POST('/queues/{application}/{queue}/beat', { params: { path }, body })).data;
    };

    await carillon.advance('1h');
    const lost = await take();
    if (lost === undefined) throw new Error('no work is offered');
    expect(lost).to.deep.include({ attempt: 1, task: 'send', input: { to: 'ann' } });
    await carillon.advance('25s');
    expect(await beat(lost)).to.deep.equal({ cancel: [], lost: [] });
    await carillon.advance('25s');
    expect(await take(), 'the worker has it').to.equal(undefined);
    await carillon.advance('1m');
    expect((await beat(lost)).lost).to.deep.equal([lost.executionId]);
    const work = await take();
    if (work === undefined) throw new Error('the work is not offered again');
    expect(work).to.deep.include({ attempt: 2, executionId: lost.executionId });
    const { executionId: id, token } = work;
    const report = { params: { path: { id } }, body: { status: 'succeeded' as const, result: { sent: 1 } } };
    await createClient({ url: carillon.url, token }).POST('/executions/{id}/complete', report);
    const { data: execution } = await client.GET('/executions/{id}', { params: { path: { id } } });
    expect(execution).to.deep.include({ jobId: job.id, status: 'succeeded', attempt: 2 });
    expect(execution.attempts.map(({ error }) => error?.code)).to.deep.equal(['WORK_LOST', undefined]);
  });

  it('states what is wrong with a setting, and leaves nothing', async () => {
    const error = await startCarillon({ postgresUrl, settings: { TENANT_JOBS: 'many' } }).catch(String);
    expect(error).to.match(/TENANT_JOBS/);
    const moment = await startCarillon({ postgresUrl, now: 'yesterday' }).catch(String);
    expect(moment).to.include('yesterday');
  });
});
