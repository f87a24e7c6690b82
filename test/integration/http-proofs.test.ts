import { expect } from 'chai';
import supertest from 'supertest';
import { DomainError } from '../../src/domain/domain-error.ts';
import { LogAltered } from '../../src/proofs/export-log.ts';
import type { Prover } from '../../src/proofs/prover.ts';
import { testApp, tokenFor } from '../support/http.ts';
import { fakeProver } from '../support/prover.ts';

const API = '/_/scheduler';
const auditor = (more: object = {}) => tokenFor({ permissions: ['scheduler:audit:read'], ...more });
const administrator = () => tokenFor({ permissions: ['scheduler:admin'] });
const FROM = 'from=2025-03-01T00:00:00Z';

const proving = (prover: Partial<Prover>) =>
  testApp({
    prover: { ...fakeProver, ...prover },
    queries: { lastEventOfExecution: async (_scope, id) => (id === 42 ? { jobId: 7, revision: 3 } : undefined) },
  });

const request = (
  path: string,
  { token = auditor(), prover = {} }: { readonly token?: string; readonly prover?: Partial<Prover> } = {},
) => supertest(proving(prover).app).get(`${API}${path}`).set('Authorization', `Bearer ${token}`);

/** The pointers of a rejection's fields. */
const pointersOf = ({ body }: supertest.Response): string[] =>
  body.errors.map(({ pointer }: { pointer: string }) => pointer);

describe('proofs over HTTP', () => {
  it('are of the tenant of the token, or of the one that an administrator names', async () => {
    const { body } = await request('/audit/checkpoint', { token: auditor({ tenant: 'acme' }) }).expect(200);
    expect(body.origin).to.match(/^carillon\/[0-9a-f-]+\/acme$/);
    expect(body.checkpoint.split('\n').slice(0, 3)).to.deep.equal([body.origin, '12', body.root]);
    expect(body.keys[0]).to.contain(`${body.origin}+`);
    const other = await request('/audit/checkpoint?tenant=acme', { token: administrator() }).expect(200);
    expect(other.body.origin).to.match(/\/acme$/);
    await request('/audit/checkpoint?tenant=acme').expect(403);
    expect(
      pointersOf(await request('/audit/checkpoint?tenant=*', { token: administrator() }).expect(400)),
    ).to.deep.equal(['/tenant']);
  });

  it('of inclusion are of an execution, or of a version of a job', async () => {
    const { body: ofJob } = await request('/audit/inclusion?jobId=7&version=2').expect(200);
    expect(ofJob).to.deep.include({ index: 1, size: 12, event: { id: 'x', stream: 'job-7' } });
    const { body: ofExecution } = await request('/audit/inclusion?executionId=42').expect(200);
    expect(ofExecution).to.deep.include({ index: 3, event: { id: 'x', stream: 'runs-7' } });
    expect((await request('/audit/inclusion?executionId=43').expect(404)).body.code).to.equal('EXECUTION_NOT_FOUND');
    expect((await request('/audit/inclusion?jobId=8&version=1').expect(404)).body.code).to.equal('VERSION_NOT_FOUND');
  });

  it('name the field that is wrong', async () => {
    for (const [path, pointer] of [
      ['/audit/inclusion', '/executionId'],
      ['/audit/inclusion?jobId=7', '/version'],
      ['/audit/inclusion?jobId=seven&version=1', '/jobId'],
      ['/audit/inclusion?executionId=42&jobId=7', '/executionId'],
      ['/audit/inclusion?jobId=7&version=0', '/version'],
      ['/audit/consistency', '/older'],
      ['/audit/consistency?older=-1', '/older'],
      ['/audit/consistency?older=1&newer=1e3', '/newer'],
      ['/audit/export', '/from'],
      ['/audit/export?from=lately', '/from'],
      [`/audit/export?${FROM}&to=2025-03-01T00:00:00Z`, '/to'],
      ['/audit/export?from=9000-01-01T00:00:00Z', '/from'],
      [`/audit/export?${FROM}&format=xml`, '/format'],
      [`/audit/export?${FROM}&until=now`, '/until'],
    ]) {
      expect(pointersOf(await request(path ?? '').expect(400)), path).to.deep.equal([pointer]);
    }
  });

  it('state what to do if the server has no key', async () => {
    const rejected = async () => {
      throw new DomainError('NO_AUDIT_KEY', 'set AUDIT_KEY');
    };
    const { body } = await request(`/audit/export?${FROM}`, { prover: { export: rejected } }).expect(409);
    expect(body.code).to.equal('NO_AUDIT_KEY');
  });
});

describe('exports over HTTP', () => {
  it('are written as they come, named, and kept by no cache', async () => {
    const { headers, text } = await request(`/audit/export?${FROM}&to=2025-03-02T00:00:00%2B01:00&format=csv`).expect(
      200,
    );
    expect(text).to.equal('default 2025-03-01T00:00:00.000Z 2025-03-01T23:00:00.000Z csv ada\n');
    expect(headers['content-type']).to.equal('text/csv; charset=utf-8');
    expect(headers['content-disposition']).to.equal('attachment; filename="carillon-2025-03-01-2025-03-01.csv"');
    expect(headers['cache-control']).to.equal('no-store');
  });

  it('end with the reason instead of a manifest if the log was altered', async () => {
    const altered = async () =>
      (async function* () {
        yield Buffer.from('a row');
        throw new LogAltered('the event at 7 is gone');
      })();
    const { text } = await request(`/audit/export?${FROM}`, { prover: { export: altered } })
      .expect(200)
      .buffer(true)
      .parse((response, done) => {
        let all = '';
        response.on('data', (chunk) => {
          all += chunk;
        });
        response.on('end', () => done(null, all));
      })
      .then(({ body }) => ({ text: body }));
    expect(text).to.equal('a row\n{"brokenOff":"the event at 7 is gone"}\n');
  });

  it('are few at the same time, each of another tenant, and free their place when they end', async () => {
    const begun: (() => void)[] = [];
    let begins = (): void => {};
    const slow = async () =>
      (async function* () {
        const ended = new Promise<void>((resolve) => begun.push(resolve));
        begins();
        await ended;
        yield Buffer.from('done');
      })();
    /** Waits until so many exports have begun. */
    const haveBegun = (count: number): Promise<void> =>
      new Promise((resolve) => {
        begins = () => (begun.length === count ? resolve() : undefined);
        begins();
      });
    const endAll = (): void => {
      for (const end of begun.splice(0)) end();
    };
    const { app } = proving({ export: slow });
    const server = app.listen(0);
    try {
      const one = (tenant: string) =>
        supertest(server)
          .get(`${API}/audit/export?${FROM}`)
          .set('Authorization', `Bearer ${auditor({ tenant })}`);
      const status = async (tenant: string) => (await one(tenant)).status;
      const first = status('acme');
      await haveBegun(1);
      const second = await one('acme');
      expect([second.status, second.body.code]).to.deep.equal([429, 'TOO_MANY_STREAMS']);
      expect(second.body.detail).to.include('of the tenant');
      const four = [first, status('globex'), status('hooli'), status('initech')];
      await haveBegun(4);
      expect((await one('umbrella')).body.code).to.equal('TOO_MANY_STREAMS');
      endAll();
      expect(await Promise.all(four)).to.deep.equal([200, 200, 200, 200]);
      const after = status('acme');
      await haveBegun(1);
      endAll();
      expect(await after).to.equal(200);
    } finally {
      server.close();
    }
  });
});
