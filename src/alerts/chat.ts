import { createHash } from 'node:crypto';
import type { SecretReceiver } from '../domain/events/index.ts';
import { type AlertLine, type AlertMessage, endOf, TEST_WORDS } from './message.ts';

/** Maximum alerts listed in a chat message; the rest are counted. */
const MAX_SHOWN = 10;
/** Maximum of a Slack header. */
const MAX_SUBJECT = 150;
/** Total after escaping stays within Slack's limit for a section. */
const MAX_NAME = 100;
const MAX_WORDS = 280;
const MAX_WHEN = 160;

export const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;

/** An alert for a chat message. */
type ChatLine = Pick<AlertLine, 'status' | 'url'> & {
  readonly job: string;
  readonly summary: string;
  readonly when: string;
};

const chatLines = ({ alerts }: AlertMessage): readonly ChatLine[] =>
  alerts.slice(0, MAX_SHOWN).map((line) => {
    const { status, url, jobName, jobId, summary, since } = line;
    return {
      status,
      url,
      job: `${cut(jobName, MAX_NAME)} (job ${jobId})`,
      summary: cut(summary, MAX_WORDS),
      when: cut(endOf(line) ?? `Since ${since}`, MAX_WHEN),
    };
  });

/** The paragraphs below the alerts. */
const closingWords = ({ alerts, more, remedy }: AlertMessage): readonly string[] => {
  const unshown = more + Math.max(0, alerts.length - MAX_SHOWN);
  return [
    ...(alerts.length === 0 ? [TEST_WORDS] : []),
    ...(unshown === 0 ? [] : [`And ${unshown} more.`]),
    ...(alerts.some(({ status }) => status === 'firing') ? [`What to do: ${remedy}`] : []),
  ];
};

const SAID = { firing: 'Firing', resolved: 'Resolved' } as const;

const senderOf = ({ rule, tenant, condition }: AlertMessage): string =>
  `Sent by the alert rule ${rule} of ${tenant} (${condition})`;

/**
 * The body for an incoming webhook of Slack: Block Kit, and `text` for notices and readers without blocks.
 * @see https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
export const slackBody = (message: AlertMessage) => {
  const subject = cut(message.subject, MAX_SUBJECT);
  return {
    text: slackText(subject),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: subject, emoji: false } },
      ...chatLines(message).map(({ status, url, job, summary, when }) =>
        section(`*<${url}|${SAID[status]}>* ${slackText(job)}\n${slackText(summary)}\n${slackText(when)}`),
      ),
      ...closingWords(message).map((words) => section(slackText(words))),
      { type: 'context', elements: [mrkdwn(`${slackText(senderOf(message))}: <${message.pageUrl}|Alerts>`)] },
    ],
  };
};

const mrkdwn = (text: string) => ({ type: 'mrkdwn', text, verbatim: true });
const section = (text: string) => ({ type: 'section', text: mrkdwn(text) });

/** Prevents links and mentions in Slack. */
const slackText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * The body for a Teams workflow that posts it as an Adaptive Card. User texts are text runs, in which Teams interprets no
 * Markdown.
 * @see https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 */
export const teamsBody = (message: AlertMessage) => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      contentUrl: null,
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        type: 'AdaptiveCard',
        version: '1.4',
        body: [
          paragraph([run(cut(message.subject, MAX_SUBJECT), { size: 'Large', weight: 'Bolder' })]),
          ...chatLines(message).map(({ status, url, job, summary, when }) => ({
            type: 'Container',
            separator: true,
            items: [
              paragraph([
                run(`${SAID[status]} `, { weight: 'Bolder', color: status === 'firing' ? 'Attention' : 'Good' }),
                run(job, { weight: 'Bolder', selectAction: { type: 'Action.OpenUrl', url } }),
              ]),
              paragraph([run(summary)]),
              paragraph([run(when, { isSubtle: true })]),
            ],
          })),
          ...closingWords(message).map((words) => paragraph([run(words)])),
          paragraph([run(senderOf(message), { size: 'Small', isSubtle: true })]),
        ],
        actions: [{ type: 'Action.OpenUrl', title: 'Open', url: message.pageUrl }],
      },
    },
  ],
});

type Run = {
  readonly size?: string;
  readonly weight?: string;
  readonly color?: string;
  readonly isSubtle?: boolean;
  readonly selectAction?: { readonly type: string; readonly url: string };
};

const run = (text: string, look: Run = {}) => ({ type: 'TextRun', text, ...look });
const paragraph = (inlines: readonly ReturnType<typeof run>[]) => ({ type: 'RichTextBlock', inlines: [...inlines] });

type PagerDuty = Extract<SecretReceiver, { type: 'pagerduty' }>;

/** Maximum that PagerDuty accepts. */
const MAX_SUMMARY = 1_024;

type EventInput = {
  readonly message: AlertMessage;
  readonly routingKey: string;
  readonly severity: PagerDuty['severity'];
};

/**
 * Opens the incident of a rule, or adds to it while it is open.
 * @see https://developer.pagerduty.com/docs/send-alert-event
 */
export const triggerEvent = ({ message, routingKey, severity }: EventInput) => {
  const { at, subject, tenant, rule, condition, remedy, alerts, more, pageUrl } = message;
  return {
    routing_key: routingKey,
    event_action: 'trigger',
    dedup_key: dedupKeyOf(message),
    client: 'Carillon',
    client_url: pageUrl,
    payload: {
      summary: cut(subject, MAX_SUMMARY),
      source: new URL(pageUrl).host,
      severity,
      timestamp: at,
      group: rule,
      class: condition,
      custom_details: { tenant, rule, remedy, alerts: [...alerts], more },
    },
    links: alerts.map(({ url, jobName }) => ({ href: url, text: jobName })),
  };
};

/** Resolves the incident of a rule; PagerDuty accepts it even if there is none. */
export const resolveEvent = ({ message, routingKey }: EventInput) => ({
  routing_key: routingKey,
  event_action: 'resolve',
  dedup_key: dedupKeyOf(message),
});

/** One incident per rule; a separate one for a test. */
const dedupKeyOf = ({ id, tenant, url, alerts }: AlertMessage): string => {
  const of = alerts.length === 0 ? [id] : [tenant, url];
  return `carillon-${createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 32)}`;
};
