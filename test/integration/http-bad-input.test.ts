import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import supertest from 'supertest';
import { CreateJob } from '../../src/commands/job/job-input.ts';
import { parseInput } from '../../src/commands/parse.ts';
import { fakeCommands, testApp, tokenFor } from '../support/http.ts';

const API = '/_/scheduler';
const bearer = `Bearer ${tokenFor()}`;
const { app } = testApp({
  commands: {
    createJob: async (context, input) => {
      parseInput(CreateJob, input);
      return fakeCommands.createJob(context, input);
    },
  },
});
const good = {
  applicationId: 1,
  name: 'a',
  pattern: '* * * * *',
  taskType: 'HttpInvokerTask',
  taskConfig: { url: 'https://example.com', method: 'GET' },
};
const { pattern: _, ...unscheduled } = good;
const withTask = (task: object) => ({ ...good, taskConfig: { ...good.taskConfig, ...task } });
const postRaw = (body: string | Buffer, type = 'application/json') =>
  supertest(app)
    .post(`${API}/jobs`)
    .set({ Authorization: bearer, 'Content-Type': type })
    .serialize((text) => text)
    .send(body);
const post = (body: object) => postRaw(JSON.stringify(body));
const get = (path: string) => supertest(app).get(`${API}${path}`).set('Authorization', bearer);

describe('bad input', () => {
  it('takes good input', async () => {
    await post(good).expect(201);
    await postRaw(JSON.stringify(good), 'application/json; charset=UTF-8').expect(201);
  });

  const pointed: Record<string, [body: object, pointer: string]> = {
    'a wrong type': [{ ...good, enabled: 'yes' }, '/enabled'],
    'a missing field': [{ ...good, name: undefined }, '/name'],
    'an unknown field': [{ ...good, nmae: 1 }, '/nmae'],
    'an unknown field further down': [{ ...good, taskConfig: { ...good.taskConfig, 'a/b': 1 } }, '/taskConfig/a~1b'],
    'a name over 200': [{ ...good, name: 'n'.repeat(201) }, '/name'],
    'a description over 2,000': [{ ...good, description: 'd'.repeat(2_001) }, '/description'],
    'a line break in a header': [withTask({ headers: { 'X-A': 'a\r\nX-B: b' } }), '/taskConfig/headers/X-A'],
    'an unpaired surrogate in a name': [{ ...good, name: 'a\ud800' }, '/name'],
    'a control character of Latin-1 in a header': [
      withTask({ headers: { 'X-A': 'a\u0085b' } }),
      '/taskConfig/headers/X-A',
    ],
    'NUL in a string': [{ ...good, description: 'a\0b' }, '/description'],
    'NUL deep in a body': [withTask({ body: [{ x: '\0' }] }), '/taskConfig/body/0/x'],
    'half a surrogate pair': [{ ...good, description: '\ud800' }, '/description'],
    'another task type': [{ ...good, taskType: 'SqlTask' }, '/taskType'],
    'a text for an application id': [{ ...good, applicationId: '1' }, '/applicationId'],
    'a number for an interval': [{ ...unscheduled, schedule: { every: 90 } }, '/schedule/every'],
    'an instant without an offset': [{ ...unscheduled, schedule: { at: '2999-01-01T00:00:00' } }, '/schedule/at'],
    'a schedule of nothing': [{ ...unscheduled, schedule: {} }, '/schedule'],
    'a schedule of both kinds': [
      { ...unscheduled, schedule: { at: '2999-01-01T00:00:00Z', every: '1d' } },
      '/schedule',
    ],
    'a text for a schedule': [{ ...unscheduled, schedule: '90s' }, '/schedule'],
    'an invalid header name': [withTask({ headers: { 'a b': 'c' } }), '/taskConfig/headers/a b'],
    'an unknown method': [withTask({ method: 'BREW' }), '/taskConfig/method'],
    'a timeout beyond half an hour': [withTask({ timeout: 1_800_001 }), '/taskConfig/timeout'],
    'a timeout of 31 minutes': [withTask({ timeout: '31m' }), '/taskConfig/timeout'],
    'url beside endpoint': [withTask({ endpoint: 'https://example.com' }), '/taskConfig/url'],
    'a retention of a month': [{ ...good, retention: { maxAge: '31d' } }, '/retention/maxAge'],
    'a retention of eleven years': [{ ...good, retention: { maxAge: '4000d' } }, '/retention/maxAge'],
    'a retention without an age': [{ ...good, retention: { keepLast: 5 } }, '/retention/maxAge'],
    'a retention that keeps none': [{ ...good, retention: { maxAge: '90d', keepLast: 0 } }, '/retention/keepLast'],
    'a start that is in year 10000 in UTC': [{ ...good, startAt: '9999-12-31T23:59:59-23:59' }, '/startAt'],
    'an end that is in year 0 in UTC': [{ ...good, endAt: '0001-01-01T00:00:00+00:01' }, '/endAt'],
  };
  for (const [what, [body, pointer]] of Object.entries(pointed)) {
    it(`points to ${what}`, async () => {
      const { body: problem } = await post(body).expect(400);
      expect(problem.code).to.equal('BAD_INPUT');
      expect(problem.errors.map((error: { pointer: string }) => error.pointer)).to.include(pointer);
    });
  }

  it('rejects __proto__ outside of the body of a task, numbers without end and nesting without end', async () => {
    for (const body of [
      '{"__proto__":{}}',
      '{"a":{"__proto__":1}}',
      '{"taskConfig":{"__proto__":1}}',
      '{"a":1e999}',
      `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    ]) {
      expect((await postRaw(body).expect(400)).body.code).to.equal('BAD_INPUT');
    }
  });

  it('rejects a whole number that would be rounded, and states where it is', async () => {
    const body = JSON.stringify({ ...good, taskConfig: { ...good.taskConfig, body: { ids: [1, 'ID'] } } });
    const { body: problem } = await postRaw(body.replace('"ID"', '12345678901234567890')).expect(400);
    expect([problem.code, problem.errors[0].pointer]).to.deep.equal(['BAD_INPUT', '/taskConfig/body/ids/1']);
    expect(problem.errors[0].message).to.include('would be rounded to 12345678901234567000');
    await postRaw(body.replace('"ID"', '"12345678901234567890"')).expect(201);
  });

  it('rejects what is not JSON, not an object, or nothing', async () => {
    for (const body of ['{', '{"a":1,}', 'x', Buffer.from('{"a":"\xff"}', 'latin1'), '\ufeff']) {
      expect((await postRaw(body).expect(400)).body.code).to.equal('BAD_JSON');
    }
    for (const body of ['[]', '1', '"x"', 'null', '']) {
      expect((await postRaw(body).expect(400)).body.code).to.equal('BAD_INPUT');
    }
  });

  it('rejects other media types and encodings', async () => {
    for (const type of [
      'text/plain',
      'application/xml',
      'application/json; charset=latin1',
      'x',
      'multipart/form-data',
    ]) {
      await postRaw('{}', type).expect(415);
    }
    await postRaw('{}').set('Content-Encoding', 'lzma').expect(415);
    await postRaw('not gzip').set('Content-Encoding', 'gzip').expect(400);
    await postRaw(gzipSync(JSON.stringify(good)))
      .set('Content-Encoding', 'gzip')
      .expect(201);
  });

  it('rejects a body over 256 KiB, zipped or not', async () => {
    const large = JSON.stringify({ ...good, description: 'd'.repeat(256 * 1_024) });
    expect((await postRaw(large).expect(413)).body.code).to.equal('BODY_TOO_LARGE');
    await postRaw(gzipSync(large)).set('Content-Encoding', 'gzip').expect(413);
  });

  it('rejects a body of more values than it may have, however few bytes they are', async () => {
    const zeros = (count: number) =>
      JSON.stringify({ ...good, taskConfig: { ...good.taskConfig, body: Array(count).fill(0) } });
    const others = Object.keys(good).length + Object.keys(good.taskConfig).length + 2;
    await postRaw(zeros(100_000 - others)).expect(201);
    const { body } = await postRaw(zeros(100_001 - others)).expect(413);
    expect(body).to.include({ code: 'BODY_TOO_LARGE', detail: 'it has more than 100000 values' });
  });

  it('rejects a compressed body that becomes more than a hundred times as large', async () => {
    const spaces = (count: number) => gzipSync(JSON.stringify(good) + ' '.repeat(count));
    await postRaw(spaces(60_000)).set('Content-Encoding', 'gzip').expect(201);
    await postRaw(spaces(200_000)).set('Content-Encoding', 'gzip').expect(413);
  });

  it('accepts a key that every object inherits', async () => {
    const body = JSON.parse('{"constructor": {"prototype": 1}, "toString": "x", "__proto__": {"a": 1}}');
    await post({ ...good, taskConfig: { ...good.taskConfig, body } }).expect(201);
  });

  it('names the first of a great many bad fields', async () => {
    const headers = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`X-${at}`, 1]));
    const { body } = await post({ ...good, taskConfig: { ...good.taskConfig, headers } }).expect(400);
    expect(body.errors).to.have.length(20);
    expect(body.detail).to.match(/; and 4980 more$/);
  });

  it('rejects ids that are none', async () => {
    for (const id of [
      'abc',
      '0',
      '-1',
      '1e3',
      '01',
      '1.5',
      '9007199254740993',
      '%31%00',
      '１',
      '7%20',
      'constructor',
    ]) {
      const { body } = await get(`/jobs/${id}`).expect(400);
      expect(body).to.deep.include({ code: 'BAD_ID', status: 400 });
      expect(body.errors[0].pointer).to.equal('/id');
    }
  });

  it('rejects instants outside of the years 1 to 9999 in a filter', async () => {
    for (const field of ['from', 'to']) {
      for (const instant of ['9999-12-31T23:59:59-23:59', '0000-01-01T00:00:00Z']) {
        const { body } = await get(`/executions?${field}=${encodeURIComponent(instant)}`).expect(400);
        expect(body.errors).to.deep.equal([{ pointer: `/${field}`, message: 'must be in the years 1 to 9999 (UTC)' }]);
      }
    }
  });

  it('rejects paths that can not be read, and those that lead nowhere', async () => {
    await get('/jobs/%').expect(400);
    await get('/jobs/%ff').expect(400);
    for (const path of ['/nothing', '/jobs/7/nothing', '/Jobs', '/echo', '/%2e%2e/']) await get(path).expect(404);
    expect((await supertest(app).get('/jobs')).body).to.include({ code: 'ROUTE_NOT_FOUND', instance: '/jobs' });
  });

  it('rejects a method that a path does not have, and names those it has', async () => {
    const { headers } = await supertest(app).patch(`${API}/jobs/7`).set('Authorization', bearer).expect(405);
    expect(headers.allow).to.equal('GET, PUT, DELETE, HEAD, OPTIONS');
    await supertest(app).post('/healthz').expect(405);
    for (const path of ['/jobs/7', '/events']) await supertest(app).patch(`${API}${path}`).expect(401);
    await supertest(app).options(`${API}/jobs`).expect('Allow', 'GET, POST, HEAD, OPTIONS').expect(204);
  });

  const queries: Record<string, string> = {
    '/limit': 'limit=0',
    '/limit ': 'limit=501',
    '/limit  ': 'limit=5&limit=6',
    '/cursor': 'cursor=',
    '/enabled': 'enabled=1',
    '/name': 'name=%00',
    '/target': 'target=a%20b',
    '/label': 'label=x',
    '/applicationId': 'applicationId=0',
    '/consistency': 'consistency=strong',
    '/tenant': 'tenant=a&tenant=b',
    '/tenant ': 'tenant=acme%07',
    '/colour': 'colour=red',
    '/__proto__': '__proto__=1',
    '/status': 'status=done',
  };
  for (const [pointer, query] of Object.entries(queries)) {
    it(`points to ?${query}`, async () => {
      const { body } = await get(`/jobs?${query}`).expect(400);
      expect(body.code).to.equal('BAD_INPUT');
      expect(body.errors[0].pointer).to.equal(pointer.trim());
    });
  }

  it('rejects a query that is not percent-encoded UTF-8', async () => {
    for (const query of ['name=%FF', 'name=%C3', 'name=100%', '%ff=1']) {
      expect((await get(`/jobs?${query}`).expect(400)).body.code).to.equal('BAD_REQUEST');
    }
    await get('/jobs?name=%C3%BC+%26').expect(200);
  });

  it('rejects a reason that is no text, and accepts a percent sign unchanged', async () => {
    for (const reason of ['%C2%85', '%00', 'a\u0085b', 'ü', 'x'.repeat(501), '']) {
      const { body } = await post(good).set('Carillon-Reason', reason).expect(400);
      expect(body.errors[0].pointer).to.equal('/carillon-reason');
    }
    for (const reason of ['%C3%BC'.repeat(500), '100%', '5% of %FF'])
      await post(good).set('Carillon-Reason', reason).expect(201);
    for (const reason of ['', 'x'.repeat(501), 7, null, 'a\u0085b']) {
      const { body } = await post({ ...good, reason }).expect(400);
      expect(body.errors[0].pointer).to.equal('/reason');
    }
  });

  it('rejects a time without a zone, and one that is none', async () => {
    for (const from of ['2026-01-01T00:00:00', '2026-02-31T00:00:00Z', '2026-02-31', '-24', '24h', 'now']) {
      await get(`/executions?from=${from}`).expect(400);
    }
  });

  it('rejects a body if none is requested', async () => {
    const { body } = await supertest(app)
      .post(`${API}/jobs/7/enable`)
      .set('Authorization', bearer)
      .send({ enabled: true })
      .expect(400);
    expect(body.errors).to.deep.include({ pointer: '/enabled', message: 'is unknown' });
  });
});
