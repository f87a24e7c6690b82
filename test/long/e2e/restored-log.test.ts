import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/db/embedded-postgres.ts';
import { type ChildService, startChildService } from '../../support/child-service.ts';
import { promoteStandby } from '../../support/clusters.ts';
import { stopChild } from '../../support/stop-child.ts';
import { startTarget, type Target } from '../../support/target.ts';
import { passableTempDir } from '../../support/temp-dir.ts';
import { silentLog } from '../../support/world.ts';

const run = promisify(execFile);

describe('a restored log', () => {
  let folder: string;
  let target: Target;
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

  before(async () => {
    folder = await passableTempDir('carillon-restored-');
    target = await startTarget();
    const service = await start('original');
    const [application] = (await service.api.get('/applications')).body;
    await service.api.post('/jobs', {
      applicationId: application.id,
      name: 'beats',
      pattern: '* * * * * *',
      taskType: 'HttpInvokerTask',
      taskConfig: { url: `${target.origin}/`, method: 'GET' },
    });
    await target.receivedAll(1);
    await stopChild(service, dirOf('original'));
  });
  after(async () => {
    await target.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('of a standby that was promoted is called from immediately', async () => {
    await withServers(['original'], async ([original]) => {
      if (original === undefined) throw new Error('there is no original');
      await (await promoteStandby(original, dirOf('standby'))).stop();
    });
    const before = target.received.length;
    const service = await start('standby');
    expect(await engineOf(service)).to.deep.include({ activity: 'claiming' });
    await target.receivedAll(before + 1);
    await stopChild(service, dirOf('standby'));
  });

  it('waits with ENGINE_START=paused if it was, too', async () => {
    const service = await start('original', { ENGINE_START: 'paused' });
    const { activity, reason } = await engineOf(service);
    expect(activity).to.equal('standby');
    expect(reason).to.match(/^ENGINE_START is paused/);
    await release(service);
    await target.receivedAll(target.received.length + 1);
    await stopChild(service, dirOf('original'));
  });
});
