import { expect } from 'chai';
import { type Client, createClient, Problem } from '../../packages/client/src/client.ts';
import { type AService, aService } from '../support/a-service/a-service.ts';

describe('the client of the API', () => {
  let service: AService;
  let carillon: Client;
  const task = { taskType: 'HttpInvokerTask' as const };
  const jobNamed = (name: string) => ({
    ...{ applicationId: 'crm', name, enabled: false, pattern: '0 2 * * *', ...task },
    taskConfig: { url: `${service.target.origin}/echo`, method: 'POST' as const },
  });
  const errorOf = async (requested: Promise<unknown>): Promise<unknown> =>
    requested.then(
      () => expect.fail('it was answered'),
      (error: unknown) => error,
    );

  before(async () => {
    service = await aService().withApplication('crm').start();
    carillon = createClient({ url: service.url, token: service.token() });
  });
  after(() => service.stop());

  it('makes a change once, also if its response is lost', async () => {
    let sent = 0;
    const losing = createClient({
      url: service.url,
      token: service.token(),
      sleep: async () => {},
      fetch: async (url, request) => {
        const response = await fetch(url, request);
        sent += 1;
        if (sent > 1) return response;
        await response.text();
        throw new TypeError('fetch failed', { cause: new Error('read ECONNRESET') });
      },
    });
    const { data, status, headers } = await losing.POST('/jobs', { body: jobNamed('once') });
    expect([sent, status, data.name]).to.deep.equal([2, 201, 'once']);
    expect(headers.get('etag')).to.be.a('string');
    expect((await carillon.GET('/jobs/{id}', { params: { path: { id: 'crm/once' } } })).data.id).to.equal(data.id);
    const params = { path: { application: 'crm', job: 'once' } };
    const body = { description: 'Made once' };
    expect((await carillon.PATCH('/applications/{application}/jobs/{job}', { params, body })).data).to.include(body);
  });

  it('states by codes and fields what is rejected', async () => {
    const error = await errorOf(carillon.POST('/jobs', { body: { ...jobNamed('bad'), pattern: '61 * * * *' } }));
    expect(error).to.be.instanceOf(Problem).and.include({ status: 422, code: 'BAD_PATTERN' });
    expect([...Object(error).fields.keys()]).to.deep.equal(['/pattern']);
    const stranger = createClient({ url: service.url, token: 'none' });
    expect(await errorOf(stranger.GET('/jobs'))).to.include({ status: 401, code: 'TOKEN_REJECTED' });
    const missing = carillon.GET('/jobs/{id}', { params: { path: { id: 'crm/none' } } });
    expect(await errorOf(missing)).to.include({ status: 404, code: 'JOB_NOT_FOUND' });
  });

  it('reads a list page by page', async () => {
    for (const name of ['a', 'b']) await carillon.POST('/jobs', { body: jobNamed(name) });
    const names: string[][] = [];
    const params = { query: { limit: 2, sort: 'name' as const, label: undefined } };
    for await (const { items } of carillon.pages('/jobs', { params })) names.push(items.map(({ name }) => name));
    expect(names).to.deep.equal([['a', 'b'], ['once']]);
  });

  it('reads events as they come, and continues after the last one if the stream was interrupted', async () => {
    let breakOff = () => {};
    const breaking = createClient({
      url: service.url,
      token: service.token(),
      sleep: async () => {},
      fetch: async (url, request) => {
        const { body, status } = await fetch(url, request);
        const { readable, writable } = new TransformStream();
        const cut = new AbortController();
        breakOff = () => cut.abort();
        body?.pipeTo(writable, { signal: cut.signal }).catch(() => {});
        return new Response(readable, { status });
      },
    });
    let broken = 0;
    const events = breaking.events({
      types: ['scheduler.job.execution.requested', 'scheduler.job.execution.succeeded'],
      after: '0',
      onBroken: () => {
        broken += 1;
      },
    });
    const trigger = () => carillon.POST('/jobs/{id}/trigger', { params: { path: { id: 'crm/once' } }, body: {} });
    const seen: unknown[][] = [];
    await trigger();
    for await (const { type, data } of events) {
      seen.push([data.id, type.split('.').at(-1)]);
      if (seen.length === 2) {
        breakOff();
        await trigger();
      }
      if (seen.length === 4) break;
    }
    const [first, second] = [seen[0]?.[0], seen[2]?.[0]];
    expect(second).to.not.equal(first);
    expect(seen).to.deep.equal([
      [first, 'requested'],
      [first, 'succeeded'],
      [second, 'requested'],
      [second, 'succeeded'],
    ]);
    expect(broken).to.equal(1);
    expect(await errorOf(carillon.events({ after: '99999999999999999999' }).next())).to.include({ code: 'BAD_INPUT' });
  });
});
