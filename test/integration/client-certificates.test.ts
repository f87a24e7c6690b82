import { expect } from 'chai';
import { createSensitiveNames } from '../../src/domain/redaction/mask.ts';
import { parseTargetPolicy } from '../../src/domain/targets/policy.ts';
import { createTargetCaller } from '../../src/engine/call/caller.ts';
import type { ClientTls, TargetCaller } from '../../src/engine/call/port.ts';
import { type Authority, makeAuthority, type Pair, startTlsTarget, type TlsTarget } from '../support/certificates.ts';
import { startEgressProxy } from '../support/egress-proxy.ts';
import { manualWorld } from '../support/world.ts';

describe('calls with a client certificate', () => {
  let authority: Authority;
  let strangers: Authority;
  let server: Pair;
  let client: Pair;
  let target: TlsTarget;
  let caller: TargetCaller;
  const addresses = new Map<string, readonly string[]>([['public.example', ['93.184.216.34']]]);

  const callerOf = (egressProxy?: string) =>
    createTargetCaller({
      names: createSensitiveNames(),
      policy: parseTargetPolicy({ allowedTargets: '127.0.0.0/8' }),
      resolveFor: () => async (name) => addresses.get(name) ?? [],
      world: manualWorld(),
      userAgent: 'Carillon/test',
      egressProxy,
    });
  const call = (url: string, tlsFor?: (origin: string) => ClientTls | undefined) =>
    caller.call(
      { url: new URL(url), method: 'GET', tenant: 'acme', timeoutMs: 5_000, tlsFor },
      new AbortController().signal,
    );
  const tlsOf = (id: string, pair: Pair | undefined, ca: string | undefined = authority.certificate): ClientTls => ({
    id,
    ...(ca === undefined ? {} : { ca }),
    ...(pair === undefined ? {} : { cert: pair.certificate, key: pair.key }),
  });
  const at =
    (origin: string, tls: ClientTls) =>
    (requested: string): ClientTls | undefined =>
      requested === origin ? tls : undefined;

  before(() => {
    authority = makeAuthority('Test CA');
    strangers = makeAuthority('Other CA');
    [server, client] = [authority.issue('public.example'), authority.issue('carillon')];
  });
  after(() => {
    authority.remove();
    strangers.remove();
  });
  beforeEach(async () => {
    target = await startTlsTarget(server, authority);
    caller = callerOf();
  });
  afterEach(async () => {
    await caller.close();
    await target.close();
  });

  it('present it, and trust the authority that is given', async () => {
    expect(await call(target.origin, at(target.origin, tlsOf('a', client)))).to.have.property('kind', 'succeeded');
    expect(target.clients).to.deep.equal(['carillon']);
  });

  it('do not without it, nor share the connection of a call that does', async () => {
    await call(target.origin, at(target.origin, tlsOf('a', client)));
    const other = authority.issue('another');
    await call(target.origin, at(target.origin, tlsOf('b', other)));
    expect(target.clients).to.deep.equal(['carillon', 'another']);
    const untrusting = await call(target.origin);
    expect(untrusting)
      .to.have.nested.property('error.code')
      .that.matches(/SELF_SIGNED|UNABLE_TO/);
    const bare = await call(target.origin, at(target.origin, tlsOf('c', undefined)));
    expect(bare.kind).to.equal('failed');
    const foreign = strangers.issue('carillon');
    expect((await call(target.origin, at(target.origin, tlsOf('d', foreign)))).kind).to.equal('failed');
    expect(target.clients).to.have.length(2);
  });

  it('trust no other authority if one is given', async () => {
    const outcome = await call(target.origin, at(target.origin, tlsOf('a', client, strangers.certificate)));
    expect(outcome)
      .to.have.nested.property('error.code')
      .that.matches(/SIGNED|UNABLE_TO/);
    expect(outcome).to.not.have.property('startedAtMs');
  });

  it('present it to no other origin, by a redirect neither', async () => {
    const first = await startTlsTarget(server, authority, `${target.origin}/`);
    const outcome = await call(first.origin, at(first.origin, tlsOf('a', client)));
    expect(outcome.kind).to.equal('failed');
    expect([first.clients, target.clients]).to.deep.equal([['carillon'], []]);
    const both = tlsOf('a', client);
    expect(await call(first.origin, () => both)).to.have.property('kind', 'succeeded');
    expect(target.clients).to.deep.equal(['carillon']);
    await first.close();
  });

  it('present it through the tunnel of an egress proxy', async () => {
    const proxy = await startEgressProxy();
    await caller.close();
    caller = callerOf(proxy.url);
    const origin = `https://public.example:${target.port}`;
    expect(await call(origin, at(origin, tlsOf('a', client)))).to.have.property('kind', 'succeeded');
    expect(target.clients).to.deep.equal(['carillon']);
    expect(proxy.asked.map(({ host }) => host)).to.deep.equal([`93.184.216.34:${target.port}`]);
    await caller.close();
    await proxy.close();
  });
});
