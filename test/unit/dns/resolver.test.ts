import { expect } from 'chai';
import { candidatesFor, limitPerTenant, parseHosts, parseResolvConf } from '../../../src/dns/resolver.ts';

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

describe('the hosts file', () => {
  it('contains every address of a name, of both families, and ignores invalid lines', () => {
    const hosts = parseHosts(
      '127.0.0.1 localhost\n::1\tlocalhost Ip6-Loopback # a note\r\n#10.0.0.1 off\n10.0.0.7   db.corp DB\nno address\n',
    );
    expect(hosts.get('localhost')).to.deep.equal(['127.0.0.1', '::1']);
    expect(hosts.get('ip6-loopback')).to.deep.equal(['::1']);
    expect([...hosts.keys()]).to.have.members(['localhost', 'ip6-loopback', 'db.corp', 'db']);
  });
});

describe('resolv.conf', () => {
  it('sets the search list and ndots by the last line of each', () => {
    const conf =
      'nameserver 10.0.0.2\ndomain old.example\nsearch a.example .b.example. # here\noptions timeout:1 ndots:2 ndots:99\n';
    expect(parseResolvConf(conf)).to.deep.equal({ search: ['a.example', 'b.example'], ndots: 15 });
    expect(parseResolvConf('search a\ndomain b c\n; options ndots:5')).to.deep.equal({ search: ['b'], ndots: 1 });
    expect(parseResolvConf('')).to.deep.equal({ search: [], ndots: 1 });
  });

  it('states in which order the full names of a short one are tried', () => {
    const rules = { search: ['a.example', 'b.example'], ndots: 2 };
    expect(candidatesFor('db', rules)).to.deep.equal(['db.a.example', 'db.b.example', 'db']);
    expect(candidatesFor('db.corp', rules)).to.deep.equal(['db.corp.a.example', 'db.corp.b.example', 'db.corp']);
    expect(candidatesFor('db.corp.x', rules)).to.deep.equal([
      'db.corp.x',
      'db.corp.x.a.example',
      'db.corp.x.b.example',
    ]);
    expect(candidatesFor('db.corp.', rules)).to.deep.equal(['db.corp']);
    expect(candidatesFor('db', { search: [], ndots: 1 })).to.deep.equal(['db']);
  });
});
