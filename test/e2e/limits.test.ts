import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { describeOnLogs } from '../support/logs.ts';

const JOBS = 5;
/** The first slot comes so long after its job was asked for, and each further one so long after the one before. */
const FIRST_MS = 1_000;
const APART_MS = 20;

describeOnLogs('the service: limits', (log) => {
  let service: AService;

  before(async () => {
    service = await aService().onLog(log).withApplication('crm').start();
  });
  beforeEach(() => service.target.forget());
  after(() => service.stop());

  const setLimit = async (name: string, limit: object): Promise<void> => {
    await service.as().put(`/applications/${service.applicationId('crm')}/limits/${name}`, limit);
  };
  /** Jobs that are due one shortly after the other, the last one first; each calls a path that says which it is. */
  const addJobs = async (limit: string): Promise<void> => {
    const firstMs = service.now() + FIRST_MS;
    for (let place = JOBS; place >= 1; place--) {
      const at = new Date(firstMs + place * APART_MS).toISOString();
      await service.addJob({ name: `${limit} ${place}`, schedule: { at }, path: `/echo/${place}?after=150`, limit });
    }
  };
  const called = (): (string | undefined)[] => service.target.received.map(({ url }) => /\/echo\/(\d)/.exec(url)?.[1]);
  const inOrder = Array.from({ length: JOBS }, (_, index) => `${index + 1}`);

  it('never make more calls at the same time, drop none, and go in order of due time', async () => {
    await setLimit('one-by-one', { parallel: 1 });
    await addJobs('one-by-one');
    await service.advance('3s');
    expect(called()).to.deep.equal(inOrder);
    expect(service.target.mostAtOnce()).to.equal(1);
    const last = service.jobId(`one-by-one ${JOBS}`);
    const { body: ended } = await service.as().get(`/jobs/${last}/executions?status=succeeded`);
    expect(ended.map(({ trigger }: { trigger: string }) => trigger)).to.deep.equal(['schedule']);
  });

  it('never begin more calls in a time', async () => {
    await setLimit('two-a-second', { rate: { count: 2, per: '1s' } });
    await addJobs('two-a-second');
    const begunMs: number[] = [];
    for (const { type, recordedAt } of await service.advance('5s')) {
      if (type === 'ExecutionStarted') begunMs.push(recordedAt);
    }
    expect(called()).to.have.members(inOrder);
    expect(begunMs).to.have.length(JOBS);
    const spans = begunMs.slice(2).map((atMs, index) => atMs - (begunMs[index] ?? 0));
    for (const span of spans) expect(span).to.be.at.least(1_000);
  });

  it('are shown as what a manual run waits for, with its expected request', async () => {
    await setLimit('alone', { parallel: 1 });
    const runs: string[] = [];
    for (const name of ['first', 'second']) {
      const pattern = '0 0 1 1 *';
      await service.addJob({ name, pattern, path: `/echo/${name}?after=2000&password=hush`, limit: 'alone' });
      const { body } = await service.as().post(`/jobs/${service.jobId(name)}/trigger`);
      runs.push(`/executions/${body.id}`);
    }
    await service.advance('1s');
    const [first, second] = await Promise.all(runs.map(async (path) => (await service.as().get(path)).body));
    expect(first).to.include({ status: 'running' }).and.to.not.have.property('waitsFor');
    expect(second).to.include({ status: 'pending', waitsFor: 'LIMIT' });
    const planned = [first, second].map(({ jobSnapshot }) => jobSnapshot);
    expect(planned.map(({ url }) => url)).to.deep.equal(
      ['first', 'second'].map((name) => `${service.target.origin}/echo/${name}?after=2000&password=***`),
    );
    await service.advance('6s');
    const sent = await Promise.all(runs.map(async (path) => (await service.as().get(path)).body.jobSnapshot));
    expect(sent).to.deep.equal(planned);
  });
});
