import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { serviceSettings } from '../../support/service.ts';

describe('a process that is told to stop while it starts', () => {
  let dataDir: string;
  let silent: Server;

  before(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'carillon-e2e-'));
    silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(silent, 'listening');
  });
  after(async () => {
    silent.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('stops, although Postgres never responds', async () => {
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const connected = once(silent, 'connection');
    const child = spawn(process.execPath, [path.resolve('src/main.ts'), 'start'], {
      env: {
        PATH: process.env.PATH ?? '',
        PORT: '0',
        ENGINES: '1',
        CARILLON_DATA: dataDir,
        ...serviceSettings,
        DATABASE_URL: `postgres://nobody@127.0.0.1:${port}/none`,
      },
      stdio: 'ignore',
    });
    const exited = once(child, 'exit');
    await connected;
    child.kill('SIGTERM');
    expect(await exited).to.deep.equal([0, null]);
  });
});
