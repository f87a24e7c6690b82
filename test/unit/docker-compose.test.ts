import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROLES } from '../../src/compose.ts';
import { Settings } from '../../src/config/settings.ts';
import { loadConfig } from '../../src/config.ts';

const Compose = z.looseObject({
  services: z.record(
    z.string(),
    z.looseObject({
      build: z.string().optional(),
      image: z.string(),
      command: z.array(z.string()).optional(),
      environment: z.record(z.string(), z.coerce.string()),
      depends_on: z.record(z.string(), z.unknown()).optional(),
      healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
      read_only: z.boolean().optional(),
      cap_drop: z.array(z.string()).optional(),
      security_opt: z.array(z.string()).optional(),
    }),
  ),
});

const text = readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8');
const { services } = Compose.parse(parse(text, { merge: true }));
const ours = Object.values(services).filter(({ build }) => build !== undefined);

/** What a shell would give, where the operator has set what must be set. */
const filledIn = (environment: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.replaceAll(/\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}/g, (_, asked, fallback) => fallback ?? secrets[asked] ?? ''),
    ]),
  );
const secrets: Readonly<Record<string, string>> = {
  JWT_SECRET: 'x'.repeat(48),
  JWT_ISSUER: 'https://id.example.com',
  SECRET_KEYS: `first:${Buffer.alloc(32).toString('base64')}`,
};

describe('docker-compose.yml', () => {
  it('names only settings that there are, with values that pass', () => {
    for (const { environment } of ours) {
      expect(Object.keys(Settings.shape)).to.include.members(Object.keys(environment));
      const config = loadConfig(filledIn(environment));
      expect(config.mode).to.equal('production');
      expect(config.eventStore.url).to.equal('esdb://eventstoredb:2113?tls=false');
    }
  });

  it('plays every role, each in containers of its own', () => {
    const roles = ours.map(({ command = [] }) => command.join(' '));
    expect(roles).to.have.members(ROLES.map((role) => `start --role ${role}`));
  });

  it('gives our containers nothing to write to and no rights, on a base of one exact release', () => {
    for (const { read_only, cap_drop, security_opt } of ours) {
      expect({ read_only, cap_drop, security_opt }).to.deep.equal({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    }
    const image = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
    expect(image)
      .to.match(/^FROM node:\d+\.\d+\.\d+-[a-z-]+$/m)
      .and.to.match(/^USER node$/m);
  });

  it('tells every process the same of tokens, keys and its public address', () => {
    const shared = ['JWT_SECRET', 'JWT_ISSUER', 'JWT_AUDIENCE', 'SECRET_KEYS', 'PUBLIC_URL', 'ALLOWED_TARGETS'];
    for (const name of shared) {
      expect(new Set(ours.map(({ environment }) => environment[name])).size, name).to.equal(1);
      expect(ours[0]?.environment[name], name).to.be.a('string');
    }
  });

  it('asks every container for its health', () => {
    for (const { healthcheck } of Object.values(services)) expect(healthcheck?.test).to.not.equal(undefined);
    for (const { healthcheck } of ours) expect(healthcheck?.test.join(' ')).to.contain('/healthz');
  });

  it('names every image by a version, and starts nothing before what it needs', () => {
    for (const { image, depends_on = {} } of Object.values(services)) {
      if (image !== 'carillon') expect(image).to.match(/:[\w.]*\d[\w.]*\}?$/);
      expect(Object.keys(services)).to.include.members(Object.keys(depends_on));
    }
  });
});
