import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { writeBootstrap } from '../support/bootstrap-folder.ts';
import { type CarillonGiven, runCarillon } from '../support/carillon.ts';

const job = (name: string, other: Readonly<Record<string, unknown>> = {}) => ({
  name,
  pattern: '0 2 * * *',
  taskType: 'HttpInvokerTask',
  taskConfig: { url: '${PUBLIC_URL}/healthz', method: 'GET' },
  ...other,
});

describe('carillon plan, apply, drift and adopt', () => {
  let service: AService;
  const dirs: string[] = [];

  const folderOf = async (files: Readonly<Record<string, unknown>>): Promise<string> => {
    const dir = await writeBootstrap(files);
    dirs.push(dir);
    return dir;
  };
  const folder = (name: string, jobs: unknown) =>
    folderOf({ [`${name}/application.json`]: { name }, [`${name}/jobs.json`]: jobs });
  const carillonWith = ({ env = {}, ...given }: CarillonGiven, verb: string, dir: string, ...args: string[]) =>
    runCarillon(
      { ...given, env: { CARILLON_SERVER: service.url, CARILLON_TOKEN: service.token(), ...env } },
      verb,
      '--dir',
      dir,
      ...args,
    );
  const carillon = (verb: string, dir: string, ...args: string[]) => carillonWith({}, verb, dir, ...args);

  before(async () => {
    service = await aService().start();
  });
  after(async () => {
    await service.stop();
    for (const dir of dirs) await rm(dir, { recursive: true, force: true });
  });

  it('plans with an exit code for changes, applies, and keeps equal jobs', async () => {
    const dir = await folder('a', [job('one')]);
    expect(await carillon('plan', dir, '--exit-code')).to.deep.equal({
      code: 2,
      out: '+ create application a\n  + create job one\n\njobs: create 1 (plan only, nothing was changed)\n',
      err: '',
    });
    expect((await carillon('plan', dir)).code).to.equal(0);
    expect(await carillon('apply', dir)).to.include({ code: 0, err: '' });
    expect(await carillon('plan', dir, '--exit-code')).to.include({ code: 0 });
    const { out } = await carillon('apply', dir, '--json');
    expect(JSON.parse(out).applications[0].jobs[0]).to.include({ name: 'one', action: 'keep' });
  });

  it("exits with 1 if changes can't be determined", async () => {
    const dir = await folder('b', [job('one', { pattern: '61 * * * *' })]);
    const { code, err } = await carillon('plan', dir, '--exit-code');
    expect(code).to.equal(1);
    expect(err).to.include('nothing was applied:\nb/jobs.json: job "one": /pattern: minute "61"');
    const away = { CARILLON_SERVER: 'http://127.0.0.1:1' };
    const nowhere = await carillonWith({ env: away }, 'plan', dir, '--exit-code');
    expect(nowhere.code).to.equal(1);
    expect(nowhere.err).to.include("Can't reach the server: connect ECONNREFUSED");
    expect((await carillon('apply', dir)).code).to.equal(2);
  });

  it('deletes no more jobs than it is allowed to', async () => {
    const [both, none] = [await folder('c', [job('one'), job('two')]), await folder('c', [])];
    await carillon('apply', both);
    expect((await carillon('plan', none)).out).to.include('to apply it, use --allow-delete 2');
    for (const allowed of [[], ['--allow-delete', '1']]) {
      const { code, err } = await carillon('apply', none, ...allowed);
      expect(code).to.equal(2);
      expect(err).to.match(
        /DELETIONS_REJECTED: nothing was applied: 2 \w+ would be deleted, but allowDelete is [01]: c\/one, c\/two/,
      );
    }
    expect((await carillon('plan', both, '--exit-code')).code).to.equal(0);
    expect((await carillon('apply', none, '--allow-delete', '2')).out).to.match(/jobs: delete 2\n$/);
  });

  it('paints what differs on a terminal, unless NO_COLOR is set', async () => {
    const dir = await folder('d', [job('one')]);
    const painted = await carillonWith({ isTTY: true }, 'plan', dir);
    expect(painted.out).to.include('\u001b[32m+ create job one\u001b[39m');
    const plain = await carillonWith({ isTTY: true, env: { NO_COLOR: '1' } }, 'plan', dir);
    expect(plain.out).to.include('  + create job one\n');
  });

  it('reads YAML and values of the environment, and shows no such value', async () => {
    const dir = await folderOf({
      'e/application.yaml': 'name: e',
      'e/jobs.yaml': `
- name: one
  pattern: 0 2 * * *
  description: \${env:JOBS_WHAT} is called
  taskType: HttpInvokerTask
  taskConfig:
    url: \${PUBLIC_URL}/healthz
    method: POST
    headers: { X-Api-Key: "\${env:JOBS_KEY}" }
    body: { password: "\${env:JOBS_PASSWORD}", kind: "\${env:JOBS_KIND}" }
`,
    });
    const env = {
      JOBS_WHAT: 'the target',
      JOBS_KEY: 'the key of today',
      JOBS_PASSWORD: 'the password',
      JOBS_KIND: 'all',
    };
    const { JOBS_PASSWORD: _, ...without } = env;
    const rejected = await carillonWith({ env: without }, 'apply', dir);
    expect(rejected.code).to.equal(2);
    expect(rejected.err).to.include(
      'e/jobs.yaml: /0/taskConfig/body/password: the environment variable JOBS_PASSWORD is missing or empty',
    );
    expect(await carillonWith({ env }, 'apply', dir)).to.include({ code: 0 });
    expect((await carillonWith({ env }, 'plan', dir, '--exit-code')).code).to.equal(0);

    const other = {
      ...env,
      JOBS_KEY: 'the key of tomorrow',
      JOBS_PASSWORD: 'another word',
      JOBS_KIND: 'some',
    };
    for (const args of [[], ['--json']]) {
      const { out } = await carillonWith({ env: other }, 'plan', dir, ...args);
      expect(out).to.include('${env:JOBS_PASSWORD}').and.include('(hidden)');
      expect(out).to.not.match(/the password|another word|the key/);
    }
    const wrong = await carillonWith({ env: { ...other, JOBS_WHAT: `a${'b'.repeat(2_000)}` } }, 'plan', dir);
    expect(wrong.err).to.include('e/jobs.yaml: job "one": /description:');
  });

  it('defers jobs until their secrets are set, and names the secrets', async () => {
    const taskConfig = {
      url: 'https://a.example/',
      method: 'GET',
      auth: { authMethod: 'bearer', token: '${secret:A}' },
    };
    const dir = await folderOf({
      'sealed/application.json': {
        name: 'sealed',
        pauses: [{ job: 'two', reason: 'not yet' }],
      },
      'sealed/jobs.json': [job('one'), { ...job('two'), taskConfig }],
    });
    const waits = 'waits for the secret A: carillon secrets set sealed A, then apply again';
    const waiting = [
      `! skip pause two of sealed (waits for job two, which ${waits})`,
      `! skip job sealed/two (${waits})`,
    ];
    const inactive = [
      'carillon: A part of the files is not active on the server:',
      `  pause two of sealed: waits for job two, which ${waits}`,
      `  job sealed/two: ${waits}`,
      '',
    ].join('\n');
    for (const [verb, args, code, err] of [
      ['plan', [], 0, ''],
      ['apply', [], 1, inactive],
      ['plan', ['--exit-code'], 2, ''],
      ['apply', ['--json'], 1, inactive],
    ] as const) {
      const { out, ...ended } = await carillon(verb, dir, ...args);
      expect(ended, verb).to.deep.equal({ code, err });
      if (args.length === 0)
        expect(out).to.include('+ create application sealed\n').and.include('  + create job one\n');
      for (const line of verb === 'plan' ? waiting : []) expect(out).to.include(line);
    }
    await service.as().put('/applications/sealed/secrets/A', { value: 'the value of A' });
    expect((await carillon('apply', dir)).out).to.include('  + create job two\n');
    expect((await carillon('plan', dir, '--exit-code')).code).to.equal(0);
    await service.as().delete('/applications/sealed/secrets/A');
    const changed = { ...job('two'), taskConfig, description: 'changed' };
    await writeFile(`${dir}/sealed/jobs.json`, JSON.stringify([job('one'), changed]));
    const plan = await carillon('plan', dir, '--exit-code');
    expect(plan.code).to.equal(2);
    expect(plan.out).to.include(waiting[1]);
    expect((await carillon('drift', dir)).out).to.include('sealed/two differs, last changed by bootstrap:sealed');
    const applied = await carillon('apply', dir);
    expect(applied.code).to.equal(1);
    expect(applied.err).to.match(/is not active on the server:\n {2}job sealed\/two: waits for the secret A: .*\n$/);
  });

  it('defers alert rules until their secrets are set, and names the secrets', async () => {
    const condition = { kind: 'failures', count: 3 };
    const dir = await folderOf({
      'chat/application.json': {
        name: 'chat',
        alertRules: {
          'chat-chat': { condition, receivers: [{ type: 'slack', secret: 'CHAT' }] },
          'chat-hook': { condition, receivers: [{ type: 'webhook', url: `${service.url}/healthz` }] },
        },
      },
      'chat/jobs.json': [job('one')],
    });
    const waiting = [
      '! skip alert rule chat-chat of chat (waits for the secret CHAT: carillon secrets set chat CHAT, then apply again)',
      '! skip alert rule chat-hook of chat (waits for a signing key: carillon secrets set chat SIGNING_KEY --signing, then apply again)',
    ].join('\n');
    const first = await carillon('apply', dir);
    expect(first.code).to.equal(1);
    expect(first.err).to.include('\n  alert rule chat-chat of chat: waits for the secret CHAT: ');
    expect(first.out).to.include('+ create application chat\n  + create job one\n').and.include(waiting);
    const plan = await carillon('plan', dir, '--exit-code');
    expect(plan.code).to.equal(2);
    expect(plan.out).to.include(waiting);
    expect((await carillon('drift', dir)).out).to.include('alert rule chat-chat of chat is missing on the server');

    const url = `${service.url}/hooks/x`;
    expect((await service.as().put('/applications/chat/secrets/CHAT', { value: url })).status).to.equal(200);
    const key = { value: `whsec_${Buffer.alloc(32).toString('base64')}`, signing: true };
    expect((await service.as().put('/applications/chat/secrets/SIGNING_KEY', key)).status).to.equal(200);
    expect((await carillon('apply', dir)).out).to.include(
      '+ create alert rule chat-chat\n  + create alert rule chat-hook\n',
    );
    expect(await carillon('plan', dir, '--exit-code')).to.include({ code: 0 });

    await service.as().delete('/applications/chat/secrets/CHAT');
    const again = await carillon('apply', dir);
    expect(again).to.include({ code: 1 });
    expect(again.err).to.include('\n  alert rule chat-chat of chat: waits for the secret CHAT: ');
    expect((await carillon('drift', dir)).out).to.include('alert rule chat-chat of chat differs, last changed by');
  });

  it('accepts files that name their schema, which the service serves without a token', async () => {
    for (const name of ['jobs.json', 'application.json']) {
      const response = await fetch(`${service.url}/_/scheduler/schemas/${name}`);
      expect(response.status).to.equal(200);
      expect(await response.json()).to.include({ $schema: 'http://json-schema.org/draft-07/schema#' });
    }
    const $schema = `${service.url}/_/scheduler/schemas/jobs.json`;
    const files = (jobs: readonly unknown[]) => ({
      'f/application.json': { $schema, name: 'f' },
      'f/jobs.json': { $schema, jobs },
    });
    expect((await carillon('apply', await folderOf(files([job('one')])))).out).to.match(/jobs: create 1\n$/);
    const twice = await carillon('plan', await folderOf(files([job('one'), job('one')])));
    expect(twice.err).to.include('f/jobs.json: job "one": /name: another job of the file has this name');
  });

  describe('after a user changed an applied resource', () => {
    const API_KEY = { env: { JOBS_KEY: 'the key of today' } };
    const yaml = (name: string) => `# of the team
- name: ${name} # each night
  pattern: 0 2 * * *
  taskType: HttpInvokerTask
  taskConfig: { url: "\${PUBLIC_URL}/healthz", method: POST, headers: { X-Api-Key: "\${env:JOBS_KEY}" } }
`;
    const appliedOf = async (application: string, jobs: unknown = yaml('nightly')) => {
      const dir = await folderOf({
        [`${application}/application.yaml`]: `name: ${application}`,
        [`${application}/jobs.yaml`]: jobs,
      });
      expect(await carillonWith(API_KEY, 'apply', dir)).to.include({ code: 0 });
      return dir;
    };
    const edit = async (address: string, change: object) =>
      expect((await service.as().put(`/jobs/${encodeURIComponent(address)}`, change)).status).to.equal(200);
    const make = async (address: string) => {
      const definition = { ...job('made'), description: 'by hand', taskConfig: { url: service.url, method: 'GET' } };
      const { status } = await service.as().put(`/applications/${address.replace('/', '/jobs/')}`, definition);
      expect(status).to.equal(201);
    };
    const readJobs = (dir: string, application: string) => readFile(path.join(dir, application, 'jobs.yaml'), 'utf8');

    it('shows differences, with actor and time', async () => {
      const dir = await appliedOf('g');
      expect(await carillonWith(API_KEY, 'drift', dir, '--exit-code')).to.deep.equal({
        code: 0,
        out: 'No differences\n',
        err: '',
      });
      await edit('g/nightly', { pattern: '0 3 * * *', labels: { by: 'hand' } });
      await make('g/made');
      const { code, out } = await carillonWith(API_KEY, 'drift', dir, '--exit-code');
      expect(code).to.equal(2);
      expect(out).to.match(
        /^g\/made is missing in the file, last changed by ann .*, 20.*Z\ng\/nightly differs, last changed by ann .*, 20.*Z\n/,
      );
      expect(out).to.include('  /pattern: "0 2 * * *" in the file, "0 3 * * *" on the server\n');
      expect(out).to.include('  /labels: absent in the file, {"by":"hand"} on the server\n');
      const [made, nightly] = JSON.parse((await carillonWith(API_KEY, 'drift', dir, '--json')).out);
      expect(made).to.include({ thing: 'g/made', what: 'is missing in the file', by: 'ann' });
      expect(nightly.changes).to.have.length(2);
    });

    it('restores a job from its file', async () => {
      const dir = await appliedOf('h');
      await edit('h/nightly', { pattern: '0 3 * * *' });
      expect((await carillonWith(API_KEY, 'plan', dir)).out).to.include(
        '! skip job h/nightly (manually modified by ann)',
      );
      const { code, out } = await carillonWith(API_KEY, 'adopt', dir, 'h/nightly');
      expect(code).to.equal(0);
      expect(out).to.include('~ update job nightly\n    /pattern: "0 3 * * *" -> "0 2 * * *"\n');
      expect((await carillonWith(API_KEY, 'plan', dir, '--exit-code')).out).to.match(/jobs: keep 1/);
    });

    it('exits with 2 for a plan with skipped differences, and adopts an application, or all', async () => {
      const files = {
        'byhand/application.yaml': 'name: byhand\ndisplayName: Customers\nvariables: { STAGE: prod }\n',
        'byhand/jobs.yaml': yaml('nightly'),
      };
      const dir = await folderOf(files);
      const { status } = await service.as().post('/applications', { name: 'byhand', displayName: 'by hand' });
      expect(status).to.equal(201);
      expect((await service.as().put('/applications/byhand/variables/STAGE', { value: 'test' })).status).to.equal(200);
      const applied = await carillonWith(API_KEY, 'apply', dir);
      expect(applied).to.include({ code: 0, err: '' });
      expect(applied.out).to.include('jobs: create 1; other resources: skip 1');
      await edit('byhand/nightly', { pattern: '0 3 * * *' });

      const { code, out } = await carillonWith(API_KEY, 'plan', dir, '--exit-code');
      expect(code).to.equal(2);
      expect(out).to.include(
        [
          'Skipped, but different from the files:',
          '! skip application byhand (created by another source by ann)',
          '    /displayName: "by hand" -> "Customers"',
          '! skip variable STAGE of byhand (set by someone else by ann)',
          '    /value: "test" -> "prod"',
          '! skip job byhand/nightly (manually modified by ann)',
        ].join('\n'),
      );
      const drift = await carillonWith(API_KEY, 'drift', dir);
      expect(drift.out).to.match(
        /^application byhand differs, last changed by ann .*\n {2}\/displayName: "Customers" in the/,
      );

      const one = await carillonWith(API_KEY, 'adopt', dir, 'byhand');
      expect(one.err).to.equal('');
      expect(one.out).to.include('~ update application byhand\n').and.include('~ update variable STAGE\n');
      expect(one.out).to.not.include('nightly');
      const all = await carillonWith(API_KEY, 'adopt', dir, '--all');
      expect(all.out).to.include('~ update job nightly\n').and.include('jobs: update 1');
      expect(await carillonWith(API_KEY, 'plan', dir, '--exit-code')).to.include({ code: 0 });
      expect((await carillonWith(API_KEY, 'adopt', dir, '--all')).out).to.include('jobs: none');
      for (const wrong of [[], ['byhand', '--all']]) {
        expect((await carillonWith(API_KEY, 'adopt', dir, ...wrong)).err).to.include('Name a job (crm/nightly-sync)');
      }
    });

    it('lets a file own a job again after a revert, even to an earlier version of the file', async () => {
      const dir = await appliedOf('m');
      const changed = yaml('nightly').replace('0 2 * * *', '0 4 * * *');
      const next = await folderOf({ 'm/application.yaml': 'name: m', 'm/jobs.yaml': changed });
      await edit('m/nightly', { pattern: '0 3 * * *' });
      expect((await carillonWith(API_KEY, 'plan', next, '--exit-code')).out).to.include('! skip job m/nightly');
      const { status, body } = await service.as().post('/jobs/m%2Fnightly/history/1/revert', {});
      expect(status).to.equal(200);
      expect(body).to.include({ pattern: '0 2 * * *', updatedBy: 'bootstrap:m' });
      const history = await service.as().get('/jobs/m%2Fnightly/history');
      expect(history.body[0]).to.include({ actor: 'ann', reason: 'reverted to version 1' });
      expect(await carillonWith(API_KEY, 'plan', dir, '--exit-code')).to.include({ code: 0 });
      expect((await carillonWith(API_KEY, 'apply', next)).out).to.include('~ update job nightly\n');
    });

    it('writes into the file what the server has, and owns the job from then on', async () => {
      const dir = await appliedOf('i');
      await edit('i/nightly', {
        pattern: '0 3 * * *',
        labels: { by: 'hand' },
        retry: { maxAttempts: 3 },
        enabled: false,
      });
      const { code, err } = await carillonWith(API_KEY, 'adopt', dir, 'i/nightly', '--write');
      expect({ code, err }).to.deep.equal({
        code: 0,
        err: "carillon: Wrote the server's version of i/nightly to i/jobs.yaml\n",
      });
      const text = await readJobs(dir, 'i');
      for (const part of ['# of the team', '# each night', 'pattern: 0 3 * * *', '${env:JOBS_KEY}', 'by: hand']) {
        expect(text).to.include(part);
      }
      expect((await carillonWith(API_KEY, 'plan', dir, '--exit-code')).out).to.match(/jobs: keep 1/);
    });

    it('writes the job of another user into the file, also as JSON', async () => {
      const dir = await folder('j', []);
      await carillon('apply', dir);
      await make('j/made');
      expect((await carillon('adopt', dir, 'j/made', '--write')).err).to.equal(
        "carillon: Wrote the server's version of j/made to j/jobs.json\n",
      );
      const [made] = JSON.parse(await readFile(path.join(dir, 'j/jobs.json'), 'utf8'));
      expect(made).to.have.all.keys('name', 'description', 'pattern', 'taskType', 'taskConfig');
      expect((await carillon('plan', dir, '--exit-code')).out).to.match(/jobs: keep 1/);
    });

    it('writes no value that the server hides or the environment provided', async () => {
      const dir = await appliedOf('k');
      const before = await readJobs(dir, 'k');
      const taskConfig = {
        url: 'https://example.com',
        method: 'POST',
        headers: { 'X-Api-Key': 'another', Cookie: 'one more' },
      };
      await edit('k/nightly', { taskConfig });
      const { code, err } = await carillonWith(API_KEY, 'adopt', dir, 'k/nightly', '--write');
      expect(code).to.equal(2);
      expect(err).to.match(/takes its value from the environment|doesn't show/);
      expect(await readJobs(dir, 'k')).to.equal(before);
      for (const [address, said] of [
        ['k/none', 'it must exist both in the files and on the server'],
        ['none/nightly', 'No folder contains the application none'],
      ] as const) {
        expect((await carillonWith(API_KEY, 'adopt', dir, address)).err).to.include(said);
      }
    });
  });

  it('puts a job that a file or standard input has in YAML', async () => {
    const dir = await folder('yaml', []);
    await carillon('apply', dir);
    const env = { CARILLON_SERVER: service.url, CARILLON_TOKEN: service.token() };
    const put = (stdin: string, ...args: string[]) =>
      runCarillon({ env, stdin }, 'jobs', 'put', 'yaml/nightly', '--json', ...args);
    const text = (pattern: string) => `# each night
pattern: ${pattern}
taskType: HttpInvokerTask
taskConfig: { url: "${service.url}/healthz", method: GET }
`;
    expect(JSON.parse((await put(text('0 2 * * *'))).out)).to.include({ name: 'nightly', pattern: '0 2 * * *' });
    const file = path.join(await folderOf({ 'job.yaml': text('0 2 L * *') }), 'job.yaml');
    expect(JSON.parse((await put('', file)).out)).to.include({ name: 'nightly', pattern: '0 2 L * *' });
    for (const [wrong, said] of [
      ['a: 1\na: 2', 'standard input: is not YAML: Map keys must be unique'],
      ['id: 12345678901234567890', 'standard input: /id: is a whole number that would be rounded'],
      ['nothing', 'standard input: must be an object in JSON or YAML'],
      ['{"a": ', 'Standard input is not valid JSON'],
    ] as const) {
      expect((await put(wrong)).err).to.include(said);
    }
  });

  it('writes no secret of another scheduler into a file, and the file for its owner alone', async () => {
    const dir = await folderOf({
      crontab: [
        '* * * * * curl -u me:pass-1 https://a.example/x',
        '* * * * * curl https://me:pass\\%3D2@a.example/y?token=tok-3',
        "* * * * * curl -H 'Authorization: Bearer tok-4' -H 'X-Api-Key: key-5' -d 'a=1&password=pass-1' https://a.example/z",
        `* * * * * curl --json '{"list":[{"secret":"sec-6","id":7}]}' https://a.example/j`,
        '',
      ].join('\n'),
    });
    const out = path.join(dir, 'jobs.json');
    const { err } = await runCarillon(
      {},
      'jobs',
      'import',
      path.join(dir, 'crontab'),
      '--from',
      'crontab',
      '--out',
      out,
    );
    const text = await readFile(out, 'utf8');
    expect(text + err).to.not.match(/pass-1|pass%3D2|pass=2|tok-\d|key-5|sec-6/);
    expect((await stat(out)).mode & 0o777).to.equal(0o600);
    expect(JSON.parse(text).map(({ taskConfig }: { taskConfig: object }) => taskConfig)).to.deep.include.members([
      {
        url: 'https://a.example/y?token=${secret:A_EXAMPLE_Y_TOKEN}',
        method: 'GET',
        auth: { authMethod: 'basic', username: 'me', password: '${secret:A_EXAMPLE_Y_PASSWORD}' },
      },
      {
        url: 'https://a.example/z',
        method: 'POST',
        headers: {
          Authorization: 'Bearer ${secret:A_EXAMPLE_Z_AUTHORIZATION}',
          'X-Api-Key': '${secret:A_EXAMPLE_Z_X_API_KEY}',
          'Content-Type': 'application/x-www-form-urlencoded',
        },
        body: 'a=1&password=${secret:A_EXAMPLE_X_PASSWORD}',
      },
    ]);
    expect(JSON.parse(text)[3].taskConfig.body).to.deep.equal({
      list: [{ secret: '${secret:A_EXAMPLE_J_SECRET}', id: 7 }],
    });
    expect(err).to.include('Set these 6 secrets of the application before you apply the file:\n');
    expect(err).to.include('carillon secrets set APPLICATION A_EXAMPLE_X_PASSWORD  # password, line 1\n');
  });

  it('applies what is imported of another scheduler', async () => {
    const dir = await folderOf({
      'l/application.json': { name: 'l' },
      crontab: `MAILTO=ops\nCRON_TZ=Europe/Berlin\n*/5 * * * * curl -fsS ${service.url}/healthz >/dev/null\n@reboot /bin/true\n0 3 * * * /bin/true\n`,
    });
    const into = path.join(dir, 'l/jobs.json');
    const run = () => runCarillon({}, 'jobs', 'import', '--from', 'crontab', path.join(dir, 'crontab'), '--out', into);
    expect(await run()).to.deep.equal({
      code: 0,
      out: '',
      err: [
        'line 1: MAILTO has no equivalent: use an alert rule',
        'line 4: @reboot has no equivalent: it names no time',
        'line 5: runs a program, which needs a worker on its machine (/bin/true): carillon worker run --queue APPLICATION/commands --task true --exec /bin/true',
        `carillon: Wrote 2 jobs to ${into}; 2 entries omitted`,
        '',
      ].join('\n'),
    });
    expect((await run()).err).to.include('EEXIST');
    expect((await carillon('apply', dir)).out).to.match(/jobs: create 2\n$/);
    expect((await carillon('plan', dir, '--exit-code')).code).to.equal(0);
    const printed = await runCarillon({ stdin: '[]' }, 'jobs', 'import', '--from', 'gcloud', '-', '--out', '-');
    expect(printed.out).to.equal('[]\n');
    const unknown = await runCarillon({ stdin: '' }, 'jobs', 'import', '--from', 'at', '-');
    expect(unknown).to.deep.include({
      code: 2,
      err: 'carillon: --from must be one of crontab, kubernetes, gcloud, eventbridge, dkron.\n',
    });
  });
});
