import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { makeAuthority, startTlsTarget } from '../support/certificates.ts';
import { describeOnLogs } from '../support/logs.ts';
import { eventsOf } from '../support/service-log.ts';
import { startTarget, type Target } from '../support/target.ts';
import { startTokenEndpoint } from '../support/token-endpoint.ts';

describeOnLogs('the service: variables, secrets, confidential jobs', (log) => {
  let service: AService;
  let target: Target;
  let applicationId: number;
  const api = () => service.as();
  const of = (kind: 'variables' | 'secrets', name = '') =>
    `/applications/${applicationId}/${kind}${name && `/${name}`}`;
  const create = (name: string, taskConfig: object, other: object = {}) =>
    api().post('/jobs', {
      applicationId,
      name,
      pattern: '0 2 1 1 *',
      taskType: 'HttpInvokerTask',
      taskConfig: { method: 'POST', ...taskConfig },
      ...other,
    });
  const run = async (jobId: number) => {
    const { body: triggered } = await api().post(`/jobs/${jobId}/trigger`);
    return service.eventually(async () => {
      const { body } = await api().get(`/executions/${triggered.id}`);
      return ['succeeded', 'failed'].includes(body.status) ? body : undefined;
    });
  };

  before(async () => {
    // Its clock begins by the real one, as certificates that OpenSSL makes do.
    const from = new Date().toISOString();
    service = await aService().onLog(log).from(from).withApplication('crm').start();
    target = service.target;
    applicationId = service.applicationId('crm');
  });
  after(() => service.stop());

  it('shows a variable as it was set, and accepts it again', async () => {
    const set = await api().put(of('variables', 'HOST'), { value: target.origin });
    expect(set.status).to.equal(200);
    expect(set.body).to.include({ name: 'HOST', value: target.origin, updatedBy: 'ann' });
    expect((await api().get(of('variables', 'HOST'))).body).to.deep.equal(set.body);
    expect((await api().put(of('variables', 'HOST'), set.body)).body).to.deep.equal(set.body);
  });

  it('shows a secret without its value', async () => {
    const set = await api().put(of('secrets', 'KEY'), { value: 'k3y-of-crm' });
    expect(set.status).to.equal(200);
    expect(set.body).to.have.all.keys('name', 'updatedAt', 'updatedBy');
    expect((await api().get(of('secrets', 'KEY'))).body).to.deep.equal(set.body);
    expect((await api().put(of('secrets', 'KEY'), { value: 'k3y-of-crm' })).body).to.deep.equal(set.body);
    expect((await api().get(of('secrets'))).body).to.deep.equal([set.body]);
    const short = await api().put(of('secrets', 'PIN'), { value: '123' });
    expect(short.headers.get('carillon-warning')).to.match(/not masked/);
    expect((await api().delete(of('secrets', 'PIN'))).status).to.equal(204);
  });

  it('fills them in, and masks secrets in what it shows', async () => {
    const { body: job } = await create('filled in', {
      url: '${HOST}/echo?key=${secret:KEY}',
      headers: { 'X-Key': '${secret:KEY}' },
      body: { host: '${HOST}', key: 'is ${secret:KEY}' },
    });
    const ended = await run(job.id);
    expect(ended.status, JSON.stringify(ended.error)).to.equal('succeeded');
    const got = target.received.at(-1);
    expect(got?.url).to.equal('/echo?key=k3y-of-crm');
    expect(got?.headers['x-key']).to.equal('k3y-of-crm');
    expect(JSON.parse(got?.body ?? '')).to.deep.equal({ host: target.origin, key: 'is k3y-of-crm' });
    expect(ended.jobSnapshot.url).to.equal(`${target.origin}/echo?key=***`);
    expect(ended.jobSnapshot.resolvedParameters).to.deep.include.members([
      { expression: '${HOST}', value: target.origin, at: ended.scheduledAt },
      { expression: '${secret:KEY}', value: '***', at: ended.scheduledAt },
    ]);
    await api().put(of('secrets', 'KEY'), { value: 'an0ther-key' });
    await run(job.id);
    expect(target.received.at(-1)?.headers['x-key']).to.equal('an0ther-key');
  });

  it('sends a secret only where it is allowed to go', async () => {
    const set = await api().put(of('secrets', 'BOUND'), { value: 'b0und-key', allowedOrigins: [target.origin] });
    expect(set.body).to.deep.include({ name: 'BOUND', allowedOrigins: [target.origin] });
    expect(set.headers.get('carillon-warning')).to.equal(null);
    expect((await api().get(of('secrets', 'BOUND'))).body).to.deep.equal(set.body);
    const body = 'is ${secret:BOUND}';
    const elsewhere = await create('elsewhere', { url: `${service.url}/healthz`, body });
    expect([elsewhere.status, elsewhere.body.code]).to.deep.equal([422, 'SECRET_ORIGIN_NOT_ALLOWED']);
    const { body: job, headers } = await create('by a variable', { url: '${HOST}/echo', body });
    expect(headers.get('carillon-warning')).to.equal(null);
    expect((await run(job.id)).status).to.equal('succeeded');
    await api().put(of('variables', 'HOST'), { value: service.url });
    const { status, error } = await run(job.id);
    expect([status, error.code]).to.deep.equal(['failed', 'SECRET_ORIGIN_NOT_ALLOWED']);
    expect(error.message).to.contain(target.origin).and.not.contain('b0und-key');
    await api().put(of('variables', 'HOST'), { value: target.origin });
    // A new value alone leaves it where it belongs.
    expect((await api().put(of('secrets', 'BOUND'), { value: 'new-key' })).body.allowedOrigins).to.have.length(1);
    const free = await api().put(of('secrets', 'BOUND'), { value: 'new-key', allowedOrigins: null });
    expect(free.headers.get('carillon-warning')).to.contain('every allowed target');
    for (const allowedOrigins of [[], ['https://a.example/path'], ['a.example'], 'https://a.example']) {
      expect((await api().put(of('secrets', 'BOUND'), { value: 'x', allowedOrigins })).status).to.equal(400);
    }
  });

  it('lets no secret follow a redirect to another origin', async () => {
    const other = await startTarget();
    try {
      const to = (code: number) =>
        `${target.origin}/redirect?code=${code}&to=${encodeURIComponent(`${other.origin}/echo`)}`;
      const secret = '${secret:KEY}';
      const tasks: readonly object[] = [
        { url: to(307), body: { deep: [secret] } },
        { url: to(302), headers: { 'X-Custom': `is ${secret}` } },
        { url: `${to(302)}${encodeURIComponent('?k=')}${secret}` },
      ];
      for (const [index, task] of tasks.entries()) {
        const { body: job } = await create(`leaves ${index}`, task);
        const { status, error } = await run(job.id);
        expect([index, status, error?.code]).to.deep.equal([index, 'failed', 'SECRET_ORIGIN_NOT_ALLOWED']);
        expect(error.message).to.contain(other.origin);
      }
      const { body: job } = await create('leaves whole', { url: to(307), body: { a: 1 } }, { confidential: true });
      expect((await run(job.id)).error.code).to.equal('SECRET_ORIGIN_NOT_ALLOWED');
      expect(other.received).to.deep.equal([]);
      // Credentials by their own names stay behind, and the rest goes on.
      const auth = { authMethod: 'bearer', token: 'a-t0ken' };
      const { body: open } = await create('goes on', { url: to(302), auth, headers: { 'X-Api-Key': secret } });
      expect((await run(open.id)).status).to.equal('succeeded');
      expect(JSON.stringify(other.received)).to.not.match(/t0ken|an0ther-key|k3y-of-crm/);
    } finally {
      await other.close();
    }
  });

  it('calls with a client certificate, and shows what it states but not its key', async () => {
    const authority = makeAuthority('Test CA');
    const client = authority.issue('crm', { days: 20 });
    const tls = await startTlsTarget(authority.issue('localhost'), authority);
    const at = `/applications/${applicationId}/tls/partner`;
    try {
      const input = { origins: [tls.origin], ca: authority.certificate, ...client };
      const set = await api().put(at, input);
      expect([set.status, set.body.detail]).to.deep.equal([200, undefined]);
      expect(set.headers.get('carillon-warning')).to.contain('certificate: a certificate expires at');
      expect(set.body).to.deep.include({ origins: [tls.origin], key: { sealed: true }, expiry: 'expiresSoon' });
      expect(set.body.chain).to.have.length(1);
      expect(set.body.chain[0]).to.include({ subject: 'CN=crm', issuer: 'CN=Test CA' });
      expect((await api().get(at)).body).to.deep.equal(set.body);
      expect((await api().get(`/applications/${applicationId}/tls`)).body).to.deep.equal([set.body]);
      expect((await api().put(at, set.body)).body, 'nothing changed').to.deep.equal(set.body);
      expect(JSON.stringify(await eventsOf(service.log))).to.not.contain(client.key.split('\n')[1]);

      const { body: job } = await create('to the partner', { url: `${tls.origin}/`, method: 'GET' });
      const ended = await run(job.id);
      expect(ended.status, JSON.stringify(ended.error)).to.equal('succeeded');
      expect(tls.clients).to.deep.equal(['crm']);
      const headers = { Authorization: `Bearer ${service.token()}` };
      const metrics = await (await fetch(`${service.url}/metrics`, { headers })).text();
      expect(metrics).to.match(/carillon_tls_certificates_expiring 1/);

      const other = authority.issue('other');
      const rejected = async (change: object) =>
        (await api().put(at, { ...input, ...change })).body.errors?.[0].pointer;
      expect(await rejected({ key: other.key })).to.equal('/key');
      expect(await rejected({ key: undefined })).to.equal('/key');
      expect(await rejected({ key: 'no key' })).to.equal('/key');
      expect(await rejected({ certificate: undefined })).to.equal('/certificate');
      expect(await rejected({ ca: 'no certificate' })).to.equal('/ca');
      expect(await rejected({ origins: ['http://a.example'] })).to.equal('/origins/0');
      expect(await rejected({ certificate: other.certificate, key: { sealed: true } })).to.equal('/key');
      expect((await api().delete(at)).status).to.equal(204);
      expect((await api().get(at)).body.code).to.equal('TLS_NOT_FOUND');
      expect((await run(job.id)).status).to.equal('failed');
    } finally {
      authority.remove();
      await tls.close();
    }
  });

  it('calls as an OAuth2 client, and keeps its secret and its tokens out of what is shown', async () => {
    const endpoint = await startTokenEndpoint();
    try {
      await api().put(of('secrets', 'CLIENT'), { value: 'cl1ent-secret' });
      const auth = { authMethod: 'oauth2', tokenUrl: endpoint.url, clientId: 'crm', clientSecret: '${secret:CLIENT}' };
      const made = await create('by a client', { url: `${target.origin}/mirror`, auth });
      expect(made.headers.get('carillon-warning')).to.contain('the client secret is sent unencrypted');
      expect(made.body.taskConfig.auth).to.deep.equal({ ...auth, clientSecret: { sealed: true } });
      const ended = await run(made.body.id);
      expect(ended.status, JSON.stringify(ended.error)).to.equal('succeeded');
      expect(target.received.at(-1)?.headers.authorization).to.equal('Bearer token-1');
      expect(JSON.stringify(ended)).to.not.contain('token-1').and.not.contain('cl1ent-secret');
      expect(JSON.stringify(await eventsOf(service.log))).to.not.contain('token-1');

      endpoint.answer((response) => response.writeHead(400).end('{"error": "invalid_scope", "why": "cl1ent-secret"}'));
      const kept = { ...auth, clientSecret: { sealed: true }, scope: 'all' };
      const put = await api().put(`/jobs/${made.body.id}`, { taskConfig: { ...made.body.taskConfig, auth: kept } });
      expect([put.status, put.body.detail]).to.deep.equal([200, undefined]);
      const rejected = await run(made.body.id);
      expect(rejected.error.code).to.equal('ACCESS_TOKEN_REJECTED');
      expect(rejected.error.message).to.contain('400, invalid_scope').and.not.contain('cl1ent-secret');

      for (const [field, other] of [
        ['auth', { ...kept, tokenUrl: 'http://127.0.0.1:1/token' }],
        ['url', `${service.url}/healthz`],
      ] as const) {
        const taskConfig = { ...put.body.taskConfig, [field]: other };
        const moved = await api().put(`/jobs/${made.body.id}`, { taskConfig });
        expect([field, moved.status, moved.body.code]).to.deep.equal([field, 422, 'SECRET_NOT_REUSABLE']);
        expect(moved.body.errors[0].pointer).to.equal('/taskConfig/auth/clientSecret');
      }
      const blocked = await create('blocked', {
        url: '${HOST}/echo',
        auth: { ...auth, tokenUrl: 'http://10.0.0.1/t' },
      });
      expect([blocked.status, blocked.body.code]).to.deep.equal([422, 'TARGET_BLOCKED']);
      expect(blocked.body.errors[0].pointer).to.equal('/taskConfig/auth/tokenUrl');
      const allowedOrigins = [target.origin];
      await api().put(of('secrets', 'CLIENT'), { value: 'cl1ent-secret', allowedOrigins });
      const leaving = await create('leaving', { url: `${target.origin}/echo`, auth });
      expect([leaving.status, leaving.body.code]).to.deep.equal([422, 'SECRET_ORIGIN_NOT_ALLOWED']);
      expect((await run(made.body.id)).error.code).to.equal('SECRET_ORIGIN_NOT_ALLOWED');
    } finally {
      await endpoint.close();
    }
  });

  it('fails an execution whose variable was deleted', async () => {
    await api().put(of('variables', 'GONE'), { value: 'x' });
    const { body: job } = await create('of what is gone', { url: `${target.origin}/echo`, body: '${GONE}' });
    await api().delete(of('variables', 'GONE'));
    const { status, error } = await run(job.id);
    expect(status).to.equal('failed');
    expect(error).to.deep.equal({ code: 'BAD_PARAMETER', message: '${GONE}: the application has no variable GONE' });
  });

  it('seals body and result of a confidential job, and keeps them when put back', async () => {
    const task = { url: `${target.origin}/echo`, body: { card: '4111-2222', n: 7 } };
    const { body: job } = await create('confidential', task, { confidential: true });
    expect(job).to.include({ confidential: true });
    expect(job.taskConfig.body).to.deep.equal({ sealed: true });
    const put = await api().put(`/jobs/${job.id}`, { ...job, description: 'same body' });
    expect(put.status).to.equal(200);
    const ended = await run(job.id);
    expect(JSON.parse(target.received.at(-1)?.body ?? '')).to.deep.equal(task.body);
    expect(ended.result).to.deep.include({ status: 200, data: { sealed: true } });
    expect(ended.jobSnapshot.body).to.deep.equal({ sealed: true });
    const open = await api().put(`/jobs/${job.id}`, { confidential: false });
    expect([open.status, open.body.code]).to.deep.equal([422, 'SECRET_NOT_REUSABLE']);
    const again = await create('copy', { ...task, body: { sealed: true } }, { confidential: true });
    expect([again.status, again.body.errors[0].pointer]).to.deep.equal([422, '/taskConfig/body']);
  });

  it('seals the body of a job that becomes confidential', async () => {
    const { body: job } = await create('becomes so', { url: `${target.origin}/echo`, body: { a: 1 } });
    const { body: sealed } = await api().put(`/jobs/${job.id}`, { confidential: true });
    expect(sealed.taskConfig.body).to.deep.equal({ sealed: true });
    await run(job.id);
    expect(target.received.at(-1)?.body).to.equal('{"a":1}');
    const { body: open } = await api().put(`/jobs/${job.id}`, {
      confidential: null,
      taskConfig: { ...job.taskConfig, body: { a: 2 } },
    });
    expect(open).to.not.have.property('confidential');
    expect(open.taskConfig.body).to.deep.equal({ a: 2 });
  });

  it('erases sealed values: calls fail with a code, and values must be sent again', async () => {
    const auth = { authMethod: 'bearer', token: 'a-t0ken' };
    const { body: job } = await create('erased', { url: `${target.origin}/echo`, auth });
    const { body: named } = await create('erased too', { url: `${target.origin}/echo`, body: '${secret:KEY}' });
    const erased = await api().post(of('secrets', 'erase'));
    expect(erased.status).to.equal(200);
    expect(erased.body).to.include({ applicationId, generation: 1 });
    expect(erased.body.note).to.match(/scavenge/);
    for (const { id } of [job, named]) expect((await run(id)).error.code).to.equal('SECRET_ERASED');
    expect((await api().get(of('secrets', 'KEY'))).body).to.include({ name: 'KEY', erased: true });
    const kept = await api().put(`/jobs/${job.id}`, job);
    expect([kept.status, kept.body.code]).to.deep.equal([422, 'SECRET_NOT_REUSABLE']);
    expect((await api().put(`/jobs/${job.id}`, { taskConfig: { ...job.taskConfig, auth } })).status).to.equal(200);
    expect((await api().put(of('secrets', 'KEY'), { value: 'a-new-one' })).body).to.not.have.property('erased');
    for (const { id } of [job, named]) expect((await run(id)).status).to.equal('succeeded');
    expect(target.received.at(-1)?.body).to.equal('a-new-one');
  });
});
