import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { everyProjection } from '../../../src/projections/all.ts';
import { type Api, apiClient } from '../../support/api.ts';
import { audit } from '../../support/audit.ts';
import { type ChildService, startChildService } from '../../support/child-service.ts';
import { restoreLog } from '../../support/clusters.ts';
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts';
import { serviceSettings, tokenOf } from '../../support/service.ts';
import { startTarget, type Target } from '../../support/target.ts';
import { passableTempDir } from '../../support/temp-dir.ts';

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** The tables of the log alone go back to a backup: the read models beside them have seen more. */
describe('carillon recover, on a log that was set back', () => {
  let folder: string;
  let target: Target;
  let database: FreshDatabase;
  let backup: FreshDatabase;
  let settings: Readonly<Record<string, string>>;
  let service: ChildService | undefined;
  let lost: { readonly jobId: number; readonly executionId: number };
  let endedAtMs = 0;

  const start = async (others: Readonly<Record<string, string>> = {}): Promise<ChildService> => {
    service = await startChildService(folder, { ...settings, LOG_LEVEL: 'warn', ...others });
    return service;
  };
  const stop = async (): Promise<void> => {
    endedAtMs = Date.now();
    expect(await service?.end('SIGTERM')).to.equal(0);
    service = undefined;
  };
  const carillon = (...words: string[]): Promise<Ended> =>
    new Promise((resolve) => {
      const args = [path.resolve('src/main.ts'), ...words];
      const asOperator = service && { CARILLON_SERVER: service.url, CARILLON_TOKEN: tokenOf() };
      const env = { PATH: process.env.PATH ?? '', ...settings, ...asOperator };
      execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      });
    });
  const apiOf = ({ url }: ChildService): Api => apiClient(url, tokenOf());
  const engineOf = async (running: ChildService) => (await apiOf(running).get('/stats')).body.engines[0];
  const more = (calls: number) => target.receivedAll(target.received.length + calls);

  before(async () => {
    [folder, target] = [await passableTempDir('carillon-recover-'), await startTarget()];
    [database, backup] = [await freshDatabase(), await freshDatabase()];
    settings = { ...serviceSettings, DATABASE_URL: database.url, CARILLON_DATA: folder };
    const api = apiOf(await start());
    const { body: application } = await api.post('/applications', { name: 'crm' });
    const jobOf = (name: string, pattern: string) => ({
      applicationId: application.id,
      name,
      pattern,
      taskType: 'HttpInvokerTask',
      taskConfig: { url: `${target.origin}/echo`, method: 'GET' },
    });
    expect((await api.post('/jobs', jobOf('beats', '* * * * * *'))).status).to.equal(201);
    await more(1);
    await restoreLog(database.url, backup.url);

    const { body: job } = await api.post('/jobs', jobOf('created after the backup', '0 0 1 1 *'));
    const { body: execution } = await api.post(`/jobs/${job.id}/trigger`);
    lost = { jobId: job.id, executionId: execution.id };
    const [{ stdout: anchor }] = await Promise.all([carillon('audit', 'anchor'), more(2)]);
    await writeFile(path.join(folder, 'anchor'), anchor);
    await stop();
    await restoreLog(backup.url, database.url);
  });
  after(async () => {
    await service?.end('SIGKILL');
    await target.close();
    await Promise.all([database.drop(), backup.drop()]);
    await rm(folder, { recursive: true, force: true });
  });

  it('exits with 1, names every read model that is ahead, and changes nothing', async () => {
    const { code, stdout } = await carillon('recover');
    expect(code).to.equal(1);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.shift()).to.match(/^Log \S+ ends at \d{20}$/);
    expect(lines.pop()).to.match(
      /^Nothing was changed\. To rebuild them from the log, stop all servers and run `carillon recover --apply`/,
    );
    const ahead = lines.map(
      (line) => /^(\w+) \(generation 1\) is ahead of the log: it has read up to \d{20}$/.exec(line)?.[1],
    );
    expect(ahead).to.have.members(everyProjection.map(({ name }) => name));
  });

  it('drops nothing while a server runs, which calls nothing on such a log', async () => {
    const before = target.received.length;
    const running = await start();
    expect(await engineOf(running)).to.deep.include({ activity: 'failed', running: 0 });
    expect((await fetch(`${running.url}/readyz`)).status).to.equal(503);
    const { code, stdout, stderr } = await carillon('recover', '--apply');
    expect([code, stdout]).to.deep.equal([2, '']);
    expect(stderr).to.match(
      /^carillon: A server is still connected to Postgres \(carillon.*\)\. Stop all servers first\.\n$/,
    );
    expect((await apiOf(running).get('/jobs')).body).to.have.length(2);
    await stop();
    expect(target.received).to.have.length(before);
  });

  it('drops what is ahead with --apply, and finds nothing more', async () => {
    const applied = await carillon('recover', '--apply');
    expect(applied.stdout).to.match(/\nDropped these read models: .*\nNext: start with ENGINE_START=paused, .*\n$/);
    expect(applied.code).to.equal(0);
    const again = await carillon('recover');
    expect(again.stdout).to.match(/^Log \S+ ends at \d{20}\nNo read model is ahead of the log\n$/);
    expect(again.code).to.equal(0);
  });

  it('then a paused server has lists that are what the log states', async () => {
    const before = target.received.length;
    const running = await start({ ENGINE_START: 'paused' });
    const api = apiOf(running);
    expect(running.said.join('\n')).to.match(
      /Its engine is on standby: ENGINE_START is paused.*carillon engine release/,
    );
    const [verified, compared] = await Promise.all([
      carillon('projections', 'verify'),
      carillon('audit', 'compare', path.join(folder, 'anchor')),
    ]);
    expect(verified.stdout.match(/matches the log$/gm)).to.have.length(everyProjection.length);
    expect(verified.code).to.equal(0);
    expect((await api.get('/jobs')).body).to.have.length(1);
    expect((await api.get(`/jobs/${lost.jobId}`)).status).to.equal(404);
    expect((await api.get(`/executions/${lost.executionId}`)).status).to.equal(404);
    expect(compared.stderr).to.match(
      /^carillon: The log had \d+ events and now has \d+: it was truncated or restored to an earlier state\.\n$/,
    );
    expect(compared.code).to.equal(1);
    expect(target.received).to.have.length(before);
  });

  it('and once it is released, it calls the slots from then on, none of them twice', async () => {
    const { stdout } = await carillon('engine', 'release', '--reason', 'the backup was restored');
    expect(stdout).to.match(/^Released: engines can claim slots on log \S+ in postgres/);
    await more(2);
    await stop();
    const scheduled = target.received.filter(({ headers }) => headers['carillon-trigger'] === 'schedule');
    const slots = scheduled.map(({ headers }) => headers['carillon-scheduled-at']);
    expect(new Set(slots).size).to.equal(slots.length);
    await audit({ databaseUrl: database.url, eventStore: undefined, endedAtMs });
  });
});
