import { expect } from 'chai';
import { fromDkron } from '../../../../src/cli/import/dkron.ts';
import { fromEventBridge } from '../../../../src/cli/import/eventbridge.ts';
import { fromGcloud } from '../../../../src/cli/import/gcloud.ts';
import { fromCrontab } from '../../../../src/cli/import/import-jobs.ts';
import { accepted, type Importer } from '../../../../src/cli/import/imported.ts';
import { fromKubernetes } from '../../../../src/cli/import/kubernetes.ts';

const imported = async (importer: Importer, file: unknown) =>
  accepted(await importer(typeof file === 'string' ? file : JSON.stringify(file)));
const jobsOf = async (importer: Importer, file: unknown) =>
  (await imported(importer, file)).flatMap(({ job }) => (job === undefined ? [] : [job]));
const notesOf = async (importer: Importer, file: unknown): Promise<string[]> =>
  (await imported(importer, file)).flatMap(({ at, notes }) => notes.map((note) => `${at}: ${note}`));
const taskType = 'HttpInvokerTask';

describe('the import of a crontab', () => {
  const crontab = [
    '# m h dom mon dow command',
    'MAILTO=ops@example.com',
    'CRON_TZ="Europe/Berlin"',
    '',
    '*/5 * * * *  curl -fsS https://shop.example.com/cron.php >/dev/null 2>&1',
    '@daily\tcurl https://shop.example.com/cron.php',
    '@reboot /usr/local/bin/warm-up',
    '30 2 * * 1-5 /opt/backup.sh',
    '17 * * * *  root  curl -m 10 https://shop.example.com/report?day=\\%d',
    '0 0 31 2 * curl https://shop.example.com/never',
    '1 2 3',
  ].join('\r\n');

  it('imports each program as work of its own task, with the worker to run and without the command line', async () => {
    const text = [
      '5 * * * * php /srv/cron.php --password=hunter2',
      '6 * * * * php /srv/cron.php daily',
      '7 * * * * root cd /srv && ./clean',
      '9 * * * * /opt/a.sh && /opt/b.sh',
      '8 * * * * curl "https://a.example/$(date)"',
    ].join('\n');
    const jobs = await jobsOf(fromCrontab, text);
    expect(jobs.map(({ name, taskConfig }) => [name, Object(taskConfig).task])).to.deep.equal([
      ['cron.php', 'cron.php'],
      ['cron.php-2', 'cron.php-2'],
      ['srv', 'srv'],
      ['a.sh', 'a.sh'],
    ]);
    expect(JSON.stringify(jobs)).to.not.include('hunter2');
    const notes = (await notesOf(fromCrontab, text)).join('\n');
    expect(notes).to.include('with the command in the script ./cron.php-2.sh: carillon worker run');
    expect(notes).to.include('line 3: the user root has no equivalent');
    expect(notes).to.include('(/opt/a.sh && /opt/b.sh), with the command in the script ./a.sh:');
    expect(notes).to.include('line 5: the shell substitutes $(');
  });

  it('imports calls of curl, in the zone of CRON_TZ, each under its own name', async () => {
    const timezone = 'Europe/Berlin';
    expect(await jobsOf(fromCrontab, crontab)).to.deep.equal([
      {
        name: 'shop.example.com-cron.php',
        pattern: '*/5 * * * *',
        timezone,
        taskType,
        taskConfig: { url: 'https://shop.example.com/cron.php', method: 'GET' },
      },
      {
        name: 'shop.example.com-cron.php-2',
        pattern: '@daily',
        timezone,
        taskType,
        taskConfig: { url: 'https://shop.example.com/cron.php', method: 'GET' },
      },
      {
        name: 'backup.sh',
        pattern: '30 2 * * 1-5',
        timezone,
        taskType: 'WorkerTask',
        taskConfig: { queue: 'commands', task: 'backup.sh' },
      },
      {
        name: 'shop.example.com-report',
        pattern: '17 * * * *',
        timezone,
        taskType,
        taskConfig: { url: 'https://shop.example.com/report?day=%d', method: 'GET', timeout: '10000ms' },
      },
    ]);
  });

  it('reports for every other line why not', async () => {
    const notes = (await notesOf(fromCrontab, crontab)).join('\n');
    for (const said of [
      'line 2: MAILTO has no equivalent: use an alert rule',
      'line 7: @reboot has no equivalent',
      'line 8: runs a program, which needs a worker on its machine (/opt/backup.sh): carillon worker run --queue APPLICATION/commands --task backup.sh --exec /opt/backup.sh',
      'line 9: the user root has no equivalent',
      'line 10: omitted: day of month "31": never falls in month "2"',
      'line 11: is not a valid crontab line',
    ]) {
      expect(notes).to.include(said);
    }
    expect(await notesOf(fromCrontab, '0 1 * * * curl https://a.example')).to.deep.equal([
      "all lines: no CRON_TZ: times are read as UTC, but cron uses its machine's time zone",
    ]);
    expect((await notesOf(fromCrontab, '0 1 * * * curl https://a.example -d a%b')).join()).to.include('standard input');
  });
});

describe('the import of Kubernetes CronJobs', () => {
  const manifests = `
apiVersion: batch/v1
kind: CronJob
metadata:
  name: report
  namespace: shop
  labels: { app.kubernetes.io/name: report, team: crm }
spec:
  schedule: "15 6 * * 1-5"
  timeZone: Europe/Rome
  concurrencyPolicy: Forbid
  suspend: true
  startingDeadlineSeconds: 200
  successfulJobsHistoryLimit: 3
  jobTemplate:
    spec:
      backoffLimit: 2
      activeDeadlineSeconds: 600
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: call
              image: curlimages/curl:8.10.1
              command: ["curl"]
              args: ["-fsS", "-X", "POST", "http://report.shop.svc/run"]
              env: [{ name: A, value: b }]
            - { name: proxy, image: envoy }
---
apiVersion: v1
kind: List
items:
  - apiVersion: batch/v1
    kind: CronJob
    metadata: { name: clean }
    spec:
      schedule: "@hourly"
      jobTemplate: { spec: { template: { spec: { containers: [{ name: clean, image: busybox, command: [/bin/sh, -c, "date; echo cleaned"] }] } } } }
  - { apiVersion: v1, kind: ConfigMap, metadata: { name: settings } }
`;

  it('imports the call of a container with curl, and the rules of its CronJob', async () => {
    expect(await jobsOf(fromKubernetes, manifests)).to.deep.equal([
      {
        name: 'report',
        enabled: false,
        pattern: '15 6 * * 1-5',
        timezone: 'Europe/Rome',
        overlap: 'skip',
        maxLateness: '200s',
        retry: { maxAttempts: 3 },
        deadline: '600s',
        taskType,
        taskConfig: { url: 'http://report.shop.svc/run', method: 'POST' },
        labels: { 'app.kubernetes.io/name': 'report', team: 'crm' },
      },
    ]);
  });

  for (const [image, args, url] of [
    ['curlimages/curl:8.10.1', ['-fsS', '-X', 'POST', 'https://shop.example/run'], 'https://shop.example/run'],
    ['quay.io:443/curl/curl@sha256:0a1b', ['-XPOST', 'https://shop.example/run'], 'https://shop.example/run'],
    ['byrnedo/alpine-curl', ['-X', 'POST', 'shop.example/run'], 'http://shop.example/run'],
    ['curlimages/curl', ['curl', '-X', 'POST', 'https://shop.example/run'], 'https://shop.example/run'],
    ['curlimages/curl', ['sh', '-c', 'curl -X POST https://shop.example/run'], 'https://shop.example/run'],
    ['shop/curler', ['-X', 'POST', 'https://shop.example/run'], undefined],
    ['curlimages/curl', [], undefined],
  ] as const) {
    it(`knows what ${image} calls with the arguments ${args.join(' ') || '(none)'} and no command`, async () => {
      const containers = [{ name: 'call', image, args }];
      const spec = { schedule: '@hourly', jobTemplate: { spec: { template: { spec: { containers } } } } };
      const manifest = JSON.stringify({ kind: 'CronJob', metadata: { name: 'report' }, spec });
      const [job] = await jobsOf(fromKubernetes, manifest);
      expect(job?.taskConfig).to.deep.equal(url && { url, method: 'POST' });
    });
  }

  it('states what containers do beside, and which run a program', async () => {
    const notes = (await notesOf(fromKubernetes, manifests)).join('\n');
    for (const said of [
      'CronJob shop report: the other containers have no equivalent: proxy',
      'CronJob shop report: the environment of the container has no equivalent',
      'CronJob clean: does not call a URL: date',
      'CronJob clean: Carillon runs no containers',
      'ConfigMap settings: is not a CronJob',
    ]) {
      expect(notes).to.include(said);
    }
    const broken = await fromKubernetes('a: [').catch((error: Error) => error.message);
    expect(broken).to.include('is not YAML');
  });
});

describe('the import of Cloud Scheduler', () => {
  const gcloud = [
    {
      attemptDeadline: '180s',
      httpTarget: {
        body: Buffer.from('{"kind":"all"}').toString('base64'),
        headers: { 'Content-Type': 'application/json', 'User-Agent': 'Google-Cloud-Scheduler' },
        httpMethod: 'POST',
        oidcToken: { audience: 'https://run.example.com', serviceAccountEmail: 'a@b.iam.gserviceaccount.com' },
        uri: 'https://run.example.com/nightly',
      },
      lastAttemptTime: '2026-03-01T01:00:00Z',
      name: 'projects/shop/locations/europe-west1/jobs/nightly',
      retryConfig: {
        maxBackoffDuration: '3600s',
        maxDoublings: 5,
        maxRetryDuration: '0s',
        minBackoffDuration: '5s',
        retryCount: 3,
      },
      schedule: '0 2 * * *',
      scheduleTime: '2026-03-02T01:00:00Z',
      state: 'PAUSED',
      timeZone: 'Europe/Berlin',
      userUpdateTime: '2026-01-01T00:00:00Z',
    },
    {
      name: 'projects/shop/locations/europe-west1/jobs/often',
      schedule: 'every 15 minutes',
      timeZone: 'Etc/UTC',
      state: 'ENABLED',
      httpTarget: { httpMethod: 'GET', uri: 'https://run.example.com/often' },
    },
    {
      name: 'projects/shop/locations/europe-west1/jobs/topic',
      schedule: '* * * * *',
      pubsubTarget: { topicName: 'projects/shop/topics/t' },
    },
  ];

  it('imports rules that call a URL', async () => {
    expect(await jobsOf(fromGcloud, gcloud)).to.deep.equal([
      {
        name: 'nightly',
        enabled: false,
        pattern: '0 2 * * *',
        timezone: 'Europe/Berlin',
        retry: { maxAttempts: 4, backoff: { initial: '5000ms', max: '3600000ms' } },
        taskType,
        taskConfig: {
          url: 'https://run.example.com/nightly',
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: { kind: 'all' },
          timeout: '180000ms',
        },
      },
      {
        name: 'often',
        schedule: { every: '15m' },
        timezone: 'Etc/UTC',
        taskType,
        taskConfig: { url: 'https://run.example.com/often', method: 'GET' },
      },
    ]);
  });

  it('states what else there was', async () => {
    const notes = (await notesOf(fromGcloud, gcloud)).join('\n');
    for (const said of [
      'nightly: oidcToken has no equivalent',
      'nightly: maxDoublings',
      'topic: pubsubTarget has no equivalent',
    ]) {
      expect(notes).to.include(said);
    }
    await fromGcloud('{}').then(
      () => expect.fail('it was taken'),
      (error: Error) => expect(error.message).to.include('is not the output of `gcloud'),
    );
  });
});

describe('the import of EventBridge', () => {
  const arn = 'arn:aws:events:eu-west-1:123456789012:api-destination/crm';
  const file = {
    Schedules: [
      {
        ActionAfterCompletion: 'NONE',
        Arn: 'arn:aws:scheduler:eu-west-1:123456789012:schedule/default/invoice',
        FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
        GroupName: 'default',
        Name: 'invoice',
        ScheduleExpression: 'cron(0 8 ? * 2-6 *)',
        ScheduleExpressionTimezone: 'Europe/Paris',
        State: 'ENABLED',
        Target: { Arn: 'arn:aws:lambda:eu-west-1:123456789012:function:invoice', RoleArn: 'arn:aws:iam::1:role/r' },
      },
    ],
    Rules: [
      {
        Name: 'weekdays',
        ScheduleExpression: 'cron(0 8 ? * 2-6 *)',
        State: 'DISABLED',
        Targets: [
          {
            Arn: `${arn}/`,
            Id: '1',
            Input: '{"a":1}',
            RetryPolicy: { MaximumRetryAttempts: 5, MaximumEventAgeInSeconds: 3_600 },
            HttpParameters: {
              PathParameterValues: ['42'],
              QueryStringParameters: { q: 'x' },
              HeaderParameters: { 'X-A': 'b' },
            },
          },
        ],
      },
      { Name: 'often', ScheduleExpression: 'rate(5 minutes)', State: 'ENABLED', Targets: [{ Arn: arn, Id: '1' }] },
      {
        Name: 'once',
        ScheduleExpression: 'at(2030-07-01T09:30:00)',
        ScheduleExpressionTimezone: 'Europe/Paris',
        State: 'ENABLED',
        Targets: [{ Arn: arn, Id: '1' }],
      },
      {
        Name: 'that year',
        ScheduleExpression: 'cron(0 8 1 1 ? 2031)',
        State: 'ENABLED',
        Targets: [{ Arn: arn, Id: '1' }],
      },
      { Name: 'by events', EventPattern: '{}', State: 'ENABLED', Targets: [{ Arn: arn, Id: '1' }] },
      {
        Name: 'elsewhere',
        ScheduleExpression: 'rate(1 day)',
        State: 'ENABLED',
        Targets: [{ Arn: 'arn:aws:events:eu-west-1:1:api-destination/none/1', Id: '1' }],
      },
      { Name: 'listed', ScheduleExpression: 'rate(1 day)', State: 'ENABLED' },
    ],
    ApiDestinations: [
      {
        ApiDestinationArn: `${arn}/11111111-2222-3333-4444-555555555555`,
        Name: 'crm',
        HttpMethod: 'POST',
        InvocationEndpoint: 'https://crm.example.com/orders/*',
        ApiDestinationState: 'ACTIVE',
      },
    ],
  };

  it('imports rules that call an API destination, with weekdays counted from Sunday 0', async () => {
    const [weekdays, often, once] = await jobsOf(fromEventBridge, file);
    expect(weekdays).to.deep.equal({
      name: 'weekdays',
      enabled: false,
      pattern: '0 8 * * 1-5',
      retry: { maxAttempts: 6, maxElapsed: '3600s' },
      taskType,
      taskConfig: {
        url: 'https://crm.example.com/orders/42?q=x',
        method: 'POST',
        headers: { 'Content-Type': 'application/json; charset=utf-8', 'X-A': 'b' },
        body: { a: 1 },
      },
    });
    expect(often).to.deep.include({ schedule: { every: '5m' } });
    expect(once).to.deep.include({ schedule: { at: '2030-07-01T07:30:00.000Z' }, timezone: 'Europe/Paris' });
  });

  it('states which targets are no HTTP, and which times no pattern', async () => {
    const notes = (await notesOf(fromEventBridge, file)).join('\n');
    for (const said of [
      'invoice: arn:aws:lambda:eu-west-1:123456789012:function:invoice is not an HTTP target',
      'weekdays: the connection of the API destination is missing in the file',
      'that year: the year 2031 of cron(0 8 1 1 ? 2031) has no equivalent',
      'by events: an event pattern has no equivalent',
      'elsewhere: arn:aws:events:eu-west-1:1:api-destination/none/1 is an API destination that is missing in the file',
      'listed: has no target in this file',
    ]) {
      expect(notes).to.include(said);
    }
  });

  it('takes a flexible time window as a jitter', async () => {
    const [schedule] = file.Schedules;
    const [job] = await jobsOf(fromEventBridge, {
      ...file,
      Schedules: [{ ...schedule, Target: { Arn: arn } }],
      Rules: [],
    });
    expect(job).to.include({ jitter: '15m', timezone: 'Europe/Paris' });
  });
});

describe('the import of Dkron', () => {
  const jobs = [
    {
      id: 'report',
      name: 'report',
      displayname: 'Report of the day',
      timezone: 'Europe/Berlin',
      schedule: '0 30 4 * * *',
      owner: 'ops',
      owner_email: 'ops@example.com',
      success_count: 12,
      error_count: 0,
      disabled: true,
      tags: { server: 'true:1' },
      metadata: { team: 'crm' },
      retries: 2,
      dependent_jobs: null,
      parent_job: '',
      processors: { log: { forward: 'true' } },
      concurrency: 'forbid',
      executor: 'http',
      executor_config: {
        method: 'POST',
        url: 'https://report.example.com/run',
        headers: '["Content-Type: application/json","X-Key: a:b"]',
        body: '{"day":1}',
        timeout: '30',
        expectCode: '200,206',
        expectBody: '/done/',
        debug: '',
        tlsNoVerifyPeer: 'true',
      },
      status: 'success',
    },
    {
      name: 'often',
      schedule: '@every 1h30m',
      concurrency: 'allow',
      executor: 'http',
      executor_config: { method: 'GET', url: 'https://report.example.com/often' },
    },
    { name: 'program', schedule: '@every 10s', executor: 'shell', executor_config: { command: 'date' } },
    {
      name: 'by hand',
      schedule: '@manually',
      executor: 'http',
      executor_config: { method: 'GET', url: 'https://a.example' },
    },
  ];

  it('imports calls of the executor http', async () => {
    expect(await jobsOf(fromDkron, jobs)).to.deep.equal([
      {
        name: 'report',
        description: 'Report of the day',
        enabled: false,
        pattern: '0 30 4 * * *',
        timezone: 'Europe/Berlin',
        overlap: 'skip',
        retry: { maxAttempts: 3 },
        taskType,
        taskConfig: {
          url: 'https://report.example.com/run',
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'X-Key': 'a:b' },
          body: { day: 1 },
          timeout: '30s',
          successStatus: [200, 206],
        },
        labels: { team: 'crm' },
      },
      {
        name: 'often',
        schedule: { every: '5400s' },
        overlap: 'allow',
        taskType,
        taskConfig: { url: 'https://report.example.com/often', method: 'GET' },
      },
      { name: 'by hand', overlap: 'allow', taskType, taskConfig: { url: 'https://a.example', method: 'GET' } },
    ]);
  });

  it('states what else there was', async () => {
    const notes = (await notesOf(fromDkron, jobs)).join('\n');
    for (const said of [
      'report: owner_email has no equivalent',
      'report: tags has no equivalent',
      'report: processors has no equivalent',
      'report: expectBody has no equivalent',
      'report: tlsNoVerifyPeer has no equivalent',
      'program: the executor shell is not converted',
    ]) {
      expect(notes).to.include(said);
    }
  });
});

describe('what is imported', () => {
  it('has names that an address can have, each once, and nothing that the API would reject', async () => {
    const job = (name: string, other: object = {}) => ({
      at: name,
      job: { name, pattern: '0 1 * * *', taskType, taskConfig: { url: 'https://a.example', method: 'GET' }, ...other },
      notes: [],
    });
    const entries = accepted([job('a/b?c'), job('a/b?c'), job('17'), job('..'), job('bad', { timezone: 'Mars/Base' })]);
    expect(entries.map(({ job: each }) => each?.name)).to.deep.equal(['a-b-c', 'a-b-c-2', 'job-17', 'job', undefined]);
    expect(entries.at(-1)?.notes.join()).to.match(/^omitted: .*Mars\/Base/);
  });
});
