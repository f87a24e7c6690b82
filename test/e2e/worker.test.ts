import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { createWorker, NonRetryable, type Worker } from '../../packages/worker/src/worker.ts';
import { apiClient } from '../support/api.ts';
import { poll } from '../support/poll.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { passableTempDir } from '../support/temp-dir.ts';

describe('workers on a service', () => {
  let service: TestService;
  const workers: Worker[] = [];
  const errors: unknown[] = [];
  const api = () => service.as();
  const workerOf = (queue: string, concurrency = 1): Worker => {
    const token = () => service.token({ sub: 'worker', permissions: ['scheduler:work'], queues: [`crm/${queue}`] });
    const onError = (error: unknown) => void errors.push(error);
    const worker = createWorker({ url: service.url, token, queue: `crm/${queue}`, concurrency, onError });
    workers.push(worker);
    return worker;
  };
  /** A job without a schedule. */
  const putJob = async (name: string, queue: string, fields: object = {}): Promise<void> => {
    const { status } = await api().put(`/applications/crm/jobs/${name}`, {
      ...{ overlap: 'allow', heartbeatTimeout: '5s', taskType: 'WorkerTask', ...fields },
      taskConfig: { queue, task: name, input: { day: '${T:YYYY}', sent: 2 } },
    });
    expect(status).to.equal(201);
  };
  const trigger = async (name: string): Promise<number> => {
    const { body } = await api().post(`/applications/crm/jobs/${name}/trigger`);
    return body.id;
  };
  const endOf = (id: number) =>
    service.eventually(async () => {
      const { status, body } = await api().get(`/executions/${id}`);
      return status !== 200 || body.finishedAt === null ? undefined : body;
    });

  before(async () => {
    service = await startTestService();
    await api().post('/applications', { name: 'crm' });
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    expect(errors.splice(0)).to.deep.equal([]);
  });
  after(() => service.stop());

  it('get inputs of their schema, and their results and failures are those of the executions', async () => {
    await putJob('send', 'reports');
    await putJob('refuse', 'reports', { retry: { maxAttempts: 3, retryOn: ['reported'] } });
    workerOf('reports')
      .on('send', z.object({ day: z.string().regex(/^\d{4}$/), sent: z.int() }), async ({ input, progress }) => {
        await progress({ percent: 100 });
        return { sent: input.sent + 1 };
      })
      .on('refuse', () => {
        throw new NonRetryable('no such customer');
      });
    const [sent, refused] = [await trigger('send'), await trigger('refuse')];
    expect(await endOf(sent)).to.deep.include({ status: 'succeeded', attempt: 1 });
    expect((await endOf(sent)).result.data).to.deep.equal({ sent: 3 });
    const failed = await endOf(refused);
    expect([failed.status, failed.attempt, failed.error.message]).to.deep.equal(['failed', 1, 'no such customer']);
  });

  it('get no work by a token that was revoked while they waited; another worker gets it', async () => {
    await putJob('guarded', 'guarded');
    const created = await api().post('/tokens', { name: 'leaked', permissions: ['scheduler:work'] });
    const runs: string[] = [];
    const rejected = Promise.withResolvers<unknown>();
    const { token } = created.body;
    const leaked = createWorker({ url: service.url, token, queue: 'crm/guarded', onError: rejected.resolve });
    workers.push(leaked.on('guarded', () => void runs.push('leaked')));
    const isWaiting = async () => {
      const { body } = await api().get('/queues');
      return body.find(({ queue }: { queue: string }) => queue === 'guarded');
    };
    await poll(async () => (await isWaiting()) !== undefined);
    await api().delete(`/tokens/${created.body.id}`);
    await poll(async () => (await apiClient(service.url, token).get('/queues')).status === 401);
    const id = await trigger('guarded');
    expect(await rejected.promise).to.include({ code: 'TOKEN_REJECTED' });
    workerOf('guarded').on('guarded', () => void runs.push('other'));
    expect((await endOf(id)).status).to.equal('succeeded');
    expect(runs).to.deep.equal(['other']);
  });

  it('are answered when their service stops', async () => {
    const stopped = await startTestService({}, ['api', 'projections']);
    await stopped.as().post('/applications', { name: 'crm' });
    const take = (takeId: string, wait: string) =>
      stopped.as().post('/queues/crm/reports/take', { takeId: takeId.repeat(43), worker: { id: 'one' }, wait });
    const waiting = take('a', '5m');
    await take('b', '1s');
    await stopped.stop();
    const { status, body } = await waiting;
    expect([status, body]).to.deep.equal([200, { work: [] }]);
  });

  it('lose no work if the connection of a waiting take is cut', async () => {
    await putJob('cut', 'cut');
    const cut = new AbortController();
    const waiting = fetch(`${service.url}/_/scheduler/queues/crm/cut/take`, {
      method: 'POST',
      headers: { authorization: `Bearer ${service.token()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ takeId: 'c'.repeat(43), worker: { id: 'cut' }, wait: '5m' }),
      signal: cut.signal,
    }).catch(() => 'cut');
    await api().post('/queues/crm/cut/take', { takeId: 'd'.repeat(43), worker: { id: 'other' }, wait: '1s' });
    cut.abort();
    expect(await waiting).to.equal('cut');
    workerOf('cut').on('cut', () => 'done');
    expect((await endOf(await trigger('cut'))).result.data).to.equal('done');
  });

  it('are programs of `carillon worker run`: input, result, exit code, SIGTERM on cancel', async () => {
    const folder = await passableTempDir('carillon-work-');
    const program = path.join(folder, 'report.sh');
    await writeFile(
      program,
      `#!/bin/sh
case $CARILLON_TASK in
  copy) cat ;;
  break) echo "the mail server refused" >&2; exit 3 ;;
  wait) trap 'kill $!; exit 4' TERM; echo waiting >&2; sleep 600 & wait ;;
esac
`,
    );
    await chmod(program, 0o755);
    for (const name of ['copy', 'break', 'wait']) await putJob(name, 'programs');
    const args = ['worker', 'run', '--queue', 'crm/programs', '--exec', program, '--concurrency', '3'];
    const child = spawn(process.execPath, ['src/main.ts', ...args], {
      env: { PATH: process.env.PATH, CARILLON_SERVER: service.url, CARILLON_TOKEN: service.token() },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const [copied, broken, waiting] = [await trigger('copy'), await trigger('break'), await trigger('wait')];
    expect((await endOf(copied)).result.data).to.deep.include({ sent: 2 });
    expect((await endOf(broken)).error.message).to.equal('exit code 3: the mail server refused');
    while (!said.includes('waiting\n')) await once(child.stderr, 'data');
    await api().post(`/executions/${waiting}/cancel`);
    expect((await endOf(waiting)).status).to.equal('cancelled');
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).to.equal(0);
    await rm(folder, { recursive: true });
  });

  it('end with 2 as `carillon worker run` if the server rejects its requests for work', async () => {
    for (const [queue, token, why] of [
      ['crm/programs', 'car_1_unknown', /token/],
      ['unknown/programs', service.token(), /application/],
    ] as const) {
      const args = ['worker', 'run', '--queue', queue, '--exec', '/bin/true'];
      const child = spawn(process.execPath, ['src/main.ts', ...args], {
        env: { PATH: process.env.PATH, CARILLON_SERVER: service.url, CARILLON_TOKEN: token },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const [said, [code]] = await Promise.all([child.stderr.toArray(), once(child, 'exit')]);
      expect(code).to.equal(2);
      expect(said.join('').trim().split('\n').at(-1))
        .to.match(/^carillon: /)
        .and.to.match(why);
    }
  });
});
