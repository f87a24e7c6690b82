import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import type { Api } from '../support/api.ts';
import { writeBootstrap } from '../support/bootstrap-folder.ts';
import { describeOnLogs } from '../support/logs.ts';
import { serviceSettings } from '../support/service.ts';
import { eventsOf } from '../support/service-log.ts';

const job = (name: string, other: Readonly<Record<string, unknown>> = {}) => ({
  name,
  pattern: '0 2 * * *',
  taskType: 'HttpInvokerTask',
  taskConfig: { url: 'http://127.0.0.1:9/sync', method: 'GET' },
  ...other,
});

describeOnLogs('the service: bootstrap', (log) => {
  let service: AService;
  let api: Api;
  const post = (application: unknown, jobs?: readonly unknown[], query = '') =>
    api.post(`/bootstrap${query}`, { applications: [{ folder: 'crm', application, ...(jobs && { jobs }) }] });
  const actions = async (name: string, jobs?: readonly unknown[], query = '') => {
    const { status, body } = await post({ name }, jobs, query);
    expect([status, body.detail]).to.deep.equal([200, undefined]);
    return body.applications[0].jobs.map((each: { action: string; name: string }) => `${each.action} ${each.name}`);
  };
  const jobsOf = async (name: string) => {
    const { body } = await api.get('/jobs?limit=500');
    return body.filter(({ application }: { application: { name: string } }) => application.name === name);
  };
  const idOf = async (application: string, name: string) =>
    (await jobsOf(application)).find((each: { name: string }) => each.name === name)?.id;

  before(async () => {
    service = await aService().onLog(log).start();
    api = service.as();
  });
  after(() => service.stop());

  it('creates, updates and deletes its own jobs', async () => {
    expect(await actions('a', [job('one'), job('two')])).to.deep.equal(['create one', 'create two']);
    const [one] = await jobsOf('a');
    expect(one).to.include({ name: 'one', createdBy: 'bootstrap:a', updatedBy: 'bootstrap:a' });
    expect(await actions('a', [job('one', { description: 'changed' })])).to.deep.equal(['delete two', 'update one']);
    const after = await jobsOf('a');
    expect(after).to.have.length(1);
    expect(after[0]).to.include({ id: one.id, description: 'changed', updatedBy: 'bootstrap:a' });
    expect(await actions('a', [job('one')])).to.deep.equal(['update one']);
    expect((await jobsOf('a'))[0]).to.not.have.property('description');
    expect(await actions('a')).to.deep.equal([]);
    expect(await jobsOf('a')).to.have.length(1);
    expect(await actions('a', [])).to.deep.equal(['delete one']);
  });

  it('records nothing for equal files, secrets included', async () => {
    const jobs = [
      job('sealed', {
        timezone: 'Europe/Berlin',
        labels: { team: 'crm' },
        taskConfig: {
          url: 'http://127.0.0.1:9/sync',
          method: 'POST',
          headers: { 'X-Api-Key': 'a key of the target', Accept: 'text/plain' },
          auth: { authMethod: 'basic', username: 'crm', password: 'a password of the target' },
        },
      }),
      job('confidential', {
        confidential: true,
        taskConfig: { url: 'http://127.0.0.1:9/x', method: 'POST', body: { a: [1] } },
      }),
    ];
    await actions('b', jobs);
    const before = await eventsIn(service);
    expect(await actions('b', jobs)).to.deep.equal(['keep sealed', 'keep confidential']);
    expect(await eventsIn(service)).to.equal(before);
    const changed = JSON.parse(JSON.stringify(jobs).replace('a password of the target', 'another password'));
    const { body } = await post({ name: 'b' }, changed, '?dryRun=true');
    const [{ changes }] = body.applications[0].jobs;
    const sealed = { sealed: true };
    expect(changes).to.deep.equal([{ pointer: '/taskConfig/auth/password', before: sealed, after: sealed }]);
    expect(JSON.stringify(body)).to.not.include('another password');
  });

  it('skips jobs that users changed or created, and warns of changed ones', async () => {
    await actions('c', [job('edited'), job('owned')]);
    await api.put(`/jobs/${await idOf('c', 'edited')}`, { description: 'mine now' });
    const { applicationId } = { applicationId: (await jobsOf('c'))[0].application.id };
    await api.post('/jobs', { ...job('foreign'), applicationId });
    const files = [job('edited', { pattern: '9 9 * * *' }), job('foreign', { pattern: '9 9 * * *' })];
    expect(await actions('c', files)).to.deep.equal(['delete owned', 'skip edited', 'skip foreign']);
    expect((await jobsOf('c')).map(({ pattern }: { pattern: string }) => pattern)).to.deep.equal([
      '0 2 * * *',
      '0 2 * * *',
    ]);
    const said = (level: string) =>
      service.lines.filter((line) => line.level === level && line.fields.application === 'c');
    expect(said('warn').map(({ message }) => message)).to.deep.equal(['bootstrap: skipped a job: manually modified']);
    expect(said('warn')[0]?.fields).to.include({ job: 'edited', by: 'ann' });
    expect(said('debug').map(({ fields }) => fields.job)).to.deep.equal(['foreign']);
    expect(await actions('c', [])).to.deep.equal(['ignore edited', 'ignore foreign']);
    expect(await jobsOf('c')).to.have.length(2);
  });

  it('applies nothing if one field is wrong, and names file, job and field', async () => {
    const before = await eventsIn(service);
    const { status, body } = await api.post('/bootstrap', {
      applications: [
        { folder: 'good', application: { name: 'good' }, jobs: [job('good')] },
        {
          folder: 'bad',
          application: { name: 'bad' },
          jobs: [
            job('pattern', { pattern: '61 * * * *' }),
            job('target', { taskConfig: { url: 'http://169.254.169.254/latest', method: 'GET' } }),
            job('parameter', { taskConfig: { url: 'http://127.0.0.1:9/${T}', method: 'GET' } }),
            { ...job('no name'), name: undefined },
            job('twice'),
            job('twice'),
            job('kept', {
              taskConfig: { url: 'http://127.0.0.1:9', method: 'GET', headers: { 'X-Api-Key': { sealed: true } } },
            }),
            job('left out', {
              taskConfig: { url: 'http://127.0.0.1:9', method: 'POST', body: { omitted: true, bytes: 5_000 } },
            }),
          ],
        },
      ],
    });
    expect([status, body.code]).to.deep.equal([422, 'BOOTSTRAP_REJECTED']);
    const at = (index: number, field: string) => `/applications/1/jobs/${index}${field}`;
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).to.have.members([
      at(0, '/pattern'),
      at(1, '/taskConfig'),
      at(2, '/taskConfig/url'),
      at(3, '/name'),
      at(5, '/name'),
      at(6, '/taskConfig/headers/X-Api-Key'),
      at(7, '/taskConfig/body'),
    ]);
    for (const part of ['bad/jobs.json: job "pattern": /pattern: minute', 'bad/jobs.json: job at index 3: /name']) {
      expect(body.detail).to.include(part);
    }
    expect(await eventsIn(service)).to.equal(before);
  });

  it('uses the variables of an existing application', async () => {
    await actions('e', []);
    const application = (await api.get('/applications?limit=500')).body.find(
      ({ name }: { name: string }) => name === 'e',
    );
    const templated = job('templated', { taskConfig: { url: 'http://127.0.0.1:9/${STAGE}', method: 'GET' } });
    expect((await post({ name: 'e' }, [templated])).status).to.equal(422);
    await api.put(`/applications/${application.id}/variables/STAGE`, { value: 'test' });
    expect(await actions('e', [templated])).to.deep.equal(['create templated']);
  });

  it('lets two simultaneous syncs of the same files succeed', async () => {
    const jobs = ['one', 'two', 'three'].map((name) => job(name));
    const responses = await Promise.all([post({ name: 'f' }, jobs), post({ name: 'f' }, jobs)]);
    expect(responses.map(({ status }) => status)).to.deep.equal([200, 200]);
    expect((await jobsOf('f')).map(({ name }: { name: string }) => name)).to.have.members(['one', 'two', 'three']);
  });

  describe('what belongs to an application', () => {
    const application = (other: object = {}) => ({
      name: 'h',
      variables: { STAGE: 'test', REGION: 'eu' },
      limits: { 'h-partner': { parallel: 2, rate: { count: 10, per: '1m' } } },
      calendars: { 'h-holidays': { dates: ['2026-12-26', '2026-12-25'], description: 'closed' } },
      alertRules: {
        'h-failing': {
          condition: { kind: 'failures', count: 3 },
          receivers: [{ type: 'webhook', url: 'http://127.0.0.1:9/hook' }],
        },
        'h-one': {
          job: 'one',
          condition: { kind: 'late', over: '5m' },
          receivers: [{ type: 'webhook', url: 'http://127.0.0.1:9/hook' }],
        },
      },
      pauses: [{ reason: 'not yet' }, { job: 'one', until: '2099-01-01T00:00:00Z' }],
      ...other,
    });
    const jobs = [
      job('one', {
        limit: 'h-partner',
        calendar: { exclude: ['h-holidays'] },
        taskConfig: { url: 'http://127.0.0.1:9/${STAGE}', method: 'GET' },
      }),
    ];
    const done = async (file: object, query = '', its: readonly unknown[] = jobs) => {
      const { status, body } = await post(file, its, query);
      expect([status, body.detail]).to.deep.equal([200, undefined]);
      return body.applications[0].resources ?? [];
    };
    const acts = (resources: readonly { readonly kind: string; readonly name: string; readonly action: string }[]) =>
      resources.map(({ kind, name, action }) => `${action} ${kind} ${name}`);

    before(async () => {
      await api.post('/applications', { name: 'h' });
      const signing = { value: `whsec_${Buffer.alloc(32).toString('base64')}`, signing: true };
      expect(
        (await service.as({ permissions: ['scheduler:admin'] }).put('/applications/h/secrets/SIGNS', signing)).status,
      ).to.be.below(300);
    });

    it('is set once, with the jobs that use it', async () => {
      expect(acts(await done(application()))).to.have.members([
        ...['variable STAGE', 'variable REGION', 'limit h-partner', 'calendar h-holidays', 'pause h', 'pause one'].map(
          (each) => `create ${each}`,
        ),
        ...['create alertRule h-failing', 'create alertRule h-one'],
      ]);
      expect((await api.get('/applications/h/variables')).body[0]).to.include({ updatedBy: 'bootstrap:h' });
      expect((await api.get('/calendars/h-holidays')).body.dates).to.deep.equal(['2026-12-25', '2026-12-26']);
      const [id] = (await jobsOf('h')).map((each: { id: number }) => each.id);
      expect((await api.get('/alert-rules/h-one')).body).to.include({ scope: 'job', of: id });
      const before = (await eventsOf(service.log)).length;
      expect(new Set((await done(application())).map(({ action }: { action: string }) => action))).to.deep.equal(
        new Set(['keep']),
      );
      expect((await eventsOf(service.log)).length).to.equal(before);
    });

    it('is deleted after the jobs that used it, if an empty list replaces it', async () => {
      const bare = [job('one')];
      await api.put('/applications/h/variables/REGION', { value: 'us' });
      expect(await done({ name: 'h' }, '', bare)).to.deep.equal([]);
      const none = application({ variables: {}, limits: {}, calendars: {}, alertRules: {}, pauses: [] });
      const rejected = await post(none, bare, '?allowDelete=1');
      expect([rejected.status, rejected.body.code]).to.deep.equal([409, 'DELETIONS_REJECTED']);
      await done(application(), '', jobs);
      expect(acts(await done(none, '', bare))).to.have.members([
        ...['variable STAGE', 'limit h-partner', 'calendar h-holidays', 'pause h', 'pause one'].map(
          (each) => `delete ${each}`,
        ),
        ...['delete alertRule h-failing', 'delete alertRule h-one'],
      ]);
      expect((await api.get('/applications/h/variables')).body.map(({ name }: { name: string }) => name)).to.deep.equal(
        ['REGION'],
      );
      expect((await api.get('/calendars/h-holidays')).status).to.equal(404);
    });

    it('is checked before anything is applied', async () => {
      const before = await eventsIn(service);
      for (const [wrong, pointer] of [
        [{ pauses: [{ job: 'none' }] }, '/pauses/0/job'],
        [{ pauses: [{}, {}] }, '/pauses'],
        [{ variables: { 'no-name': 'x' } }, '/variables/no-name'],
        [{ limits: { x: {} } }, '/limits/x'],
        [{ calendars: { x: { dates: ['2026-02-30'] } } }, '/calendars/x/dates/0'],
        [
          {
            alertRules: {
              x: { job: 'none', condition: { kind: 'disabled' }, receivers: [{ type: 'slack', secret: 'NONE' }] },
            },
          },
          '/alertRules/x/job',
        ],
        [{ unknown: {} }, '/unknown'],
      ] as const) {
        const { status, body } = await post({ name: 'h', ...wrong }, [job('new')]);
        expect([status, body.errors?.[0].pointer]).to.deep.equal([422, `/applications/0/application${pointer}`]);
      }
      expect(await eventsIn(service)).to.equal(before);
    });
  });

  it('rejects files for another tenant, unless an administrator sends them', async () => {
    const acme = service.as({ tenant: 'acme', permissions: ['scheduler:jobs:write', 'scheduler:jobs:read'] });
    const applications = [{ application: { name: 'g', tenant: 'default' }, jobs: [job('one')] }];
    expect((await acme.post('/bootstrap', { applications })).status).to.equal(403);
  });
});

describeOnLogs('the service: bootstrap at the start', (log) => {
  it('syncs the folder, with the address of the service if a target requests it', async () => {
    const own = { taskConfig: { endpoint: '${PUBLIC_URL}', path: '/healthz', method: 'GET' } };
    const dir = await writeBootstrap({
      'crm/application.json': { name: 'crm', displayName: 'CRM' },
      'crm/jobs.json': [job('own', own)],
      'acme/application.json': { name: 'crm', tenant: 'acme' },
      'acme/jobs.json': [job('one'), job('two')],
    });
    const service = await aService().onLog(log).withSettings({ BOOTSTRAP_DIR: dir }).start();
    try {
      const { body } = await service.as().get('/jobs');
      expect(body).to.have.length(1);
      expect(body[0].taskConfig.endpoint).to.equal(serviceSettings.PUBLIC_URL);
      expect(
        (await service.as({ tenant: 'acme', permissions: ['scheduler:jobs:read'] }).get('/jobs')).body,
      ).to.have.length(2);
    } finally {
      await service.stop();
      await rm(dir, { recursive: true });
    }
  });

  for (const [what, files] of [
    [
      'files that are wrong',
      { 'crm/application.json': { name: 'crm' }, 'crm/jobs.json': [job('bad', { pattern: 'never' })] },
    ],
    ['a folder that is not there', undefined],
  ] as const) {
    it(`starts with ${what}, states where, and leaves what was defined before`, async () => {
      const dir = files === undefined ? '/nowhere/bootstrap' : await writeBootstrap(files);
      const service = await aService().onLog(log).withSettings({ BOOTSTRAP_DIR: dir }).start();
      try {
        const why = files === undefined ? "Can't read the folder" : 'crm/jobs.json: job "bad": /pattern';
        const [told] = service.lines.filter(({ level }) => level === 'error');
        expect(told?.message).to.contain('BOOTSTRAP_DIR was rejected');
        expect(String(told?.fields.reason)).to.contain(why);
        const headers = { Authorization: `Bearer ${service.token()}` };
        const { status, degraded } = Object(await (await fetch(`${service.url}/readyz`, { headers })).json());
        expect([status, degraded[0].component]).to.deep.equal(['degraded', 'bootstrap']);
        expect(degraded[0].reason).to.contain(why);
        expect((await service.as().get('/applications')).body).to.deep.equal([]);
      } finally {
        await service.stop();
        if (files !== undefined) await rm(dir, { recursive: true });
      }
    });
  }
});

const eventsIn = async ({ log }: AService): Promise<number> =>
  (await eventsOf(log)).filter(({ stream }) => /^(job-|app)/.test(stream)).length;
