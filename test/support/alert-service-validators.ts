import { z } from 'zod';

/**
 * Validators of what Slack, Teams and PagerDuty take, by their documents. They are stricter than the services: they know
 * only the elements that Carillon uses, and reject every other field.
 */

const httpUrl = z.url({ protocol: /^https?$/ });

/** @see https://docs.slack.dev/reference/block-kit/composition-objects/text-object */
const plainText = (most: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(most), emoji: z.boolean().optional() });
/** Control characters of mrkdwn are escaped: only links remain, and none is a mention. */
const mrkdwn = (most: number) =>
  z.strictObject({
    type: z.literal('mrkdwn'),
    text: z.string().min(1).max(most).refine(isEscaped, 'has <, > or & that is neither escaped nor of a link'),
    verbatim: z.boolean().optional(),
  });

const isEscaped = (text: string): boolean =>
  !/[<>]|&(?!amp;|lt;|gt;)/.test(text.replaceAll(/<https?:\/\/[^<>|\s]+\|[^<>|]+>/g, ''));

/** @see https://docs.slack.dev/reference/block-kit/blocks */
const slackBlock = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), text: plainText(150) }),
  z.strictObject({ type: z.literal('section'), text: mrkdwn(3_000) }),
  z.strictObject({ type: z.literal('context'), elements: z.array(mrkdwn(3_000)).min(1).max(10) }),
]);

/** @see https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
export const SlackMessage = z.strictObject({
  text: z.string().min(1).max(4_000).refine(isEscaped),
  blocks: z.array(slackBlock).min(1).max(50),
});

const openUrl = z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string().optional(), url: httpUrl });

/** @see https://adaptivecards.io/explorer/RichTextBlock.html */
const richText = z.strictObject({
  type: z.literal('RichTextBlock'),
  inlines: z
    .array(
      z.strictObject({
        type: z.literal('TextRun'),
        text: z.string().min(1),
        size: z.enum(['Default', 'Small', 'Medium', 'Large', 'ExtraLarge']).optional(),
        weight: z.enum(['Default', 'Lighter', 'Bolder']).optional(),
        color: z.enum(['Default', 'Dark', 'Light', 'Accent', 'Good', 'Warning', 'Attention']).optional(),
        isSubtle: z.boolean().optional(),
        selectAction: openUrl.optional(),
      }),
    )
    .min(1),
});

const MAX_TEAMS_BYTES = 28 * 1_024;

/** @see https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using */
export const TeamsMessage = z
  .strictObject({
    type: z.literal('message'),
    attachments: z.tuple([
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null(),
        content: z.strictObject({
          $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
          type: z.literal('AdaptiveCard'),
          version: z.enum(['1.2', '1.3', '1.4', '1.5']),
          body: z
            .array(
              z.discriminatedUnion('type', [
                richText,
                z.strictObject({
                  type: z.literal('Container'),
                  separator: z.boolean(),
                  items: z.array(richText).min(1),
                }),
              ]),
            )
            .min(1),
          actions: z.array(openUrl.required({ title: true })).max(6),
        }),
      }),
    ]),
  })
  .refine((message) => Buffer.byteLength(JSON.stringify(message)) <= MAX_TEAMS_BYTES, 'is larger than 28 KB');

const pagerDutyCommon = { routing_key: z.string().length(32), dedup_key: z.string().min(1).max(255) };

/** @see https://developer.pagerduty.com/docs/send-alert-event */
export const PagerDutyEvent = z.discriminatedUnion('event_action', [
  z.strictObject({
    ...pagerDutyCommon,
    event_action: z.literal('trigger'),
    client: z.string(),
    client_url: httpUrl,
    payload: z.strictObject({
      summary: z.string().min(1).max(1_024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime(),
      group: z.string(),
      class: z.string(),
      custom_details: z.record(z.string(), z.unknown()),
    }),
    links: z.array(z.strictObject({ href: httpUrl, text: z.string() })),
  }),
  z.strictObject({ ...pagerDutyCommon, event_action: z.literal('resolve') }),
]);
export type PagerDutyEvent = z.infer<typeof PagerDutyEvent>;
