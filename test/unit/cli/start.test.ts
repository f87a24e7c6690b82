import { realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { greeting } from '../../../src/cli/start.ts';

const http = { port: 3000, portNamed: false };
const readiness = async () => ({ ready: true, roles: {}, degraded: [] });
const service = { url: 'http://127.0.0.1:3000', token: undefined, standbyReason: undefined, readiness };

describe('the greeting', () => {
  it('states how to remove the data of an embedded Postgres, also if it is elsewhere, and how to end it', async () => {
    const dataDir = await realpath(tmpdir());
    const removal = async (home: string) =>
      (await greeting({ http, dataDir }, { ...service, embedded: { home, pid: 4711 } })).split('\n').slice(3);
    expect(await removal(path.join(dataDir, 'postgres'))).to.deep.equal([
      'To remove all its data, stop the server and run:',
      `  rm -r '${dataDir}'`,
      '',
      'After kill -9, its Postgres keeps running until the next start. To stop it: kill -INT 4711',
      '',
      '',
    ]);
    expect(await removal("/var/lib/it's/postgres")).to.include(`  rm -r '${dataDir}' '/var/lib/it'\\''s'`);
  });

  it('states the address of the server, and whether it differs from the setting', async () => {
    const moved = { ...service, url: 'http://127.0.0.1:3001', embedded: undefined };
    expect(await greeting({ http, dataDir: '' }, moved)).to.equal(
      '\nCarillon is running at http://127.0.0.1:3001 (port 3000 is taken)\n\n',
    );
  });
});
