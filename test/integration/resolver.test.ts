import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { createResolver, type NameResolver } from '../../src/dns/resolver.ts';
import { type NameRecord, type NameServer, startNameServer } from '../support/name-server.ts';
import { passableTempDir } from '../support/temp-dir.ts';
import { type ManualWorld, manualWorld } from '../support/world.ts';

const RECORDS: ReadonlyMap<string, NameRecord> = new Map<string, NameRecord>([
  ['both.example', { a: ['192.0.2.1', '192.0.2.2'], aaaa: ['20010db8000000000000000000000001'] }],
  ['db.a.example', { a: ['192.0.2.7'] }],
  ['empty.example', {}],
  ['silent.example', 'silent'],
  ['broken.example', 'broken'],
]);

describe('the resolver', () => {
  let server: NameServer;
  let resolver: NameResolver;
  let world: ManualWorld;
  let folder: string;

  before(async () => {
    server = await startNameServer(RECORDS);
    folder = await passableTempDir('carillon-names-');
  });
  after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    world = manualWorld();
    await writeFile(path.join(folder, 'hosts'), '10.0.0.7 db.corp both.hosts\n::7 both.hosts\n');
    await writeFile(path.join(folder, 'resolv.conf'), 'search a.example\n');
    resolver = createResolver({
      clock: world.clock,
      timeoutMs: 1_000,
      hostsFile: path.join(folder, 'hosts'),
      resolvConf: path.join(folder, 'resolv.conf'),
      servers: [server.address],
    });
  });
  afterEach(() => resolver.close());
  const codeOf = (name: string) => resolver.resolve(name).then(String, (error: unknown) => Object(error).code);

  it('finds the addresses of both families', async () => {
    expect(await resolver.resolve('Both.Example')).to.have.members(['192.0.2.1', '192.0.2.2', '2001:db8::1']);
  });

  it('uses the hosts file first, and reads it again after a change', async () => {
    expect(await resolver.resolve('both.hosts')).to.deep.equal(['10.0.0.7', '::7']);
    expect(await resolver.resolve('DB.corp.')).to.deep.equal(['10.0.0.7']);
    await writeFile(path.join(folder, 'hosts'), '10.0.0.99 db.corp\n');
    await world.advance(5_000);
    expect(await resolver.resolve('db.corp')).to.deep.equal(['10.0.0.99']);
  });

  it('searches short names, and requests no localhost', async () => {
    expect(await resolver.resolve('db')).to.deep.equal(['192.0.2.7']);
    const before = server.asked.length;
    expect(await resolver.resolve('localhost')).to.deep.equal(['127.0.0.1', '::1']);
    expect(await resolver.resolve('app.localhost')).to.deep.equal(['127.0.0.1', '::1']);
    expect(server.asked).to.have.length(before);
  });

  it('distinguishes a missing name from one that no one reports', async () => {
    expect(await resolver.resolve('none.example')).to.deep.equal([]);
    expect(await resolver.resolve('empty.example')).to.deep.equal([]);
    expect(await resolver.resolve('not a name')).to.deep.equal([]);
    expect(await codeOf('broken.example')).to.equal('EAI_AGAIN');
  });

  it('abandons a silent server, and resolves other names in the meantime', async () => {
    const silent = Array.from({ length: 60 }, () => codeOf('silent.example'));
    expect(await resolver.resolve('both.example')).to.have.length(3);
    expect(new Set(await Promise.all(silent))).to.deep.equal(new Set(['EAI_AGAIN']));
  });

  it('abandons its queries when it is closed', async () => {
    const requested = codeOf('silent.example');
    await resolver.resolve('both.example');
    resolver.close();
    expect(await requested).to.equal('EAI_AGAIN');
  });
});
