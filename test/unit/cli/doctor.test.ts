import { expect } from 'chai';
import { version } from '../../../src/cli/version.ts';
import { type CannedAnswer, startCannedServer } from '../../support/canned-server.ts';
import { runCarillon } from '../../support/carillon.ts';

const API = '/_/scheduler';
const session = { user: 'ann', tenant: 'default', permissions: ['scheduler:admin'], roles: [], signedInBy: 'jwt' };
const model = { name: 'jobs', status: 'live', live: { progress: 1 }, parked: [] };
const WELL: Readonly<Record<string, CannedAnswer>> = {
  [`${API}/session`]: { body: { session, signIn: [] } },
  [`${API}/openapi.json`]: { body: { info: { version } } },
  '/readyz': { body: { status: 'ready', roles: { api: { ready: true }, publisher: { ready: true } }, degraded: [] } },
  [`${API}/stats`]: { body: { engines: [{ engineId: 'e', status: 'working' }] } },
  [`${API}/jobs`]: { body: [] },
  [`${API}/queues`]: { body: [{ applicationId: 2, queue: 'reports', offered: 1, workers: [{ id: 'w' }] }] },
  [`${API}/projections`]: { body: [model] },
};

describe('carillon doctor', () => {
  const examine = async (sick: Readonly<Record<string, CannedAnswer>> = {}, ...args: readonly string[]) => {
    const responses = Object.entries({ ...WELL, ...sick }).map(([path, response]) => [path, [response]]);
    const server = await startCannedServer(Object.fromEntries(responses));
    try {
      return await runCarillon({ env: { CARILLON_SERVER: server.url, CARILLON_TOKEN: 't' } }, 'doctor', ...args);
    } finally {
      await server.close();
    }
  };

  it('reports for each part that it is well', async () => {
    const { code, out } = await examine();
    expect(code).to.equal(0);
    const parts = out.split('\n').map((line) => line.split(/ +/).slice(0, 2).join(' '));
    expect(parts.join()).to.equal(
      'ok server,ok clock,ok token,ok version,ok calendars,ok queues,ok api,ok publisher,ok engines,ok read,',
    );
    expect(JSON.parse((await examine({}, '--json')).out)).to.have.length(10);
  });

  it('states of a part that is ready why it does nothing', async () => {
    const roles = { publisher: { ready: true, reason: 'off: KAFKA_BROKERS is not set' } };
    const { out } = await examine({ '/readyz': { body: { roles, degraded: [] } } });
    expect(out).to.match(/^ok +publisher +off: KAFKA_BROKERS is not set\n/m);
  });

  it('states what is wrong and what can be done, with exit code 1', async () => {
    const examples: readonly [Readonly<Record<string, CannedAnswer>>, RegExp][] = [
      [
        { [`${API}/session`]: { body: { session }, headers: { Date: 'Sat, 01 Jan 2000 00:00:00 GMT' } } },
        /^failed {3}clock +the server's clock is \d+ s behind this machine's\n {9}Synchronize both with NTP/m,
      ],
      [
        {
          '/readyz': {
            status: 503,
            body: {
              roles: { api: { ready: false, reason: 'Postgres: gone' } },
              degraded: [{ component: 'kafka', since: '2026-01-01T00:00:00.000Z', reason: 'no broker' }],
            },
          },
        },
        /^failed {3}api +Postgres: gone\n.*\nfailed {3}kafka +since 2026\S+: no broker\n/m,
      ],
      [
        { [`${API}/stats`]: { body: { engines: [{ engineId: 'e', status: 'silent' }] } } },
        /^failed {3}engines +0 of 1 working; silent: e: no job runs\n/m,
      ],
      [
        { [`${API}/projections`]: { body: [model, { ...model, name: 'ledger', status: 'stopped' }] } },
        /^failed {3}read models +stopped, or with parked streams: ledger\n/m,
      ],
      [
        { [`${API}/session`]: { status: 401, body: { code: 'TOKEN_REJECTED', detail: 'expired' } } },
        /^failed {3}token +TOKEN_REJECTED: expired\n {9}Use another token/m,
      ],
    ];
    for (const [sick, said] of examples) {
      const { code, out } = await examine(sick);
      expect(out).to.match(said);
      expect(code).to.equal(1);
    }
  });

  it('warns of another release, of a token that ends within a day, and of what is only beginning', async () => {
    const expiresAt = new Date(Date.now() + 7_200_000).toISOString();
    const { code, out } = await examine({
      [`${API}/openapi.json`]: { body: { info: { version: '9.9.9' } } },
      [`${API}/session`]: { body: { session: { ...session, expiresAt } } },
      [`${API}/stats`]: { body: { engines: [{ engineId: 'e', status: 'joining' }] } },
      [`${API}/projections`]: { body: [model, { ...model, name: 'ledger', live: { progress: 0.4 } }] },
    });
    expect(out).to.match(
      /^warning {2}engines +0 of 1 working; 1 joining\nwarning {2}read models +catching up with the log: ledger\n/m,
    );
    expect(out).to.match(
      /^warning {2}token +.*, expires in 2 h\n {9}To create a token that lasts longer: `carillon tokens create`/m,
    );
    expect(out).to.match(
      /^warning {2}version +server 9\.9\.9, this command \S+\n {9}To use the server's version: `npx carillon@9\.9\.9`/m,
    );
    expect(code).to.equal(0);
  });

  it('waits for read models that have not reached what the log had, not for what is recorded since', async () => {
    const [end, later] = ['00000000000000000010', '00000000000000000012'];
    const behind = (position: string, of: string) => ({ ...model, logEnd: of, live: { progress: 0.99, position } });
    const models = [[behind('00000000000000000008', end)], [behind(end, later)]];
    const responses = Object.entries(WELL).map(([path, response]): [string, readonly CannedAnswer[]] => [
      path,
      [response],
    ]);
    const server = await startCannedServer({
      ...Object.fromEntries(responses),
      [`${API}/projections`]: models.map((body) => ({ body })),
    });
    const { out } = await runCarillon({ env: { CARILLON_SERVER: server.url, CARILLON_TOKEN: 't' } }, 'doctor');
    expect(out).to.match(/^ok +read models +all 1 up to date\n/m);
    expect(server.asked(`${API}/projections`)).to.equal(2);
    await server.close();
  });

  it('names active jobs that have no slot to come because of their calendars', async () => {
    const job = (name: string, reason?: string) => ({
      ...{ name, application: { name: 'crm' }, state: { name: 'active', ...(reason && { reason }) } },
    });
    const excluded = ['a', 'b', 'c', 'd', 'e'].map((name) => job(name, 'CALENDAR'));
    for (const [jobs, named] of [
      [[job('a', 'CALENDAR'), job('well')], 'crm/a'],
      [[...excluded, job('well')], 'crm/a, crm/b, crm/c, 2 more'],
    ] as const) {
      const { code, out } = await examine({ [`${API}/jobs`]: { body: jobs } });
      expect(out).to.include(`warning  calendars    no slot to come, because calendars exclude all: ${named}\n`);
      expect(out).to.include('To add dates to a calendar: `carillon calendars put`.');
      expect(code).to.equal(0);
    }
    const slow = { status: 422, body: { code: 'QUERY_TOO_SLOW', detail: 'it took too long' } };
    expect((await examine({ [`${API}/jobs`]: slow })).out).to.match(/^skipped {2}calendars +QUERY_TOO_SLOW: it took/m);
  });

  it('names queues whose work no worker takes', async () => {
    const queue = { applicationId: 2, applicationName: 'crm', queue: 'reports', offered: 1, workers: [] };
    const { code, out } = await examine({
      [`${API}/queues`]: { body: [queue, { ...queue, offered: 0, queue: 'idle' }] },
    });
    expect(out).to.match(/^warning {2}queues +no worker takes the work of crm\/reports\n {9}Start workers/m);
    expect(code).to.equal(0);
  });

  it('skips checks that only administrators can see', async () => {
    const reader = { ...session, permissions: ['scheduler:jobs:read'] };
    const { code, out } = await examine({ [`${API}/session`]: { body: { session: reader } } });
    expect(out).to.match(/^skipped {2}engines +needs the permission scheduler:admin\nskipped {2}read models /m);
    expect(code).to.equal(0);
  });

  it('does without /readyz, if a proxy lets through the API alone', async () => {
    const { code, out } = await examine({ '/readyz': { status: 404, body: '<html>Not here</html>' } });
    expect(out).to.match(/^skipped {2}roles +\/readyz is not reachable from here\nok +engines /m);
    expect(code).to.equal(0);
  });

  it('states that no one is at the address, or that none is known', async () => {
    const away = { CARILLON_SERVER: 'http://127.0.0.1:9', CARILLON_TOKEN: 't' };
    const { code, out } = await runCarillon({ env: away }, 'doctor');
    expect(out).to.match(/^failed {3}server +Can't reach the server: .*\n {9}Check that it's running/);
    expect(code).to.equal(1);
    const nowhere = { XDG_CONFIG_HOME: '/nowhere', CARILLON_DATA: '/nowhere' };
    expect((await runCarillon({ env: nowhere }, 'doctor')).out).to.match(/^failed {3}server +No server is running/);
  });
});
