import { realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { greeting } from '../../../src/cli/start.ts';
import type { Service } from '../../../src/compose.ts';
import type { Config } from '../../../src/config.ts';
import { stub } from '../../support/stub.ts';

const http = stub<Config['http']>({ port: 3000, portNamed: false });
const configOf = (dataDir: string): Config => stub<Config>({ http, dataDir });
const serviceAt = (url: string, embedded?: Service['embedded']): Service =>
  stub<Service>({ url, token: undefined, standbyReason: undefined, embedded });

describe('the greeting', () => {
  it('states how to remove the data of an embedded Postgres, also if it is elsewhere, and how to end it', async () => {
    const dataDir = await realpath(tmpdir());
    const embeddedIn = (home: string) => stub<NonNullable<Service['embedded']>>({ home, pid: 4711 });
    const removal = async (home: string) =>
      (await greeting(configOf(dataDir), serviceAt('http://127.0.0.1:3000', embeddedIn(home)))).split('\n').slice(3);
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
    expect(await greeting(configOf(''), serviceAt('http://127.0.0.1:3001'))).to.equal(
      '\nCarillon is running at http://127.0.0.1:3001 (port 3000 is taken)\n\n',
    );
  });
});
