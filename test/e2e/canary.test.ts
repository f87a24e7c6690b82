import { inspect } from 'node:util';
import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import type { Api } from '../support/api.ts';
import { type Canary, canary, seen } from '../support/canary.ts';
import { databaseTexts } from '../support/database-text.ts';
import { describeOnLogs } from '../support/logs.ts';
import type { Target } from '../support/target.ts';

type Answered = { readonly asked: string; readonly text: string };

/** The API, and whatever it answered. */
const listening = (api: Api, responses: Answered[]): Api => {
  const heard =
    <A extends unknown[]>(verb: string, request: (path: string, ...rest: A) => ReturnType<Api['get']>) =>
    async (path: string, ...rest: A) => {
      const response = await request(path, ...rest);
      responses.push({ asked: `${verb} ${path}`, text: JSON.stringify([response.body, [...response.headers]]) });
      return response;
    };
  return {
    get: heard('GET', api.get),
    post: heard('POST', api.post),
    put: heard('PUT', api.put),
    patch: heard('PATCH', api.patch),
    delete: heard('DELETE', api.delete),
  };
};

describeOnLogs('a secret, wherever it is planted', (log) => {
  const responses: Answered[] = [];
  const canaries: Canary[] = [];
  let service: AService;
  let target: Target;
  let api: Api;
  let applicationId: number;
  const plant = (place: string, options = {}): string => {
    const made = canary(place, options);
    canaries.push(made);
    return made.value;
  };

  before(async () => {
    service = await aService().onLog(log).start();
    target = service.target;
    api = listening(service.as(), responses);
    applicationId = (await api.post('/applications', { name: 'crm' })).body.id;
  });
  after(() => service.stop());

  const run = async (
    name: string,
    taskConfig: object,
    { input, ...other }: { readonly input?: object; readonly confidential?: boolean } = {},
  ): Promise<{ id: number; status: string }> => {
    const created = await api.post('/jobs', {
      applicationId,
      name,
      pattern: '0 2 1 1 *',
      taskType: 'HttpInvokerTask',
      taskConfig: { method: 'POST', timeout: 3_000, ...taskConfig },
      ...other,
    });
    expect(created.status, JSON.stringify(created.body)).to.equal(201);
    expect((await api.put(`/jobs/${created.body.id}`, created.body)).status).to.equal(200);
    const { body: triggered } = await api.post(`/jobs/${created.body.id}/trigger`, input);
    return service.eventually(async () => {
      const { body } = await api.get(`/executions/${triggered.id}`);
      return ['succeeded', 'failed'].includes(body.status) ? body : undefined;
    });
  };

  /** Ways for a target to answer: plainly, with an error, by redirects that are rejected or have no end, and not at all. */
  const ways = () => [
    `${target.origin}/mirror`,
    `${target.origin}/mirror?code=500`,
    `${target.origin}/mirror?raw=1&type=text/plain`,
    `${target.origin}/mirror?code=307&to=http://10.0.0.1`,
    `${target.origin}/mirror?code=307&to=http://nobody.invalid`,
    `${target.origin}/mirror?code=307&to=nonsense://there`,
    `${target.origin}/reset`,
    `${target.origin}/garbage`,
    'http://127.0.0.1:9',
  ];
  const withQuery = (url: string, query: string): string => `${url}${url.includes('?') ? '&' : '?'}${query}`;

  it('is called with', async () => {
    const secret = async (name: string): Promise<void> => {
      const put = await api.put(`/applications/${applicationId}/secrets/${name}`, {
        value: plant(`secret in ${name}`),
      });
      expect(put.status).to.equal(200);
    };
    for (const name of ['URL', 'PATH', 'HEADER', 'BODY', 'TOKEN']) await secret(name);
    for (const [index, url] of ways().entries()) {
      await run(`bearer ${index}`, {
        url,
        auth: { authMethod: 'bearer', token: plant('bearer token') },
        headers: { 'X-Api-Key': plant('sensitive header'), Cookie: `sid=${plant('cookie')}` },
      });
      await run(`filled in ${index}`, {
        url: withQuery(url, 'key=${secret:URL}'),
        auth: { authMethod: 'bearer', token: 'x-${secret:TOKEN}' },
        body: 'a text with ${secret:BODY}',
      });
      // A body and a password are in no message about a target that does not answer.
      if (index > 2) continue;
      await run(`basic ${index}`, {
        url,
        auth: { authMethod: 'basic', username: 'ann', password: plant('password') },
        body: { secret: '${secret:BODY}', list: ['before ${secret:BODY} after'] },
        headers: { 'X-Plain': '${secret:HEADER}' },
      });
      await run(
        `confidential ${index}`,
        { url, body: { field: plant('confidential body'), list: [plant('confidential list')] } },
        { confidential: true },
      );
      await run(
        `given for one run ${index}`,
        { url },
        {
          input: { body: plant('body of a run'), headers: { Authorization: `Bearer ${plant('header of a run')}` } },
          confidential: true,
        },
      );
    }
    for (const way of ['', '?code=500', '?raw=1&type=text/plain']) {
      await run(`in a path ${way.length}`, {
        endpoint: target.origin,
        path: `/mirror/\${secret:PATH}${way}`,
      });
    }
    await api.put(`/applications/${applicationId}/secrets/HOST`, { value: plant('secret in a host', { plain: true }) });
    await run('in a host', { url: 'http://${secret:HOST}.invalid/' });
    await run('no URL', { url: '${secret:BODY}' });
    const calls = inspect(target.received, { maxArrayLength: null, maxStringLength: null, depth: 5 });
    for (const place of [
      'bearer token',
      'sensitive header',
      'confidential list',
      'secret in TOKEN',
      'secret in HEADER',
    ]) {
      const [planted] = canaries.filter((each) => each.place === place);
      expect(
        planted?.signs.some((sign) => calls.includes(sign)),
        place,
      ).to.equal(true);
    }
  });

  it('is previewed in', async () => {
    const previewed = await api.post('/preview', {
      applicationId,
      pattern: '* * * * *',
      taskConfig: {
        url: `${target.origin}/mirror/\${secret:PATH}?key=\${secret:URL}`,
        method: 'POST',
        auth: { authMethod: 'bearer', token: plant('previewed token') },
        headers: { 'X-Api-Key': plant('previewed header'), 'X-Plain': '${secret:HEADER}' },
        body: { secret: '${secret:BODY}' },
      },
    });
    expect(previewed.status, JSON.stringify(previewed.body)).to.equal(200);
  });

  it('is rejected in', async () => {
    const secret = `/applications/${applicationId}/secrets`;
    const value = plant('rejected input');
    const task = { url: target.origin, method: 'GET' };
    const job = { applicationId, name: 'rejected', pattern: '* * * * *', taskType: 'HttpInvokerTask' };
    const rejected = [
      await api.put(`${secret}/LONG`, { value: value.repeat(1_000) }),
      await api.put(`${secret}/NESTED`, { value: { value } }),
      await api.put(`${secret}/OTHER`, { value: 'x', extra: value }),
      await api.put(`${secret}/0bad`, { value }),
      await api.put(`/applications/999999/secrets/NAME`, { value }),
      await api.post('/jobs', { ...job, taskConfig: { ...task, auth: { authMethod: 'bearer', token: [value] } } }),
      await api.post('/jobs', { ...job, taskConfig: { ...task, auth: { authMethod: value, token: 'x' } } }),
      await api.post('/jobs', { ...job, taskConfig: { ...task, headers: { 'X-Api-Key': `${value}\r\n` } } }),
      await api.post('/jobs', { ...job, taskConfig: { ...task, headers: { 'X-Api-Key': `\${unknown}${value}` } } }),
      await api.post('/jobs', { ...job, confidential: true, taskConfig: { ...task, body: `\${unknown} ${value}` } }),
    ];
    for (const { status } of rejected) expect(status).to.be.within(400, 422);
  });

  it('is found nowhere: neither in the log nor in a table, a response or a line', async () => {
    const paths = [
      'jobs',
      'executions',
      'applications',
      `applications/${applicationId}/secrets`,
      'stats',
      'projections',
    ];
    for (const path of paths) await api.get(`/${path}?limit=500`);
    const lines = service.lines.map((line) => inspect(line, { depth: 10, maxStringLength: null }));
    const texts = [
      ...(await databaseTexts(service.databaseUrl)),
      ...log.texts().map((text) => ({ table: 'the log', text })),
    ];
    expect(texts.length).to.be.above(200);
    expect(responses.length).to.be.above(100);
    const found = [
      ...texts.flatMap(({ table, text }) => seen(canaries, table, text)),
      ...responses.flatMap(({ asked: requested, text }) => seen(canaries, requested, text)),
      ...lines.flatMap((line) => seen(canaries, 'a line of the log', line)),
    ];
    expect(found.join('\n')).to.equal('');
  });
});
