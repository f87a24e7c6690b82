import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { writeBootstrap } from '../support/bootstrap-folder.ts';
import { type CarillonGiven, runCarillon } from '../support/carillon.ts';

const job = (name: string, other: Readonly<Record<string, unknown>> = {}) => ({
  name,
  pattern: '0 2 * * *',
  taskType: 'HttpInvokerTask',
  taskConfig: { url: '${PUBLIC_URL}/healthz', method: 'GET' },
  ...other,
});

describe('carillon bootstrap', () => {
  let service: AService;
  const dirs: string[] = [];

  const folderOf = async (files: Readonly<Record<string, unknown>>): Promise<string> => {
    const dir = await writeBootstrap(files);
    dirs.push(dir);
    return dir;
  };
  const folder = (name: string, jobs: unknown) =>
    folderOf({ [`${name}/application.json`]: { name }, [`${name}/jobs.json`]: jobs });
  const carillonWith = ({ env = {}, ...given }: CarillonGiven, verb: string, dir: string, ...args: string[]) =>
    runCarillon(
      { ...given, env: { CARILLON_SERVER: service.url, CARILLON_TOKEN: service.token(), ...env } },
      'bootstrap',
      verb,
      '--dir',
      dir,
      ...args,
    );
  const carillon = (verb: string, dir: string, ...args: string[]) => carillonWith({}, verb, dir, ...args);

  before(async () => {
    service = await aService().start();
  });
  after(async () => {
    await service.stop();
    for (const dir of dirs) await rm(dir, { recursive: true, force: true });
  });

  it('plans, tells changes from none by its exit code, applies, and keeps what is so', async () => {
    const dir = await folder('a', [job('one')]);
    expect(await carillon('plan', dir, '--exit-code')).to.deep.equal({
      code: 2,
      out: '+ create application a\n  + create job one\n\njobs: create 1 (nothing was changed: this is a plan)\n',
      err: '',
    });
    expect((await carillon('plan', dir)).code).to.equal(0);
    expect(await carillon('apply', dir)).to.include({ code: 0, err: '' });
    expect(await carillon('plan', dir, '--exit-code')).to.include({ code: 0 });
    const { out } = await carillon('apply', dir, '--json');
    expect(JSON.parse(out).applications[0].jobs[0]).to.include({ name: 'one', action: 'keep' });
  });

  it('says by 1 that it cannot be told whether something would be changed', async () => {
    const dir = await folder('b', [job('one', { pattern: '61 * * * *' })]);
    const { code, err } = await carillon('plan', dir, '--exit-code');
    expect(code).to.equal(1);
    expect(err).to.include('nothing was applied:\nb/jobs.json: job "one": /pattern: minute "61"');
    const away = { CARILLON_SERVER: 'http://127.0.0.1:1' };
    const nowhere = await carillonWith({ env: away }, 'plan', dir, '--exit-code');
    expect(nowhere.code).to.equal(1);
    expect(nowhere.err).to.include('the server could not be asked: connect ECONNREFUSED');
    expect((await carillon('apply', dir)).code).to.equal(2);
  });

  it('deletes no more jobs than it is allowed to', async () => {
    const [both, none] = [await folder('c', [job('one'), job('two')]), await folder('c', [])];
    await carillon('apply', both);
    expect((await carillon('plan', none)).out).to.include('apply it with --allow-delete 2');
    for (const allowed of [[], ['--allow-delete', '1']]) {
      const { code, err } = await carillon('apply', none, ...allowed);
      expect(code).to.equal(2);
      expect(err).to.match(
        /DELETIONS_REFUSED: nothing was applied: 2 jobs would be deleted, and [01] may be: c\/one, c\/two\n/,
      );
    }
    expect((await carillon('plan', both, '--exit-code')).code).to.equal(0);
    expect((await carillon('apply', none, '--allow-delete', '2')).out).to.match(/jobs: delete 2\n$/);
  });

  it('paints what differs on a terminal, unless NO_COLOR is set', async () => {
    const dir = await folder('d', [job('one')]);
    const painted = await carillonWith({ isTTY: true }, 'plan', dir);
    expect(painted.out).to.include('\u001b[32m+ create job one\u001b[39m');
    const plain = await carillonWith({ isTTY: true, env: { NO_COLOR: '1' } }, 'plan', dir);
    expect(plain.out).to.include('  + create job one\n');
  });

  it('takes YAML, and values of the environment that it shows nowhere', async () => {
    const dir = await folderOf({
      'e/application.yaml': 'name: e',
      'e/jobs.yaml': `
- name: one
  pattern: 0 2 * * *
  description: \${env:WHAT} is called
  taskType: HttpInvokerTask
  taskConfig:
    url: \${PUBLIC_URL}/healthz
    method: POST
    headers: { X-Api-Key: "\${env:KEY}" }
    body: { password: "\${env:PASSWORD}", kind: "\${env:KIND}" }
`,
    });
    const env = { WHAT: 'the target', KEY: 'the key of today', PASSWORD: 'the password', KIND: 'all' };
    const { PASSWORD: _, ...without } = env;
    const refused = await carillonWith({ env: without }, 'apply', dir);
    expect(refused.code).to.equal(2);
    expect(refused.err).to.include('e/jobs.yaml: /0/taskConfig/body/password: the environment has no PASSWORD');
    expect(await carillonWith({ env }, 'apply', dir)).to.include({ code: 0 });
    expect((await carillonWith({ env }, 'plan', dir, '--exit-code')).code).to.equal(0);

    const other = { ...env, KEY: 'the key of tomorrow', PASSWORD: 'another word', KIND: 'some' };
    for (const args of [[], ['--json']]) {
      const { out } = await carillonWith({ env: other }, 'plan', dir, ...args);
      expect(out).to.include('${env:PASSWORD}').and.include('(hidden)');
      expect(out).to.not.match(/the password|another word|the key/);
    }
    const wrong = await carillonWith({ env: { ...other, WHAT: `a${'b'.repeat(2_000)}` } }, 'plan', dir);
    expect(wrong.err).to.include('e/jobs.yaml: job "one": /description:');
  });

  it('takes files that name their schema, which the service shows to everybody', async () => {
    for (const name of ['jobs.json', 'application.json']) {
      const answer = await fetch(`${service.url}/_/scheduler/schemas/${name}`);
      expect(answer.status).to.equal(200);
      expect(await answer.json()).to.include({ $schema: 'http://json-schema.org/draft-07/schema#' });
    }
    const $schema = `${service.url}/_/scheduler/schemas/jobs.json`;
    const files = (jobs: readonly unknown[]) => ({
      'f/application.json': { $schema, name: 'f' },
      'f/jobs.json': { $schema, jobs },
    });
    expect((await carillon('apply', await folderOf(files([job('one')])))).out).to.match(/jobs: create 1\n$/);
    const twice = await carillon('plan', await folderOf(files([job('one'), job('one')])));
    expect(twice.err).to.include('f/jobs.json: job "one": /name: another job of the file has this name');
  });
});
