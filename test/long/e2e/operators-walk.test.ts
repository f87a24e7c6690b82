import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/db/embedded-postgres.ts';
import { type Api, apiClient } from '../../support/api.ts';
import { type ChildService, startChildService } from '../../support/child-service.ts';
import { restoreLog } from '../../support/clusters.ts';
import { ringEntry } from '../../support/sealing.ts';
import { serviceSettings, tokenOf } from '../../support/service.ts';
import { startTarget, type Target } from '../../support/target.ts';
import { passableTempDir } from '../../support/temp-dir.ts';
import { silentLog } from '../../support/world.ts';

const run = promisify(execFile);
const MAIN = path.resolve('src/main.ts');

/** An installation of two processes on one Postgres, and what befalls it in its worst night. */
describe("an operator's walk", () => {
  let folder: string;
  let postgres: EmbeddedPostgres;
  let target: Target;
  let first: ChildService;
  let second: ChildService;
  let jobId: number;
  /** Of a job that calls each slot, however late: on a busy machine, handing a job over may take longer than a slot. */
  let everySlotId: number;
  const running = new Set<ChildService>();
  let started = 0;

  const settingsOf = (databaseUrl: string) => ({ ...serviceSettings, DATABASE_URL: databaseUrl, LOG_LEVEL: 'warn' });
  const start = async (databaseUrl: string, settings: Readonly<Record<string, string>> = {}) => {
    const dataDir = path.join(folder, `process-${++started}`);
    const service = await startChildService(dataDir, { ...settingsOf(databaseUrl), ...settings });
    running.add(service);
    return service;
  };
  const end = async (service: ChildService) => {
    running.delete(service);
    expect(await service.end('SIGTERM')).to.equal(0);
  };
  const apiOf = ({ url }: ChildService): Api => apiClient(url, tokenOf());
  const more = (calls: number) => target.receivedAll(target.received.length + calls);
  const carillon = (env: Readonly<Record<string, string>>, ...words: string[]) =>
    run(process.execPath, [MAIN, ...words], { env: { PATH: process.env.PATH ?? '', ...env } }).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );
  const asOperator = ({ url }: ChildService) => ({ CARILLON_SERVER: url, CARILLON_TOKEN: tokenOf() });
  const readiness = async ({ url }: ChildService) => {
    const response = await fetch(`${url}/readyz`);
    const { degraded = [] } = Object(await response.json());
    return { code: response.status, degraded: degraded.map(({ component }: { component: string }) => component) };
  };
  const startPostgres = (name: string, port = 0) =>
    startEmbeddedPostgres({ dataDir: path.join(folder, name), port, log: silentLog });

  before(async () => {
    folder = await passableTempDir('carillon-operator-');
    [postgres, target] = [await startPostgres('postgres'), await startTarget()];
    first = await start(postgres.url);
    second = await start(postgres.url);
    const application = await apiOf(first).post('/applications', { name: 'crm' });
    const create = async (name: string, rules: object = {}): Promise<number> => {
      const { body } = await apiOf(second).post('/jobs', {
        ...{ applicationId: application.body.id, name, pattern: '* * * * * *', taskType: 'HttpInvokerTask', ...rules },
        taskConfig: { url: `${target.origin}/echo?of=${name}&at=\${T:YYYY-MM-DDTHH:mm:ss}`, method: 'GET' },
      });
      return body.id;
    };
    jobId = await create('beats');
    everySlotId = await create('beats-every-slot', { misfire: 'all', misfireLimit: 1_000, overlap: 'allow' });
    await target.receivedAll(1);
  });
  after(async () => {
    await Promise.all([...running].map((service) => service.end('SIGKILL')));
    await target.close();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('stops a start with wrong settings, and names each setting', async () => {
    const { DATABASE_URL, JWT_SECRET, ...others } = settingsOf(postgres.url);
    const wrong = async (settings: Readonly<Record<string, string>>) => {
      const { code, stderr } = await carillon({ ...others, CARILLON_DATA: folder, ...settings }, 'start');
      expect(stderr).to.not.match(/\n {4}at /);
      return `${code}: ${stderr}`;
    };
    expect(await wrong({ DATABASE_URL })).to.match(/^2: .*\n {2}JWT_SECRET .* is required/);
    expect(await wrong({ DATABASE_URL, JWT_SECRET, EVENTSTORE_ULR: 'esdb://db' })).to.match(
      /did you mean EVENTSTORE_URL/i,
    );
    expect(await wrong({ DATABASE_URL, JWT_SECRET, PORT: 'eighty' })).to.match(/^2: .*\n {2}PORT/);
  });

  /** Resolves once both engines are given jobs: then one takes over what the other hands over. */
  const untilBothWork = async (): Promise<void> => {
    for (;;) {
      const { body } = await apiOf(first).get('/stats');
      if (body.engines.filter(({ status }: { status: string }) => status === 'working').length === 2) return;
      await more(1);
    }
  };
  /** The outcomes of the slots of a job up to an instant, once all of them are settled. */
  const settledOutcomes = async (id: number, to: string): Promise<string[]> => {
    for (;;) {
      const { body } = await apiOf(first).get(`/jobs/${id}/occurrences?to=${to}&limit=500`);
      const outcomes = body.map(({ outcome }: { outcome: string }) => outcome);
      if (!outcomes.includes('due')) return outcomes;
      await more(1);
    }
  };

  it('a rolling restart misses no slot and calls none twice', async () => {
    for (const old of [first, second]) {
      await untilBothWork();
      await end(old);
      const next = await start(postgres.url, { KAFKA_BROKERS: '127.0.0.1:1' });
      if (old === first) first = next;
      else second = next;
      await more(2);
    }
    const outcomes = await settledOutcomes(everySlotId, new Date().toISOString());
    expect(outcomes.filter((outcome) => outcome !== 'fired' && outcome !== 'late')).to.deep.equal([]);
    const called = target.received.map(({ url }) => url);
    expect(new Set(called).size).to.equal(called.length);
  });

  it('brokers that are away hold up no call, and readiness names them', async () => {
    await more(2);
    expect(await readiness(first)).to.deep.equal({ code: 200, degraded: ['kafka'] });
    await end(first);
    first = await start(postgres.url);
    expect(await readiness(first)).to.deep.equal({ code: 200, degraded: [] });
  });

  it('responds with 503 while the database is down, and then explains every slot', async () => {
    await end(second);
    const { port } = postgres;
    await postgres.stop();
    const rejected = await apiOf(first).get('/jobs');
    expect(rejected.status).to.equal(503);
    expect(rejected.headers.get('retry-after')).to.match(/^\d+$/);
    postgres = await startPostgres('postgres', port);
    await more(2);
    const from = new Date(Date.now() - 3_600_000).toISOString();
    const { code, stdout } = await carillon(asOperator(first), 'audit', 'explain', '--from', from);
    expect(stdout).to.match(/Every slot is explained exactly once\n$/);
    expect(code).to.equal(0);
  });

  it('with the wrong keys a process starts, opens nothing and states which key it lacks', async () => {
    await apiOf(first).put('/applications/1/secrets/PASSWORD', { value: 'a-s3cret' });
    await end(first);
    first = await start(postgres.url, { SECRET_KEYS: ringEntry('another', 9) });
    expect((await readiness(first)).degraded).to.include('secret keys');
    expect(first.said.join('\n')).to.match(/SECRET_KEYS/);
    await end(first);
    first = await start(postgres.url);
    expect((await readiness(first)).degraded).to.not.include('secret keys');
  });

  it('a restored copy calls nothing beside production until it is released', async () => {
    await end(first);
    const copy = await startPostgres('copy');
    try {
      await restoreLog(postgres.url, copy.url);
      const calls = target.received.length;
      const restored = await start(copy.url);
      expect(restored.said.join('\n')).to.match(/Its engine is on standby: .*restored copy.*carillon engine release/);
      const { body } = await apiOf(restored).post(`/jobs/${jobId}/trigger`);
      expect(body.status).to.equal('pending');
      expect((await readiness(restored)).degraded).to.include('engine');
      expect((await apiOf(restored).get('/stats')).body.engines[0]).to.include({ activity: 'standby', running: 0 });
      expect(target.received).to.have.length(calls);

      const { stdout } = await carillon(asOperator(restored), 'engine', 'release', '--reason', 'a new cluster');
      expect(stdout).to.match(/^Released: engines can claim slots on log \S+ in postgres/);
      await more(2);
      await end(restored);
      const again = await start(copy.url);
      expect((await apiOf(again).get('/stats')).body.engines[0]).to.include({ activity: 'claiming' });
      await end(again);
    } finally {
      await copy.stop();
    }
  });
});
