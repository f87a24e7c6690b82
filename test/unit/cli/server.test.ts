import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { connect, type ServerOptions } from '../../../src/cli/server.ts';
import { writeRunFile } from '../../../src/compose/run-file.ts';

describe('the server that the command line talks to', () => {
  let CARILLON_DATA: string;
  before(async () => {
    CARILLON_DATA = await mkdtemp(path.join(tmpdir(), 'carillon-run-'));
  });
  beforeEach(() => writeRunFile(CARILLON_DATA, { url: 'http://127.0.0.1:3000', pid: 1, token: 'of the file' }));
  after(() => rm(CARILLON_DATA, { recursive: true }));

  const accessOf = async (environment: NodeJS.ProcessEnv, options: ServerOptions = {}): Promise<readonly unknown[]> => {
    const { url, token } = await connect(options, { env: { CARILLON_DATA, ...environment }, stderr: process.stderr });
    return [url, token];
  };
  const refusalOf = async (environment: NodeJS.ProcessEnv): Promise<string> => {
    try {
      await connect({}, { env: { CARILLON_DATA, ...environment }, stderr: process.stderr });
    } catch (error) {
      return String(error);
    }
    return expect.fail('it connects');
  };

  it('is the one that runs here, with its token', async () => {
    expect(await accessOf({})).to.deep.equal(['http://127.0.0.1:3000', 'of the file']);
  });

  it('is the one that the environment names, with the token of the environment', async () => {
    const environment = { CARILLON_SERVER: 'https://jobs.example.com/', CARILLON_TOKEN: 'mine' };
    expect(await accessOf(environment)).to.deep.equal(['https://jobs.example.com', 'mine']);
  });

  it('is rather the one that the command names', async () => {
    const environment = { CARILLON_SERVER: 'https://jobs.example.com', CARILLON_TOKEN: 'mine' };
    const options = { server: 'https://other.example.com', token: 'its own' };
    const [url, token] = await accessOf(environment, options);
    expect([url, token]).to.deep.equal(['https://other.example.com', 'its own']);
  });

  it('gets the token of the file where it is the same one', async () => {
    const [, token] = await accessOf({ CARILLON_SERVER: 'http://127.0.0.1:3000' });
    expect(token).to.equal('of the file');
  });

  it('never gets a token of the environment by an address of the file', async () => {
    await writeRunFile(CARILLON_DATA, { url: 'https://evil.example', pid: 1 });
    expect(await refusalOf({ CARILLON_TOKEN: 'mine' })).to.contain('set CARILLON_SERVER too');
  });

  it('never gets a token of the file by an address of the environment', async () => {
    for (const CARILLON_SERVER of ['https://evil.example', 'http://127.0.0.1:3001', 'https://127.0.0.1:3000']) {
      expect(await refusalOf({ CARILLON_SERVER })).to.contain('set CARILLON_TOKEN');
    }
  });

  it('says what to set where nothing is known', async () => {
    expect(await refusalOf({ CARILLON_DATA: path.join(CARILLON_DATA, 'none') })).to.contain('set CARILLON_SERVER');
    expect(await refusalOf({ CARILLON_SERVER: 'jobs' })).to.contain('must be a URL');
  });
});
