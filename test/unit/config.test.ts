import { availableParallelism } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { ConfigError, type Environment, loadConfig } from '../../src/config.ts';

const problemsOf = (environment: Environment): Record<string, string> => {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) {
      return Object.fromEntries(error.problems.map(({ variable, message }) => [variable, message]));
    }
    throw error;
  }
  return {};
};

const PRODUCTION = {
  DATABASE_URL: 'postgres://carillon:pw@db/carillon',
  JWT_SECRET: 'x'.repeat(32),
  SECRET_KEYS: `first:${Buffer.alloc(32).toString('base64')}`,
  JWT_ISSUER: 'https://id.example.com',
  JWT_AUDIENCE: 'carillon',
  PUBLIC_URL: 'https://jobs.example.com',
};
const NEEDED = ['JWT_SECRET', 'SECRET_KEYS', 'JWT_ISSUER', 'JWT_AUDIENCE', 'PUBLIC_URL'];

describe('config', () => {
  it('is development mode, on loopback, when nothing is set', () => {
    const config = loadConfig({});
    expect(config.mode).to.equal('development');
    expect(config.http).to.deep.include({ host: '127.0.0.1', port: 3000, publicUrl: undefined });
    expect(config.dataDir).to.equal(path.resolve('.carillon'));
    expect(config.kafka).to.equal(undefined);
  });

  it('stops at a name that is nearly that of a setting, and states which was meant', () => {
    expect(problemsOf({ EVENTSTORE_ULR: 'esdb://log:2113' }).EVENTSTORE_ULR).to.contain('did you mean EVENTSTORE_URL?');
    expect(problemsOf({ JWT_SECRETS: 'x' }).JWT_SECRETS).to.contain('JWT_SECRET?');
    expect(problemsOf({ PORTS: '80', HOST: '' })).to.have.all.keys('PORTS');
  });

  it('reports a misspelt name and a wrong value in one go', () => {
    expect(problemsOf({ LOG_LEVL: 'info', PORT: 'x' })).to.have.all.keys('LOG_LEVL', 'PORT');
  });

  it('is silent about all other variables', () => {
    const platform = ['HOME', 'PATH', 'USER', 'HOSTNAME', 'KAFKA_PORT', 'EVENTSTORE_SERVICE_HOST', 'CARILLON_TOKEN'];
    const given = Object.fromEntries(platform.map((variable) => [variable, 'tcp://10.0.0.7:9092']));
    expect(loadConfig(given)).to.deep.equal(loadConfig({}));
    expect(loadConfig({ LOG_LEVL: ' ' })).to.deep.equal(loadConfig({}));
  });

  it('leaves one core to the rest, and has one engine at least and four at most', () => {
    expect(loadConfig({}).engines).to.equal(Math.min(Math.max(1, availableParallelism() - 1), 4));
    expect(loadConfig({ ENGINES: '6' }).engines).to.equal(6);
  });

  it('treats an empty variable as unset', () => {
    expect(loadConfig({ DATABASE_URL: '', PORT: ' ' })).to.deep.equal(loadConfig({}));
  });

  for (const variable of ['DATABASE_URL', 'EVENTSTORE_URL']) {
    it(`requests keys, for whom tokens are, and for its address as soon as ${variable} is set`, () => {
      const url = variable === 'DATABASE_URL' ? PRODUCTION.DATABASE_URL : 'esdb://log:2113?tls=false';
      expect(problemsOf({ [variable]: url })).to.have.all.keys(...NEEDED);
    });
  }

  it('opens metrics in development mode, to this machine alone', () => {
    const isOpen = (environment: Record<string, string>) => loadConfig(environment).http.isOpen;
    for (const HOST of ['127.0.0.1', 'localhost', '::1']) expect(isOpen({ HOST }), HOST).to.equal(true);
    for (const HOST of ['0.0.0.0', '::', '10.0.0.7']) expect(isOpen({ HOST }), HOST).to.equal(false);
    expect(isOpen({})).to.equal(true);
    expect(isOpen({ ...PRODUCTION, HOST: '127.0.0.1' })).to.equal(false);
  });
  it('listens on all addresses outside development mode', () => {
    expect(loadConfig(PRODUCTION)).to.deep.include({ mode: 'production', databaseUrl: PRODUCTION.DATABASE_URL });
    expect(loadConfig(PRODUCTION).http.host).to.equal('0.0.0.0');
  });

  it('accepts a JWKS URL instead of a secret, but not both', () => {
    const { JWT_SECRET: _, ...rest } = PRODUCTION;
    const JWT_JWKS_URL = 'https://id.example.com/keys';
    expect(loadConfig({ ...rest, JWT_JWKS_URL }).auth.jwksUrl).to.equal(JWT_JWKS_URL);
    expect(problemsOf({ ...PRODUCTION, JWT_JWKS_URL })).to.have.all.keys('JWT_JWKS_URL');
  });

  it('accepts keys without TLS only from this machine', () => {
    const { JWT_SECRET: _, ...rest } = PRODUCTION;
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      const JWT_JWKS_URL = `http://${host}:8080/keys`;
      expect(loadConfig({ ...rest, JWT_JWKS_URL }).auth.jwksUrl).to.equal(JWT_JWKS_URL);
    }
  });

  for (const hosts of ['one:2113,two:2113,three:2113', 'one,two', 'user:p%40ss@one:2113,two:2113?tls=false']) {
    it(`takes EventStoreDB at ${hosts}`, () => {
      const EVENTSTORE_URL = `esdb://${hosts}`;
      expect(loadConfig({ ...PRODUCTION, EVENTSTORE_URL }).eventStore.url).to.equal(EVENTSTORE_URL);
    });
  }

  const rejected: readonly [variable: string, value: string][] = [
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PORT', '0x50'],
    ['DATABASE_URL', 'mysql://db/x'],
    ['EVENTSTORE_URL', 'http://log:2113'],
    ['EVENTSTORE_URL', 'esdb://one:2113,two:port'],
    ['EVENTSTORE_URL', 'esdb://one:2113,,two:2113'],
    ['EVENTSTORE_PREFIX', 'has space_'],
    ['PUBLIC_URL', 'https://jobs.example.com/below'],
    ['PUBLIC_URL', 'https://user:pw@jobs.example.com'],
    ['JWT_SECRET', 'x'.repeat(31)],
    ['JWT_JWKS_URL', 'id.example.com'],
    ['JWT_JWKS_URL', 'http://id.example.com/keys'],
    ['JWT_JWKS_URL', 'http://127.0.0.1.example.com/keys'],
    ['ROLE_PERMISSIONS', 'operator'],
    ['ROLE_PERMISSIONS', '{"operator":"scheduler:jobs:read"}'],
    ['ROLE_PERMISSIONS', '{"operator":["scheduler:jobs:raed"]}'],
    ['SECRET_KEYS', 'first'],
    ['ALLOWED_TARGETS', '0.0.0.0/0x'],
    ['ALLOWED_TARGETS', 'intranet:99999'],
    ['INTERNAL_HOSTS', 'http://gateway'],
    ['TARGET_PORTS', '99999'],
    ['TARGET_PORTS', '443,9000-8000'],
    ['DATABASE_URL', 'postgres://ann:50%@db/x'],
    ['KAFKA_BROKERS', 'kafka'],
    ['KAFKA_BROKERS', 'one:9092,two:99999'],
    ['SESSION_COOKIE', 'a b'],
    ['KAFKA_SSL', 'maybe'],
    ['KAFKA_BROKERS', ','],
    ['KAFKA_SASL_MECHANISM', 'gssapi'],
    ['KAFKA_SASL_MECHANISM', 'plain'],
    ['KAFKA_TOPIC_PREFIX', '{team}.'],
    ['KAFKA_START', 'latest'],
    ['TARGETS', 'private'],
    ['EGRESS_PROXY', 'socks5://proxy:1080'],
    ['EGRESS_PROXY', 'proxy:3128'],
    ['EGRESS_PROXY', 'http://ann:50%@proxy:3128'],
    ['SMTP_URL', 'mail.example.com'],
    ['SMTP_URL', 'smtp://ann:50%@mail.example.com'],
    ['MAIL_FROM', 'nobody'],
    ['MAIL_FROM', 'Ann\n <ann@example.com>'],
    ['MAX_TIMEOUT', '90 seconds'],
    ['MAX_TIMEOUT', '0s'],
    ['ENGINES', '0'],
    ['ENGINES', 'two'],
    ['ENGINE_TIMEOUT', '2s'],
    ['ENGINE_TIMEOUT', '11s'],
    ['ENGINE_CONCURRENCY', '0'],
    ['EXECUTION_RETENTION', '31d'],
    ['EXECUTION_RETENTION', '5000d'],
    ['LOG_LEVEL', 'loud'],
  ];
  for (const [variable, value] of rejected) {
    it(`rejects ${variable}=${value} by name`, () => {
      expect(problemsOf({ [variable]: value })[variable]).to.match(/must|may|needs|has|is no|is a/);
    });
  }

  it('does not repeat a secret that it rejects', () => {
    const short = 'hunter2';
    expect(() => loadConfig({ JWT_SECRET: short }))
      .to.throw(ConfigError)
      .with.property('message')
      .that.does.not.include(short);
  });

  it('wants all of an identity provider, or nothing', () => {
    const oidc = { OIDC_ISSUER: 'https://id.example.com', OIDC_CLIENT_ID: 'carillon' };
    expect(loadConfig({}).oidc).to.equal(undefined);
    expect(loadConfig({ ...PRODUCTION, ...oidc }).oidc).to.deep.equal({
      issuer: 'https://id.example.com',
      clientId: 'carillon',
      clientSecret: undefined,
      scopes: ['openid', 'profile'],
      sessionMs: 3_600_000,
      publicUrl: 'https://jobs.example.com',
    });
    expect(problemsOf(oidc)).to.have.all.keys('PUBLIC_URL');
    expect(problemsOf({ ...PRODUCTION, OIDC_ISSUER: 'https://id.example.com' })).to.have.all.keys('OIDC_CLIENT_ID');
    expect(problemsOf({ OIDC_CLIENT_SECRET: 'x' })).to.have.all.keys('OIDC_ISSUER');
    expect(problemsOf({ ...PRODUCTION, ...oidc, OIDC_ISSUER: 'http://id.example.com' })).to.have.all.keys(
      'OIDC_ISSUER',
    );
    expect(problemsOf({ ...PRODUCTION, ...oidc, OIDC_SCOPES: 'profile' })).to.have.all.keys('OIDC_SCOPES');
  });

  it('requires https for a cookie that browsers accept only over TLS', () => {
    expect(problemsOf({ SESSION_COOKIE: '__Host-session' })).to.have.all.keys('SESSION_COOKIE');
    expect(problemsOf({ ...PRODUCTION, SESSION_COOKIE: '__Host-session' })).to.deep.equal({});
  });

  it('names every wrong variable at the same time', () => {
    expect(problemsOf({ PORT: 'x', LOG_LEVEL: 'y' })).to.have.all.keys('PORT', 'LOG_LEVEL');
  });

  it('reads lists, durations, roles and Kafka', () => {
    const config = loadConfig({
      ALLOWED_TARGETS: '10.0.0.0/8, intranet:8080 .corp',
      TARGETS: 'listed',
      TARGET_PORTS: '443 8000-8999',
      EGRESS_PROXY: 'http://proxy:3128',
      INTERNAL_HOSTS: 'gateway',
      MAX_TIMEOUT: '5m',
      TENANT_JOBS: '10',
      ROLE_PERMISSIONS: '{"operator":["scheduler:jobs:read"]}',
      KAFKA_BROKERS: 'one:9092,two:9092',
      KAFKA_SSL: 'true',
      KAFKA_SASL_MECHANISM: 'plain',
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD: 'p',
      KAFKA_TOPIC_PREFIX: '{tenant}.',
      KAFKA_START: 'now',
    });
    expect(config.targets).to.deep.equal({
      allowed: ['10.0.0.0/8', 'intranet:8080', '.corp'],
      listedOnly: true,
      ports: ['443', '8000-8999'],
      egressProxy: 'http://proxy:3128',
      internalHosts: ['gateway'],
      maxTimeoutMs: 300_000,
    });
    expect(config.quotas).to.include({ jobs: 10, triggersPerMinute: undefined });
    expect(config.auth.rolePermissions).to.deep.equal({ operator: ['scheduler:jobs:read'] });
    expect(config.kafka).to.deep.include({
      brokers: ['one:9092', 'two:9092'],
      ssl: true,
      topicPrefix: '{tenant}.',
      start: 'now',
    });
    expect(config.kafka?.sasl).to.deep.equal({ mechanism: 'plain', username: 'u', password: 'p' });
  });

  it('sends mail only with a sender and the domains that it may go to', () => {
    expect(problemsOf({ SMTP_URL: 'smtp://mail' })).to.have.all.keys('MAIL_FROM', 'ALERT_EMAIL_DOMAINS');
    const mail = { SMTP_URL: 'smtp://mail', MAIL_FROM: 'Ann <ann@example.com>', ALERT_EMAIL_DOMAINS: 'Example.com' };
    expect(loadConfig(mail).alerts).to.deep.equal({
      mail: { smtpUrl: 'smtp://mail', from: 'Ann <ann@example.com>' },
      emailDomains: ['example.com'],
    });
    expect(loadConfig({}).alerts).to.deep.equal({ mail: undefined, emailDomains: [] });
  });
});
