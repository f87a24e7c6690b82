import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';

/** The upper bits of an id will name the log that it comes from. */
const FIRST_ID = 2 ** 45;

/** What gives out ids of each kind, and names them in paths, lists and bodies. */
const SUITES = ['addresses', 'backfill', 'bulk', 'client', 'jobs', 'run-control'];

describe('ids that begin at 2^45', () => {
  it('are ids as any others are to the API and its client', async () => {
    const files = SUITES.map((name) => path.resolve(`test/e2e/${name}.test.ts`));
    const suite = spawn(process.execPath, [path.resolve('node_modules/mocha/bin/mocha.js'), ...files], {
      // With servers of its own, as it is no worker.
      env: { ...process.env, MOCHA_WORKER_ID: undefined, CARILLON_TEST_FIRST_ID: String(FIRST_ID) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err, [code]] = await Promise.all([text(suite.stdout), text(suite.stderr), once(suite, 'exit')]);
    expect(code, `${out.slice(-20_000)}\n${err}`).to.equal(0);
    expect(out).to.match(/\d{2,} passing/);
  }).timeout(900_000);
});
