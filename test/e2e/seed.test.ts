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

  describe('a jobs.json', () => {
    it('is imported with its secret sealed once its host is allowed', async () => {
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

    it('are created from a documented body', async () => {
      const created = await api.post('/jobs', healthCheck());
      expect(created.status).to.equal(201);
      id = created.body.id;
      expect(created.headers.get('location')).to.equal(`/_/scheduler/jobs/${id}`);
    });

    it('are listed with the documented fields', async () => {
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

    it('are changed in the given fields, and no others', async () => {
      const change = { pattern: '*/10 * * * *', description: 'Check every 10 minutes instead' };
      const { status, body } = await api.put(`/jobs/${id}`, change);
      expect(status).to.equal(200);
      const { applicationId: _, ...given } = healthCheck();
      expect(body).to.deep.include({ ...given, ...change });
    });

    for (const job of JOBS) {
      it(`are created as documented: ${job.name}`, async () => {
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

    it('of a manual trigger succeed with the documented record', async () => {
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

    it('that fail have a message and a code, and no stack', async () => {
      const gone = { endpoint: 'http://127.0.0.1:9', method: 'GET', path: '/health' };
      await api.put(`/jobs/${jobId}`, { taskConfig: gone });
      const { body } = await api.post(`/jobs/${jobId}/trigger`);
      const execution = await ended(body.id);
      expect(execution.status).to.equal('failed');
      expect(execution.error).to.have.all.keys('message', 'code');
      expect(execution).to.not.have.property('result');
    });

    it('mask headers and body, and keep resolved parameters', async () => {
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

    it('write log lines', () => {
      const lines = service.lines.filter(({ message }) => /scheduler.*job execution/i.test(message));
      const ends = lines.filter(({ fields }) => fields.jobId === jobId).map(({ message }) => message.split(' ').at(-1));
      expect(ends).to.deep.equal(['started', 'succeeded', 'started', 'failed']);
    });
  });

  describe('dynamic parameters', () => {
    const resolved = async (body: unknown) => {
      const taskConfig = { ...REPORT_TASK, body };
      const response = await api.post('/preview', { taskConfig, at: AFTERNOON });
      expect([response.status, response.body.detail]).to.deep.equal([200, undefined]);
      return response.body.request.body;
    };

    it('are resolved as documented', async () => {
      expect(await resolved(REPORT_TASK.body)).to.deep.equal({
        date: '2026-02-04',
        startDate: '2026-01-28',
        endDate: '2026-02-04',
        timestamp: '2026-02-04T14:30:00',
      });
    });

    it('are resolved in path, headers and body', async () => {
      for (const { name, taskConfig } of JOBS.filter((job) => BODIES_RESOLVED[job.name] !== undefined)) {
        expect(await resolved('body' in taskConfig ? taskConfig.body : undefined)).to.deep.equal(BODIES_RESOLVED[name]);
      }
      const taskConfig = { ...REPORT_TASK, path: '/${T:YYYY}/${T:MM}', headers: { 'X-Day': '${T:DD}' } };
      const { body } = await api.post('/preview', { taskConfig, at: AFTERNOON });
      expect(body.request.url).to.equal('http://reports-service:4004/2026/02');
      expect(body.request.headers).to.deep.equal({ 'X-Day': '04' });
    });
  });
});
