import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);
const MAIN = new URL('../../src/main.ts', import.meta.url);

describe('main', () => {
  it('uses no flag that its Node does not know', async () => {
    const { stdout, stderr } = await run(process.execPath, [MAIN.pathname, '--version']);
    expect(stdout).to.match(/^\S+ \d+\.\d+\.\d+|^\d+\.\d+\.\d+/);
    expect(stderr).to.equal('');
  });
});
