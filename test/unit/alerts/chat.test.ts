import { expect } from 'chai';
import { slackBody, teamsBody, triggerEvent } from '../../../src/alerts/chat.ts';
import { messageOf } from '../../../src/alerts/message.ts';
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

const messageWith = (alerts: readonly Alert[], more = 0) =>
  messageOf({ rule: aRule(), notification: { notificationId: 'n-1', at: since, alerts: [...alerts], more } }, API);

describe('the messages for Slack, Teams and PagerDuty', () => {
  const ended = { endedAt: '2026-03-02T10:30:00.000Z', endReason: 'execution 9 succeeded' };

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

  it('stay within what the services take, however much is wrong', () => {
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

  it('say of a test that it is one', () => {
    const words = 'This is a test. No action is needed.';
    expect(JSON.stringify(SlackMessage.parse(slackBody(messageWith([]))))).to.contain(words);
    expect(JSON.stringify(TeamsMessage.parse(teamsBody(messageWith([]))))).to.contain(words);
  });
});
