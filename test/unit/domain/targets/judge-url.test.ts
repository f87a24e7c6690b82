import { expect } from 'chai';
import fc from 'fast-check';
import { checkTarget, judgeAddress, judgeUrl } from '../../../../src/domain/targets/judge-url.ts';
import { parseTargetPolicy, type TargetPolicy } from '../../../../src/domain/targets/policy.ts';

const check = async (url: string, addresses: readonly string[], allowedTargets = '') => {
  const outcome = await checkTarget(new URL(url), parseTargetPolicy({ allowedTargets }), async () => addresses);
  return outcome.ok ? (outcome.warning ?? 'passes') : outcome.rejection.rule;
};

describe('targets: checking what a name resolves to', () => {
  for (const [url, addresses, allowedTargets, expected] of [
    ['https://example.com/', ['93.184.216.34', '2606:2800::1'], '', 'passes'],
    ['https://example.com/', ['93.184.216.34', '10.0.0.1'], '', 'private-address'],
    ['https://example.com/', ['93.184.216.34', '::1'], '', 'loopback'],
    ['https://example.com/', ['fe80::1%eth0'], '', 'link-local'],
    ['https://example.com/', ['169.254.169.254'], '', 'cloud-metadata'],
    ['https://example.com/', ['nonsense'], '', 'invalid-address'],
    ['https://example.com/', ['10.0.0.1'], '10.0.0.0/8', 'passes'],
    ['https://example.com/', ['10.0.0.1'], '10.0.0.1:80', 'private-address'],
    ['https://example.com/', ['10.0.0.1'], 'example.com', 'passes'],
    ['https://example.com/', ['169.254.169.254'], 'example.com', 'cloud-metadata'],
    ['https://example.com/', ['169.254.169.254'], 'example.com,169.254.169.254:443', 'passes'],
    ['http://localhost:8080/', ['127.0.0.1', '::1'], '127.0.0.0/8,::1', 'passes'],
    ['http://localhost:8080/', ['127.0.0.1', '::1'], '127.0.0.0/8', 'loopback'],
    ['http://intranet-name/', ['8.8.8.8'], '127.0.0.0/8', 'internal-name'],
    ['http://intranet-name/', [], '127.0.0.0/8', 'internal-name'],
    ['http://intranet-name/', [], '', 'internal-name'],
  ] as const) {
    it(`${url} at ${addresses.join(' and ')}, allowed ${allowedTargets || 'nothing'}: ${expected}`, async () => {
      expect(await check(url, addresses, allowedTargets)).to.equal(expected);
    });
  }

  it('accepts a name that does not resolve, with a warning', async () => {
    expect(await check('https://nowhere.example/', [])).to.contain('nowhere.example');
    const failing = await checkTarget(new URL('https://nowhere.example/'), parseTargetPolicy({}), () =>
      Promise.reject(new Error('ENOTFOUND')),
    );
    expect(failing).to.deep.include({ ok: true, addresses: [] }).and.to.have.property('warning');
  });

  it('does not report an internal address', async () => {
    const outcome = await checkTarget(new URL('https://example.com/'), parseTargetPolicy({}), async () => ['10.9.8.7']);
    expect(!outcome.ok && outcome.rejection.message)
      .to.contain('10.0.0.0/8')
      .and.not.to.contain('10.9.8.7');
  });

  it('requests no addresses if they decide nothing', async () => {
    const policy = parseTargetPolicy({ publicUrl: 'http://localhost:3000' });
    const never = () => Promise.reject(new Error('asked'));
    expect(await checkTarget(new URL('http://localhost:3000/x'), policy, never)).to.deep.equal({
      ok: true,
      addresses: [],
    });
    expect(await checkTarget(new URL('http://8.8.8.8/'), policy, never)).to.deep.equal({
      ok: true,
      addresses: ['8.8.8.8'],
    });
  });
});

describe('targets: judging an IPv6 address', () => {
  const policy = parseTargetPolicy({});
  const groups = (value: bigint): string =>
    Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16)).join(':');

  it('rejects all but global unicast, and the special ranges in it', () => {
    const special: readonly (readonly [bigint, bigint])[] = [
      [0x20010000n << 96n, 23n],
      [0x20010db8n << 96n, 32n],
      [0x20020000n << 96n, 16n],
      [0x2620004f8000n << 80n, 48n],
      [0x3fff0000n << 96n, 20n],
    ];
    const inside = ([base, bits]: readonly [bigint, bigint], value: bigint): boolean =>
      value >> (128n - bits) === base >> (128n - bits);
    const nearEdges = fc
      .tuple(fc.constantFrom(...special), fc.bigInt({ min: 0n, max: (1n << 105n) - 1n }), fc.boolean())
      .map(([[base], low, above]) => (above ? base + low : base - (low >> 64n) - 1n));
    fc.assert(
      fc.property(fc.oneof(nearEdges, fc.bigInt({ min: 0n, max: (1n << 128n) - 1n })), (value) => {
        const isPublic = value >> 125n === 1n && !special.some((range) => inside(range, value));
        expect(judgeAddress(groups(value), policy, 443) === undefined, groups(value)).to.equal(isPublic);
      }),
      { numRuns: 250 },
    );
  });

  for (const [address, rule] of [
    ['64:ff9b::808:808', 'nat64'],
    ['64:ff9b:1::1', 'nat64'],
    ['100::1', 'discard'],
    ['2001::1', 'teredo'],
    ['2001:2::1', 'benchmarking'],
    ['2001:20::1', 'orchid'],
    ['2001:db8::1', 'documentation'],
    ['3fff::1', 'documentation'],
    ['2002::1', '6to4'],
    ['5f00::1', 'segment-routing'],
    ['fec0::1', 'site-local'],
    ['ff02::1', 'multicast'],
    ['::ffff:0:7f00:1', 'ipv4-translated'],
    ['4000::1', 'reserved-address'],
  ] as const) {
    it(`${address}: ${rule}`, () => {
      expect(judgeAddress(address, policy, 443)).to.have.property('rule', rule);
    });
  }
});

const nothingAllowed = parseTargetPolicy({});
const verdict = (url: string, policy: TargetPolicy = nothingAllowed): string => {
  const judgement = judgeUrl(new URL(url), policy);
  return judgement.verdict === 'rejected' ? judgement.rejection.rule : judgement.verdict;
};
const setting = (url: string): string | undefined => {
  const judgement = judgeUrl(new URL(url), nothingAllowed);
  return judgement.verdict === 'rejected' ? judgement.rejection.setting : 'not rejected';
};

describe('targets: judging a URL', () => {
  for (const [url, expected] of [
    ['https://example.com/', 'name'],
    ['http://8.8.8.8/', 'address'],
    ['http://[2606:4700::1]/', 'address'],
    ['http://127.0.0.1/', 'loopback'],
    ['http://127.1/', 'loopback'],
    ['http://2130706433/', 'loopback'],
    ['http://0x7f.0.0.1/', 'loopback'],
    ['http://0177.0.0.1/', 'loopback'],
    ['http://127.0.0.1./', 'loopback'],
    ['http://%31%32%37.0.0.1/', 'loopback'],
    ['http://①②⑦.0.0.1/', 'loopback'],
    ['http://127。0。0。1/', 'loopback'],
    ['http://0/', 'this-network'],
    ['http://10.1.2.3/', 'private-address'],
    ['http://172.16.0.1/', 'private-address'],
    ['http://172.32.0.1/', 'address'],
    ['http://192.168.1.1:8080/', 'private-address'],
    ['http://100.64.0.1/', 'carrier-grade-nat'],
    ['http://169.254.1.1/', 'link-local'],
    ['http://169.254.169.254/latest/meta-data', 'cloud-metadata'],
    ['http://0xa9fea9fe/', 'cloud-metadata'],
    ['http://100.100.100.200/', 'cloud-metadata'],
    ['http://168.63.129.16/', 'cloud-metadata'],
    ['http://[fd00:ec2::254]/', 'cloud-metadata'],
    ['http://[::ffff:169.254.169.254]/', 'cloud-metadata'],
    ['http://[64:ff9b::a9fe:a9fe]/', 'cloud-metadata'],
    ['http://[2002:a9fe:a9fe::1]/', 'cloud-metadata'],
    ['http://[::1]/', 'loopback'],
    ['http://[::]/', 'unspecified'],
    ['http://[::ffff:127.0.0.1]/', 'ipv4-mapped'],
    ['http://[::ffff:8.8.8.8]/', 'ipv4-mapped'],
    ['http://[::127.0.0.1]/', 'ipv4-compatible'],
    ['http://[fe80::1]/', 'link-local'],
    ['http://[fd12::1]/', 'unique-local'],
    ['http://localhost/', 'internal-name'],
    ['http://LOCALHOST./', 'internal-name'],
    ['http://a.localhost/', 'internal-name'],
    ['http://integration-service:4005/', 'internal-name'],
    ['http://printer.local/', 'internal-name'],
    ['http://db.internal/', 'internal-name'],
    ['http://x.svc.cluster.local/', 'internal-name'],
    ['http://router.home.arpa/', 'internal-name'],
    ['http://metadata.google.internal/', 'cloud-metadata'],
    ['http://Metadata.Google.Internal./', 'cloud-metadata'],
    ['http://user@example.com/', 'userinfo'],
    ['ftp://example.com/', 'not-http'],
    ['file:///etc/passwd', 'not-http'],
  ] as const) {
    it(`${url}: ${expected}`, () => {
      expect(verdict(url)).to.equal(expected);
    });
  }

  for (const [allowedTargets, url, expected] of [
    ['integration-service', 'http://integration-service:4005/', 'listed'],
    ['integration-service:4005', 'http://integration-service:4005/', 'listed'],
    ['integration-service:4005', 'http://integration-service:4006/', 'internal-name'],
    ['Integration-Service:80', 'http://integration-service./', 'listed'],
    ['*.corp', 'https://a.b.corp/', 'listed'],
    ['.corp.example:8443', 'https://a.corp.example:8443/', 'listed'],
    ['.corp.example:8443', 'https://a.corp.example/', 'name'],
    ['*.internal', 'http://internal/', 'internal-name'],
    ['bücher.local', 'http://xn--bcher-kva.local/', 'listed'],
    ['127.0.0.1', 'http://127.0.0.1:3000/', 'address'],
    ['127.0.0.1:3000', 'http://127.0.0.1:3001/', 'loopback'],
    ['127.1', 'http://127.0.0.1/', 'address'],
    ['10.0.0.0/8 fd00::/8', 'http://10.1.2.3/', 'address'],
    ['10.0.0.0/8,fd00::/8', 'http://[fd00::7]/', 'address'],
    ['[::1]:80', 'http://[::1]/', 'address'],
    ['::1', 'http://[::1]:99/', 'address'],
    ['127.0.0.0/8', 'http://localhost/', 'name'],
    ['0.0.0.0/0,169.254.0.0/16', 'http://169.254.169.254/', 'cloud-metadata'],
    ['169.254.169.254', 'http://169.254.169.254/', 'address'],
    ['*.google.internal', 'http://metadata.google.internal/', 'cloud-metadata'],
    ['metadata.google.internal', 'http://metadata.google.internal/', 'listed'],
  ] as const) {
    it(`ALLOWED_TARGETS=${allowedTargets}: ${url}: ${expected}`, () => {
      expect(verdict(url, parseTargetPolicy({ allowedTargets }))).to.equal(expected);
    });
  }

  it('allows the own origin, and nothing else of its host', () => {
    const policy = parseTargetPolicy({ publicUrl: 'http://localhost:3000/gateway' });
    expect(verdict('http://localhost:3000/_/scheduler/echo', policy)).to.equal('own');
    expect(verdict('http://localhost:3001/', policy)).to.equal('internal-name');
    expect(verdict('https://localhost:3000/', policy)).to.equal('internal-name');
    expect(verdict('http://user@localhost:3000/', policy)).to.equal('userinfo');
  });

  it('keeps internal services behind the gateway, unless the very host is allowed', () => {
    const internalHosts = 'auth.example.com, *.svc.example.com';
    const policy = parseTargetPolicy({ internalHosts, allowedTargets: '*.example.com,b.svc.example.com' });
    expect(verdict('https://auth.example.com/', policy)).to.equal('internal-host');
    expect(verdict('https://a.svc.example.com/', policy)).to.equal('internal-host');
    expect(verdict('https://b.svc.example.com/', policy)).to.equal('listed');
    expect(verdict('https://www.example.com/', policy)).to.equal('listed');
  });

  it('prints a line that lets the very target pass', () => {
    const urls = [
      'http://integration-service:4005/x',
      'https://localhost/',
      'http://10.0.0.1/',
      'http://[fd00::1]:8/',
      'http://[::ffff:10.0.0.1]/',
      'http://db.local./',
    ];
    for (const url of urls) {
      const allowedTargets = setting(url)?.replace('ALLOWED_TARGETS=', '') ?? '';
      expect(verdict(url, parseTargetPolicy({ allowedTargets })), `${url} ${allowedTargets}`).to.be.oneOf([
        'listed',
        'address',
      ]);
    }
    expect(setting('http://integration-service:4005/x')).to.equal('ALLOWED_TARGETS=integration-service:4005');
    expect(setting('file:///etc/passwd')).to.equal(undefined);
  });

  it('prints no line that opens a metadata service', () => {
    for (const url of ['http://169.254.169.254/', 'http://[::ffff:a9fe:a9fe]/', 'http://metadata.google.internal/']) {
      expect(setting(url), url).to.equal(undefined);
    }
    const judgement = judgeUrl(new URL('http://169.254.169.254/'), parseTargetPolicy({}));
    expect(judgement)
      .to.have.nested.property('rejection.message')
      .which.does.not.match(/ALLOWED_TARGETS|no setting/);
  });

  it('states in the message the rule and the line', () => {
    const judgement = judgeUrl(new URL('http://10.0.0.1:8080/'), nothingAllowed);
    expect(judgement.verdict === 'rejected' && judgement.rejection.message).to.equal(
      '10.0.0.1 is in 10.0.0.0/8 (rule private-address); to allow it, an operator sets ALLOWED_TARGETS=10.0.0.1:8080 (in addition to the entries there), or an administrator runs `carillon targets add 10.0.0.1:8080`',
    );
  });

  for (const [allowedTargets, why] of [
    ['http://x', 'is a URL'],
    ['10.0.0.0/33', 'is not a CIDR'],
    ['a/b', 'is not a CIDR'],
    ['host:99999', 'has no valid port'],
    ['host:0', 'has no valid port'],
    ['host:abc', 'is not a host'],
    ['*', 'is not a host'],
    ['a*b', 'is not a host'],
    ['[::1', 'is not a host'],
    ['[1.2.3.4]', 'is not a host'],
    ['user@host', 'is not a host'],
  ] as const) {
    it(`ALLOWED_TARGETS=${allowedTargets} is rejected: ${why}`, () => {
      expect(() => parseTargetPolicy({ allowedTargets })).to.throw(`"${allowedTargets}" ${why}`);
    });
  }

  it('rejects a PUBLIC_URL that is none', () => {
    expect(() => parseTargetPolicy({ publicUrl: 'example.com' })).to.throw('PUBLIC_URL');
  });

  it('checks IPv4 hosts as the registry states, however they are written', () => {
    const special: readonly (readonly [number, number])[] = [
      [0x00000000, 0x00ffffff],
      [0x0a000000, 0x0affffff],
      [0x64400000, 0x647fffff],
      [0x7f000000, 0x7fffffff],
      [0xa9fe0000, 0xa9feffff],
      [0xac100000, 0xac1fffff],
      [0xc0000000, 0xc00000ff],
      [0xc0000200, 0xc00002ff],
      [0xc01fc400, 0xc01fc4ff],
      [0xc034c100, 0xc034c1ff],
      [0xc0586300, 0xc05863ff],
      [0xc0a80000, 0xc0a8ffff],
      [0xc0af3000, 0xc0af30ff],
      [0xc6120000, 0xc613ffff],
      [0xc6336400, 0xc63364ff],
      [0xcb007100, 0xcb0071ff],
      [0xe0000000, 0xffffffff],
      [0xa83f8110, 0xa83f8110],
    ];
    const nearEdges = fc
      .tuple(fc.constantFrom(...special.flat()), fc.integer({ min: -2, max: 2 }))
      .map(([edge, by]) => Math.min(0xffffffff, Math.max(0, edge + by)));
    fc.assert(
      fc.property(
        fc.oneof(nearEdges, fc.integer({ min: 0, max: 0xffffffff })),
        fc.constantFrom(10, 16, 8),
        (address, base) => {
          const written = base === 10 ? String(address) : (base === 16 ? '0x' : '0') + address.toString(base);
          const isSpecial = special.some(([first, last]) => address >= first && address <= last);
          expect(verdict(`http://${written}/`) !== 'address', written).to.equal(isSpecial);
        },
      ),
      { numRuns: 500 },
    );
  });
});
