import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import pg from 'pg';
import { EmbeddedPostgresError, findBinaries, serverSettings } from '../../../../src/db/embedded/binaries.ts';
import { isRoot, launchServer, onFreePort, placeCluster } from '../../../../src/db/embedded/server-process.ts';
import { processState } from '../../../../src/db/embedded/take-over.ts';
import { type EmbeddedPostgres, openCluster, startEmbeddedPostgres } from '../../../../src/db/embedded-postgres.ts';
import { passableTempDir } from '../../../support/temp-dir.ts';
import { silentLog } from '../../../support/world.ts';

const PROGRAM = path.resolve('test/support/embedded-postgres-process.ts');

const query = async (url: string, text: string) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
};

const rejection = (starting: Promise<unknown>): Promise<EmbeddedPostgresError> =>
  starting.then(
    () => expect.fail('it started'),
    (error) => (error instanceof EmbeddedPostgresError ? error : Promise.reject(error)),
  );

const endInOrder = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.stdin?.end();
  await once(child, 'exit');
};

describe('embedded Postgres', () => {
  let dataDir: string;
  let running: EmbeddedPostgres[];
  let children: ChildProcess[];

  beforeEach(async () => {
    dataDir = await passableTempDir('carillon-embedded-');
    running = [];
    children = [];
  });

  afterEach(async () => {
    await Promise.all(children.map(endInOrder));
    await Promise.all(running.map((server) => server.stop()));
    await rm(dataDir, { recursive: true, force: true });
  });

  const start = async (port = 0): Promise<EmbeddedPostgres> => {
    const server = await startEmbeddedPostgres({ dataDir, port, log: silentLog, durability: 'none' });
    running.push(server);
    return server;
  };

  /** A process that holds an embedded Postgres on the same folder. */
  const startElsewhere = async () => {
    const child = spawn(process.execPath, [PROGRAM, dataDir], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const server: { pid: number; port: number } = JSON.parse(String(line));
    return { child, server };
  };

  it('keeps its data over an orderly stop', async () => {
    const first = await start();
    expect(first.how).to.equal('created');
    await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS seven');
    await first.stop();
    const second = await start();
    expect(second.how).to.equal('started');
    expect(await query(second.url, 'SELECT seven FROM kept')).to.deep.equal([{ seven: 7 }]);
  });

  it('listens on loopback only, without a socket file, and requests the password', async () => {
    const { url, home } = await start();
    const settings = "SELECT name, setting FROM pg_settings WHERE name ~ '^(listen_|unix_socket_d)' ORDER BY 1";
    expect(await query(url, settings)).to.deep.equal([
      { name: 'listen_addresses', setting: '127.0.0.1' },
      { name: 'unix_socket_directories', setting: '' },
    ]);
    const wrong = new URL(url);
    wrong.password = 'wrong';
    const rejected = await query(wrong.href, 'SELECT 1').catch((error: unknown) => error);
    expect(rejected).to.have.property('code', '28P01');
    expect((await stat(path.join(home, 'data', 'carillon.password'))).mode & 0o777).to.equal(0o600);
  });

  it('takes another port if the wanted one is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const server = await start(port);
    expect(server.port).not.to.equal(port);
    expect(await query(server.url, 'SELECT 1 AS one')).to.deep.equal([{ one: 1 }]);
    taken.close();
  });

  it('takes another port if one is taken after it was found free', async () => {
    const placement = await placeCluster(dataDir, await findBinaries());
    const { dir: clusterDir } = await openCluster(placement, 'none');
    const taker = createServer();
    const tried: number[] = [];
    const { port, server } = await onFreePort(0, async (port) => {
      if (tried.push(port) === 1) await once(taker.listen(port, '127.0.0.1'), 'listening');
      return launchServer({ placement, clusterDir, port, settings: serverSettings('none'), log: silentLog });
    });
    await server.stop();
    taker.close();
    expect(tried).to.have.length(2);
    expect(tried[1]).to.equal(port).and.not.equal(tried[0]);
  });

  it('rejects a folder that another process is running with, and leaves that one alone', async () => {
    const { child, server } = await startElsewhere();
    const { code, message } = await rejection(start());
    expect(code).to.equal('ALREADY_RUNNING');
    expect(message).to.include(String(child.pid));
    expect(await processState(server.pid)).to.include({ zombie: false });
  });

  it('takes over from a process that was killed', async () => {
    const { child, server: orphan } = await startElsewhere();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await processState(orphan.pid)).to.include({ zombie: false });
    const server = await start();
    expect(server.how).to.equal('recovered');
    expect((await processState(orphan.pid))?.zombie ?? true).to.equal(true);
    expect(await query(server.url, 'SELECT 1 AS one')).to.deep.equal([{ one: 1 }]);
  });

  it('stops with a process that ends without stopping it', async () => {
    const { child, server } = await startElsewhere();
    child.stdin.write('\n');
    await once(child, 'exit');
    for (let isUp = true; isUp; ) isUp = (await processState(server.pid))?.zombie === false;
    expect((await start()).how).to.equal('started');
  });

  it('starts although a stranger has the pid of its stale lock', async () => {
    const { home, stop } = await start();
    await stop();
    await writeFile(path.join(home, 'data', 'postmaster.pid'), `${process.pid}\n`);
    expect((await start()).how).to.equal('recovered');
  });

  it('reports it when the password is lost', async () => {
    const { home, stop } = await start();
    await stop();
    await rm(path.join(home, 'data', 'carillon.password'));
    expect(await rejection(start())).to.have.property('code', 'PASSWORD_LOST');
  });

  if (isRoot()) {
    it('keeps its data elsewhere, and links to it, if its user can not enter the folder', async () => {
      await chmod(dataDir, 0o700);
      const first = await start();
      expect(first.home).to.match(/^\/var\/lib\/carillon\//);
      expect(await realpath(path.join(dataDir, 'postgres'))).to.equal(first.home);
      await first.stop();
      const second = await start();
      expect(second).to.include({ how: 'started', home: first.home });
      await second.stop();
      await rm(path.dirname(first.home), { recursive: true });
    });
  }
});
