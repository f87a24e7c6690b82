import { expect } from 'chai';
import fc from 'fast-check';
import { checkTarget, judgeAddress } from '../../../../src/domain/targets/judge-url.ts';
import { parseTargetPolicy } from '../../../../src/domain/targets/policy.ts';

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
