import { expect } from 'chai';
import { limitPerTenant } from '../../../src/dns/resolver.ts';

describe('names shared out between tenants', () => {
  const silent = () => {
    const requested: string[] = [];
    const responses = new Map<string, (addresses: readonly string[]) => void>();
    const resolveFor = limitPerTenant((hostname) => {
      requested.push(hostname);
      return new Promise((resolve) => responses.set(hostname, resolve));
    }, 2);
    return { asked: requested, resolveFor, answer: (hostname: string) => responses.get(hostname)?.(['192.0.2.1']) };
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it('are resolved up to a maximum per tenant, and the others afterwards', async () => {
    const { asked: requested, resolveFor, answer: response } = silent();
    const all = ['a', 'b', 'c', 'd'].map((name) => resolveFor('acme')(name));
    await turn();
    expect(requested).to.deep.equal(['a', 'b']);
    response('b');
    expect(await all[1]).to.deep.equal(['192.0.2.1']);
    await turn();
    expect(requested).to.deep.equal(['a', 'b', 'c']);
  });

  it('hold up no other tenant', async () => {
    const { asked: requested, resolveFor } = silent();
    for (const name of ['a', 'b', 'c']) void resolveFor('acme')(name);
    void resolveFor('globex')('d');
    await turn();
    expect(requested).to.deep.equal(['a', 'b', 'd']);
  });

  it('release their capacity if they fail', async () => {
    let fails = true;
    const resolveFor = limitPerTenant(async () => {
      if (fails) throw new Error('away');
      return [];
    }, 1);
    const failed = await resolveFor('acme')('a').catch(String);
    fails = false;
    expect([failed, await resolveFor('acme')('b')]).to.deep.equal(['Error: away', []]);
  });

  it('are rejected if a tenant has a thousand of them waiting', async () => {
    const { resolveFor } = silent();
    for (let index = 0; index < 1_002; index += 1) void resolveFor('acme')(`n${index}`);
    await turn();
    const rejected: unknown = await resolveFor('acme')('more').catch((error: unknown) => error);
    expect(rejected).to.have.property('code', 'EAI_AGAIN');
  });
});
