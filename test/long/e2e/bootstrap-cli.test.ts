import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { writeBootstrap } from '../../support/bootstrap-folder.ts';
import { type ChildService, startChildService } from '../../support/child-service.ts';
import { stopChild } from '../../support/stop-child.ts';
import { passableTempDir } from '../../support/temp-dir.ts';

const run = promisify(execFile);
const job = (pattern: string) => ({
  name: 'nightly',
  pattern,
  taskType: 'HttpInvokerTask',
  taskConfig: { url: '${PUBLIC_URL}/healthz', method: 'GET' },
});

describe('carillon bootstrap', () => {
  let dataDir: string;
  let service: ChildService;
  const dirs: string[] = [];
  const folder = async (jobs: unknown): Promise<string> => {
    const dir = await writeBootstrap({ 'crm/application.json': { name: 'crm' }, 'crm/jobs.json': jobs });
    dirs.push(dir);
    return dir;
  };
  const carillon = (...args: string[]) =>
    run(process.execPath, [path.resolve('src/main.ts'), 'bootstrap', ...args], {
      env: { PATH: process.env.PATH ?? '', CARILLON_DATA: dataDir },
    });

  before(async () => {
    dataDir = await passableTempDir('carillon-cli-');
    service = await startChildService(dataDir, { LOG_LEVEL: 'warn' });
  });
  after(async () => {
    await stopChild(service, dataDir);
    for (const dir of [dataDir, ...dirs]) await rm(dir, { recursive: true, force: true });
  });

  it('plans, applies and plans again on the running server', async () => {
    const dir = await folder([job('0 2 * * *')]);
    const planned = await carillon('plan', '--dir', dir);
    expect(planned.stdout).to.equal(
      '+ create application crm\n  + create job nightly\n\njobs: create 1 (nothing was changed: this is a plan)\n',
    );
    expect((await carillon('apply', '--dir', dir)).stdout).to.match(/jobs: create 1\n$/);
    const changed = await carillon('plan', '--dir', await folder([job('30 2 * * *')]));
    expect(changed.stdout).to.include('  ~ update job nightly\n    /pattern: "0 2 * * *" -> "30 2 * * *"\n');
    expect((await carillon('apply', '--dir', dir)).stdout).to.match(/jobs: keep 1\n$/);
  });

  it('has the sample follow the server to its new port, unless somebody took it over', async () => {
    const sample = async () => (await service.api.get('/jobs?createdBy=bootstrap:sample')).body;
    const restart = async () => {
      await service.end('SIGTERM');
      service = await startChildService(dataDir, { LOG_LEVEL: 'warn' });
    };
    await restart();
    const [hello] = await sample();
    expect(hello).to.deep.include({ name: 'hello', updatedBy: 'bootstrap:sample' });
    expect(hello.taskConfig.endpoint).to.equal(service.url);
    await service.api.delete(`/jobs/${hello.id}`);
    await restart();
    expect(await sample()).to.deep.equal([]);
  });
});
