import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { type ChildService, startChildService } from '../support/child-service.ts';
import { promoteStandby, restoreLog } from '../support/clusters.ts';
import { stopChild } from '../support/stop-child.ts';
import { startTarget, type Target } from '../support/target.ts';
import { passableTempDir } from '../support/temp-dir.ts';
import { silentLog } from '../support/world.ts';

const run = promisify(execFile);

describe('a restored log', () => {
  let folder: string;
  let target: Target;
  let jobId: number;
  const dirOf = (name: string) => path.join(folder, name);
  const start = (name: string, settings = {}) =>
    startChildService(dirOf(name), { ALLOWED_TARGETS: '127.0.0.0/8', LOG_LEVEL: 'warn', ...settings });
  const serverOf = (name: string) => startEmbeddedPostgres({ dataDir: dirOf(name), port: 0, log: silentLog });
  const engineOf = async ({ api }: ChildService) => (await api.get('/stats')).body.engines[0];
  const release = async ({ url, token }: ChildService) =>
    (
      await run(process.execPath, [path.resolve('src/main.ts'), 'engine', 'release', '--reason', 'a new cluster'], {
        env: { PATH: process.env.PATH ?? '', CARILLON_SERVER: url, CARILLON_TOKEN: token },
      })
    ).stdout;
  const withServers = async (names: readonly string[], use: (servers: EmbeddedPostgres[]) => Promise<void>) => {
    const servers: EmbeddedPostgres[] = [];
    try {
      for (const name of names) servers.push(await serverOf(name));
      await use(servers);
    } finally {
      for (const server of servers) await server.stop();
    }
  };

  before(async function () {
    this.timeout(60_000);
    folder = await passableTempDir('carillon-restored-');
    target = await startTarget();
    const service = await start('original');
    const [application] = (await service.api.get('/applications')).body;
    const created = await service.api.post('/jobs', {
      applicationId: application.id,
      name: 'beats',
      pattern: '* * * * * *',
      taskType: 'HttpInvokerTask',
      taskConfig: { url: `${target.origin}/`, method: 'GET' },
    });
    jobId = created.body.id;
    await target.receivedAll(1);
    await stopChild(service, dirOf('original'));
  });
  after(async () => {
    await target.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('in another cluster is called from once it is released, and after every restart', async function () {
    this.timeout(60_000);
    await withServers(['original', 'restored'], async ([original, restored]) => {
      await restoreLog(original?.url ?? '', restored?.url ?? '');
    });
    const before = target.received.length;
    const service = await start('restored');
    expect(service.said.join('\n')).to.match(/Its engine stands by: .*restored copy.*carillon engine release/);
    const ready = await fetch(`${service.url}/readyz`);
    expect(ready.status).to.equal(200);
    expect(await ready.text()).to.match(/"status":"degraded".*"what":"engine".*"reason":"[^"]*restored copy/);
    const { id } = (await service.api.post(`/jobs/${jobId}/trigger`)).body;
    expect((await service.api.get(`/executions/${id}`)).body.status).to.equal('pending');
    expect(await engineOf(service)).to.deep.include({ state: 'standing by', running: 0, waiting: 0 });
    expect(target.received).to.have.length(before);

    expect(await release(service)).to.match(/^engines may claim on log \S+ in postgres/);
    await target.receivedAll(before + 2);
    expect(await engineOf(service)).to.deep.include({ state: 'claiming' });
    await stopChild(service, dirOf('restored'));

    const again = await start('restored');
    expect(await engineOf(again)).to.deep.include({ state: 'claiming' });
    await stopChild(again, dirOf('restored'));
  });

  it('of a standby that was promoted is called from at once', async function () {
    this.timeout(60_000);
    await withServers(['original'], async ([original]) => {
      if (original === undefined) throw new Error('there is no original');
      await (await promoteStandby(original, dirOf('standby'))).stop();
    });
    const before = target.received.length;
    const service = await start('standby');
    expect(await engineOf(service)).to.deep.include({ state: 'claiming' });
    await target.receivedAll(before + 1);
    await stopChild(service, dirOf('standby'));
  });

  it('waits with ENGINE_START=paused where it was, too', async function () {
    this.timeout(60_000);
    const service = await start('original', { ENGINE_START: 'paused' });
    const { state, why } = await engineOf(service);
    expect(state).to.equal('standing by');
    expect(why).to.match(/^ENGINE_START is paused/);
    await release(service);
    await target.receivedAll(target.received.length + 1);
    await stopChild(service, dirOf('original'));
  });
});
