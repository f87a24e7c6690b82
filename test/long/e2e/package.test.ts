import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { startChildService } from '../../support/child-service.ts';

const run = promisify(execFile);

describe('the package that npm pack makes', () => {
  let folder: string;
  const npm = (...args: readonly string[]) =>
    run('npm', [...args, '--silent', '--prefer-offline'], { cwd: folder, env: { ...process.env, INIT_CWD: folder } });

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'carillon-package-'));
    await run('npm', ['pack', '--silent', '--pack-destination', folder]);
    await npm('init', '--yes');
    await npm('install', '--no-audit', '--no-fund', './carillon-0.0.0.tgz');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('has what runs, and nothing of its development', async () => {
    const { stdout } = await run('find', ['node_modules/carillon', '-maxdepth', '1'], { cwd: folder });
    const names = stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((file) => path.basename(file));
    expect(names).to.have.members(
      'bin dist docs examples migrations scripts ui CHANGELOG.md LICENSE README.md package.json'.split(' '),
    );
    const installed = JSON.parse(await readFile(path.join(folder, 'node_modules/.package-lock.json'), 'utf8')).packages;
    expect(Object.keys(installed)).to.not.include.members(['node_modules/mocha', 'node_modules/typescript']);
  });

  it('answers by its name, whatever closes the pipe', async () => {
    const { stdout } = await run('npx', ['carillon', '--version'], { cwd: folder });
    expect(stdout).to.equal('0.0.0\n');
    const { stderr } = await run('sh', ['-c', 'npx carillon --help | head -1'], { cwd: folder });
    expect(stderr).to.equal('');
  });

  it('runs the whole scheduler in a folder that was empty, with its sample job', async () => {
    const program = path.join(folder, 'node_modules/carillon/bin/carillon.mjs');
    const service = await startChildService(path.join(folder, '.carillon'), {}, [], program);
    try {
      const { body: jobs } = await service.api.get('/jobs');
      expect(jobs.map(({ name }: { name: string }) => name)).to.deep.equal(['hello']);
      const { body: execution } = await service.api.post(`/jobs/${jobs[0].id}/trigger?wait=30s`);
      expect(execution.status).to.equal('succeeded');
      const { stdout } = await run('npx', ['carillon', 'jobs', 'list'], { cwd: folder });
      expect(stdout).to.match(/sample\/hello +active/);
      const page = await fetch(`${service.url}/_/scheduler/ui/`);
      expect([page.status, (await page.text()).includes('<script')]).to.deep.equal([200, true]);
    } finally {
      expect(await service.end('SIGTERM')).to.equal(0);
    }
  });
});
