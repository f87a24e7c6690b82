import { execFile } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { serviceSettings } from '../../src/testing/start-carillon.ts';
import { passableTempDir } from '../support/temp-dir.ts';

const run = promisify(execFile);
const MAIN = new URL('../../src/main.ts', import.meta.url);

describe('main', () => {
  it('uses no flag that its Node does not know', async () => {
    const { stdout, stderr } = await run(process.execPath, [MAIN.pathname, '--version']);
    expect(stdout).to.match(/^\S+ \d+\.\d+\.\d+|^\d+\.\d+\.\d+/);
    expect(stderr).to.equal('');
  });

  for (const wrong of [
    { ALLOWED_TARGETS: '0.0.0.0/0x' },
    { TARGET_PORTS: '99999' },
    { ...serviceSettings, EVENTSTORE_URL: 'esdb://node:2113?tls=perhaps' },
  ]) {
    const [name = '', value = ''] = Object.entries(wrong).at(-1) ?? [];
    it(`starts no Postgres when ${name} is ${value}`, async () => {
      const dataDir = await passableTempDir('carillon-main-');
      try {
        const env = { PATH: process.env.PATH, CARILLON_DATA: dataDir, PORT: '0', ENGINES: '1', ...wrong };
        const failed = run(process.execPath, [MAIN.pathname, 'start'], { env }).then(
          () => expect.fail('it starts'),
          ({ stdout, stderr }) => `${stdout}${stderr}`,
        );
        expect(await failed).to.match(name === 'EVENTSTORE_URL' ? /EventStoreDB/ : new RegExp(name));
        expect(await readdir(dataDir)).to.not.include('postgres');
      } finally {
        await rm(dataDir, { recursive: true });
      }
    });
  }
});
