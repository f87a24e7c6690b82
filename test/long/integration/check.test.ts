import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { sharedServer } from '../../support/shared-servers.ts';
import { TestPostgresAddress } from '../../support/test-postgres.ts';

const POSTGRES = pathToFileURL('test/support/postgres.ts').href;

/** Test files that pass, and what else they do. */
const FILES = {
  'tidy.test.ts': '',
  'untidy.test.ts': `
    import { spawn } from 'node:child_process';
    import { mkdtemp } from 'node:fs/promises';
    import { tmpdir } from 'node:os';
    import { freshDatabase } from '${POSTGRES}';
    before(async () => {
      await freshDatabase();
      await mkdtemp(tmpdir() + '/carillon-left-');
      spawn('sleep', ['600'], { stdio: 'ignore' });
    });`,
  'rejecting.test.ts': `
    before(() => {
      Promise.reject(new Error('nobody looks at this'));
    });`,
};

describe('a run of the tests', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'carillon-planted-'));
    for (const [name, lines] of Object.entries(FILES)) {
      await writeFile(path.join(folder, name), `${lines}\nit('passes', () => {});\n`);
    }
  });
  after(() => rm(folder, { recursive: true }));

  const check = async (files: readonly (keyof typeof FILES)[], url: string) => {
    const { MOCHA_WORKER_ID: _, ...env } = process.env;
    const args = ['scripts/check.ts', ...files.map((name) => path.join(folder, name))];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, CARILLON_TEST_DATABASE_URL: url, CARILLON_TEST_GRACE_MS: '100' },
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { out: out.trimEnd(), err: err.trimEnd(), code };
  };

  it('fails by what a file has left, and by an error that nothing waited for', async () => {
    const { url } = TestPostgresAddress.parse(await sharedServer('postgres'));
    const { out, code } = await check(['untidy.test.ts', 'rejecting.test.ts'], url);
    expect(out).to.match(/the tests of this file left behind: a database, carillon-left-\w+, ProcessWrap/);
    expect(out).to.match(/nothing waited for: Error: nobody looks at this/);
    expect(out).to.match(/^left behind: process \d+: sleep 600/m);
    expect(out).to.match(/\n2 passed, 3 failed, 0 skipped$/);
    expect(code).to.equal(1);
  });

  it('reports in one line that the given Postgres does not respond', async () => {
    const { out, err, code } = await check(['tidy.test.ts'], 'postgres://nobody@127.0.0.1:1/none');
    expect(err).to.match(/^the Postgres of CARILLON_TEST_DATABASE_URL does not answer: .*$/);
    expect(out).to.match(/^✘ mocha .*\n0 passed, 1 failed, 0 skipped$/);
    expect(code).to.equal(1);
  });
});
