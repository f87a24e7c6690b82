import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { expect } from 'chai';
import { isRunEvent } from '../../../src/domain/events/index.ts';
import { runsStream } from '../../../src/domain/streams.ts';
import { rejection } from '../../contract/event-store-support.ts';
import { startTestService, type TestService } from '../../support/service.ts';
import { openServiceLog } from '../../support/service-log.ts';
import { startTarget, type Target } from '../../support/target.ts';

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

describe('carillon audit explain', () => {
  let service: TestService;
  let target: Target;
  let applicationId: number;

  const carillon = (words: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> =>
    new Promise((resolve) => {
      const args = [path.resolve('src/main.ts'), 'audit', 'explain', ...words];
      const options = { env: { PATH: process.env.PATH ?? '', ...env } };
      execFile(process.execPath, args, options, (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      });
    });
  const explain = (...words: string[]) =>
    carillon(words, { CARILLON_SERVER: service.url, CARILLON_TOKEN: service.token() });
  const createJob = async (name: string, schedule: object): Promise<number> => {
    const taskConfig = { url: `${target.origin}/echo`, method: 'GET' };
    const job = { applicationId, name, ...schedule, taskType: 'HttpInvokerTask', taskConfig };
    const { status, body } = await service.as().post('/jobs', job);
    expect(status).to.equal(201);
    return body.id;
  };
  const hourAgo = () => new Date(Date.now() - 3_600_000).toISOString();

  beforeEach(async () => {
    [service, target] = [await startTestService(), await startTarget()];
    applicationId = (await service.as().post('/applications', { name: 'crm' })).body.id;
  });
  afterEach(() => target.close());

  it('exits with 0 if each slot is explained, and counts them as the statistics and the metrics do', async () => {
    await createJob('each second', { pattern: '* * * * * *', maxRuns: 3 });
    const fired = await service.eventually(async () => {
      const { body } = await service.as().get('/stats');
      const { executions, slots } = body;
      return executions.succeeded === 3 ? slots.fired : undefined;
    });
    const { code, stdout } = await explain('--from', hourAgo());
    expect(stdout).to.match(new RegExp(`^1 job, slots after .* up to .*:\n  fired +${fired}\n`));
    expect(stdout).to.match(/Every slot is explained exactly once\n$/);
    expect(code).to.equal(0);
    const metrics = await fetch(`${service.url}/metrics`, { headers: { Authorization: `Bearer ${service.token()}` } });
    const text = await metrics.text();
    expect(text).to.contain(`carillon_slots_total{outcome="fired",reason=""} ${fired}\n`);
    expect(text).to.contain('carillon_slots_total{outcome="missed",reason="ENGINE_DOWN"} 0\n');
    await service.stop();
  });

  it('exits with 1, and names the slot, if nothing is recorded of one', async () => {
    const jobId = await createJob('each year', { pattern: '0 0 1 1 *' });
    await passOverFirstSlot(jobId);
    const { code, stdout } = await explain('--from', hourAgo(), '--to', '2100-01-01T00:00:00Z');
    const year = new Date().getUTCFullYear() + 1;
    expect(stdout).to.contain(`job ${jobId}, ${year}-01-01T00:00:00.000Z: no outcome recorded\n`);
    expect(stdout).to.match(/unexplained: 1 slot\n$/);
    expect(code).to.equal(1);
    const before = await explain('--from', hourAgo());
    expect(before.code, 'the slot is not in this span').to.equal(0);
    expect(String(await rejection(service.stop()))).to.contain('passes over');
  });

  it('exits with 2 if the question cannot be put', async () => {
    const nobody = await carillon(['--from', hourAgo()], {
      CARILLON_SERVER: 'http://127.0.0.1:9',
      CARILLON_TOKEN: 'none',
    });
    expect(nobody.code).to.equal(2);
    expect(nobody.stderr).to.contain("Can't reach the server: ");
    expect((await explain('--from', 'some-day')).code).to.equal(2);
    expect((await explain()).code).to.equal(2);
    await service.stop();
  });

  /** Appends that the second slot of a yearly job was skipped, with the cursor behind it. */
  const passOverFirstSlot = async (jobId: number): Promise<void> => {
    const store = openServiceLog(service.log);
    const stream = runsStream(jobId);
    const [last] = await store.readLast([stream]);
    if (last === undefined || !('type' in last) || !isRunEvent(last)) throw new Error(`there is no ${stream}`);
    const year = new Date().getUTCFullYear() + 2;
    const slot = `${year}-01-01T00:00:00.000Z`;
    const { tenant, tail } = last.data;
    const range = { after: `${year - 1}-06-01T00:00:00.000Z`, until: slot, first: slot, last: slot, count: 1 };
    const data = {
      tenant,
      applicationId,
      jobId,
      jobRevision: 0,
      ...range,
      reason: 'PAUSED' as const,
      tail: { ...tail, cursor: slot },
    };
    const events = [{ type: 'OccurrencesSkipped' as const, data, id: randomUUID(), metadata: last.metadata }];
    await store.append({ stream, expectedRevision: last.revision, events });
    await store.close();
  };
});
