import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';

/** The upper bits of an id will name the log that it comes from. */
const FIRST_ID = 2 ** 45;

/** Some have given out ids before a test can say where they begin, or ask for job 1; the page takes as long as all others. */
const LEFT_OUT = new Set([
  ...['bootstrap.test.ts', 'seed.test.ts', 'other-key-ring.test.ts', 'metrics.test.ts', 'ui.test.ts'],
]);

describe('ids that begin at 2^45', () => {
  it('are ids as any others are to the API, the command line and the client', async () => {
    const folder = path.resolve('test/e2e');
    const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts') && !LEFT_OUT.has(name));
    const suite = spawn(
      process.execPath,
      [path.resolve('node_modules/mocha/bin/mocha.js'), ...files.map((name) => path.join(folder, name))],
      {
        env: { ...process.env, CARILLON_TEST_FIRST_ID: String(FIRST_ID) },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const [out, err, [code]] = await Promise.all([text(suite.stdout), text(suite.stderr), once(suite, 'exit')]);
    expect(code, `${out.slice(-20_000)}\n${err}`).to.equal(0);
    expect(out).to.match(/\d{3,} passing/);
  }).timeout(900_000);
});
