import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import type { Api } from '../support/api.ts';
import { writeBootstrap } from '../support/bootstrap-folder.ts';
import { describeOnLogs } from '../support/logs.ts';
import { BODIES_RESOLVED, HEALTH_CHECK, JOBS, JOBS_FILE, REPORT_TASK } from '../support/seed-examples.ts';

const HOSTS = ['crm-service', 'integration-service', 'audit-service', 'reports-service', 'external-service.com'];
const AFTERNOON = '2026-02-04T14:30:00.000Z';
const METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH'];

/** Answers `/health`, rejects everything else, and remembers it. */
const startHealthy = async (): Promise<{ server: Server; origin: string; received: string[] }> => {
  const received: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const type = request.headers['content-type'] ?? '';
      received.push(`${request.method} ${request.url} ${type} ${Buffer.concat(chunks)}`.trim());
      const healthy = request.url === '/health';
      response.writeHead(healthy ? 200 : 503, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ healthy }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, origin: `http://127.0.0.1:${address.port}`, received };
};

describeOnLogs('the API as it is documented', (log) => {
  let service: AService;
  let api: Api;
  let folder: string;
  let healthy: Awaited<ReturnType<typeof startHealthy>>;
  let applicationId: number;
  const healthCheck = (other = {}) => ({
    ...HEALTH_CHECK,
    applicationId,
    taskConfig: { ...HEALTH_CHECK.taskConfig, endpoint: healthy.origin },
    ...other,
  });
  const ended = (id: number) =>
    service.eventually(async () => {
      const { body } = await api.get(`/executions/${id}`);
      return body.finishedAt === null ? undefined : body;
    });

  before(async () => {
    folder = await writeBootstrap({
      'crm/application.json': { name: 'crm', displayName: 'CRM' },
      'crm/jobs.json': JOBS_FILE,
    });
    healthy = await startHealthy();
    service = await aService()
      .onLog(log)
      .withSettings({
        ALLOWED_TARGETS: `127.0.0.0/8,${HOSTS.join(',')}`,
        BOOTSTRAP_DIR: folder,
      })
      .start();
    api = service.as({ preferred_username: 'admin', permissions: ['scheduler:admin'] });
    applicationId = (await api.post('/applications', { name: 'my-app', displayName: 'My Application' })).body.id;
  });
  after(async () => {
    await service.stop();
    healthy.server.close();
    await rm(folder, { recursive: true });
  });

  describe('who asks', () => {
    const withHeaders = (headers: Record<string, string>) => fetch(`${service.url}/_/scheduler/jobs`, { headers });

    it('may carry the token in the Authorization header or the session cookie', async () => {
      const token = service.token();
      expect((await withHeaders({ Authorization: `Bearer ${token}` })).status).to.equal(200);
      expect((await withHeaders({ Cookie: `session=${token}` })).status).to.equal(200);
      expect((await withHeaders({})).status).to.equal(401);
    });
  });

  describe('a jobs.json', () => {
    it('is imported as it stands once its host is allowed, with its secret sealed', async () => {
      const { body } = await api.get('/jobs?createdBy=bootstrap:crm');
      const token = { sealed: true };
      expect(body.map((job: { application: unknown }) => job.application)).to.deep.equal(
        JOBS_FILE.map(() => ({ id: body[0].application.id, name: 'crm', displayName: 'CRM' })),
      );
      const [check, sync] = JOBS_FILE;
      expect(body[0]).to.deep.include({ ...check, createdBy: 'bootstrap:crm', updatedBy: 'bootstrap:crm' });
      expect(body[1]).to.deep.include({
        ...sync,
        taskConfig: { ...sync?.taskConfig, auth: { authMethod: 'bearer', token } },
      });
    });
  });

  describe('jobs', () => {
    let id: number;

    it('are created from the printed body', async () => {
      const created = await api.post('/jobs', healthCheck());
      expect(created.status).to.equal(201);
      id = created.body.id;
      expect(created.headers.get('location')).to.equal(`/_/scheduler/jobs/${id}`);
    });

    it('are listed with the printed fields', async () => {
      const { status, body } = await api.get('/jobs');
      expect(status).to.equal(200);
      const listed = body.find((job: { id: number }) => job.id === id);
      const { applicationId: _, ...given } = healthCheck();
      expect(listed).to.deep.include({
        ...given,
        id,
        application: { id: applicationId, name: 'my-app', displayName: 'My Application' },
        createdBy: 'admin',
        updatedBy: 'admin',
      });
      expect(listed.createdAt).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(listed.updatedAt).to.equal(listed.createdAt);
      expect((await api.get(`/jobs/${id}`)).body).to.deep.equal(listed);
    });

    it('are changed in the fields that are given, and in no other', async () => {
      const change = { pattern: '*/10 * * * *', description: 'Check every 10 minutes instead' };
      const { status, body } = await api.put(`/jobs/${id}`, change);
      expect(status).to.equal(200);
      const { applicationId: _, ...given } = healthCheck();
      expect(body).to.deep.include({ ...given, ...change });
    });

    it('are disabled and enabled', async () => {
      const disabled = await api.post(`/jobs/${id}/disable`);
      expect([disabled.status, disabled.body.enabled]).to.deep.equal([200, false]);
      const enabled = await api.post(`/jobs/${id}/enable`);
      expect([enabled.status, enabled.body.enabled]).to.deep.equal([200, true]);
    });

    it('are deleted', async () => {
      const other = (await api.post('/jobs', healthCheck({ name: 'to be deleted', enabled: false }))).body;
      expect((await api.delete(`/jobs/${other.id}`)).status).to.equal(204);
      expect((await api.get(`/jobs/${other.id}`)).status).to.equal(404);
    });

    for (const job of JOBS) {
      it(`such as ${job.name} are created as printed, with a warning if the host does not resolve`, async () => {
        const { status, headers, body } = await api.post('/jobs', { ...job, applicationId });
        expect([status, body.detail]).to.deep.equal([201, undefined]);
        const { hostname } = new URL(job.taskConfig.endpoint);
        if (!hostname.includes('.')) expect(headers.get('carillon-warning')).to.include(hostname);
        const { applicationId: _, ...given } = job;
        expect(body).to.deep.include(given);
        await api.delete(`/jobs/${body.id}`);
      });
    }
  });

  describe('executions', () => {
    let jobId: number;
    before(async () => {
      jobId = (await api.post('/jobs', healthCheck({ name: 'executed', enabled: false }))).body.id;
    });

    it('of a manual trigger succeed with the printed record', async () => {
      const { status, body } = await api.post(`/jobs/${jobId}/trigger`);
      expect(status).to.equal(202);
      expect(body.status).to.equal('pending');
      const execution = await ended(body.id);
      expect(execution).to.deep.include({ id: body.id, jobId, status: 'succeeded', createdBy: 'admin' });
      expect(execution.result).to.deep.include({ status: 200, data: { healthy: true } });
      expect(Date.parse(execution.finishedAt)).to.be.at.least(Date.parse(execution.startedAt));
      expect(execution.jobSnapshot).to.include({ name: 'executed', url: `${healthy.origin}/health`, method: 'GET' });
      expect(execution.createdAt).to.be.a('string');
    });

    it('that fail report a message and a code, and no stack', async () => {
      const gone = { endpoint: 'http://127.0.0.1:9', method: 'GET', path: '/health' };
      await api.put(`/jobs/${jobId}`, { taskConfig: gone });
      const { body } = await api.post(`/jobs/${jobId}/trigger`);
      const execution = await ended(body.id);
      expect(execution.status).to.equal('failed');
      expect(execution.error).to.have.all.keys('message', 'code');
      expect(execution).to.not.have.property('result');
    });

    it('are listed by job and across jobs, newest first, and shown one by one', async () => {
      const { body: ofJob } = await api.get(`/jobs/${jobId}/executions`);
      expect(ofJob.map(({ status }: { status: string }) => status)).to.deep.equal(['failed', 'succeeded']);
      const { body: all } = await api.get('/executions');
      expect(all.filter((each: { jobId: number }) => each.jobId === jobId)).to.deep.equal(ofJob);
      expect((await api.get(`/executions/${ofJob[0].id}`)).body).to.deep.equal(ofJob[0]);
    });

    it('hide what is in headers and body, and keep what was filled in', async () => {
      const task = { ...REPORT_TASK, endpoint: healthy.origin, headers: { Authorization: 'Bearer a-token' } };
      const job = (await api.post('/jobs', healthCheck({ name: 'report', enabled: false, taskConfig: task }))).body;
      const { body } = await api.post(`/jobs/${job.id}/trigger`);
      const { jobSnapshot, scheduledAt } = await ended(body.id);
      expect(jobSnapshot.headers).to.deep.equal({ Authorization: '***' });
      expect(jobSnapshot.body).to.deep.equal({ date: '***', startDate: '***', endDate: '***', timestamp: '***' });
      const day = { expression: '${T:YYYY-MM-DD}', value: scheduledAt.slice(0, 10), at: scheduledAt };
      expect(jobSnapshot.resolvedParameters).to.deep.include(day);
      const sent = healthy.received.find((line) => line.includes('/api/reports/generate')) ?? '';
      expect(sent)
        .to.match(/^POST \/api\/reports\/generate application\/json/)
        .and.include(day.value);
    });

    for (const method of METHODS) {
      it(`call by ${method}`, async () => {
        const taskConfig = { endpoint: healthy.origin, path: '/health', method };
        const job = (await api.post('/jobs', healthCheck({ name: method, enabled: false, taskConfig }))).body;
        const { body } = await api.post(`/jobs/${job.id}/trigger`);
        expect((await ended(body.id)).status).to.equal('succeeded');
        expect(healthy.received.some((line) => line.startsWith(`${method} /health`))).to.equal(true);
      });
    }

    it('leave lines in the log by which they are found', () => {
      const lines = service.lines.filter(({ message }) => /scheduler.*job execution/i.test(message));
      const ends = lines.filter(({ fields }) => fields.jobId === jobId).map(({ message }) => message.split(' ').at(-1));
      expect(ends).to.deep.equal(['started', 'succeeded', 'started', 'failed']);
    });

    it('are counted', async () => {
      const { status, body } = await api.get('/stats');
      expect(status).to.equal(200);
      expect(body.jobs.total).to.be.greaterThan(0);
      expect(body.executions.succeeded).to.be.greaterThan(0);
    });
  });

  describe('dynamic parameters', () => {
    const resolved = async (body: unknown) => {
      const taskConfig = { ...REPORT_TASK, body };
      const answer = await api.post('/preview', { taskConfig, at: AFTERNOON });
      expect([answer.status, answer.body.detail]).to.deep.equal([200, undefined]);
      return answer.body.request.body;
    };

    it('are filled in as printed', async () => {
      expect(await resolved(REPORT_TASK.body)).to.deep.equal({
        date: '2026-02-04',
        startDate: '2026-01-28',
        endDate: '2026-02-04',
        timestamp: '2026-02-04T14:30:00',
      });
    });

    it('know each printed format, with days before and after', async () => {
      for (const [format, shown] of [
        ['YYYY-MM-DD', '2026-02-04'],
        ['YYYY-MM-DDTHH:mm:ss', '2026-02-04T14:30:00'],
        ['HH:mm:ss', '14:30:00'],
        ['YYYY', '2026'],
        ['MM', '02'],
        ['DD', '04'],
      ]) {
        expect(await resolved(`\${T:${format}}`)).to.equal(shown);
      }
      expect(await resolved('${T+30:YYYY-MM-DD}')).to.equal('2026-03-06');
    });

    it('work in the path, the headers and the body of every printed job', async () => {
      for (const { name, taskConfig } of JOBS.filter((job) => BODIES_RESOLVED[job.name] !== undefined)) {
        expect(await resolved('body' in taskConfig ? taskConfig.body : undefined)).to.deep.equal(BODIES_RESOLVED[name]);
      }
      const taskConfig = { ...REPORT_TASK, path: '/${T:YYYY}/${T:MM}', headers: { 'X-Day': '${T:DD}' } };
      const { body } = await api.post('/preview', { taskConfig, at: AFTERNOON });
      expect(body.request.url).to.equal('http://reports-service:4004/2026/02');
      expect(body.request.headers).to.deep.equal({ 'X-Day': '04' });
    });

    it('of an unknown form are rejected', async () => {
      const taskConfig = { ...REPORT_TASK, path: '/${T-:YYYY}' };
      const { status, body } = await api.post('/jobs', healthCheck({ name: 'unknown form', taskConfig }));
      expect([status, body.code]).to.deep.equal([422, 'BAD_PARAMETER']);
    });
  });

  describe('cron patterns', () => {
    for (const [pattern, words, next] of [
      ['* * * * *', 'Every minute', '2026-02-04T14:31:00.000Z'],
      ['0 * * * *', 'Every hour', '2026-02-04T15:00:00.000Z'],
      ['0 0 * * *', 'At 00:00', '2026-02-05T00:00:00.000Z'],
      ['0 9 * * 1-5', 'At 09:00, Monday through Friday', '2026-02-05T09:00:00.000Z'],
      ['0 0 1 * *', 'At 00:00 on day 1 of the month', '2026-03-01T00:00:00.000Z'],
      ['*/15 * * * *', 'Every 15 minutes', '2026-02-04T14:45:00.000Z'],
      ['*/10 * * * *', 'Every 10 minutes', '2026-02-04T14:40:00.000Z'],
      ['0 1 * * 0', 'At 01:00 on Sunday', '2026-02-08T01:00:00.000Z'],
    ] as const) {
      it(`${pattern} fires next at ${next}`, async () => {
        const { body } = await api.post('/preview', { pattern, after: AFTERNOON, count: 1 });
        expect(body.scheduleText).to.equal(`${words} (UTC)`);
        expect(body.slots[0].at).to.equal(next);
      });
    }

    it('that are none are rejected, naming the field', async () => {
      const { status, body } = await api.post('/jobs', healthCheck({ name: 'no pattern', pattern: 'every day' }));
      expect([status, body.errors[0].pointer]).to.deep.equal([422, '/pattern']);
    });
  });

  describe('targets', () => {
    const create = (name: string, url: string) =>
      api.post('/jobs', healthCheck({ name, enabled: false, taskConfig: { url, method: 'GET' } }));

    for (const url of [
      'http://10.1.2.3/',
      'http://172.16.0.1/',
      'http://192.168.1.1/',
      'http://[::1]/',
      'http://169.254.169.254/latest/meta-data',
      'http://metadata.google.internal/',
      'http://catalog-service:4000/',
      'file:///etc/passwd',
      'ftp://example.com/',
    ]) {
      it(`such as ${url} are rejected, at creation and in a change`, async () => {
        const { status, body } = await create('blocked', url);
        expect([status, body.code]).to.deep.equal([422, 'TARGET_BLOCKED']);
        const job = (await api.get('/jobs?name=crm-health-check')).body[0];
        const changed = await api.put(`/jobs/${job.id}`, { taskConfig: { url, method: 'GET' } });
        expect([changed.status, changed.body.code]).to.deep.equal([422, 'TARGET_BLOCKED']);
      });
    }

    it('with a parameter in the host are checked when they are called', async () => {
      await api.put(`/applications/${applicationId}/variables/HOST`, { value: '10.1.2.3' });
      const { status, body: job } = await create('dynamic host', 'https://${HOST}/api');
      expect(status).to.equal(201);
      const { body } = await api.post(`/jobs/${job.id}/trigger`);
      const execution = await ended(body.id);
      expect([execution.status, execution.error.code]).to.deep.equal(['failed', 'TARGET_BLOCKED']);
    });

    it("may be the service's own origin", async () => {
      expect((await create('own', `${service.url}/_/scheduler/stats`)).status).to.equal(201);
    });
  });
});
