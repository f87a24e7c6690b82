import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import packageJson from '../../../package.json' with { type: 'json' };
import { startChildService } from '../../support/child-service.ts';

const run = promisify(execFile);
const ROOT = path.join(import.meta.dirname, '../../..');

describe('the package that npm pack makes', () => {
  let folder: string;
  const npm = (...args: readonly string[]) =>
    run('npm', [...args, '--silent', '--prefer-offline'], { cwd: folder, env: { ...process.env, INIT_CWD: folder } });

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'carillon-package-'));
    await run('npm', ['pack', '--silent', '--pack-destination', folder]);
    await npm('init', '--yes');
    await npm('install', '--no-audit', '--no-fund', `./carillon-${packageJson.version}.tgz`);
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
    expect(stdout).to.equal(`${packageJson.version}\n`);
    const { stderr } = await run('sh', ['-c', 'npx carillon --help | head -1'], { cwd: folder });
    expect(stderr).to.equal('');
  });

  const PROGRAM = `
    import { createClient, Problem, type Job } from 'carillon/client';
    import { createReceiver, memoryStore } from 'carillon/receiver';
    import { startCarillon } from 'carillon/testing';

    const carillon = await startCarillon({ now: '2026-03-01T00:00:00Z' });
    await carillon.client.POST('/applications', { body: { name: 'crm' } });
    const { data: job }: { data: Job } = await carillon.client.POST('/jobs', {
      body: {
        applicationId: 'crm', name: 'report', pattern: '0 * * * *', taskType: 'HttpInvokerTask',
        taskConfig: { url: 'http://127.0.0.1:2/', method: 'GET' },
      },
    });
    await carillon.advance('2h');
    const { client } = carillon;
    for await (const { items } of client.pages('/executions', { params: { query: { jobId: job.id } } })) {
      for (const { scheduledAt, status } of items) console.log(scheduledAt, status);
    }
    for await (const { data } of client.events({ types: ['scheduler.job.execution.failed'], after: '0' })) {
      console.log(data.error.code);
      break;
    }
    // @ts-expect-error there is no such parameter
    const rejected = client.GET('/jobs', { params: { query: { colour: 'red' } } });
    console.log(await rejected.catch((error: unknown) => (error instanceof Problem ? error.code : error)));
    const stranger = createClient({ url: carillon.url, token: () => 'none', patienceMs: 0 });
    console.log(await stranger.GET('/jobs').catch((error: unknown) => (error instanceof Problem ? error.status : error)));
    await carillon.stop();
    const receiver = createReceiver({ keys: ['whsec_AAAA'], store: memoryStore() });
    const handle = receiver.fetchHandler(async ({ callback }) => {
      await callback?.succeed({ rows: 1 });
    });
    console.log((await handle(new Request('http://127.0.0.1/', { method: 'POST' }))).status);
  `;

  it('is used by programs, whose types hold under strict', async () => {
    const [program, project] = [path.join(folder, 'program.mts'), path.join(folder, 'tsconfig.json')];
    const strict = {
      strict: true,
      skipLibCheck: false,
      module: 'nodenext',
      target: 'es2024',
      exactOptionalPropertyTypes: true,
    };
    const typeRoots = [path.join(ROOT, 'node_modules/@types')];
    await writeFile(program, PROGRAM);
    await writeFile(
      project,
      JSON.stringify({ compilerOptions: { ...strict, types: ['node'], typeRoots }, files: [program] }),
    );
    await run('tsc', ['-p', project]);
    const { stdout } = await run(process.execPath, [path.join(folder, 'program.mjs')], { cwd: folder });
    expect(stdout.trim().split('\n')).to.deep.equal([
      '2026-03-01T02:00:00.000Z failed',
      '2026-03-01T01:00:00.000Z failed',
      ...['ECONNREFUSED', 'BAD_INPUT', '401', '401'],
    ]);
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
      const { stdout: health } = await run('npx', ['carillon', 'doctor'], { cwd: folder });
      expect(health).to.match(/^ok +server /m);
      const page = await fetch(`${service.url}/_/scheduler/ui/`);
      expect([page.status, (await page.text()).includes('<script')]).to.deep.equal([200, true]);
    } finally {
      expect(await service.end('SIGTERM')).to.equal(0);
    }
  });
});
