import { expect } from 'chai';
import { createClient } from '../../packages/client/src/client.ts';
import { takesKey } from '../../src/http/route.ts';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { allRoutes, nameOf } from '../support/routes.ts';

/** The query parameters of a route. */
const parametersOf = (query: object | undefined): readonly string[] => Object.keys(Object(Object(query).shape));

describe('the query of a change with an Idempotency-Key', () => {
  let service: AService;
  let keys = 0;

  before(async () => {
    service = await aService()
      .withApplication('crm')
      .withJob({ name: 'report', pattern: '0 0 1 1 *' })
      .withJob({ name: 'other', pattern: '0 0 1 1 *' })
      .start();
  });
  after(() => service.stop());

  /** The responses to a request and to its repeat. */
  const twice = async (path: string, body: object = {}) => {
    const key = { 'Idempotency-Key': `key-${keys++}` };
    const send = () => service.until(service.as().post(path, body, key));
    return [await send(), await send()] as const;
  };
  const ended = async (): Promise<number> =>
    (await twice(`/jobs/${service.jobId('report')}/trigger?wait=30s`))[0].body.id;

  const waits = async (path: string) => {
    const [first, repeated] = await twice(path);
    expect([first.status, first.body.status]).to.deep.equal([200, 'succeeded']);
    expect([repeated.status, repeated.body.id]).to.deep.equal([200, first.body.id]);
  };
  const syncs = async (query: string, application: string, jobs: readonly object[] = []) => {
    const folder = { folder: application, application: { name: application }, jobs };
    const [first, repeated] = await twice(`/bootstrap?${query}`, { applications: [folder] });
    expect([first.status, first.body]).to.deep.equal([200, repeated.body]);
    return JSON.stringify(first.body);
  };
  const fileOf = (name: string) => ({
    ...{ name, pattern: '0 0 1 1 *', taskType: 'HttpInvokerTask' },
    taskConfig: { url: `${service.target.origin}/echo`, method: 'POST' },
  });

  /** What each parameter does with a key. */
  const holds: Readonly<Record<string, () => Promise<unknown>>> = {
    'POST /jobs/:id/trigger wait': () => waits(`/jobs/${service.jobId('report')}/trigger?wait=30s`),
    'POST /applications/:application/jobs/:job/trigger wait': () =>
      waits('/applications/crm/jobs/report/trigger?wait=30s'),
    'POST /executions/:id/rerun wait': async () => waits(`/executions/${await ended()}/rerun?wait=30s`),
    'POST /executions/:id/rerun definition': async () => {
      const [{ body }] = await twice(`/executions/${await ended()}/rerun?definition=original&wait=30s`);
      expect(body).to.include({ trigger: 'rerun', status: 'succeeded' });
    },
    'DELETE /tenants/:tenant confirm': async () => {
      const key = { 'Idempotency-Key': `key-${keys++}` };
      const response = await service.as().delete('/tenants/gone?confirm=another', key);
      expect([response.status, response.body.errors[0].pointer]).to.deep.equal([422, '/confirm']);
    },
    'POST /bootstrap dryRun': async () =>
      expect(await syncs('dryRun=true', 'dry', [fileOf('new')])).to.include('"applied":false'),
    'POST /bootstrap adopt': async () =>
      expect(await syncs('adopt=crm/report', 'crm', [fileOf('report')])).to.include('"action":"update"'),
    'POST /bootstrap adoptAll': async () =>
      expect(await syncs('adoptAll=true', 'crm', [fileOf('report'), fileOf('other')])).to.include('"action":"update"'),
    'POST /bootstrap allowDelete': async () => {
      await syncs('dryRun=false', 'dropped', [fileOf('gone')]);
      expect(await syncs('allowDelete=1', 'dropped', [])).to.match(/delete/);
    },
  };

  const changes = allRoutes.filter((route) => route.method !== 'get' && takesKey(route));
  for (const route of changes) {
    for (const parameter of parametersOf(route.query)) {
      const name = `${nameOf(route)} ${parameter}`;
      it(`has its effect: ${name}`, async () => {
        const check = holds[name];
        if (check === undefined) throw new Error(`state in this test what ${name} does with a key`);
        await check();
      });
    }
  }

  it('lets the typed client wait for a run', async () => {
    const carillon = createClient({ url: service.url, token: service.token() });
    const params = { path: { id: service.jobId('other') }, query: { wait: '30s' } };
    const { status, data } = await service.until(carillon.POST('/jobs/{id}/trigger', { params, body: {} }));
    expect([status, data.status]).to.deep.equal([200, 'succeeded']);
  });
});
