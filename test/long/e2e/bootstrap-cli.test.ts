import { execFile } from 'node:child_process';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse } from 'yaml';
import { writeBootstrap } from '../../support/bootstrap-folder.ts';
import { type ChildService, startChildService } from '../../support/child-service.ts';
import { stopChild } from '../../support/stop-child.ts';
import { passableTempDir } from '../../support/temp-dir.ts';

const run = promisify(execFile);
describe('carillon plan, apply and drift', () => {
  let dataDir: string;
  let service: ChildService;
  const dirs: string[] = [];
  const carillon = (...args: string[]) =>
    run(process.execPath, [path.resolve('src/main.ts'), ...args], {
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

  it('creates a repository whose workflow does what it states, with exit codes that end its steps', async () => {
    const dir = await writeBootstrap({
      npx: `#!/bin/sh\nshift\nexec "${process.execPath}" "${path.resolve('src/main.ts')}" "$@"\n`,
    });
    await carillon('init', dir);
    const workflow = parse(await readFile(path.join(dir, '.github/workflows/carillon.yml'), 'utf8'));
    const jobsFile = path.join(dir, 'bootstrap/example/jobs.yaml');
    dirs.push(dir);
    await chmod(path.join(dir, 'npx'), 0o755);
    const summary = path.join(dir, 'summary.md');
    const env = {
      ...{ PATH: `${dir}:${process.env.PATH}`, CARILLON_DATA: dataDir },
      ...{ GITHUB_STEP_SUMMARY: summary, GITHUB_SHA: 'a1b2c3', ALLOW_DELETE: '0' },
    };
    const step = (name: string) =>
      run('bash', ['-e', '-c', workflow.jobs[name].steps.at(-1).run], { cwd: dir, env }).then(
        ({ stdout }) => ({ code: 0, stdout }),
        ({ code, stdout }) => ({ code, stdout }),
      );
    expect((await step('plan')).code).to.equal(0);
    expect(await readFile(summary, 'utf8')).to.include('```diff\n+ create application example\n');
    expect((await step('drift')).code).to.equal(2);
    expect((await step('apply')).stdout).to.match(/jobs: create 1\n$/);
    expect(await step('drift')).to.deep.equal({ code: 0, stdout: 'No differences\n' });
    await writeFile(jobsFile, '[]');
    expect((await step('apply')).code).to.equal(2);
    await writeFile(jobsFile, '{');
    expect((await step('plan')).code).to.equal(1);
  });

  it('has the sample follow the server to its new port, unless someone took it over', async () => {
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
