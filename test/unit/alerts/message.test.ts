import { expect } from 'chai';
import { slackBody, teamsBody, triggerEvent } from '../../../src/alerts/chat.ts';
import { htmlOf, messageOf, textOf, webhookBody } from '../../../src/alerts/message.ts';
import type { Alert } from '../../../src/domain/events/index.ts';
import { PagerDutyEvent, SlackMessage, TeamsMessage } from '../../support/alert-service-validators.ts';
import { aRule } from '../../support/alerts.ts';

const API = 'https://jobs.example.com/_/scheduler';
const since = '2026-03-02T09:00:00.000Z';
const anAlert = (other: Partial<Alert> = {}): Alert => ({
  ...{ jobId: 7, applicationId: 3, jobName: 'sync', since, changedAt: since },
  summary: '3 executions failed in a row. Last error: HTTP_500: the target responded with status 500',
  ...other,
});
const ended = { endedAt: '2026-03-02T10:30:00.000Z', endReason: 'execution 9 succeeded' };
const messageWith = (alerts: readonly Alert[], more = 0) =>
  messageOf({ rule: aRule(), notification: { notificationId: 'n-1', at: since, alerts: [...alerts], more } }, API);

describe('the message of a notification', () => {
  it('names the job of one alert in its subject, or the number of several', () => {
    expect(messageWith([anAlert()]).subject).to.equal('Firing: sync: 3 executions failed in a row');
    expect(messageWith([anAlert(ended)]).subject).to.equal('Resolved: sync: 3 executions failed in a row');
    const several = messageWith([anAlert(), anAlert({ jobId: 8, ...ended })], 5);
    expect(several.subject).to.equal('1 firing, 1 resolved, 5 more: 3 executions failed in a row (failing)');
  });

  it("states the rule's own words in its subject, after how many fire and how many have ended", () => {
    const rule = aRule({ message: '${application}/${job}: ${condition} (${count}): ${url}' });
    const subjectOf = (alerts: readonly Alert[], more = 0) => {
      const notification = { notificationId: 'n-1', at: since, alerts: [...alerts], more };
      return messageOf({ rule, notification, applicationNames: new Map([[3, 'crm']]) }, API).subject;
    };
    expect(subjectOf([anAlert()])).to.equal(`Firing: crm/sync: 3 executions failed in a row (1): ${API}/ui/jobs/7`);
    const several = [anAlert(ended), anAlert({ jobId: 8, jobName: 'export', applicationId: 4 })];
    expect(subjectOf(several, 5)).to.equal(
      `1 firing, 1 resolved, 5 more: crm and 1 more/sync and 6 more: 3 executions failed in a row (7): ${API}/ui/alerts`,
    );
    expect(subjectOf([])).to.match(/^Test of the alert rule failing: \(none\)\/\(none\): /);
  });

  it('states as text what happened, since when, what to do and where to look', () => {
    const text = textOf(messageWith([anAlert(), anAlert({ jobId: 8, jobName: 'export', ...ended })]));
    expect(text.split('\n')).to.include.members([
      'FIRING  sync (job 7)',
      '  3 executions failed in a row. Last error: HTTP_500: the target responded with status 500',
      `  Since ${since}`,
      `  ${API}/ui/jobs/7`,
      'RESOLVED  export (job 8)',
      '  Resolved at 2026-03-02T10:30:00.000Z, after 1h 30m: execution 9 succeeded',
      "What to do: Check the job's executions and its target. Once the target works again, rerun the failed executions.",
      `Sent by the alert rule failing of acme (3 executions failed in a row): ${API}/alert-rules/failing`,
    ]);
    expect(textOf(messageWith([anAlert(ended)])), 'nothing is left to do').to.not.contain('What to do');
  });

  it('keeps forged lines out of the text', () => {
    const evil = 'it failed\r\n\nRESOLVED  everything (job 1)\u2028FIRING \u001b[2J';
    const rule = aRule({ description: evil, message: evil });
    const alert = anAlert({ jobName: evil, summary: evil });
    const notification = {
      notificationId: 'n-1',
      at: since,
      alerts: [alert, { ...alert, ...ended, endReason: evil }],
      more: 0,
    };
    const message = messageOf({ rule, notification }, API);
    const lines = textOf(message).split(/[\r\n\u2028\u2029]/);
    expect(lines.filter((line) => /^(?:FIRING|RESOLVED)/.test(line))).to.deep.equal([
      'FIRING  it failed RESOLVED  everything (job 1) FIRING  [2J (job 7)',
      'RESOLVED  it failed RESOLVED  everything (job 1) FIRING  [2J (job 7)',
    ]);
    for (const shown of [message.subject, JSON.stringify(slackBody(message)), JSON.stringify(teamsBody(message))])
      expect(shown).to.not.match(/\p{Cc}|\u2028|\\r|\\u001b/u);
  });

  it('shows nothing of what a target or a tenant writes as HTML', () => {
    const evil = '<img src=x onerror=alert(1)> & "quoted"';
    const html = htmlOf(messageWith([anAlert({ jobName: evil, summary: evil, ...ended, endReason: evil })]));
    expect(html).to.not.contain('<img');
    expect(html).to.contain('&lt;img src=x onerror=alert(1)&gt; &amp; &quot;quoted&quot;');
  });

  it('marks a test', () => {
    const test = messageWith([]);
    expect(test.subject).to.equal('Test of the alert rule failing');
    expect(textOf(test)).to.contain('This is a test. No action is needed.');
    expect(htmlOf(test)).to.contain('This is a test. No action is needed.');
    for (const chat of [SlackMessage.parse(slackBody(test)), TeamsMessage.parse(teamsBody(test))])
      expect(JSON.stringify(chat)).to.contain('This is a test. No action is needed.');
    expect(webhookBody(test).type).to.equal('alert.test');
    expect(webhookBody(messageWith([anAlert()]))).to.deep.include({ type: 'alert.notification', timestamp: since });
  });
});

describe('the messages for Slack, Teams and PagerDuty', () => {
  it('state what happened, since when, what to do and where to look', () => {
    const message = messageWith([anAlert(), anAlert({ jobId: 8, jobName: 'export', ...ended })]);
    const slack = JSON.stringify(SlackMessage.parse(slackBody(message)));
    const teams = JSON.stringify(TeamsMessage.parse(teamsBody(message)));
    for (const words of [
      '1 firing, 1 resolved: 3 executions failed in a row (failing)',
      'sync (job 7)',
      '3 executions failed in a row. Last error: HTTP_500: the target responded with status 500',
      'Resolved at 2026-03-02T10:30:00.000Z, after 1h 30m: execution 9 succeeded',
      "What to do: Check the job's executions",
      `${API}/ui/jobs/7`,
      `${API}/ui/alerts`,
      'Sent by the alert rule failing of acme (3 executions failed in a row)',
    ]) {
      expect(slack).to.contain(words);
      expect(teams).to.contain(words);
    }
  });

  it('make neither a link nor a mention of what a target or a tenant writes', () => {
    const evil = '<!channel> <https://evil.example|look> & [look](https://evil.example) **bold**';
    const message = messageWith([anAlert({ jobName: evil, summary: evil, ...ended, endReason: evil })]);
    const { blocks } = SlackMessage.parse(slackBody(message));
    expect(JSON.stringify(blocks.slice(1)))
      .to.not.contain('<!channel>')
      .and.not.contain('<https://evil');
    expect(TeamsMessage.safeParse(teamsBody(message)).success, 'Teams reads no Markdown in runs').to.equal(true);
  });

  it('stay within the limits of the services', () => {
    for (const letter of ['x', '&', '€', '😀']) {
      const long = letter.repeat(5_000);
      const many = Array.from({ length: 20 }, (_, jobId) =>
        anAlert({ jobId, jobName: long, summary: long, ...ended, endReason: long }),
      );
      const message = messageWith(many, 480);
      const slack = SlackMessage.safeParse(slackBody(message));
      const teams = TeamsMessage.safeParse(teamsBody(message));
      const event = PagerDutyEvent.safeParse(triggerEvent({ message, routingKey: 'k'.repeat(32), severity: 'error' }));
      expect([slack.error?.message, teams.error?.message, event.error?.message], letter).to.deep.equal([
        undefined,
        undefined,
        undefined,
      ]);
      expect(JSON.stringify(slack.data))
        .to.contain('And 490 more.')
        .and.satisfy((text: string) => text.isWellFormed());
      expect(JSON.stringify(teams.data)).to.contain('And 490 more.');
    }
  });
});
