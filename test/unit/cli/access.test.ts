import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { accessOf, type ServerOptions, writeContexts } from '../../../src/cli/access.ts';
import { writeRunFile } from '../../../src/compose/run-file.ts';

describe('the server that the command line talks to', () => {
  let folder: string;
  let paths: NodeJS.ProcessEnv;
  const prod = { server: 'https://jobs.example.com', token: 'of prod' };
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'carillon-run-'));
    paths = { CARILLON_DATA: folder, XDG_CONFIG_HOME: folder };
  });
  beforeEach(async () => {
    await writeRunFile(folder, { url: 'http://127.0.0.1:3000', pid: 1, token: 'of the file' });
    await writeContexts(paths, { contexts: { prod, stage: { ...prod, server: 'https://stage.example.com' } } });
  });
  after(() => rm(folder, { recursive: true }));

  const found = async (environment: NodeJS.ProcessEnv, options: ServerOptions = {}): Promise<readonly string[]> => {
    const { url, token } = await accessOf(options, { ...paths, ...environment });
    return [url, token];
  };
  const rejectionOf = async (environment: NodeJS.ProcessEnv, options: ServerOptions = {}): Promise<string> => {
    try {
      await found(environment, options);
    } catch (error) {
      return String(error);
    }
    return expect.fail('it is found');
  };

  it('is on this machine, with its token', async () => {
    expect(await found({})).to.deep.equal(['http://127.0.0.1:3000', 'of the file']);
  });

  it('is the one that the environment names, with the token of the environment', async () => {
    const environment = { CARILLON_SERVER: 'https://jobs.example.com/', CARILLON_TOKEN: 'mine' };
    expect(await found(environment)).to.deep.equal(['https://jobs.example.com', 'mine']);
  });

  it('is rather the one that the command names', async () => {
    const environment = { CARILLON_SERVER: 'https://jobs.example.com', CARILLON_TOKEN: 'mine' };
    const options = { server: 'https://other.example.com', token: 'its own' };
    expect(await found(environment, options)).to.deep.equal(['https://other.example.com', 'its own']);
  });

  it('is that of the context: of the option, else of the environment, else of the one in use', async () => {
    await writeContexts(paths, { inUse: 'prod', contexts: { prod, stage: { server: 'https://stage', token: 's' } } });
    expect(await found({})).to.deep.equal(['https://jobs.example.com', 'of prod']);
    expect(await found({ CARILLON_CONTEXT: 'stage' })).to.deep.equal(['https://stage', 's']);
    expect(await found({ CARILLON_CONTEXT: 'stage' }, { context: 'prod' })).to.include('of prod');
    expect(await found({}, { context: 'local' })).to.deep.equal(['http://127.0.0.1:3000', 'of the file']);
    expect(await found({}, { context: 'stage', token: 'its own' })).to.deep.equal(['https://stage', 'its own']);
    expect(await found({ CARILLON_SERVER: 'https://env', CARILLON_TOKEN: 'e' })).to.deep.equal(['https://env', 'e']);
  });

  it('is requested if a context is unknown, or if two are named', async () => {
    expect(await rejectionOf({}, { context: 'none' })).to.include('There is no context none');
    expect(await rejectionOf({}, { context: 'constructor' })).to.include('There is no context constructor');
    expect(await rejectionOf({}, { context: 'prod', server: 'https://other' })).to.include('--server and --context');
  });

  it('gets no token of the environment if a context is in use', async () => {
    await writeContexts(paths, { inUse: 'prod', contexts: { prod } });
    expect(await rejectionOf({ CARILLON_TOKEN: 'mine' })).to.include('Set CARILLON_SERVER to');
    expect(await found({ CARILLON_TOKEN: 'mine' }, { context: 'prod' })).to.include('of prod');
  });

  it('gets the token of the file if it is the same one', async () => {
    const [, token] = await found({ CARILLON_SERVER: 'http://127.0.0.1:3000' });
    expect(token).to.equal('of the file');
  });

  it('never gets a token that was named here by an address of the file', async () => {
    await writeRunFile(folder, { url: 'https://evil.example', pid: 1 });
    expect(await rejectionOf({ CARILLON_TOKEN: 'mine' })).to.include('Set CARILLON_SERVER to');
    expect(await rejectionOf({}, { token: 'mine' })).to.include('Add --server or --context');
  });

  it('never gets a token of the file by an address of the environment', async () => {
    for (const CARILLON_SERVER of ['https://evil.example', 'http://127.0.0.1:3001', 'https://127.0.0.1:3000']) {
      expect(await rejectionOf({ CARILLON_SERVER })).to.include('Set CARILLON_TOKEN');
    }
  });

  it('states what to name if nothing is known', async () => {
    expect(await rejectionOf({ CARILLON_DATA: path.join(folder, 'none') })).to.include('use --server');
    expect(await rejectionOf({ CARILLON_SERVER: 'jobs' })).to.include('must be a URL');
    expect(await rejectionOf({ CARILLON_SERVER: 'localhost:3000' })).to.equal(
      'Error: CARILLON_SERVER must be a URL with its scheme, such as http://localhost:3000.',
    );
    const named = { server: 'jobs.example.com:443' };
    expect(await rejectionOf({ CARILLON_SERVER: 'http://127.0.0.1:1' }, named)).to.equal(
      'Error: --server must be a URL with its scheme, such as https://jobs.example.com.',
    );
  });
});
