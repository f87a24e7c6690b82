import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import type { Api } from '../support/api.ts';

const COUNT = 12;
const BODY = Array.from({ length: 30_000 }, (_, at) => `a${at % 1_000}`);
const BYTES = JSON.stringify(BODY).length;

type Listed = { id: number; name: string; taskConfig: { body: unknown } };

describe('lists of jobs with large bodies', () => {
  let service: AService;
  let api: Api;

  before(async () => {
    service = await aService().withApplication('large').start();
    api = service.as();
    const taskConfig = { method: 'POST', body: BODY };
    const jobs = Array.from({ length: COUNT }, (_, at) => ({ name: `job-${at}`, pattern: '0 0 1 1 *', taskConfig }));
    await Promise.all(jobs.map(service.addJob));
  });
  after(() => service.stop());

  it('leave the bodies out, and end a page if it grows too large', async () => {
    const first = await api.get('/jobs?limit=500');
    expect(first.headers.get('x-total-count')).to.equal(String(COUNT));
    const next = /^<\/_\/scheduler(.*)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    const second = await api.get(next);
    expect(second.headers.get('link')).to.equal(null);
    const jobs: Listed[] = [...first.body, ...second.body];
    expect(first.body.length).to.be.lessThan(COUNT);
    expect(new Set(jobs.map(({ name }) => name)).size).to.equal(COUNT);
    for (const { taskConfig } of jobs) expect(taskConfig.body).to.deep.equal({ omitted: true, bytes: BYTES });
    const [whole] = (await api.get('/jobs?limit=1&include=body')).body;
    expect(whole.taskConfig.body).to.deep.equal(BODY);
  });

  it('count the jobs of an application, by its id and by its name', async () => {
    const totalOf = async (query: string) => (await api.get(`/jobs?limit=1&${query}`)).headers.get('x-total-count');
    for (const query of [`applicationId=${service.applicationId('large')}`, 'application=large']) {
      expect(await totalOf(query), query).to.equal(String(COUNT));
      expect(await totalOf(`${query}&sort=name`), query).to.equal(String(COUNT));
      expect(await totalOf(`${query}&enabled=false`), query).to.equal('0');
    }
    expect(await totalOf('application=none')).to.equal('0');
    expect(await totalOf(`applicationId=${service.applicationId('large')}&application=none`)).to.equal('0');
  });

  it('return jobs that can be sent back and keep their bodies', async () => {
    const [listed]: Listed[] = (await api.get('/jobs?limit=1')).body;
    const path = `/jobs/${listed?.id}`;
    const before = await api.get(path);
    const same = await api.put(path, listed);
    expect(same.headers.get('etag')).to.equal(before.headers.get('etag'));
    const changed = await api.put(path, { ...listed, description: 'changed' });
    expect(changed.body).to.deep.include({ description: 'changed', taskConfig: before.body.taskConfig });
    const { id, application, nextRunAt, lastExecution, state, ...stamped } = before.body;
    const { createdAt, createdBy, updatedAt, updatedBy, ...copied } = stamped;
    const copy = { ...copied, applicationId: application.id, name: 'copy', taskConfig: listed?.taskConfig };
    const rejected = await api.post('/jobs', copy);
    expect([rejected.status, rejected.body.code]).to.deep.equal([422, 'BODY_NOT_STORED']);
    expect(rejected.body.errors[0].pointer).to.equal('/taskConfig/body');
  });
});
