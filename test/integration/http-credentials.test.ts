import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import supertest from 'supertest';
import { tokenRejected } from '../../src/commands/execution/callback.ts';
import { testApp, tokenFor } from '../support/http.ts';

const API = '/_/scheduler';
const token = tokenFor();
const other = tokenFor({}, 'eve');
const cookie = `session=${token}`;

describe('credentials', () => {
  const { app } = testApp({ publicUrl: 'https://jobs.example' });
  const get = (headers: Record<string, string>) => supertest(app).get(`${API}/jobs`).set(headers);
  const post = (headers: Record<string, string>) => supertest(app).post(`${API}/jobs`).set(headers).send({});

  it('takes a bearer token in any letter case, or the session cookie', async () => {
    await get({ Authorization: `Bearer ${token}` }).expect(200);
    await get({ Authorization: `bearer ${token}` }).expect(200);
    await get({ Cookie: `a=b; ${cookie}; c=d` }).expect(200);
    await get({ Cookie: cookie, Authorization: `Bearer ${token}` }).expect(200);
  });

  it('shows users and tokens of an erased tenant nothing, and administrators of the installation what is left', async () => {
    const { app: erased } = testApp({ isErased: (tenant) => tenant === 'gone' });
    const read = (claims: object) =>
      supertest(erased)
        .get(`${API}/jobs?tenant=gone`)
        .set('Authorization', `Bearer ${tokenFor({ ...claims })}`);
    const { body } = await read({ tenant: 'gone', permissions: ['scheduler:tenant:admin'] }).expect(409);
    expect(body.code).to.equal('TENANT_ERASED');
    await read({ permissions: ['scheduler:admin'] }).expect(200);
  });

  it('requests one if there is none', async () => {
    const { body, headers } = await get({}).expect(401);
    expect(body).to.include({ code: 'NOT_AUTHENTICATED' });
    expect(headers['www-authenticate']).to.equal('Bearer realm="carillon"');
    await get({ Cookie: 'session=' }).expect(401);
    await get({ Cookie: 'other=1' }).expect(401);
  });

  const rejected: Record<string, Record<string, string>> = {
    'a header and a cookie that differ': { Authorization: `Bearer ${token}`, Cookie: `session=${other}` },
    'two cookies that differ': { Cookie: `${cookie}; session=${other}` },
    'two tokens in one header': { Authorization: `Bearer ${token}, Bearer ${token}` },
    'another scheme': { Authorization: `Basic ${token}` },
    'a scheme alone': { Authorization: 'Bearer' },
    'a broken token beside a good cookie': { Authorization: 'Bearer x', Cookie: cookie },
    'a token of nothing': { Authorization: 'Bearer a.b.c' },
  };
  for (const [what, headers] of Object.entries(rejected)) {
    it(`rejects ${what}`, async () => {
      const { body, headers: responded } = await get(headers).expect(401);
      expect(body).to.include({ code: 'TOKEN_REJECTED' });
      expect(responded['www-authenticate']).to.match(/error="invalid_token"/);
    });
  }

  it('takes twenty wrong ones on a connection, also of targets that report, and closes it', async () => {
    const completeExecution = () => Promise.reject(tokenRejected());
    const { app: guessed } = testApp({ commands: { completeExecution } });
    const server = guessed.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const requested: Readonly<Record<string, string>> = {
      'GET /jobs': 'Authorization: Bearer car_1_x\r\n',
      'POST /executions/1/complete?job=1':
        'Authorization: Bearer x\r\nContent-Type: application/json\r\nContent-Length: 22\r\n',
      'GET /applications': '',
    };
    const statuses: Record<string, string[]> = {};
    for (const [what, headers] of Object.entries(requested)) {
      const [method, path] = what.split(' ');
      const body = method === 'POST' ? '{"status":"succeeded"}' : '';
      const one = `${method} ${API}${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n${body}`;
      const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
      socket.write(one.repeat(24) + one.replace('Host', 'Connection: close\r\nHost'));
      statuses[what] = (await text(socket)).match(/(?<=HTTP.1.1 )\d+/g) ?? [];
    }
    server.close();
    expect(statuses).to.deep.equal({
      'GET /jobs': Array(20).fill('401'),
      'POST /executions/1/complete?job=1': Array(20).fill('401'),
      'GET /applications': Array(25).fill('401'),
    });
  });

  it('rejects an expired token', async () => {
    const late = testApp();
    await late.world.advance(3_600_000);
    await supertest(late.app).get(`${API}/jobs`).set('Authorization', `Bearer ${token}`).expect(401);
  });

  it('lets a cookie change something only from a page of the same origin', async () => {
    const Host = 'jobs.internal:3000';
    const statusOf = async (headers: Record<string, string>) =>
      (await post({ Cookie: cookie, Host, ...headers })).status;
    expect(await statusOf({ Origin: `http://${Host}` })).to.equal(201);
    expect(await statusOf({ Origin: 'https://jobs.example', 'Sec-Fetch-Site': 'same-origin' })).to.equal(201);
    expect(await statusOf({ 'Sec-Fetch-Site': 'same-origin' })).to.equal(201);
    expect(await statusOf({ Origin: 'null', 'Sec-Fetch-Site': 'same-origin' })).to.equal(201);
    expect(await statusOf({ Origin: 'null', 'Sec-Fetch-Site': 'cross-site' })).to.equal(403);
    expect(await statusOf({})).to.equal(403);
    expect(await statusOf({ Origin: 'null' })).to.equal(403);
    expect(await statusOf({ Origin: 'https://evil.example' })).to.equal(403);
    expect(await statusOf({ Origin: 'http://jobs.example' })).to.equal(403);
    expect(await statusOf({ Origin: `http://${Host}`, 'Sec-Fetch-Site': 'cross-site' })).to.equal(403);
    expect(await statusOf({ 'Sec-Fetch-Site': 'same-site' })).to.equal(403);
    expect(await statusOf({ 'Sec-Fetch-Site': 'none' })).to.equal(403);
    await get({ Cookie: cookie, 'Sec-Fetch-Site': 'cross-site' }).expect(200);
    await post({ Authorization: `Bearer ${token}`, Origin: 'https://evil.example' }).expect(201);
  });
});
