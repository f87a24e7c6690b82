import { expect } from 'chai';
import { candidatesFor, parseHosts, parseResolvConf } from '../../../src/dns/resolver.ts';

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
