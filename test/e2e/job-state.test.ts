import { expect } from 'chai';
import { JOB_STATES } from '../../src/domain/events/index.ts';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { scrape, sumOf } from '../support/scrape.ts';
import { spoilJob } from '../support/spoiled-job.ts';

const yearly = { pattern: '0 0 1 1 *' };

describe('the service: the state of a job', () => {
  let service: AService;
  const api = () => service.as();

  before(async () => {
    service = await aService().withApplication('crm').start();
  });
  after(() => service.stop());

  const stateOf = async (name: string) => {
    const path = `/jobs/${service.jobId(name)}`;
    const { body } = await api().get(path);
    const { body: listed } = await api().get(`/jobs?name=${name}`);
    expect(listed[0].state, 'in a list').to.deep.equal(body.state);
    const names = async (state: string): Promise<string[]> =>
      (await api().get(`/jobs?state=${state}&sort=name`)).body.map((job: { name: string }) => job.name);
    expect(await names(body.state.name), 'by its state').to.include(name);
    const { body: created } = await api().get(`/jobs?state=failing,${body.state.name}&name=${name}`);
    expect(created[0]?.state, 'by its state, by creation').to.deep.equal(body.state);
    const others = JOB_STATES.filter((other) => other !== body.state.name).join(',');
    expect(await names(others), 'by other states').to.not.include(name);
    const { body: sorted } = await api().get(`/jobs?name=${name}&sort=nextRunAt`);
    expect(sorted[0].state, 'in a sorted list').to.deep.equal(body.state);
    expect((await api().get(`/applications/crm/jobs/${name}`)).body.state, 'by its address').to.deep.equal(body.state);
    return body.state;
  };
  const run = async (name: string): Promise<void> => {
    const { body } = await api().post(`/jobs/${service.jobId(name)}/trigger`);
    await service.eventually(async () => {
      const { body: shown } = await api().get(`/executions/${body.id}`);
      return shown.finishedAt ?? undefined;
    });
  };

  it('is active, and can be put back as it was got', async () => {
    const id = await service.addJob({ name: 'well', ...yearly });
    expect(await stateOf('well')).to.deep.equal({ name: 'active' });
    await run('well');
    expect(await stateOf('well')).to.deep.equal({ name: 'active' });
    const { body: job, headers } = await api().get(`/jobs/${id}`);
    const put = await api().put(`/jobs/${id}`, job);
    expect([put.status, put.headers.get('etag')]).to.deep.equal([200, headers.get('etag')]);
    const { body: then } = await api().get(`/jobs/${id}?asOf=${new Date(service.now()).toISOString()}`);
    expect(then).to.include({ name: 'well' }).and.not.have.property('state');
  });

  it('is in the response to each change, with the next run, as GET shows them then, also to a repeated key', async () => {
    const outlookOf = ({ nextRunAt, state }: { nextRunAt?: unknown; state?: unknown }) => ({ nextRunAt, state });
    const taskConfig = { url: `${service.target.origin}/echo`, method: 'GET' };
    const job = { name: 'told', ...yearly, taskType: 'HttpInvokerTask', taskConfig };
    const create = { ...job, applicationId: service.applicationId('crm') };
    const key = { 'Idempotency-Key': 'create-told' };
    const created = await api().post('/jobs', create, key);
    expect(created.status).to.equal(201);
    expect(outlookOf(created.body)).to.deep.equal({ nextRunAt: '2027-01-01T00:00:00.000Z', state: { name: 'active' } });
    const path = `/jobs/${created.body.id}`;
    const shown = async () => outlookOf((await api().get(path)).body);
    expect(outlookOf(created.body)).to.deep.equal(await shown());
    const changes = [
      () => api().put(path, { pattern: '0 0 2 1 *' }),
      () => api().post(`${path}/disable`),
      () => api().put('/applications/crm/jobs/told', job),
      () => api().post(`${path}/enable`),
      () => api().post(`${path}/history/1/revert`),
    ];
    for (const change of changes) {
      const { status, body } = await change();
      expect(status).to.equal(200);
      expect(outlookOf(body)).to.deep.equal(await shown());
    }
    await api().post('/pauses', { scope: 'job', of: created.body.id, until: '1h' });
    expect((await shown()).state).to.include({ name: 'paused' });
    const paused = await api().put(path, { description: 'paused' });
    expect(outlookOf(paused.body)).to.deep.equal(await shown());
    expect((await api().post('/jobs', create, key)).body).to.deep.equal(created.body);
    const eventual = await api().put(`${path}?consistency=eventual`, { description: 'not waited for' });
    expect(eventual.body).to.not.have.any.keys('nextRunAt', 'state');
    const writer = service.as({ permissions: ['scheduler:jobs:write'] });
    const written = await writer.put(path, { description: 'by who cannot read jobs' });
    expect([written.status, written.body.id]).to.deep.equal([200, created.body.id]);
    expect(written.body).to.not.have.any.keys('nextRunAt', 'state');
  });

  it('is in the response to each new job as GET shows it', async () => {
    const taskConfig = { url: `${service.target.origin}/echo`, method: 'GET' };
    const of = { ...yearly, taskType: 'HttpInvokerTask', taskConfig, applicationId: service.applicationId('crm') };
    let count = 0;
    const states: unknown[] = [];
    const create = async (fields: object): Promise<void> => {
      const made = await api().post('/jobs', { ...of, ...fields, name: `new-${++count}` });
      expect(made.status, JSON.stringify(made.body)).to.equal(201);
      const { lastExecution, completed, ...shown } = (await api().get(`/jobs/${made.body.id}`)).body;
      expect(made.body).to.deep.equal(shown);
      states.push(made.body.state.name);
    };
    await api().put('/calendars/past', { dates: ['2020-01-01'] });
    await create({});
    await create({ enabled: false });
    await create({ calendar: { include: ['past'] } });
    const { body: last } = await api().get('/jobs?state=active&sort=-nextRunAt&limit=1');
    expect(last[0].state, 'one without a slot to come is listed last').to.deep.equal({
      name: 'active',
      reason: 'CALENDAR',
    });
    await create({ startAt: '2030-06-01T00:00:00.000Z', endAt: '2030-07-01T00:00:00.000Z' });
    const { body: pause } = await api().post('/pauses', { scope: 'application', of: of.applicationId });
    await create({});
    await api().delete(`/pauses/${pause.id}`);
    await create({});
    await api().post('/pauses', { scope: 'tenant', until: '1h' });
    await create({});
    await service.advance('1h');
    await create({});
    expect(states).to.deep.equal([
      ...['active', 'disabled', 'active', 'completed'],
      ...['paused', 'active', 'paused', 'active'],
    ]);
  });

  it('is disabled by the change that did it, and not by a later one', async () => {
    const id = await service.addJob({ name: 'off', ...yearly });
    await api().post(`/jobs/${id}/disable`, undefined, { 'Carillon-Reason': 'Stocktaking' });
    const state = await stateOf('off');
    expect(state).to.include({ name: 'disabled', by: 'ann', reason: 'Stocktaking' });
    await service.advance('1s');
    await api().put(`/jobs/${id}`, { description: 'changed since' });
    expect(await stateOf('off')).to.deep.equal(state);
    await api().post(`/jobs/${id}/enable`);
    expect(await stateOf('off')).to.deep.equal({ name: 'active' });
    await service.advance('1s');
    const { body: again } = await api().put(`/jobs/${id}`, { enabled: false });
    expect(await stateOf('off')).to.deep.equal({ name: 'disabled', by: 'ann', since: again.updatedAt });
  });

  it('is paused by the pause that ends last', async () => {
    const id = await service.addJob({ name: 'resting', ...yearly });
    await service.addJob({ name: 'neighbour', ...yearly });
    const pause = async (body: object) => (await api().post('/pauses', body)).body;
    const short = await pause({ scope: 'job', of: id, until: '1h', reason: 'a rest' });
    const { createdAt: since, until } = short;
    expect(await stateOf('resting')).to.deep.equal({ name: 'paused', by: 'ann', since, until, reason: 'a rest' });
    expect(await stateOf('neighbour')).to.deep.equal({ name: 'active' });
    const scopes = [
      { scope: 'target', of: service.target.origin, until: '2h' },
      { scope: 'application', of: service.applicationId('crm'), until: '3h' },
      { scope: 'tenant' },
    ];
    for (const scope of scopes) {
      const set = await pause(scope);
      const end = set.until === undefined ? {} : { until: set.until };
      expect(await stateOf('resting')).to.deep.equal({ name: 'paused', by: 'ann', since: set.createdAt, ...end });
    }
    const { body: pauses } = await api().get('/pauses');
    for (const { id: set } of pauses) await api().delete(`/pauses/${set}`);
    expect(await stateOf('resting')).to.deep.equal({ name: 'active' });
  });

  it('is failing since the first failure in a row, until it succeeds', async () => {
    const id = await service.addJob({ name: 'failing', ...yearly, path: '/status?code=500' });
    await run('failing');
    const first = await stateOf('failing');
    expect(first).to.include({ name: 'failing', count: 1 });
    await service.advance('1s');
    await run('failing');
    expect(await stateOf('failing')).to.deep.equal({ ...first, count: 2 });
    await api().put(`/jobs/${id}`, { taskConfig: { method: 'GET', url: `${service.target.origin}/echo` } });
    await run('failing');
    expect(await stateOf('failing')).to.deep.equal({ name: 'active' });
  });

  it('is blocked if its target must not be called', async () => {
    await api().put(`/applications/${service.applicationId('crm')}/variables/HOST`, { value: '10.1.2.3' });
    await service.addJob({ name: 'blocked', ...yearly, taskConfig: { url: 'https://${HOST}/api' } });
    await run('blocked');
    expect(await stateOf('blocked')).to.include({ name: 'blocked', count: 1, reason: 'TARGET_BLOCKED' });
  });

  it('is completed if no slot is left', async () => {
    const at = new Date(service.now() + 5_000).toISOString();
    await service.addJob({ name: 'once', schedule: { at } });
    expect(await stateOf('once')).to.deep.equal({ name: 'active' });
    await service.advance('7s');
    expect(await stateOf('once')).to.deep.equal({ name: 'completed' });
  });

  it('is parked if an event of it cannot be read', async () => {
    const id = await service.addJob({ name: 'parked', ...yearly });
    await spoilJob(service, id);
    const { id: found, state } = await service.eventually(async () => {
      const { body } = await api().get('/jobs?state=parked');
      return body[0];
    });
    expect((await api().get('/jobs?state=active&name=parked')).body).to.deep.equal([]);
    expect(found).to.equal(id);
    expect(state).to.include({ name: 'parked' });
    expect(state.reason).to.equal("this version can't read its event JobUpdated");
    expect(state.since).to.be.a('string');
  });

  it('is counted in the statistics and the metrics as the list has it', async () => {
    const { jobs } = (await api().get('/stats')).body;
    const metrics = await scrape(service.url, service.token());
    for (const state of JOB_STATES) {
      const { body: listed } = await api().get(`/jobs?state=${state}&limit=500`);
      expect([jobs.states[state], sumOf(metrics, 'carillon_jobs', { state })], state).to.deep.equal([
        listed.length,
        listed.length,
      ]);
    }
    expect(jobs.states).to.include({ blocked: 1, parked: 1 });
  });
});
