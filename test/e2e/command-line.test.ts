import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { completionsOf } from '../../src/cli/completion.ts';
import { program } from '../../src/cli/program.ts';
import { type CarillonGiven, type CommandResult, runCarillon } from '../support/carillon.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { startTarget, type Target } from '../support/target.ts';

/** What is printed a second later tells other ages. */
const withoutAges = (text: string): string => text.replaceAll(/\b(?:now|\d+ \w+ ago)\b/g, 'some time ago');

describe('the commands of the command line', () => {
  let service: TestService;
  let target: Target;
  let folder: string;

  const carillonWith = ({ env = {}, ...given }: CarillonGiven, ...args: readonly string[]) =>
    runCarillon({ ...given, env: { CARILLON_SERVER: service.url, CARILLON_TOKEN: service.token(), ...env } }, ...args);
  const carillon = (...args: readonly string[]) => carillonWith({}, ...args);
  /** Its output, of a command that has to be done. */
  const done = async (...args: readonly string[]): Promise<string> => {
    const { code, out, err } = await carillon(...args);
    expect(err, args.join(' ')).to.equal('');
    expect(code, args.join(' ')).to.equal(0);
    return out;
  };
  const requested = async (...args: readonly string[]) => JSON.parse(await done(...args, '--json'));

  const definition = (query = '/echo') => ({
    pattern: '0 0 1 1 *',
    timezone: 'Europe/Berlin',
    labels: { team: 'crm' },
    taskType: 'HttpInvokerTask',
    taskConfig: { url: `${target.origin}${query}`, method: 'POST', body: { usual: true } },
  });
  const put = async (name: string, job: object = definition()) => {
    const { code, out, err } = await carillonWith({ stdin: JSON.stringify(job) }, 'jobs', 'put', `crm/${name}`);
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    return out;
  };

  before(async () => {
    [service, target] = [await startTestService(), await startTarget()];
    folder = await mkdtemp(path.join(tmpdir(), 'carillon-verbs-'));
    await service.as().post('/applications', { name: 'crm', displayName: 'Customers' });
  });
  after(async () => {
    await service.stop();
    await target.close();
    await rm(folder, { recursive: true, force: true });
  });

  describe('jobs', () => {
    it('are put from standard input or a file, shown, listed and deleted', async () => {
      expect(await put('nightly')).to.equal('Created crm/nightly\n');
      const file = path.join(folder, 'nightly.json');
      await writeFile(file, `\uFEFF${JSON.stringify({ ...definition(), description: 'each year' })}`);
      expect(await done('jobs', 'put', 'crm/nightly', file, '--reason', 'named')).to.equal('Updated crm/nightly\n');
      expect(await done('jobs', 'get', 'crm/nightly')).to.match(
        /^Job +crm\/nightly\n[\s\S]*^Description +each year\nSchedule +0 0 1 1 \* Europe\/Berlin\nNext run +20\d\d-12-31T23:00:00Z, in \d+ \w+\n/m,
      );
      const listed = await done('jobs', 'list', '--application', 'crm', '--label', 'team:crm', '--state', 'active');
      expect(listed).to.match(/^JOB +STATE +NEXT +LAST +SCHEDULE +ID\n[\s\S]*^crm\/nightly +active +in \d+ \w+ +/m);
      const { id, ...job } = await requested('jobs', 'get', 'crm/nightly');
      expect(job).to.deep.include({ name: 'nightly', description: 'each year' });
      const byId = await done('jobs', 'get', String(id));
      expect(withoutAges(byId)).to.equal(withoutAges(await done('jobs', 'get', 'crm/nightly')));
      await put('nightly', job);
      expect(await done('jobs', 'delete', 'crm/nightly')).to.equal('Deleted crm/nightly\n');
      expect(await requested('jobs', 'list', '--name', 'nightly')).to.deep.equal([]);
    });

    it('are previewed, created, changed and reverted by options', async () => {
      const fields = ['--cron', '0 0 1 1 *', '--url', `${target.origin}/echo`, '--label', 'team:crm'];
      expect(await done('jobs', 'preview', '--application', 'crm', ...fields)).to.match(
        /^Schedule +At 00:00 on day 1 .*\nRequest +GET http.*\nTarget +allowed\n\nSLOT +LOCAL TIME +WHEN +NOTE\n(20.*\n){5}$/,
      );
      expect(await done('jobs', 'create', 'crm/optioned', ...fields)).to.match(
        /^Created crm\/optioned\. Next run: 20\d\d-01-01T00:00:00Z, in \d+ \w+\n$/,
      );
      expect(await done('jobs', 'update', 'crm/optioned', '--every', '7d', '--label', 'tier:1')).to.equal(
        'Updated crm/optioned\n',
      );
      expect(await requested('jobs', 'get', 'crm/optioned')).to.deep.include({
        schedule: { every: '7d' },
        labels: { team: 'crm', tier: '1' },
      });
      expect(await done('jobs', 'revert', 'crm/optioned', '1')).to.equal('Reverted crm/optioned to version 1\n');
      expect(await requested('jobs', 'get', 'crm/optioned')).to.include({ pattern: '0 0 1 1 *' });
      const both = await carillon('jobs', 'create', 'crm/two', ...fields, '--every', '1h');
      expect(both.err).to.match(
        /^carillon: BAD_SCHEDULE: --cron: give either.*; --every: give either.*\n.*the message/,
      );
      await done('jobs', 'delete', 'crm/optioned');
    });

    it('are printed for people and for programs', async () => {
      await put('printed');
      const listed = (format: string) => done('jobs', 'list', '--name', 'printed', '-o', format);
      expect(await listed('name')).to.equal('crm/printed\n');
      expect(await listed('wide')).to.match(/^JOB .* LABELS\n.* POST http:\S+\/echo +team:crm\n$/);
      expect(await listed('yaml')).to.match(/^- id: \d+\n {2}application:\n/);
      expect(JSON.parse(await listed('json'))).to.have.length(1);
      expect((await carillon('jobs', 'list', '-o', 'xml')).code).to.equal(2);
      await done('jobs', 'delete', 'crm/printed');
    });

    it('are listed page by page, up to the limit, which states that there are more', async () => {
      const names = ['page-a', 'page-b', 'page-c'];
      for (const name of names) await put(name);
      const { code, out, err } = await carillon('jobs', 'list', '--name', 'page-*', '--limit', '2');
      expect(out.split('\n').map((line) => line.split(' ')[0])).to.deep.equal(['JOB', 'crm/page-a', 'crm/page-b', '']);
      expect(err).to.include('Showing the first 2. To see more');
      expect(code).to.equal(0);
      for (const name of names) await done('jobs', 'delete', `crm/${name}`);
    });

    it('are disabled and enabled, and their history states why', async () => {
      await put('switched');
      expect(await done('jobs', 'disable', 'crm/switched', '--reason', 'stock is taken')).to.equal(
        'Disabled crm/switched\n',
      );
      expect(await done('jobs', 'list', '--state', 'disabled')).to.match(/crm\/switched +disabled/);
      expect(await done('jobs', 'enable', 'crm/switched')).to.equal('Enabled crm/switched\n');
      const history = (await done('jobs', 'history', 'crm/switched')).split('\n');
      expect(history[0]).to.match(/^VERSION +WHEN +BY +ACTION +CHANGES +REASON$/);
      expect(history[2]).to.match(/^2 +(now|\d+ \w+ ago) +ann +disableJob +\/enabled +stock is taken$/);
      expect(await requested('jobs', 'history', 'crm/switched')).to.have.length(3);
    });

    it('are edited without overwriting other changes, and rejected edits are saved', async () => {
      await put('edited');
      const edit = (script: string) =>
        carillonWith({ env: { EDITOR: `sed -i ${script}` } }, 'jobs', 'edit', 'crm/edited');
      expect(await edit('s/crm/billing/')).to.include({ code: 0, out: 'Updated crm/edited\n', err: '' });
      expect((await requested('jobs', 'get', 'crm/edited')).labels).to.deep.equal({ team: 'billing' });
      expect((await edit('s/none/none/')).out).to.equal('No changes to crm/edited\n');
      const wrong = await edit('s/Berlin/Nowhere/');
      expect(wrong.code).to.equal(2);
      const takeKept = async ({ err }: { readonly err: string }): Promise<string> => {
        const [, kept = ''] = /\n {2}Your text is saved in (\S+)\.\n$/.exec(err) ?? [];
        const text = await readFile(kept, 'utf8');
        await rm(path.dirname(kept), { recursive: true });
        return text;
      };
      expect(await takeKept(wrong)).to.include('Europe/Nowhere');
      const meddler = path.join(folder, 'meddle.sh');
      const { id } = await requested('jobs', 'get', 'crm/edited');
      await writeFile(
        meddler,
        `curl -sf -X POST -H "Authorization: Bearer ${service.token()}" ${service.url}/_/scheduler/jobs/${id}/disable >/dev/null\nsed -i s/billing/crm/ "$1"\n`,
      );
      const meanwhile = await carillonWith({ env: { EDITOR: `sh ${meddler}` } }, 'jobs', 'edit', 'crm/edited');
      expect(meanwhile).to.include({ code: 2, out: '' });
      expect(meanwhile.err).to.match(/^carillon: STALE_REVISION: /);
      expect(await takeKept(meanwhile)).to.include('"team": "crm"');
      expect((await carillonWith({ env: { EDITOR: 'false' } }, 'jobs', 'edit', 'crm/edited')).err).to.include(
        'false ended with 1. Nothing was changed',
      );
      expect((await carillon('jobs', 'edit', 'crm/edited')).err).to.include('No terminal to edit in');
    });

    it('are named without their application, if one alone has the name', async () => {
      await put('unique');
      expect(await done('jobs', 'disable', 'unique')).to.equal('Disabled crm/unique\n');
      expect(await done('executions', 'list', '--job', 'unique')).to.match(/^ID /);
      await done('applications', 'create', 'twins');
      await put('twin');
      await carillonWith({ stdin: JSON.stringify(definition()) }, 'jobs', 'put', 'twins/twin');
      const { code, err } = await carillon('jobs', 'delete', 'twin');
      expect(code).to.equal(2);
      expect(err).to.equal(
        'carillon: Several jobs have the name twin. Use one of the addresses crm/twin, twins/twin.\n',
      );
      expect((await carillon('jobs', 'get', 'nobody')).err).to.match(
        /^carillon: No job has the name nobody\. Use its address, such as crm\/nobody\.\n {2}`carillon jobs list`/,
      );
    });

    it('are paused until an end, and unpaused; what pauses more than the job is named and stays', async () => {
      await put('paused');
      expect(await done('jobs', 'pause', 'crm/paused', '--for', '2h', '--reason', 'moved')).to.match(
        /^Paused crm\/paused until 20\S+Z \(in 2 h\)\. To resume: `carillon jobs unpause crm\/paused`\n$/,
      );
      expect(await done('pauses', 'list')).to.match(/\n\d+ +job +crm\/paused +in 2 h +.*moved\n$/);
      const application = await requested('pauses', 'set', 'application', 'crm');
      expect(await done('pauses', 'list')).to.match(/\n\d+ +application +crm +when ended +/);
      await done('pauses', 'lift', String(application.id));
      const { code, err } = await carillon('jobs', 'trigger', 'crm/paused');
      expect(code).to.equal(2);
      expect(err).to.match(/^carillon: PAUSED: .*\n {2}.*--force/);
      expect(await done('jobs', 'trigger', 'crm/paused', '--force', '--wait', '60s')).to.match(
        /succeeded in .* \(HTTP 200\)/,
      );
      const { body } = await service.as().post('/pauses', { scope: 'application', of: 'crm' });
      const lifted = await carillon('jobs', 'unpause', 'crm/paused');
      expect(lifted).to.deep.include({ code: 0, out: 'Resumed crm/paused\n' });
      expect(lifted.err).to.include(
        `Still paused: the application is paused. To end that pause: \`carillon pauses lift ${body.id}\``,
      );
      expect(await done('pauses', 'lift', String(body.id))).to.equal(`Ended pause ${body.id}\n`);
      expect(await done('jobs', 'unpause', 'crm/paused')).to.equal('crm/paused has no pause of its own\n');
    });

    it('are changed by filters, in an operation that is listed', async () => {
      for (const name of ['many-a', 'many-b']) await put(name, { ...definition(), labels: { group: 'many' } });
      const dry = await carillon('jobs', 'disable', '--label', 'group:many', '--dry-run');
      expect(dry.out).to.match(/^JOB .*\ncrm\/many-a .*\ncrm\/many-b .*\n$/);
      expect(dry).to.include({ code: 0, err: 'carillon: Would disable 2 jobs. Nothing was changed.\n' });
      const { code, out } = await carillon('jobs', 'disable', '--label', 'group:many', '--reason', 'moved', '--wait');
      const [, id = ''] = /^Operation (\d+) completed: disable 2 of 2 jobs\n$/.exec(out) ?? [];
      expect(code).to.equal(0);
      expect(await requested('jobs', 'list', '--label', 'group:many', '--state', 'disabled')).to.have.length(2);
      expect(await done('operations', 'list')).to.match(/\n\d+ +completed +disable jobs +2 of 2 .* ann +moved\n/);
      expect(await done('operations', 'get', id)).to.match(/^ID +\d+\nSTATUS +completed\n/);
      await carillon('jobs', 'label', '--name', 'many-*', '--set', 'group:few', '--wait');
      expect(await requested('jobs', 'list', '--label', 'group:few')).to.have.length(2);
      expect((await carillon('jobs', 'delete', '--label', 'group:few', '--wait')).code).to.equal(0);
    });

    it('are paused with all of their application, target or labels', async () => {
      const paused = async (...words: readonly string[]): Promise<string> => {
        const out = await done('pauses', 'set', ...words, '--for', '2h');
        const [, what = '', id = ''] = /^Paused (.*) until 20\S+Z \(in 2 h\)\..*pauses lift (\d+)`\n$/.exec(out) ?? [];
        await done('pauses', 'lift', id);
        return what;
      };
      expect(await paused('application', 'crm')).to.equal('application crm');
      expect(await paused('target', target.origin)).to.equal(`target ${target.origin}`);
      expect(await paused('labels', 'team:crm,tier:1')).to.equal('labels team:crm,tier:1');
      expect(await paused('tenant')).to.equal('tenant');
      const later = await done('pauses', 'set', 'application', 'crm', '--from', '1d', '--for', '2h');
      const [, id = ''] =
        /^Paused application crm from 20\S+Z \(in 1 d\) until 20\S+Z \(in 1 d\)\..* (\d+)`\n$/.exec(later) ?? [];
      expect(await done('jobs', 'unpause', 'crm/paused')).to.equal('crm/paused has no pause of its own\n');
      await done('pauses', 'lift', id);
      expect((await carillon('pauses', 'set', 'team', 'crm')).err).to.match(/BAD_INPUT: \/scope: must be one of/);
    });

    it('are created for workers, whose queues show what waits', async () => {
      const task = ['--queue', 'reports', '--task', 'daily', '--input', '{"day": 1}'];
      expect(await done('jobs', 'create', 'crm/offered', ...task)).to.equal(
        'Created crm/offered. To run it: `carillon jobs trigger crm/offered`\n',
      );
      await done('jobs', 'trigger', 'crm/offered');
      await service.eventually(async () => {
        const queues: readonly { offered: number }[] = await requested('queues', 'list');
        return queues.find(({ offered }) => offered === 1);
      });
      expect(await done('queues', 'list')).to.match(
        /^QUEUE +WAITING +OLDEST +RUNNING +WORKERS\ncrm\/reports +1 +.* +0\n$/,
      );
      expect(await done('jobs', 'get', 'crm/offered')).to.match(/\nTask +daily in reports\n/);
      await done('jobs', 'delete', 'crm/offered');
    });

    it('are triggered with what is given for the run', async () => {
      await put('run');
      const [from, file] = [target.received.length, path.join(folder, 'body.json')];
      await writeFile(file, '{"repair": true}');
      const run = ['--header', 'X-Mode: repair', '--query', 'page=7', '--query', 'q=a=b', '--body', `@${file}`];
      expect(await done('jobs', 'trigger', 'crm/run', '--at', '2026-01-31T02:00:00Z', ...run)).to.match(
        /^Execution \d+ is pending\n$/,
      );
      await target.receivedAll(from + 1);
      const { url, headers, body } = target.received.at(-1) ?? expect.fail('nothing came');
      expect(url).to.equal('/echo?page=7&q=a%3Db');
      expect(headers).to.include({ 'x-mode': 'repair', 'carillon-scheduled-at': '2026-01-31T02:00:00.000Z' });
      expect(JSON.parse(body)).to.deep.equal({ repair: true });
    });

    it('are waited for, and the exit code states how the execution has ended', async () => {
      await put('good');
      await put('bad', definition('/status?code=500'));
      expect(await done('jobs', 'trigger', 'crm/good', '--wait', '60s')).to.match(
        /^Execution \d+ succeeded in \d+ ms \(HTTP 200\)\n$/,
      );
      const { code, out, err } = await carillon('jobs', 'trigger', 'crm/bad', '--wait', '60s');
      expect(out).to.match(/^Execution \d+ failed after .*: HTTP_500: /);
      expect({ code, err }).to.deep.equal({ code: 1, err: '' });
    });

    it('exit with 1 when the run that is waited for is cancelled, and with 2 when it has not ended', async () => {
      await put('hanging', definition('/silent'));
      const cancelRunning = async (waiting: Promise<CommandResult>): Promise<CommandResult> => {
        const { id } = await service.eventually(async () => {
          const [run] = await requested('executions', 'list', '--job', 'crm/hanging', '--status', 'running');
          return run;
        });
        await done('executions', 'cancel', String(id));
        return waiting;
      };
      const triggered = await cancelRunning(carillon('jobs', 'trigger', 'crm/hanging', '--wait', '60s'));
      expect(triggered.out).to.match(/^Execution \d+ was cancelled/);
      expect(triggered).to.include({ code: 1, err: '' });
      const [, id = ''] = /Execution (\d+)/.exec(triggered.out) ?? [];
      const rerun = await cancelRunning(carillon('executions', 'rerun', id, '--wait', '60s'));
      expect(rerun.out).to.match(/^Execution \d+ was cancelled/);
      expect(rerun).to.include({ code: 1, err: '' });
      const short = await carillon('jobs', 'trigger', 'crm/hanging', '--wait', '1ms');
      expect(short).to.include({ code: 2, out: '' });
      const [, open = ''] = /^carillon: Execution (\d+) is still \w+ after 1ms\. /.exec(short.err) ?? [];
      await done('executions', 'cancel', open);
    });

    it('list past and upcoming slots', async () => {
      await put('seconds', { ...definition(), pattern: '* * * * * *' });
      await target.receivedAll(target.received.length + 2);
      const slots = (await done('jobs', 'upcoming', '--for', '1m')).split('\n');
      expect(slots[0]).to.match(/^NEXT +JOB +SLOT +ZONE$/);
      expect(slots[1]).to.match(/^(now|in 1 s) +crm\/seconds +20\S+Z +Europe\/Berlin$/);
      await done('jobs', 'disable', 'crm/seconds');
      await service.eventually(async () => {
        const running = await requested('executions', 'list', '--job', 'crm/seconds', '--status', 'pending,running');
        return running.length === 0 ? true : undefined;
      });
      const told = await done('jobs', 'occurrences', 'crm/seconds', '--since', '1h', '--outcome', 'fired,late');
      expect(told).to.match(/^SLOT +OUTCOME +WHEN +REASON +EXECUTION\n20\S+Z +(fired|late) +.* \d+\n/);
      const [first] = await requested('jobs', 'occurrences', 'crm/seconds', '--since', '1h');
      expect(await done('explain', 'crm/seconds', '--slot', first.at)).to.match(
        /^crm\/seconds at \S+Z: (fired|late .*)\. Execution \d+ succeeded in .* \(HTTP 200\)\n$/,
      );
    });
  });

  describe('executions', () => {
    it('are listed, shown and run again', async () => {
      await put('once', definition('/status?code=503'));
      await carillon('jobs', 'trigger', 'crm/once', '--wait', '60s');
      const listed = await done('executions', 'list', '--job', 'crm/once', '--since', '24h', '--status', 'failed');
      expect(listed).to.match(/^ID +STATUS +JOB +DUE +TOOK +TRIGGER +ERROR\n\d+ +failed +crm\/once +.*HTTP_503: /);
      const [execution] = await requested(
        'executions',
        'list',
        '--job',
        'crm/once',
        '--error',
        'responded',
        '--error-code',
        'HTTP_503',
      );
      const id = String(execution.id);
      expect(await done('executions', 'get', id)).to.match(
        /^Execution +\d+\nJob +crm\/once\nStatus +failed\n[\s\S]*Response +503\n/,
      );
      const again = await carillon('executions', 'rerun', id, '--wait', '60s');
      expect(again.code).to.equal(1);
      expect(await requested('executions', 'list', '--job', 'crm/once', '--trigger', 'rerun')).to.have.length(1);
      expect(await carillon('executions', 'list', '--job', 'crm/once', '--since', '2999-01-01T00:00:00Z')).to.include({
        code: 0,
        out: 'ID  STATUS  JOB  DUE  TOOK  TRIGGER  ERROR\n',
      });
    });

    it('are cancelled, also if they are so already', async () => {
      await put('slow', definition('/silent'));
      const [, id = ''] = /Execution (\d+) is pending/.exec(await done('jobs', 'trigger', 'crm/slow')) ?? [];
      await service.eventually(async () => {
        const { status } = await requested('executions', 'get', id);
        return status === 'running' ? true : undefined;
      });
      const waited = await carillon('jobs', 'trigger', 'crm/slow', '--wait', '1s');
      expect(waited.code).to.equal(2);
      expect(waited.err).to.include('OVERLAP: ');
      expect(await done('executions', 'cancel', id, '--reason', 'hangs')).to.match(/^Execution \d+ was cancelled/);
      expect(await done('executions', 'cancel', id)).to.match(/^Execution \d+ was cancelled/);
    });
  });

  it('lists, shows, creates and deletes applications', async () => {
    expect(await done('applications', 'create', 'books', '--display-name', 'Bookkeeping')).to.equal(
      'Created application books\n',
    );
    expect(await done('applications', 'list')).to.match(
      /^APPLICATION +ID +DISPLAY NAME +CHANGED +BY\n[\s\S]*^crm +\d+ +Customers +/m,
    );
    expect(await done('applications', 'get', 'books')).to.match(/^Application +books\nId +\d+\nDisplay name +Bookk/);
    expect(await done('applications', 'delete', 'books')).to.equal('Deleted application books\n');
  });

  it('sets variables, secrets and limits of applications, which are shown but for what is secret', async () => {
    expect(await done('variables', 'set', 'crm', 'REGION', 'eu', '--reason', 'moved')).to.equal(
      'Set variable REGION of crm\n',
    );
    await carillonWith({ stdin: 'line 1\nline 2\n' }, 'variables', 'set', 'crm', 'TEXT');
    expect(await requested('variables', 'list', 'crm')).to.have.nested.property('[1].value', 'line 1\nline 2');
    expect(await done('variables', 'history', 'crm', 'REGION')).to.match(/\n1 +(now|\d+ \w+ ago) +ann +\S+ .*moved\n$/);
    expect(await done('variables', 'delete', 'crm', 'TEXT')).to.equal('Deleted variable TEXT of crm\n');
    expect(await done('variables', 'list', 'crm')).to.match(/^VARIABLE +VALUE +CHANGED +BY\nREGION +eu .*\n$/);

    const set = ['secrets', 'set', 'crm', 'KEY', '--origin', 'https://api.example.com'];
    expect(await carillonWith({ stdin: 'hush\n' }, ...set)).to.include({ out: 'Set secret KEY of crm\n', err: '' });
    const typed = await carillonWith({ stdin: 'huh\u007fsh\r', isTTY: true }, ...set);
    expect(typed).to.include({ code: 0, err: 'Value of KEY: \n' });
    expect(await carillonWith({ stdin: '\n' }, ...set)).to.include({ code: 2, out: '' });
    expect((await carillonWith({ stdin: 'h\u0003', isTTY: true }, ...set)).err).to.include('Interrupted. Nothing was');
    expect(await done('secrets', 'list', 'crm')).to.match(/\nKEY +https:\/\/api\.example\.com +.* +ann\n$/);
    // What was typed is what was piped in before, so that it changed nothing.
    expect(await requested('secrets', 'history', 'crm', 'KEY')).to.have.length(1);
    expect(await done('secrets', 'delete', 'crm', 'KEY')).to.equal('Deleted secret KEY of crm\n');

    expect(await done('limits', 'set', 'crm', 'api', '--parallel', '3', '--rate', '10/1m')).to.equal(
      'Set limit api of crm\n',
    );
    expect(await done('limits', 'list', 'crm')).to.match(/^LIMIT +PARALLEL +RATE .*\napi +3 +10\/1m /);
    expect((await carillon('limits', 'set', 'crm', 'api', '--rate', 'ten')).err).to.include('such as 10/1m');
    expect(await done('limits', 'delete', 'crm', 'api')).to.equal('Deleted limit api of crm\n');
  });

  it('puts calendars, as dates or as JSON', async () => {
    const putCalendar = (stdin: string) => carillonWith({ stdin }, 'calendars', 'put', 'holidays');
    expect(await putCalendar('2026-12-25 # Christmas\n\n2026-12-26\n')).to.include({
      code: 0,
      out: 'Updated calendar holidays\n',
    });
    expect(await done('calendars', 'get', 'holidays')).to.match(/\nDates +2026-12-25 2026-12-26\n/);
    const shown = await requested('calendars', 'get', 'holidays');
    await putCalendar(JSON.stringify({ ...shown, description: 'of Berlin' }));
    expect(await done('calendars', 'list')).to.match(/\nholidays +2 +of Berlin +/);
    expect(await requested('calendars', 'history', 'holidays')).to.have.length(2);
    expect((await putCalendar('christmas\n')).err).to.match(/^carillon: \w+: [\s\S]*\/dates\/0/);
    expect(await done('calendars', 'delete', 'holidays')).to.equal('Deleted calendar holidays\n');
  });

  it('puts alert rules and tests them; the exit code states whether each receiver was reached', async () => {
    const rule = (url: string) => ({
      stdin: JSON.stringify({
        scope: 'application',
        of: 'crm',
        condition: { kind: 'failures', count: 3 },
        receivers: [{ type: 'webhook', url }],
      }),
    });
    const stdin = `whsec_${Buffer.alloc(32).toString('base64')}`;
    await carillonWith({ stdin }, 'secrets', 'set', 'crm', 'SIGN', '--signing');
    expect(await carillonWith(rule(`${target.origin}/echo`), 'alerts', 'put', 'failing')).to.include({
      code: 0,
      out: 'Updated alert rule failing\n',
    });
    expect(await done('alerts', 'rules')).to.match(/\nfailing +3 executions failed in a row +application \d+ +http/);
    expect(await done('alerts', 'get', 'failing')).to.match(/^Rule +failing\nCondition +3 executions/);
    expect(await done('alerts', 'test', 'failing')).to.match(/^webhook http\S+\/echo: delivered/);
    await carillonWith(rule(`${target.origin}/status?code=500`), 'alerts', 'put', 'unreached');
    expect(await carillon('alerts', 'test', 'unreached')).to.include({ code: 1, err: '' });
    expect(await done('alerts', 'list')).to.equal('JOB  ALERT  SINCE  RULE  NOTIFIED  EXECUTION\n');
    expect(await done('alerts', 'notifications', 'failing')).to.equal('WHEN  ALERTS  NOTIFIED  FIRST  ID\n');
    expect(await done('alerts', 'delete', 'failing')).to.equal('Deleted alert rule failing\n');
  });

  it('creates tokens, which are printed alone and once, and revokes them', async () => {
    const may = ['--permissions', 'scheduler:jobs:read', '--application', 'crm'];
    const { code, out, err } = await carillon('tokens', 'create', 'ci', ...may, '--expires', '90d');
    expect(code).to.equal(0);
    expect(out).to.match(/^\S+\n$/);
    const [, id = ''] = /carillon tokens revoke (\d+)/.exec(err) ?? [];
    const env = { CARILLON_TOKEN: out.trim() };
    expect((await carillonWith({ env }, 'jobs', 'list')).code).to.equal(0);
    expect(await done('tokens', 'list')).to.match(/\n\d+ +ci +active +in 90 d +scheduler:jobs:read +ann\n$/);
    expect(await done('tokens', 'revoke', id)).to.equal(`Revoked token ${id}\n`);
    expect(await done('tokens', 'list')).to.match(/ ci +revoked /);
    expect((await carillon('tokens', 'create', 'ci')).err).to.include(
      '--permissions is missing. Add the permissions of the token, such as scheduler:jobs:read.',
    );
  });

  it('starts backfills, follows them to their end, and cancels them', async () => {
    await put('past', { ...definition(), pattern: '0 * * * *', timezone: 'UTC' });
    const day = ['--from', '2026-01-01', '--to', '2026-01-01T04:00:00Z'];
    expect(await done('backfill', 'start', 'crm/past', ...day, '--dry-run')).to.equal(
      'Would run 4 slots, from 2026-01-01T01:00:00.000Z to 2026-01-01T04:00:00.000Z\n',
    );
    const { code, out, err } = await carillon(
      'backfill',
      'start',
      'crm/past',
      ...day,
      '--parallel',
      '2',
      '--wait',
      '60s',
    );
    expect({ code, out }).to.deep.equal({
      code: 0,
      out: 'Backfill 1 of crm/past succeeded: 4 of 4 succeeded, 0 failed\n',
    });
    expect(err).to.match(/^carillon: warning: the slots .*\nBackfill 1: \d of 4\n/);
    expect(await done('backfill', 'list')).to.match(/\n1 +succeeded +crm\/past +4 of 4 +0 +2026-01-01T00:00:00Z +/);
    expect(await done('backfill', 'get', 'crm/past', '1')).to.match(/^ID +1\nSTATUS +succeeded\n/);
    await put('stuck', { ...definition('/silent'), pattern: '0 * * * *', timezone: 'UTC' });
    expect(await done('backfill', 'start', 'crm/stuck', ...day)).to.equal(
      'Started backfill 2 of crm/stuck with 4 slots\n',
    );
    expect(await done('backfill', 'cancel', 'crm/stuck', '2')).to.equal('Cancelled backfill 2 of crm/stuck\n');
  });

  it('states by its exit code whether each slot of a backfill succeeded', async () => {
    const hourly = (url: string) => ({ ...definition(url), pattern: '0 * * * *', timezone: 'UTC' });
    const start = (job: string, wait: string) =>
      carillon('backfill', 'start', job, '--from', '2026-01-01', '--to', '2026-01-01T02:00:00Z', '--wait', wait);
    await put('broken', hourly('/status?code=500'));
    const failed = await start('crm/broken', '60s');
    expect(failed.out).to.match(/^Backfill \d+ of crm\/broken failed: 0 of 2 succeeded, 2 failed\n$/);
    expect(failed.code).to.equal(1);
    await put('endless', hourly('/silent'));
    const cancelled = start('crm/endless', '60s');
    const { id } = await service.eventually(async () => {
      const backfills: readonly { id: number; status: string }[] = await requested('backfill', 'list');
      return backfills.find(({ status }) => status === 'running');
    });
    const [run] = await service.eventually(async () => {
      const running = await requested('executions', 'list', '--job', 'crm/endless', '--status', 'running');
      return running.length > 0 ? running : undefined;
    });
    await done('backfill', 'cancel', 'crm/endless', String(id));
    await done('executions', 'cancel', String(run.id));
    expect((await cancelled).out).to.match(/^Backfill \d+ of crm\/endless cancelled: 0 of 2 succeeded/);
    expect((await cancelled).code).to.equal(1);
    const short = await start('crm/endless', '1ms');
    expect(short).to.include({ code: 2, out: '' });
    expect(short.err).to.match(/carillon: Backfill \d+ is still running after 1ms\. /);
  });

  it('states who changed what, and the progress of the read models', async () => {
    await put('audited');
    await done('jobs', 'disable', 'crm/audited', '--reason', 'for the audit');
    const listed = await done('audit', 'list', '--action', 'disableJob', '--by', 'ann', '--from', 'yesterday');
    expect(listed).to.match(
      /^WHEN +BY +ACTION +RESOURCE +OUTCOME +REASON\n\S+.* +ann +disableJob +job \d+ .*done +for the aud/,
    );
    expect(await requested('audit', 'list', '--outcome', 'rejected', '--since', '2999-01-01')).to.deep.equal([]);
    const administrator = service.token({ permissions: ['scheduler:admin'] });
    expect(await done('projections', 'list', '--token', administrator)).to.match(/\njobs +live +100 % /);
  });

  it('examines the server, and prints if the page is', async () => {
    const administrator = service.token({ permissions: ['scheduler:admin'] });
    const findings = await requested('doctor', '--token', administrator);
    expect(findings.map(({ check }: { check: string }) => check)).to.include.members([
      'token',
      'engine',
      'read models',
    ]);
    await put('opened');
    const { id } = await requested('jobs', 'get', 'crm/opened');
    expect(await done('open', 'crm/opened')).to.equal(`${service.url}/_/scheduler/ui/jobs/${id}\n`);
    expect(await done('open')).to.equal(`${service.url}/_/scheduler/ui/\n`);
  });

  describe('explain', () => {
    const explain = (job: string, slot: string) => done('explain', job, '--slot', slot);
    const year = new Date().getUTCFullYear() + 1;
    const [next, other] = [`${year}-12-31T23:00:00Z`, '2999-06-01T00:00:00Z'];
    const noSlot = async (job: string, slot: string): Promise<string> => {
      const { code, out, err } = await carillon('explain', job, '--slot', slot);
      expect({ code, out }).to.deep.equal({ code: 1, out: '' });
      return err;
    };
    const second = (atMs: number) => `${new Date(atMs).toISOString().slice(0, 19)}Z`;

    it('states what will happen to a slot, also during a pause', async () => {
      await put('yearly');
      expect(await explain('crm/yearly', next)).to.match(/^crm\/yearly at 20\S+: due in \d+ d; will run\.\n$/);
      expect(await explain('crm/yearly', `${year + 1}-01-01T00:00`)).to.include(`at ${next}: due in`);
      await done('jobs', 'pause', 'crm/yearly');
      expect(await explain('crm/yearly', next)).to.match(/: due in \d+ d; will be skipped \(PAUSED\)\.\n$/);
      await done('jobs', 'unpause', 'crm/yearly');
      await done('jobs', 'pause', 'crm/yearly', '--catch-up', 'all');
      expect(await explain('crm/yearly', next)).to.match(/: due in \d+ d; will run late, after the pause\.\n$/);
    });

    it('states that there is no slot, and the nearest by the clock', async () => {
      await put('first of may', { ...definition(), pattern: '*/10 * * 1 5 *' });
      const none = async (slot: string) => noSlot('crm/first of may', slot);
      expect(await none(`${year}-06-01T02:30`)).to.include(`no slot at ${year}-06-01T00:30:00Z. There is none within`);
      expect(await none('2028-03-26T02:30'), 'skipped by the clock').to.include('at 2028-03-26T01:00:00Z. ');
      expect(await none('2028-10-29 02:30:00'), 'shown twice').to.include('at 2028-10-29T00:30:00Z. ');
      expect(await none('2999-05-01T08:19:34')).to.match(/The nearest is 2999-05-01T06:19:30Z\.\n$/);
      expect(await none('2999-05-01T08:19:39.5')).to.match(/The nearest is 2999-05-01T06:19:40Z\.\n$/);
      expect(await none('2999-05-02T08:00')).to.match(/The nearest is 2999-05-01T21:59:50Z\.\n$/);
    });

    it('states by whom, when and why a job was disabled', async () => {
      // Something has to happen for the test to look again.
      await put('ticks', { ...definition(), pattern: '* * * * * *' });
      await put('seconds off', { ...definition(), pattern: '* * * * * *' });
      await done('jobs', 'disable', 'crm/seconds off', '--reason', 'The target moves');
      const [slot] = await service.eventually(async () => {
        const skipped = await requested('jobs', 'occurrences', 'crm/seconds off', '--outcome', 'skipped');
        const whileDisabled = skipped.filter(
          ({ definitionVersion }: { definitionVersion: number }) => definitionVersion === 2,
        );
        return whileDisabled.length > 0 ? whileDisabled : undefined;
      });
      const disabled = /DISABLED\)\. \S+ disabled the job at 20\S+Z: The target moves\.\n$/;
      expect(await explain('crm/seconds off', slot.at)).to.match(disabled);
      expect(await noSlot('crm/seconds off', other)).to.match(
        /no slot at 2999\S+ \S+ disabled the job at .*: The target moves\.\n$/,
      );
      await done('jobs', 'delete', 'crm/ticks');
      await done('jobs', 'enable', 'crm/seconds off');
      expect(await explain('crm/seconds off', slot.at), 'also once it is enabled').to.match(disabled);
      expect(slot).to.deep.include({ outcome: 'skipped', reason: 'DISABLED' });
      await done('jobs', 'delete', 'crm/seconds off');
      expect(await explain(String(slot.jobId), slot.at), 'also once it is deleted').to.match(disabled);
      expect(await noSlot(String(slot.jobId), other)).to.match(/\. \S+ deleted the job at 20\S+Z\.\n$/);
    });

    it('states that a job did not exist yet, or that its schedule had not begun or was over', async () => {
      const startAt = second(Date.now() + 3_600_000);
      const endAt = second(Date.now() + 7_200_000);
      await put('bounded', { ...definition(), pattern: '* * * * * *', startAt, endAt });
      expect(await noSlot('crm/bounded', '2020-01-01T00:00:00Z')).to.match(/\. \S+ created the job at 20\S+Z\.\n$/);
      expect(await noSlot('crm/bounded', second(Date.now() + 60_000))).to.include('Its schedule starts at ');
      expect(await noSlot('crm/bounded', other)).to.include('Its schedule ends at ');
    });
  });

  describe('are reported', () => {
    const rejected = async (given: CarillonGiven, ...args: readonly string[]): Promise<string> => {
      const { code, out, err } = await carillonWith(given, ...args);
      expect({ code, out }, args.join(' ')).to.deep.equal({ code: 2, out: '' });
      return err;
    };

    it('what is not there, and which command shows what is', async () => {
      expect(await rejected({}, 'jobs', 'get', 'crm/none')).to.equal(
        'carillon: JOB_NOT_FOUND: there is no job crm/none\n  `carillon jobs list` shows the jobs and their addresses.\n',
      );
      expect(await rejected({}, 'jobs', 'pause', 'crm/none')).to.match(/^carillon: UNKNOWN_JOB: /);
      expect(await rejected({}, 'jobs', 'list', '--application', 'none')).to.match(
        /^carillon: APPLICATION_NOT_FOUND: /,
      );
      expect(await rejected({}, 'executions', 'get', '999999')).to.match(/^carillon: EXECUTION_NOT_FOUND: /);
      expect(await rejected({}, 'executions', 'get', 'crm')).to.match(/^carillon: BAD_ID: /);
      expect(await rejected({}, 'jobs', 'get', '..')).to.equal('carillon: ".." is not a valid name.\n');
      expect(await rejected({}, 'pauses', 'lift', '999')).to.match(/^carillon: PAUSE_NOT_FOUND: /);
    });

    it('which field is wrong', async () => {
      const stdin = JSON.stringify({ ...definition(), pattern: 'nightly', surprise: 1 });
      expect(await rejected({ stdin }, 'jobs', 'put', 'crm/new')).to.match(
        /^carillon: \w+: [\s\S]*\/(pattern|surprise)/,
      );
      expect(await rejected({ stdin: '{' }, 'jobs', 'put', 'crm/new')).to.match(
        /^carillon: Standard input is not valid JSON: /,
      );
      expect(await rejected({ stdin: '[]' }, 'jobs', 'put', 'crm/new')).to.match(/^carillon: BAD_INPUT: /);
      expect(await rejected({}, 'jobs', 'put', 'crm/new', '/nowhere.json')).to.include('no such file');
      expect(await rejected({ stdin }, 'jobs', 'put', '7')).to.include('is not a job address');
      expect(await rejected({}, 'executions', 'list', '--status', 'lost')).to.include('BAD_INPUT: --status: ');
      expect(await rejected({}, 'executions', 'list', '--since', '3 days')).to.include('BAD_INPUT: --since: ');
      expect(await rejected({}, 'executions', 'list', '--from=yesteryear')).to.include('BAD_INPUT: --from: ');
      expect(await rejected({}, 'audit', 'list', '--to', 'yesteryear')).to.include('BAD_INPUT: --to: ');
      expect(await rejected({}, 'jobs', 'pause', 'crm/run', '--until', '2020-01-01')).to.include(
        'UNTIL_IN_PAST: --until: ',
      );
      expect(await rejected({}, 'jobs', 'trigger', 'crm/run', '--at', 'noon')).to.include('BAD_INPUT: --at: ');
      const may = ['--permissions', 'scheduler:none'];
      expect(await rejected({}, 'tokens', 'create', 'x', ...may, '--expires', 'soon')).to.match(
        /BAD_INPUT: --permissions: .*; --expires: /,
      );
      expect(await rejected({}, 'explain', 'crm/yearly', '--slot', 'tomorrow')).to.include('--slot must be an instant');
      expect(await rejected({}, 'jobs', 'trigger', 'crm/run', '--header', 'none')).to.include('needs ":" between');
    });

    it('that an option is wrong, on client or server', async () => {
      expect(await rejected({}, 'jobs', 'list', '--limit', '0')).to.include('Must be a whole number from 1 to 999999.');
      expect(await rejected({}, 'jobs', 'trigger', 'crm/run', '--wait', 'long')).to.include('such as 90s or 24h');
      expect(await rejected({}, 'executions', 'list', '--since', '24x')).to.include('such as 90s or 24h');
      expect(await rejected({}, 'executions', 'list', '--since', '99999999999999w')).to.include('at most 1000w');
      expect(await rejected({}, 'jobs', 'list', '--no-such')).to.include("unknown option '--no-such'");
      expect(await rejected({}, 'jobs', 'get')).to.include("missing required argument 'job'");
      expect(await rejected({}, 'jobs', 'pause', 'crm/run', '--for', '1h', '--until', '2999-01-01')).to.include(
        "can't be combined",
      );
    });

    it('that the token is wrong, or lacks a permission, or the server is away or another one', async () => {
      expect(await rejected({ env: { CARILLON_TOKEN: 'none' } }, 'jobs', 'list')).to.match(
        /^carillon: TOKEN_REJECTED: .*\n {2}Use another token with --token or CARILLON_TOKEN/,
      );
      const reader = service.token({ sub: 'bob', permissions: ['scheduler:jobs:read'] });
      expect(await rejected({}, 'jobs', 'delete', 'crm/run', '--token', reader)).to.match(
        /^carillon: FORBIDDEN: .*scheduler:jobs:write/,
      );
      const away = { env: { CARILLON_SERVER: 'http://127.0.0.1:9' } };
      expect(await rejected(away, 'jobs', 'list')).to.match(/^carillon: Can't reach the server: .*ECONNREFUSED/);
      expect(await rejected(away, 'jobs', 'logs', '--follow')).to.match(/^carillon: Can't reach the server: /);
      expect(await rejected({ env: { CARILLON_SERVER: target.origin } }, 'jobs', 'list')).to.include(
        'is not from a Carillon server',
      );
    });
  });

  it('completes names for a shell', async () => {
    await put('typed-1');
    await put('typed-2');
    const env = { CARILLON_SERVER: service.url, CARILLON_TOKEN: service.token() };
    const found = (...line: readonly string[]) => completionsOf(line, program, env);
    expect(await found('jobs', 'get', 'cr')).to.deep.equal(['crm/']);
    expect(await found('jobs', 'get', 'crm/typed-')).to.deep.equal(['crm/typed-1', 'crm/typed-2']);
    expect(await found('executions', 'list', '--job', 'crm/typed-2')).to.deep.equal(['crm/typed-2']);
    expect(await found('jobs', 'list', '--application', 'c')).to.deep.equal(['crm']);
    await done('variables', 'set', 'crm', 'TYPED', 'yes');
    expect(await found('variables', 'delete', 'crm', 'TY')).to.deep.equal(['TYPED']);
  });
});
