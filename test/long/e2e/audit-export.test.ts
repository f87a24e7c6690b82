import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { checkFile } from '../../../src/cli/audit.ts';
import { trustKeys } from '../../../src/proofs/note.ts';
import { rejection } from '../../contract/event-store-support.ts';
import { startTestService, type TestService } from '../../support/service.ts';
import { startTarget, type Target } from '../../support/target.ts';

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

const FROM = ['--from', '2026-01-01T00:00:00Z'];

/** Each step goes on from the one before, on one service: a log that is exported, proven, erased from and altered. */
describe('carillon audit, for an auditor outside', () => {
  let service: TestService;
  let target: Target;
  let dir: string;
  let key: string;
  let jobId: number;
  let executionId: number;
  let applicationId: number;

  const run = (words: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> =>
    new Promise((resolve) => {
      const options = { env: { PATH: process.env.PATH ?? '', ...env }, maxBuffer: 64 * 1_024 * 1_024 };
      execFile(process.execPath, [path.resolve('src/main.ts'), 'audit', ...words], options, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      );
    });
  const audit = (...words: string[]) =>
    run(words, { CARILLON_SERVER: service.url, CARILLON_TOKEN: service.token(), CARILLON_DATA: dir });
  const inDir = (name: string): string => path.join(dir, name);
  /** As somebody who has a file and a public key, and no server. */
  const check = (name: string): Promise<string> => checkFile(inDir(name), trustKeys([key]));
  const fromServer = async (route: string, field: string, name: string): Promise<void> => {
    const { status, body } = await service.as().get(route);
    expect([status, body.detail]).to.deep.equal([200, undefined]);
    await writeFile(inDir(name), body[field]);
  };

  before(async () => {
    [service, target] = [await startTestService(), await startTarget()];
    dir = await mkdtemp(path.join(tmpdir(), 'carillon-audit-'));
    applicationId = (await service.as().post('/applications', { name: 'crm' })).body.id;
    await service.as().put(`/applications/${applicationId}/secrets/KEY`, { value: 'a secret value of the crm' });
    const taskConfig = { url: `${target.origin}/echo`, method: 'GET', headers: { 'X-Api-Key': 'a key in a header' } };
    const job = { applicationId, name: 'nightly', pattern: '0 2 * * *', taskType: 'HttpInvokerTask', taskConfig };
    jobId = (await service.as().post('/jobs', job)).body.id;
    executionId = (await service.as().post(`/jobs/${jobId}/trigger`)).body.id;
    await service.eventually(async () => {
      const { body } = await service.as().get(`/executions/${executionId}`);
      return body.status === 'succeeded' ? body : undefined;
    });
    [key] = (await service.as().get('/audit/checkpoint')).body.keys;
  });
  after(async () => {
    await target.close();
    await rm(dir, { recursive: true, force: true });
  });

  it('exports the log with its manifest alone on standard output', async () => {
    const { code, stdout } = await audit('export', ...FROM);
    expect(code).to.equal(0);
    const lines = stdout.trimEnd().split('\n');
    expect(JSON.parse(lines[0] ?? '')).to.have.property('export');
    expect(JSON.parse(lines.at(-1) ?? '').manifest).to.deep.include({ tenant: 'default', rows: lines.length - 2 });
    expect(stdout).to.not.contain('a secret value of the crm').and.not.contain('a key in a header');
    await writeFile(inDir('a.ndjson'), stdout);
    expect(await check('a.ndjson')).to.contain(`${lines.length - 2} rows: all events of tenant default`);
  });

  it('states that a file was changed, and trusts no key but those that it is given', async () => {
    const whole = await readFile(inDir('a.ndjson'), 'utf8');
    await writeFile(inDir('b.ndjson'), whole.replace('"nightly"', '"nightlY"'));
    const offline = { CARILLON_DATA: inDir('nowhere') };
    const changed = await run(['check', inDir('b.ndjson'), '--key', key], offline);
    expect([changed.code, changed.stdout]).to.deep.equal([1, '']);
    expect(changed.stderr).to.match(/b\.ndjson differs from what was recorded: /);
    const none = await run(['check', inDir('a.ndjson')], offline);
    expect(none.code).to.equal(2);
    expect(none.stderr).to.contain('No trusted key. Add --key');
  });

  it('exports CSV to a file, with its manifest beside it', async () => {
    const { code, stdout } = await audit('export', ...FROM, '--format', 'csv', '--out', inDir('a.csv'));
    expect([code, stdout]).to.deep.equal([0, '']);
    expect(await check('a.csv')).to.contain('Unchanged and complete');
    const rows = await readFile(inDir('a.csv'), 'utf8');
    await writeFile(inDir('a.csv'), rows.trimEnd().split('\n').slice(0, -1).join('\n').concat('\n'));
    expect(String(await rejection(check('a.csv')))).to.contain('rows were removed or added');
  });

  it('proves one execution and one version of a job, and prints anchors', async () => {
    const proven = await audit('prove', '--job', String(jobId), '--job-version', '1', '--out', inDir('job.tlog-proof'));
    expect([proven.code, proven.stdout]).to.deep.equal([0, '']);
    expect(await check('job.tlog-proof')).to.contain('"type":"JobCreated"');
    await fromServer(`/audit/inclusion?executionId=${executionId}`, 'file', 'execution.tlog-proof');
    expect(await check('execution.tlog-proof')).to.contain('"type":"ExecutionSucceeded"');
    await writeFile(inDir('anchor'), (await audit('anchor')).stdout);
    expect(await check('anchor')).to.match(/^Checkpoint of carillon\/[0-9a-f-]+\/default: \d+ leaves/);
  });

  it('leaves every proof intact when a data key is erased, and the log continues from its anchors', async () => {
    const erased = await service.as().post(`/applications/${applicationId}/secrets/erase`);
    expect(erased.status).to.equal(200);
    for (const file of ['a.ndjson', 'execution.tlog-proof', 'job.tlog-proof', 'anchor']) await check(file);
    const compared = await audit('compare', inDir('a.ndjson'), '--key', key);
    expect([compared.code, compared.stderr]).to.deep.equal([0, '']);
    expect(compared.stdout).to.match(/^Consistent: the first \d+ of the \d+ events of .* are unchanged\n$/);
  });

  it('finds an event that was changed in the database, and a tree that was rebuilt from it', async () => {
    const client = new pg.Client({ connectionString: service.databaseUrl });
    await client.connect();
    try {
      await client.query(`UPDATE log_events SET data = replace(data, '"nightly"', '"hourly"') WHERE stream = $1`, [
        `job-${jobId}`,
      ]);
      const broken = await audit('export', ...FROM, '--out', inDir('c.ndjson'));
      expect(broken.code).to.equal(1);
      expect(broken.stderr).to.contain('differs from the recorded one');
      await service.as().post('/projections/tree/rebuild');
      await service.eventually(async () => {
        const { body } = await service.as().get('/projections');
        const found = body.find(({ name }: { name: string }) => name === 'tree');
        return found.live.generation === 2 ? found : undefined;
      });
      const compared = await audit('compare', inDir('anchor'), '--key', key);
      expect(compared.code).to.equal(1);
      expect(compared.stderr).to.contain('the log was rewritten');
      await client.query(`UPDATE log_events SET data = replace(data, '"hourly"', '"nightly"') WHERE stream = $1`, [
        `job-${jobId}`,
      ]);
    } finally {
      await client.end();
    }
    await service.stop();
  });
});
