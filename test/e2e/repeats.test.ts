import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { type Route, takesKey } from '../../src/http/route.ts';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { apiClient } from '../support/api.ts';
import { describeOnLogs } from '../support/logs.ts';
import { allRoutes } from '../support/routes.ts';

type Asked = {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Whether a request for it names a job, and nothing else. */
const isOfJobAlone = (route: Route): boolean =>
  takesKey(route) && /^(\/jobs\/:id|\/applications\/:application\/jobs\/:job)(\/[a-z]+)?$/.test(route.path);

describeOnLogs('the service: requests under an Idempotency-Key', (log) => {
  let service: AService;
  let applicationId: number;
  let named = 0;
  const jobAsked = (other = {}) => ({
    applicationId,
    name: `job ${named++}`,
    pattern: '0 0 1 1 *',
    taskType: 'HttpInvokerTask',
    taskConfig: { url: 'http://127.0.0.1:9/', method: 'POST', body: { 2: 'b', 1: 'a' } },
    ...other,
  });
  const aJob = async (): Promise<{ id: number; etag: string }> => {
    const { body, headers } = await service.as().post('/jobs', jobAsked());
    return { id: body.id, etag: headers.get('etag') ?? '' };
  };

  /** All that a caller gets to see, in one text. */
  const request = async (key: string, { method, path, body, headers = {} }: Asked) => {
    const response = await fetch(`${service.url}/_/scheduler${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${service.token()}`,
        'Idempotency-Key': key,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const told = ['location', 'etag', 'carillon-warning', 'content-type'].map((name) => response.headers.get(name));
    return { status: response.status, all: JSON.stringify([response.status, ...told, await response.text()]) };
  };

  before(async () => {
    service = await aService().onLog(log).withApplication('crm').start();
    applicationId = service.applicationId('crm');
  });
  after(() => service.stop());

  it('send ten simultaneous repeats the first response, or that it is in progress', async () => {
    const { id, etag } = await aJob();
    const body = { description: 'changed', name: `renamed ${id}` };
    const requested = { method: 'PUT', path: `/jobs/${id}`, body, headers: { 'If-Match': etag } };
    const key = randomUUID();
    const responses = await Promise.all(Array.from({ length: 10 }, () => request(key, requested)));
    const later = await request(key, requested);
    expect(later.status).to.equal(200);
    const given = responses.filter((response) => response.all === later.all);
    const rejected = responses.filter((response) => response.all.includes('REQUEST_IN_PROGRESS'));
    expect(given.length).to.be.at.least(1);
    expect(given.length + rejected.length, JSON.stringify(responses)).to.equal(10);
  });

  it('repeats the first response byte for byte, although the job was changed and deleted', async () => {
    const key = randomUUID();
    const requested = {
      method: 'POST',
      path: '/jobs',
      body: jobAsked({ labels: { b: 'x', a: 'y' }, description: 'é👩‍🚀' }),
    };
    const first = await request(key, requested);
    const { id } = JSON.parse(JSON.parse(first.all)[5]);
    await service.as().put(`/jobs/${id}`, { name: `other ${id}`, labels: null });
    await service.as().put(`/applications/${applicationId}`, { displayName: randomUUID() });
    await service.as().delete(`/jobs/${id}`);
    expect((await request(key, requested)).all).to.equal(first.all);
  });

  for (const route of allRoutes.filter(isOfJobAlone)) {
    const { method } = route;
    it(`repeats the first response after the job was renamed: ${method.toUpperCase()} ${route.path}`, async () => {
      const { id } = await aJob();
      const { name } = (await service.as().get(`/jobs/${id}`)).body;
      const path = route.path
        .replace(':id', encodeURIComponent(`crm/${name}`))
        .replace(':application', 'crm')
        .replace(':job', encodeURIComponent(name));
      const { name: _, applicationId: __, ...body } = jobAsked();
      const example = route.operationId.startsWith('put') ? body : route.example;
      const requested = { method: method.toUpperCase(), path, ...(example === undefined ? {} : { body: example }) };
      if (route.operationId.startsWith('endAcknowledgement')) await service.as().put(path, {});
      const key = randomUUID();
      const first = await request(key, requested);
      expect(first.status, first.all).to.be.below(300);
      await service.as().put(`/jobs/${id}`, { name: `renamed ${id}` });
      expect((await request(key, requested)).all).to.equal(first.all);
    });
  }

  it('gives a token for other applications no response that another caller received', async () => {
    const { id } = await aJob();
    const { name } = (await service.as().get(`/jobs/${id}`)).body;
    const { body: other } = await service.as().post('/applications', { name: randomUUID() });
    const given = { permissions: ['scheduler:jobs:write'], applications: [other.id] };
    const { body: token } = await service.as().post('/tokens', { name: randomUUID(), ...given });
    for (const path of [`/jobs/${id}/disable`, `/applications/crm/jobs/${encodeURIComponent(name)}/disable`]) {
      const key = { 'Idempotency-Key': randomUUID() };
      expect((await service.as().post(path, undefined, key)).status).to.equal(200);
      const { status, body } = await apiClient(service.url, token.token).post(path, undefined, key);
      expect([status, body.name]).to.deep.equal([422, undefined]);
    }
  });

  it('repeats a response of 600 kB', async () => {
    const jobs = Array.from({ length: 3_000 }, (_, index) => ({
      ...jobAsked({ name: `${index} ${'n'.repeat(190)}` }),
      applicationId: undefined,
    }));
    const requested = {
      method: 'POST',
      path: '/bootstrap?dryRun=true',
      body: { applications: [{ application: { name: 'huge' }, jobs }] },
    };
    const key = randomUUID();
    const first = await request(key, requested);
    expect(first.status, first.all.slice(0, 500)).to.equal(200);
    expect(first.all.length).to.be.above(600_000);
    expect((await request(key, requested)).all === first.all).to.equal(true);
  });
});
