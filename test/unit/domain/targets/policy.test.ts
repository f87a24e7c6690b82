import { expect } from 'chai';
import fc from 'fast-check';
import type { AllowedTargets, AllowedTargetsEvent } from '../../../../src/domain/events/index.ts';
import { checkTarget } from '../../../../src/domain/targets/judge-url.ts';
import {
  decideResetAllowedTargets,
  decideSetAllowedTargets,
  evolveAllowedTargets,
  parseTargetPolicy,
} from '../../../../src/domain/targets/policy.ts';
import type { TargetRejected } from '../../../../src/domain/targets/target-url.ts';
import { specOf } from '../../../support/given.ts';

const { given } = specOf<AllowedTargets | undefined, AllowedTargetsEvent>(undefined, (_, event) =>
  evolveAllowedTargets(event),
);
const at = '2026-03-02T10:00:00.000Z';
const nowMs = Date.parse(at);
const by = { tenant: 'ops', actor: { type: 'user', name: 'bob' } } as const;
const listOf = (...targets: readonly string[]) => ({
  ...{ tenant: 'ops', targets: [...targets] },
  updatedAt: at,
  updatedBy: 'bob',
});
const setTo = (...targets: readonly string[]) => ({ type: 'AllowedTargetsSet' as const, data: listOf(...targets) });
const set =
  (...targets: readonly string[]) =>
  (state: AllowedTargets | undefined) =>
    decideSetAllowedTargets({ ...by, targets }, state, nowMs);
const reset = (state: AllowedTargets | undefined) => decideResetAllowedTargets(by, state, nowMs);

describe('the allowed targets', () => {
  it('are recorded whole, in lower case and once each', () => {
    given()
      .when(set('CRM.internal', '10.0.0.0/8', 'crm.INTERNAL'))
      .thenOnce(setTo('crm.internal', '10.0.0.0/8'));
    given(setTo('10.0.0.0/8')).when(set()).thenOnce(setTo());
  });
  it('are rejected entry by entry', () => {
    given()
      .when(set('crm.internal', 'http://crm.internal', '10.0.0.0/40'))
      .thenRejected('BAD_INPUT', ['/targets/1', '/targets/2']);
  });
  it('are those of the setting again after a reset', () => {
    given(setTo('10.0.0.0/8'))
      .when(reset)
      .thenOnce({ type: 'AllowedTargetsReset', data: listOf('10.0.0.0/8') });
    given().when(reset).thenNothing();
  });
});

type Narrowed = Parameters<typeof parseTargetPolicy>[0];

const rejectionOf = async (
  url: string,
  settings: Narrowed,
  addresses: readonly string[] = ['93.184.216.34'],
): Promise<TargetRejected | undefined> => {
  const checked = await checkTarget(new URL(url), parseTargetPolicy(settings), async () => addresses);
  return checked.ok ? undefined : checked.rejection;
};

describe('targets: with TARGETS=listed', () => {
  for (const [allowedTargets, url, addresses, expected] of [
    ['', 'https://example.com/', ['93.184.216.34'], 'ALLOWED_TARGETS=example.com:443'],
    ['', 'https://example.com/', [], 'ALLOWED_TARGETS=example.com:443'],
    ['', 'http://8.8.8.8/', [], 'ALLOWED_TARGETS=8.8.8.8:80'],
    ['', 'http://[2606:4700::1]:81/', [], 'ALLOWED_TARGETS=[2606:4700::1]:81'],
    ['', 'http://10.0.0.1/', [], 'ALLOWED_TARGETS=10.0.0.1:80'],
    ['example.com', 'https://example.com/', ['93.184.216.34'], undefined],
    ['example.com', 'https://example.com/', [], undefined],
    ['example.com', 'https://www.example.com/', ['93.184.216.34'], 'ALLOWED_TARGETS=www.example.com:443'],
    ['example.com:443', 'http://example.com/', ['93.184.216.34'], 'ALLOWED_TARGETS=example.com:80'],
    ['.example.com', 'https://www.example.com/', ['93.184.216.34'], undefined],
    ['8.8.8.0/24', 'http://8.8.8.8/', [], undefined],
    ['8.8.8.0/24', 'http://8.8.9.8/', [], 'ALLOWED_TARGETS=8.8.9.8:80'],
    ['8.8.8.0/24', 'https://dns.example/', ['8.8.8.8'], undefined],
    ['8.8.8.0/24', 'https://dns.example/', ['8.8.8.8', '8.8.9.8'], 'ALLOWED_TARGETS=dns.example:443'],
    ['8.8.8.0/24', 'https://dns.example/', [], 'ALLOWED_TARGETS=dns.example:443'],
  ] as const) {
    const response = expected === undefined ? 'may be called' : `needs ${expected}`;
    it(`${url} at ${addresses.join(' and ') || 'no address'}, allowed ${allowedTargets || 'nothing'}: ${response}`, async () => {
      expect((await rejectionOf(url, { allowedTargets, listedOnly: true }, addresses))?.setting).to.equal(expected);
    });
  }

  it('states the rule, and that the setting forbids it', async () => {
    const rejection = await rejectionOf('https://example.com/', { listedOnly: true });
    expect(rejection?.message).to.equal(
      'example.com is not listed, and TARGETS=listed blocks everything else (rule not-listed); to allow it, an operator sets ALLOWED_TARGETS=example.com:443 (in addition to the entries there), or an administrator runs `carillon targets add example.com:443`',
    );
  });

  it('lets the own origin be called', async () => {
    const own = { listedOnly: true, ports: '443', publicUrl: 'http://jobs.example.com:3000' };
    expect(await rejectionOf('http://jobs.example.com:3000/x', own)).to.equal(undefined);
    expect((await rejectionOf('http://jobs.example.com:3001/x', own))?.rule).to.equal('port');
  });
});

describe('targets: with TARGET_PORTS', () => {
  for (const [ports, url, expected] of [
    ['80,443', 'http://example.com/', undefined],
    ['80,443', 'https://example.com/', undefined],
    ['443', 'http://example.com/', 'TARGET_PORTS=80'],
    ['80 8000-8999', 'http://example.com:8000/', undefined],
    ['80 8000-8999', 'http://8.8.8.8:8999/', undefined],
    ['80 8000-8999', 'http://8.8.8.8:9000/', 'TARGET_PORTS=9000'],
    ['80 8000-8999', 'http://example.com:7999/', 'TARGET_PORTS=7999'],
  ] as const) {
    it(`${ports}: ${url}: ${expected === undefined ? 'may be called' : `needs ${expected}`}`, async () => {
      expect((await rejectionOf(url, { ports }))?.setting).to.equal(expected);
    });
  }

  it('opens no port by an entry of ALLOWED_TARGETS', async () => {
    const rejection = await rejectionOf('http://10.0.0.1:22/', { ports: '80', allowedTargets: '10.0.0.1:22' });
    expect(rejection?.setting).to.equal('TARGET_PORTS=22');
  });

  for (const ports of ['0', '65536', '90-80', '80-', 'http', '1-99999', '80;443']) {
    it(`${ports} is rejected`, () => {
      expect(() => parseTargetPolicy({ ports })).to.throw(`"${ports}" is not a port`);
    });
  }
});

describe('targets: narrowed by both settings', () => {
  const url = fc
    .tuple(fc.constantFrom('http', 'https'), fc.constantFrom('a.example', '8.8.8.8', '10.0.0.1'), fc.nat(65_534))
    .map(([scheme, host, port]) => `${scheme}://${host}:${port + 1}/`);

  it('a target passes with the lines that its rejections print, and another one does not', async () => {
    const property = fc.asyncProperty(url, url, async (target, other) => {
      const settings = { listedOnly: true, ports: '1', allowedTargets: '' };
      for (let rejections = 0; rejections < 2; rejections += 1) {
        const line = (await rejectionOf(target, settings))?.setting ?? '';
        if (line.startsWith('TARGET_PORTS=')) settings.ports = line.slice('TARGET_PORTS='.length);
        if (line.startsWith('ALLOWED_TARGETS=')) settings.allowedTargets = line.slice('ALLOWED_TARGETS='.length);
      }
      expect(await rejectionOf(target, settings)).to.equal(undefined);
      const isSame = hostAndPort(target) === hostAndPort(other);
      expect((await rejectionOf(other, settings)) === undefined).to.equal(isSame);
    });
    await fc.assert(property);
  });
});

const hostAndPort = (text: string): string => {
  const { hostname, port, protocol } = new URL(text);
  return `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
};
