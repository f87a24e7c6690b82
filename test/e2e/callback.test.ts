import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { apiClient } from '../support/api.ts';
import { freePort } from '../support/free-port.ts';
import { describeOnLogs } from '../support/logs.ts';

const RECEIVER = path.join(import.meta.dirname, '../../examples/callback-receiver/receiver.mjs');

describeOnLogs('the service: targets that call back', (log) => {
  let service: AService;
  let receiver: ChildProcessByStdio<null, Readable, null>;
  let jobId: number;
  const api = () => service.as();

  before(async () => {
    const [port, ownPort] = [await freePort(), await freePort()];
    const own = { PORT: String(ownPort), PUBLIC_URL: `http://127.0.0.1:${ownPort}` };
    service = await aService()
      .onLog(log)
      .withSettings(own)
      .withApplication('crm')
      .withJob({
        ...{ name: 'export', pattern: '0 2 * * *', completion: 'callback', deadline: '1m' },
        taskConfig: { url: `http://127.0.0.1:${port}/export`, method: 'POST' },
      })
      .start();
    jobId = service.jobId('export');
    receiver = spawn(process.execPath, [RECEIVER], {
      env: { PORT: String(port), STEP_MS: '50' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(receiver.stdout, 'data');
  });
  after(async () => {
    receiver.kill();
    await service.stop();
  });

  /** The receiver works in real time, in which the clock of the service stands: so this asks until it has ended. */
  const endOf = async (executionId: number) => {
    for (;;) {
      const { body } = await api().get(`/executions/${executionId}`);
      if (body.finishedAt !== null) return body;
    }
  };

  it('end with what the target reports, after the first progress of those seconds', async () => {
    const { body: execution } = await api().post(`/jobs/${jobId}/trigger`);
    const ended = await endOf(execution.id);
    expect(ended.status).to.equal('succeeded');
    // The clock stands: the first progress may come at the very moment at which the call was taken, and is one more then.
    expect(ended.progress.percent).to.be.oneOf([25, 50]);
    expect(ended.result).to.deep.include({ status: 202, data: { rows: 1_204 } });
    expect(JSON.stringify(ended)).not.to.include('tokenHash');
  });

  it('are known by the token of the call alone', async () => {
    const { body: execution } = await api().post(`/jobs/${jobId}/trigger`);
    const report = async (token: string, id = execution.id) => {
      const { status, body } = await apiClient(service.url, token).post(`/executions/${id}/complete`, {
        status: 'succeeded',
      });
      return { status, code: body.code, detail: body.detail };
    };
    const forged = await report('forged');
    expect(forged).to.include({ status: 401, code: 'COMPLETION_TOKEN_REJECTED' });
    expect(await report('forged', 987_654), 'which ids there are, is not told').to.deep.equal(forged);
    await endOf(execution.id);
    expect((await report('forged')).status).to.equal(401);
  });
});
