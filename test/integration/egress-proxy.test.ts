import { expect } from 'chai';
import { createSensitiveNames } from '../../src/domain/redaction/mask.ts';
import { parseTargetPolicy } from '../../src/domain/targets/policy.ts';
import { createTargetCaller } from '../../src/engine/call/caller.ts';
import type { TargetCaller } from '../../src/engine/call/port.ts';
import { type EgressProxy, startEgressProxy } from '../support/egress-proxy.ts';
import { startTarget, type Target } from '../support/target.ts';
import { manualWorld } from '../support/world.ts';

const PUBLIC = '93.184.216.34';

describe('calls through an egress proxy', () => {
  let target: Target;
  let proxy: EgressProxy;
  let caller: TargetCaller;
  const addresses = new Map([
    ['public.example', [PUBLIC]],
    ['both.example', ['10.0.0.1', PUBLIC]],
    ['inside.example', ['127.0.0.1']],
  ]);

  beforeEach(async () => {
    target = await startTarget();
    proxy = await startEgressProxy();
    caller = createTargetCaller({
      names: createSensitiveNames(),
      policy: parseTargetPolicy({ allowedTargets: 'inside.example' }),
      resolveFor: () => async (name) => addresses.get(name) ?? [],
      world: manualWorld(),
      userAgent: 'Carillon/test',
      egressProxy: proxy.url,
    });
  });
  afterEach(async () => {
    await caller.close();
    await proxy.close();
    await target.close();
  });

  const call = (origin: string, path = '/echo') =>
    caller.call(
      { url: new URL(`${origin}:${target.port}${path}`), method: 'GET', tenant: 'acme', timeoutMs: 5_000 },
      new AbortController().signal,
    );

  it('use the checked address, and keep the connection', async () => {
    expect(await call('http://public.example')).to.have.property('kind', 'succeeded');
    // The connection is free again once the answer's end was handled.
    await new Promise((resolve) => setImmediate(resolve));
    expect(await call('http://public.example')).to.have.property('kind', 'succeeded');
    const credentials = `Basic ${Buffer.from('carillon:p@ss').toString('base64')}`;
    expect(proxy.asked.map(({ firstBytes: _, ...entry }) => entry)).to.deep.equal([
      { host: `${PUBLIC}:${target.port}`, credentials },
    ]);
    expect(target.received.map(({ headers }) => [headers.host, headers['proxy-authorization']])).to.deep.equal(
      Array.from({ length: 2 }, () => [`public.example:${target.port}`, undefined]),
    );
  });

  it('speak TLS with the target itself, by its name', async () => {
    // The target of this test speaks no TLS.
    expect(await call('https://public.example')).to.have.property('kind', 'failed');
    const { firstBytes = Buffer.alloc(0) } = proxy.asked[0] ?? {};
    expect(firstBytes[0]).to.equal(0x16);
    expect(firstBytes.toString('latin1')).to.include('public.example');
  });

  it('go there directly if the address is internal', async () => {
    expect(await call('http://inside.example')).to.have.property('kind', 'succeeded');
    expect(proxy.asked).to.deep.equal([]);
  });

  it('never request blocked targets, even after a redirect', async () => {
    expect(await call('http://both.example')).to.have.nested.property('error.code', 'TARGET_BLOCKED');
    expect(proxy.asked).to.deep.equal([]);
    const outcome = await call('http://public.example', '/redirect?to=http%3A%2F%2F10.0.0.1%2F');
    expect(outcome).to.have.nested.property('error.code', 'TARGET_BLOCKED');
    expect(proxy.asked).to.have.length(1);
  });

  it('fail, unsent, if it rejects', async () => {
    proxy.answer(403);
    const outcome = await call('http://public.example');
    expect(outcome).to.have.property('error').that.deep.equals({
      code: 'EGRESS_PROXY_FAILED',
      message: 'the egress proxy responded with status 403 to the request for a connection to the target',
    });
    expect(outcome).not.to.have.property('startedAtMs');
  });

  it('fail, unsent, if it is not there', async () => {
    await proxy.close();
    const outcome = await call('http://public.example');
    expect(outcome)
      .to.have.property('error')
      .that.deep.equals({ code: 'EGRESS_PROXY_FAILED', message: 'the egress proxy could not be reached' });
    expect(outcome).not.to.have.property('startedAtMs');
  });
});
