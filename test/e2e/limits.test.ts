import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { describeOnLogs } from '../support/logs.ts';
import { startTestService, type TestService } from '../support/service.ts';

const JOBS = 5;
/** How long the target takes for an answer. */
const CALL_MS = 150;
/** The first slot comes so long after its job was asked for, and each further one so long after the one before. */
const FIRST_MS = 4_000;
const APART_MS = 20;

/** A target that is slow, and notes who calls when, and how many at once. */
const startSlowTarget = async () => {
  const calls: { readonly path: string; readonly atMs: number }[] = [];
  let open = 0;
  let mostOpen = 0;
  let heard = Promise.withResolvers<void>();
  const server: Server = createServer((request, response) => {
    calls.push({ path: request.url ?? '', atMs: performance.now() });
    mostOpen = Math.max(mostOpen, ++open);
    setTimeout(() => {
      open--;
      response.end();
    }, CALL_MS);
    heard.resolve();
    heard = Promise.withResolvers<void>();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const calledTimes = async (count: number): Promise<void> => {
    while (calls.length < count) await heard.promise;
  };
  const close = () => new Promise((resolve) => server.close(resolve));
  return { origin: `http://127.0.0.1:${port}`, calls, mostOpen: () => mostOpen, calledTimes, close };
};

describeOnLogs('the service: limits', (log) => {
  let service: TestService;
  let target: Awaited<ReturnType<typeof startSlowTarget>>;
  let applicationId: number;
  const api = () => service.as();

  before(async () => {
    service = await startTestService(await log.settings());
    applicationId = (await api().post('/applications', { name: 'crm' })).body.id;
  });
  beforeEach(async () => {
    target = await startSlowTarget();
  });
  afterEach(() => target.close());
  after(() => service.stop());

  /** Jobs that are due one shortly after the other, the last one first; each calls a path that says which it is. */
  const createJobs = async (limit: string): Promise<number[]> => {
    const firstMs = Date.now() + FIRST_MS;
    const ids: number[] = [];
    for (let place = JOBS; place >= 1; place--) {
      const { status, body } = await api().post('/jobs', {
        applicationId,
        name: `${limit} ${place}`,
        schedule: { at: new Date(firstMs + place * APART_MS).toISOString() },
        taskType: 'HttpInvokerTask',
        taskConfig: { url: `${target.origin}/${place}`, method: 'GET' },
        limit,
      });
      expect(status).to.equal(201);
      ids.unshift(body.id);
    }
    return ids;
  };
  const inOrder = Array.from({ length: JOBS }, (_, index) => `/${index + 1}`);

  it('never make more calls at once, drop none, and go in order of due time', async () => {
    await api().put(`/applications/${applicationId}/limits/one-by-one`, { parallel: 1 });
    const ids = await createJobs('one-by-one');
    await target.calledTimes(JOBS);
    expect(target.calls.map(({ path }) => path)).to.deep.equal(inOrder);
    expect(target.mostOpen()).to.equal(1);
    const ended = await service.eventually(async () => {
      const { body } = await api().get(`/jobs/${ids.at(-1)}/executions?status=succeeded`);
      return body.length === 1 ? body : undefined;
    });
    expect(ended[0].trigger).to.equal('schedule');
  });

  it('never begin more calls in a time', async () => {
    await api().put(`/applications/${applicationId}/limits/two-a-second`, { rate: { count: 2, per: '1s' } });
    await createJobs('two-a-second');
    await target.calledTimes(JOBS);
    expect(target.calls.map(({ path }) => path)).to.have.members(inOrder);
    const spans = target.calls.slice(2).map(({ atMs }, index) => atMs - (target.calls[index]?.atMs ?? 0));
    // A request takes a moment from when it is sent until it is here.
    for (const span of spans) expect(span).to.be.greaterThan(950);
  });
});
