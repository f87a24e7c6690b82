import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { version } from '../../../src/cli/version.ts';
import { type CarillonGiven, runCarillon } from '../../support/carillon.ts';

describe('carillon context', () => {
  let XDG_CONFIG_HOME: string;
  const carillonWith = (given: CarillonGiven, ...args: readonly string[]) =>
    runCarillon({ ...given, env: { XDG_CONFIG_HOME, ...given.env } }, 'context', ...args);
  const carillon = (...args: readonly string[]) => carillonWith({}, ...args);
  const file = () => path.join(XDG_CONFIG_HOME, 'carillon/contexts.json');
  const add = (name: string, token = 'hush') =>
    carillonWith({ stdin: `${token}\n` }, 'add', name, '--server', 'https://a.example/');

  beforeEach(async () => {
    XDG_CONFIG_HOME = await mkdtemp(path.join(tmpdir(), 'carillon-contexts-'));
  });
  afterEach(() => rm(XDG_CONFIG_HOME, { recursive: true }));

  it('keeps servers with their tokens in a file that no one else can read', async () => {
    expect((await add('prod')).out).to.match(
      /^Added context prod \(https:\/\/a\.example\)\. To use it: `carillon context use prod`/,
    );
    expect((await stat(file())).mode & 0o777).to.equal(0o600);
    await carillon('add', 'stage', '--server', 'https://b.example', '--token', 'given');
    expect(JSON.parse(await readFile(file(), 'utf8')).contexts).to.deep.equal({
      prod: { server: 'https://a.example', token: 'hush' },
      stage: { server: 'https://b.example', token: 'given' },
    });
  });

  it('lists them, with the one in use and without their tokens', async () => {
    await add('prod');
    expect((await carillon('use', 'prod')).out).to.equal('Now using context prod\n');
    const { out } = await carillon('list');
    expect(out).to.equal(
      'CURRENT  CONTEXT  SERVER\n         local    on this machine\n*        prod     https://a.example\n',
    );
    expect(JSON.parse((await carillon('list', '--json')).out)).to.deep.include({
      name: 'prod',
      server: 'https://a.example',
      inUse: true,
    });
    expect((await carillonWith({ env: { CARILLON_CONTEXT: 'local' } }, 'list')).out).to.include('*        local');
    await carillon('use', 'local');
    expect((await carillon('list')).out).to.include('*        local');
  });

  it('deletes them; if it was in use, what runs here is', async () => {
    await add('prod');
    await carillon('use', 'prod');
    expect((await carillon('delete', 'prod')).code).to.equal(0);
    expect((await carillon('list')).out).to.match(/\n\* +local .*\n$/);
    expect(await readFile(file(), 'utf8')).to.not.include('hush');
  });

  it('states what is wrong', async () => {
    const errorOf = async (...args: readonly string[]) => {
      const { code, err } = await carillon(...args);
      expect(code).to.equal(2);
      return err;
    };
    expect(await errorOf('use', 'none')).to.include('There is no context none');
    expect(await errorOf('delete', 'none')).to.include('There is no context none');
    expect(await errorOf('add', 'local', '--server', 'https://a.example')).to.include('The name local is reserved');
    expect(await errorOf('add', '../x', '--server', 'https://a.example')).to.include('letters, digits');
    expect(await errorOf('add', 'prod')).to.include('--server is missing');
    expect(await errorOf('add', 'prod', '--server', 'a.example')).to.include('--server must be a URL');
    expect(await errorOf('add', 'prod', '--server', 'https://a.example')).to.include('The value is empty');
    await mkdir(path.dirname(file()), { recursive: true });
    await writeFile(file(), '[]');
    expect(await errorOf('list')).to.include('is not a valid file of contexts');
  });
});

describe('carillon init', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'carillon-init-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('creates an application, a job, a workflow and what these need, and keeps what is there', async () => {
    const readme = path.join(folder, 'README.md');
    await writeFile(readme, 'mine');
    const { code, out, err } = await runCarillon({}, 'init', folder);
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    const lines = out.split('\n').map((line) => line.replace(`${folder}/`, ''));
    expect(lines.slice(0, -2)).to.deep.equal([
      'Created .github/workflows/carillon.yml',
      'Kept README.md',
      'Created bootstrap/example/application.yaml',
      'Created bootstrap/example/jobs.yaml',
      'Created .gitignore',
      'Created package.json',
    ]);
    expect(await readFile(readme, 'utf8')).to.equal('mine');
    expect(JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'))).to.deep.equal({
      private: true,
      devDependencies: { carillon: version },
    });
  });
});
