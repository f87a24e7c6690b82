import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { type AlertServices, startAlertServices } from '../support/alert-services.ts';
import { type Api, apiClient } from '../support/api.ts';
import { describeOnLogs } from '../support/logs.ts';
import { type MailServer, startMailServer } from '../support/smtp.ts';
import { startTarget, type Target } from '../support/target.ts';
import { isSignedBy } from '../support/webhook-signature.ts';

const KEY = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const OTHER_KEY = `whsec_${Buffer.alloc(32, 4).toString('base64')}`;

describeOnLogs('the service: alerts', (log) => {
  let service: AService;
  let target: Target;
  let receiver: Target;
  let mails: MailServer;
  let api: Api;
  let applicationId: number;
  let jobId: number;

  before(async () => {
    receiver = await startTarget();
    mails = await startMailServer({ user: 'carillon', password: 'p@ss' });
    service = await aService()
      .onLog(log)
      .withSettings({
        SMTP_URL: `smtp://carillon:p%40ss@127.0.0.1:${mails.port}`,
        MAIL_FROM: 'Carillon <carillon@example.com>',
        ALERT_EMAIL_DOMAINS: 'example.com',
        PUBLIC_URL: 'https://jobs.example.com',
      })
      .withApplication('crm')
      .start();
    target = service.target;
    api = service.as();
    applicationId = service.applicationId('crm');
    await api.put(`/applications/${applicationId}/secrets/ALERTS`, { value: KEY, signing: true });
    jobId = (await api.post('/jobs', jobCalling('nightly <export>', '/status?code=500'))).body.id;
  });
  after(async () => {
    await service.stop();
    await Promise.all([receiver.close(), mails.close()]);
  });

  const jobCalling = (name: string, path: string) => ({
    ...{ name, applicationId, pattern: '0 2 1 1 *', taskType: 'HttpInvokerTask' },
    taskConfig: { url: `${target.origin}${path}`, method: 'GET' },
  });
  const webhook = () => ({ type: 'webhook', url: `${receiver.origin}/echo` });
  const failing = (receivers: readonly object[]) => ({
    ...{ scope: 'job', of: jobId, condition: { kind: 'failures', count: 2 } },
    ...{ receivers, groupWait: 0, atMostEvery: 0 },
  });
  const trigger = async () => {
    const { body } = await api.post(`/jobs/${jobId}/trigger`);
    await service.eventually(async () => {
      const { body: execution } = await api.get(`/executions/${body.id}`);
      return execution.finishedAt === null ? undefined : execution;
    });
    return body.id;
  };

  it('notify once when a condition begins and once when it ends, signed and by e-mail', async () => {
    const set = await api.put('/alert-rules/failing', failing([webhook(), { type: 'email', to: 'ops@example.com' }]), {
      'Carillon-Reason': 'on call',
    });
    expect([set.status, set.body.detail]).to.deep.equal([200, undefined]);
    await trigger();
    const second = await trigger();
    await service.until(Promise.all([receiver.receivedAll(1), mails.receivedAll(1)]));

    const [sent] = receiver.received;
    const body = JSON.parse(sent?.body ?? '');
    expect(sent && [isSignedBy(KEY, sent), isSignedBy(OTHER_KEY, sent)]).to.deep.equal([true, false]);
    expect(body.type).to.equal('alert.notification');
    expect(body.data).to.deep.include({ rule: 'failing', tenant: 'default', more: 0 });
    expect(sent?.headers['webhook-id']).to.equal(body.data.id);
    expect(body.data.alerts).to.have.length(1);
    expect(body.data.alerts[0]).to.deep.include({
      ...{
        status: 'firing',
        jobId,
        jobName: 'nightly <export>',
        applicationId,
        applicationName: 'crm',
        executionId: second,
      },
      summary: '2 executions failed in a row. Last error: HTTP_500: the target responded with status 500',
      url: `https://jobs.example.com/_/scheduler/ui/jobs/${jobId}`,
    });

    const [mail] = mails.received;
    expect(mail?.subject).to.equal('[Carillon] Firing: nightly <export>: 2 executions failed in a row');
    expect(mail?.from?.text).to.contain('carillon@example.com');
    expect(mail?.text)
      .to.contain('2 executions failed in a row. Last error: HTTP_500: the target responded with status 500')
      .and.contain('What to do: ')
      .and.contain(`https://jobs.example.com/_/scheduler/ui/jobs/${jobId}`);
    expect(mail?.html).to.contain('nightly &lt;export&gt;').and.not.contain('<export>');

    const firing = await service.eventually(async () => {
      const { body: alerts } = await api.get('/alerts');
      return alerts[0]?.notification?.deliveries.every(({ status }: { status: string }) => status === 'delivered')
        ? alerts
        : undefined;
    });
    expect(firing).to.have.length(1);
    expect(firing[0]).to.deep.include({ rule: 'failing', jobId, applicationId, since: body.data.alerts[0].since });

    await trigger();
    await api.put(`/jobs/${jobId}`, { taskConfig: { url: `${target.origin}/echo`, method: 'GET' } });
    const good = await trigger();
    await service.until(Promise.all([receiver.receivedAll(2), mails.receivedAll(2)]));
    const recovery = JSON.parse(receiver.received[1]?.body ?? '');
    expect(recovery.data.alerts[0]).to.deep.include({ status: 'resolved', endReason: `execution ${good} succeeded` });
    expect(mails.received[1]?.subject).to.equal('[Carillon] Resolved: nightly <export>: 2 executions failed in a row');
    await service.eventually(async () => ((await api.get('/alerts')).body.length === 0 ? true : undefined));
    expect([receiver.received.length, mails.received.length], 'and nothing more').to.deep.equal([2, 2]);

    const { body: told } = await api.get('/alert-rules/failing/notifications');
    expect(told.map(({ id }: { id: string }) => id)).to.deep.equal([recovery.data.id, body.data.id]);
  });

  it('are tested by a request that returns the response of each receiver', async () => {
    const rule = failing([webhook(), { type: 'webhook', url: `${receiver.origin}/status?code=503` }]);
    await api.put('/alert-rules/tested', {
      ...rule,
      receivers: [...rule.receivers, { type: 'email', to: 'ops@example.com' }],
    });
    mails.reject('mailbox is full');
    const { status, body } = await api.post('/alert-rules/tested/test');
    mails.reject(undefined);
    expect(status, JSON.stringify(body)).to.equal(200);
    expect(body.map(({ status }: { status: string }) => status)).to.deep.equal(['delivered', 'failed', 'failed']);
    expect(body[0].response).to.match(/^200 \{"method":"POST"/);
    expect(body[1]).to.deep.include({ response: '503 answer' });
    const error = { code: 'MAIL_FAILED', message: 'the mail server responded 4xx' };
    expect(body[2], 'its words are for the operator').to.deep.include({ response: '4xx', error });
    const words = service.lines.filter(({ message }) => message === 'the mail server rejected an email');
    expect(words.map(({ fields }) => fields.reason)).to.match(/mailbox is full/);
    const again = await api.post('/alert-rules/tested/test');
    expect([again.status, again.body.code]).to.deep.equal([429, 'TOO_MANY_TEST_CALLS']);
    const sent = receiver.received.findLast(({ url }) => url === '/echo');
    expect(sent && isSignedBy(KEY, sent)).to.equal(true);
    expect(JSON.parse(sent?.body ?? '').type).to.equal('alert.test');
    await api.delete('/alert-rules/tested');
  });

  describe('to Slack, Teams and PagerDuty', () => {
    let services: AlertServices;
    before(async () => {
      services = await startAlertServices();
      const { slackUrl, teamsUrl, routingKey } = services;
      const secrets = { SLACK: slackUrl, TEAMS: teamsUrl, PAGER: routingKey, GONE: `${slackUrl}-gone` };
      for (const [name, value] of Object.entries(secrets)) {
        await api.put(`/applications/${applicationId}/secrets/${name}`, { value });
      }
    });
    after(() => services.close());
    const slack = { type: 'slack', secret: 'SLACK' };
    const pager = () => ({ type: 'pagerduty', secret: 'PAGER', url: services.pagerDutyUrl, severity: 'critical' });

    it('have the form that these accept, and report when the alert ends', async () => {
      const { slack: chat, teams, pagerDuty, rejected } = services;
      await api.put('/alert-rules/people', {
        ...failing([slack, { type: 'teams', secret: 'TEAMS' }, pager()]),
        message: '${application}/${job}: ${condition}',
      });
      await api.put(`/jobs/${jobId}`, { taskConfig: { url: `${target.origin}/status?code=500`, method: 'GET' } });
      await trigger();
      await trigger();
      const all = (count: number) => async () =>
        [chat, teams, pagerDuty].every(({ length }) => length >= count) || rejected.length > 0 ? true : undefined;
      await service.eventually(all(1));
      await api.put(`/jobs/${jobId}`, { taskConfig: { url: `${target.origin}/echo`, method: 'GET' } });
      await trigger();
      await service.eventually(all(2));
      expect(rejected).to.deep.equal([]);
      const words = [
        'Firing: crm/nightly <export>: 2 executions failed in a row',
        'Resolved: crm/nightly <export>: 2 executions failed in a row',
      ];
      expect(chat.map(({ blocks: [head] }) => head?.type === 'header' && head.text.text)).to.deep.equal(words);
      expect(teams.map(({ attachments: [{ content }] }) => JSON.stringify(content.body[0]))).to.satisfy(
        (shown: string[]) => shown.every((each, index) => each.includes(words[index] ?? '?')),
      );
      const [begin, end] = pagerDuty;
      expect([begin?.event_action, end?.event_action]).to.deep.equal(['trigger', 'resolve']);
      expect(begin).to.deep.include({ dedup_key: end?.dedup_key, routing_key: services.routingKey });
      expect(begin?.event_action === 'trigger' && begin.payload).to.deep.include({
        ...{ severity: 'critical', summary: words[0], source: 'jobs.example.com' },
      });
    });

    it('are tested, and what is secret is in no response and no line of the log', async () => {
      await api.put('/alert-rules/people', failing([slack, { ...slack, secret: 'GONE' }, pager()]));
      const { slackUrl, teamsUrl, routingKey, pagerDuty } = services;
      const before = pagerDuty.length;
      const { body } = await api.post('/alert-rules/people/test');
      expect(body.map(({ status }: { status: string }) => status)).to.deep.equal(['delivered', 'failed', 'delivered']);
      expect(body[1]).to.deep.include({ receiver: { ...slack, secret: 'GONE', secretApplicationId: applicationId } });
      expect(body[1].response).to.equal('404 no_service ***');
      const incident = pagerDuty.slice(before);
      expect(incident.map(({ event_action }) => event_action)).to.deep.equal(['trigger', 'resolve']);
      expect(new Set(incident.map(({ dedup_key }) => dedup_key)).size, 'no incident is left open').to.equal(1);
      const shown = JSON.stringify([
        body,
        (await api.get('/alert-rules/people')).body,
        (await api.get('/alert-rules/people/notifications')).body,
        service.lines,
      ]);
      for (const secret of [slackUrl, teamsUrl, routingKey, 'xSlackSecretToken', 'xTeamsSecretSignature']) {
        expect(shown).to.not.contain(secret);
      }
      await api.delete('/alert-rules/people');
    });
  });

  it('go nowhere that jobs or e-mail must not go, neither when a rule is set nor when it is reported', async () => {
    const inside = 'http://169.254.169.254/latest';
    const { status } = await api.put('/alert-rules/elsewhere', failing([{ type: 'webhook', url: inside }]));
    expect(status).to.equal(422);
    const away = { type: 'webhook', url: `${receiver.origin}/redirect?to=${inside}&code=307` };
    expect((await api.put('/alert-rules/elsewhere', failing([away]))).status).to.equal(200);
    const { body } = await api.post('/alert-rules/elsewhere/test');
    expect(body[0]).to.deep.include({ status: 'failed' });
    expect(body[0].error.code).to.equal('TARGET_BLOCKED');
    await api.delete('/alert-rules/elsewhere');
  });

  it('are visible to a token only if they belong to its applications', async () => {
    await api.put('/alert-rules/mine', failing([webhook()]));
    const { body: other } = await api.post('/applications', { name: 'other' });
    const tokenFor = async (application: number) => {
      const permissions = ['scheduler:jobs:read', 'scheduler:jobs:write'];
      const { body } = await api.post('/tokens', { name: 'bound', permissions, applications: [application] });
      return apiClient(service.url, body.token);
    };
    const [own, stranger] = [await tokenFor(applicationId), await tokenFor(other.id)];
    expect((await stranger.put('/alert-rules/new', failing([webhook()]))).status).to.equal(403);
    const names = (await own.get('/alert-rules')).body.map(({ name }: { name: string }) => name);
    expect(names).to.deep.equal(['failing', 'mine']);
    expect((await own.put('/alert-rules/mine', failing([webhook()]))).status).to.equal(200);
    const ofAll = { ...failing([{ ...webhook(), signedBy: applicationId }]), scope: 'tenant', of: undefined };
    expect((await own.put('/alert-rules/all', ofAll)).status).to.equal(403);
    expect((await own.delete('/alert-rules/mine')).status).to.equal(204);
  });

  it('count what was sent in the metrics', async () => {
    const response = await fetch(`${service.url}/metrics`, { headers: { Authorization: `Bearer ${service.token()}` } });
    const text = await response.text();
    expect(text).to.contain('carillon_alert_notifications_total{receiver="email",outcome="delivered"} 2');
    expect(text).to.contain('carillon_alert_notifications_total{receiver="webhook",outcome="delivered"} 2');
    expect(text).to.contain('carillon_alerts_firing 0');
  });

  it('begin when calendars exclude every slot to come, and end when a slot comes again', async () => {
    const calendar = { include: ['opening-days'] };
    const fill = async (date: string): Promise<void> => {
      expect((await api.put('/calendars/opening-days', { dates: [date] })).status).to.equal(200);
    };
    const firing = async (): Promise<readonly number[]> => {
      await service.advance('61s');
      await service.advance('2s');
      return (await api.get('/alerts?rule=no-slots')).body.map((alert: { jobId: number }) => alert.jobId);
    };
    await fill('2099-01-01');
    const daily = (await api.post('/jobs', { ...jobCalling('daily', '/echo'), pattern: '0 2 * * *', calendar })).body
      .id;
    const hourly = { ...jobCalling('hourly', '/echo'), pattern: '0 * * * *' };
    await api.post('/jobs', hourly);
    const condition = { kind: 'noSlots' };
    const rule = { scope: 'application', of: applicationId, condition, receivers: [webhook()], groupWait: 0 };
    expect((await api.put('/alert-rules/no-slots', rule)).status).to.equal(200);
    const { body: pause } = await api.post('/pauses', { scope: 'application', of: applicationId });
    expect(await firing(), 'a pause excludes no slots').to.deep.equal([]);
    await api.delete(`/pauses/${pause.id}`);
    await fill('2020-01-01');
    expect(await firing()).to.deep.equal([daily]);
    await api.put(`/jobs/${daily}`, { calendar: null });
    expect(await firing()).to.deep.equal([]);
    await api.delete('/alert-rules/no-slots');
  });

  it('begin when no worker takes work, and end when one has', async () => {
    const work = { taskType: 'WorkerTask', taskConfig: { queue: 'reports', task: 'send' }, heartbeatTimeout: '1h' };
    const { body: job } = await api.post('/jobs', { ...work, name: 'report', applicationId });
    const receivers = [{ type: 'email', to: 'ops@example.com' }];
    const condition = { kind: 'notTaken', over: '5m' };
    const rule = { scope: 'application', of: applicationId, condition, receivers, groupWait: 0, atMostEvery: 0 };
    const firing = async (): Promise<readonly { jobId: number; summary: string; executionId: number }[]> =>
      (await api.get('/alerts?rule=no-worker')).body;
    const { body: execution } = await api.post(`/jobs/${job.id}/trigger`);
    await service.advance('2m');
    expect((await api.put('/alert-rules/no-worker', rule)).status, 'it is read from the log').to.equal(200);
    await service.advance('2m');
    expect(await firing()).to.deep.equal([]);
    await service.advance('62s');
    const [alert, ...others] = await firing();
    expect(others).to.deep.equal([]);
    expect(alert).to.deep.include({ jobId: job.id, executionId: execution.id });
    expect(alert?.summary).to.contain(`No worker of queue:${applicationId}/reports has taken`);
    const told = mails.received.length;
    const take = { takeId: Buffer.alloc(32, 1).toString('base64url'), worker: { id: 'worker' } };
    expect((await api.post('/queues/crm/reports/take', take)).body.work).to.have.length(1);
    await service.advance('2s');
    expect(await firing()).to.deep.equal([]);
    expect(mails.received[told]?.subject).to.contain('Resolved: report');
    await api.post(`/executions/${execution.id}/cancel`);
    await api.delete('/alert-rules/no-worker');
  });

  it('are of jobs with the labels of the rule, in the read models as in the log', async () => {
    const labels = { team: 'crm', 'it/stage': '"test"' };
    const rule = { scope: 'application', of: applicationId, labels, condition: { kind: 'noSuccess', over: '1s' } };
    const labelled = (await api.post('/jobs', { ...jobCalling('labelled', '/echo'), labels })).body.id;
    await api.post('/jobs', { ...jobCalling('otherwise', '/echo'), labels: { team: 'crm' } });
    const set = await api.put('/alert-rules/labelled', {
      ...rule,
      receivers: [{ type: 'email', to: 'ops@example.com' }],
      groupWait: '1h',
    });
    expect(set.body.labels).to.deep.equal(labels);
    const firing = await service.eventually(async () => {
      const { body: alerts } = await api.get('/alerts?rule=labelled');
      return alerts.length > 0 ? alerts : undefined;
    });
    expect(firing.map(({ jobId: id }: { jobId: number }) => id)).to.deep.equal([labelled]);
    await api.delete('/alert-rules/labelled');
  });
});
