import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { expect } from 'chai';
import { apiClient } from '../../support/api.ts';
import { type ChildService, startChildService } from '../../support/child-service.ts';
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts';
import { serviceSettings, tokenOf } from '../../support/service.ts';
import { passableTempDir } from '../../support/temp-dir.ts';

describe('a hook whose process is killed', () => {
  let dataDir: string;
  let database: FreshDatabase;
  let service: ChildService | undefined;
  /** The keys of the calls, and the answer to the first, which never comes. */
  const keys: unknown[] = [];
  const server = createServer((request, response: ServerResponse) => {
    if (request.url === '/work') response.writeHead(500).end();
    else if (keys.push(request.headers['idempotency-key']) > 1) response.end('taken');
    server.emit('called');
  });

  before(async () => {
    [dataDir, database] = [await passableTempDir('carillon-hooks-'), await freshDatabase()];
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(async () => {
    await service?.end('SIGTERM');
    server.closeAllConnections();
    server.close();
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const start = async () => {
    service = await startChildService(dataDir, { ...serviceSettings, DATABASE_URL: database.url });
    return { child: service, api: apiClient(service.url, tokenOf()) };
  };

  it('is called once more by the next one, by the same key', async () => {
    const address = server.address();
    const origin = typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : '';
    const first = await start();
    const { body: application } = await first.api.post('/applications', { name: 'crm' });
    const { body: job } = await first.api.post('/jobs', {
      ...{ applicationId: application.id, name: 'nightly', pattern: '0 2 1 1 *', taskType: 'HttpInvokerTask' },
      ...{ taskConfig: { url: `${origin}/work`, method: 'GET' }, onFailure: { url: `${origin}/hook` } },
    });
    const { body: execution } = await first.api.post(`/jobs/${job.id}/trigger`);
    while (keys.length === 0) await once(server, 'called');
    await first.child.end('SIGKILL');

    const { api } = await start();
    while (keys.length === 1) await once(server, 'called');
    expect(keys).to.deep.equal([`hook-${execution.id}`, `hook-${execution.id}`]);
    let hook = { status: 'pending' };
    while (hook.status === 'pending') ({ hook } = (await api.get(`/executions/${execution.id}`)).body);
    expect(hook).to.include({ name: 'onFailure', status: 'delivered', attempts: 1, response: '200 taken' });
  });
});
