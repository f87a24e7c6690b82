import { fillMessage, type MessageValues } from '../domain/alert-rule/alert-rule.ts';
import { conditionToText, REMEDIES, toText } from '../domain/alert-rule/words.ts';
import { defined } from '../domain/defined.ts';
import type { Alert, AlertRule, NotificationContent } from '../domain/events/index.ts';
import { toMs } from '../domain/values.ts';
import { escapeHtml, plain } from '../runtime/text.ts';

/** An alert as shown to receivers. */
export type AlertLine = {
  readonly status: 'firing' | 'resolved';
  readonly jobId: number;
  readonly jobName: string;
  readonly applicationId: number;
  /** Absent if the application was deleted. */
  readonly applicationName?: string;
  readonly since: string;
  readonly summary: string;
  readonly executionId?: number;
  readonly endedAt?: string;
  readonly endReason?: string;
  /** URL of the job in the admin UI. */
  readonly url: string;
};

/** A message to the receivers of a rule, independent of its format. */
export type AlertMessage = {
  readonly id: string;
  readonly at: string;
  readonly tenant: string;
  readonly rule: string;
  readonly condition: string;
  readonly subject: string;
  /** What the reader can do. */
  readonly remedy: string;
  readonly alerts: readonly AlertLine[];
  /** Number of alerts that are not listed. */
  readonly more: number;
  /** API URL of the rule. */
  readonly url: string;
  /** URL in the admin UI: of the only job, or of all alerts. */
  readonly pageUrl: string;
};

type MessageInput = {
  readonly rule: AlertRule;
  readonly notification: NotificationContent;
  /** Application names by id. */
  readonly applicationNames?: ReadonlyMap<number, string>;
};

/**
 * Builds a message. User texts are put on one line each, so that they can't imitate lines of the message.
 * @param apiUrl public address of the API with its prefix
 */
export const messageOf = (
  { rule, notification, applicationNames = new Map() }: MessageInput,
  apiUrl: string,
): AlertMessage => {
  const { notificationId: id, at, alerts, more } = notification;
  const pageUrl = pageOf(notification, apiUrl);
  return {
    id,
    at,
    tenant: rule.tenant,
    rule: rule.name,
    condition: conditionToText(rule.condition),
    subject: plain(subjectOf(rule, { ...notification, applicationNames, pageUrl })),
    remedy: plain(REMEDIES[rule.condition.kind]),
    alerts: alerts.map((alert) => lineOf(alert, applicationNames.get(alert.applicationId), apiUrl)),
    more,
    url: `${apiUrl}/alert-rules/${rule.name}`,
    pageUrl,
  };
};

const pageOf = ({ alerts, more }: NotificationContent, apiUrl: string): string => {
  const [only] = alerts;
  return only !== undefined && alerts.length === 1 && more === 0
    ? `${apiUrl}/ui/jobs/${only.jobId}`
    : `${apiUrl}/ui/alerts`;
};

const lineOf = (
  { jobId, jobName, applicationId, ...alert }: Alert,
  applicationName: string | undefined,
  apiUrl: string,
): AlertLine => {
  const { since, summary, executionId, endedAt, endReason } = alert;
  return {
    status: endedAt === undefined ? 'firing' : 'resolved',
    jobId,
    jobName: plain(jobName),
    applicationId,
    ...defined({ applicationName }),
    since,
    summary: plain(summary),
    ...defined({ executionId, endedAt }),
    ...(endReason === undefined ? {} : { endReason: plain(endReason) }),
    url: `${apiUrl}/ui/jobs/${jobId}`,
  };
};

type Subject = NotificationContent & {
  readonly applicationNames: ReadonlyMap<number, string>;
  readonly pageUrl: string;
};

/** Begins with the numbers of firing and ended alerts, whatever the rule's own text is. */
const subjectOf = (rule: AlertRule, subject: Subject): string => {
  const { alerts, more } = subject;
  const [only] = alerts;
  const condition = conditionToText(rule.condition);
  if (rule.message !== undefined)
    return `${headOf(rule, subject)}: ${fillMessage(rule.message, valuesOf(rule, subject))}`;
  if (only === undefined) return headOf(rule, subject);
  return alerts.length === 1 && more === 0
    ? `${headOf(rule, subject)}: ${only.jobName}: ${condition}`
    : `${headOf(rule, subject)}: ${condition} (${rule.name})`;
};

const headOf = ({ name }: AlertRule, { alerts, more }: Subject): string => {
  const [only] = alerts;
  if (only === undefined) return `Test of the alert rule ${name}`;
  if (alerts.length === 1 && more === 0) return only.endedAt === undefined ? 'Firing' : 'Resolved';
  const firing = alerts.filter(({ endedAt }) => endedAt === undefined).length;
  const counts = [
    ...(firing === 0 ? [] : [`${firing} firing`]),
    ...(firing === alerts.length ? [] : [`${alerts.length - firing} resolved`]),
    ...(more === 0 ? [] : [`${more} more`]),
  ];
  return counts.join(', ');
};

const valuesOf = ({ condition }: AlertRule, { alerts, more, applicationNames, pageUrl }: Subject): MessageValues => {
  const applications = new Set(alerts.map(({ applicationId }) => applicationId));
  return {
    job: severalInWords(
      alerts.map(({ jobName }) => jobName),
      more,
    ),
    application: severalInWords([...applications].map((id) => applicationNames.get(id) ?? String(id))),
    condition: conditionToText(condition),
    count: String(alerts.length + more),
    url: pageUrl,
  };
};

/** Placeholder in a test message. */
const NOTHING = '(none)';

const severalInWords = ([first = NOTHING, ...others]: readonly string[], unlisted = 0): string => {
  const more = others.length + unlisted;
  return more === 0 ? first : `${first} and ${more} more`;
};

/** How an alert ended, and after what time; `undefined` while it is firing. */
export const endOf = ({ since, endedAt, endReason }: AlertLine): string | undefined =>
  endedAt === undefined
    ? undefined
    : `Resolved at ${endedAt}, after ${toText(Math.max(0, toMs(endedAt) - toMs(since)))}: ${endReason}`;

export const TEST_WORDS = 'This is a test. No action is needed.';

/** The body of a webhook in the format that Standard Webhooks recommends. */
export const webhookBody = ({ at, alerts, pageUrl: _, ...data }: AlertMessage) => ({
  type: alerts.length === 0 ? ('alert.test' as const) : ('alert.notification' as const),
  timestamp: at,
  data: { ...data, alerts: [...alerts] },
});

export const textOf = (message: AlertMessage): string => {
  const { rule, tenant, condition, alerts, more, remedy, url } = message;
  const lines = alerts.flatMap((line) => {
    const end = endOf(line);
    return [
      `${line.status === 'firing' ? 'FIRING' : 'RESOLVED'}  ${line.jobName} (job ${line.jobId})`,
      `  ${line.summary}`,
      `  Since ${line.since}`,
      ...(end === undefined ? [] : [`  ${end}`]),
      `  ${line.url}`,
      '',
    ];
  });
  return [
    ...(lines.length === 0 ? [TEST_WORDS, ''] : lines),
    ...(more === 0 ? [] : [`And ${more} more.`, '']),
    ...(alerts.some(({ status }) => status === 'firing') ? [`What to do: ${remedy}`, ''] : []),
    `Sent by the alert rule ${rule} of ${tenant} (${condition}): ${url}`,
    '',
  ].join('\n');
};

const COLOURS = { firing: '#b42318', resolved: '#067647' } as const;
const MUTED = '#667085';

/** The message as HTML for mail readers: inline styles, no images, nothing to load. */
export const htmlOf = (message: AlertMessage): string => {
  const { subject, rule, tenant, condition, alerts, more, remedy, url } = message;
  const isFiring = alerts.some(({ status }) => status === 'firing');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>
<body style="margin:0;padding:24px;background:#f2f4f7;font:15px/1.5 system-ui,sans-serif;color:#101828">
<div style="max-width:640px;margin:0 auto;background:#fff;border:1px solid #e4e7ec;border-radius:8px;overflow:hidden">
<div style="padding:16px 24px;color:#fff;background:${COLOURS[isFiring ? 'firing' : 'resolved']}">
<div style="font-size:18px;font-weight:600">${escapeHtml(subject)}</div>
</div>
<div style="padding:8px 24px 16px">
${alerts.length === 0 ? `<p>${TEST_WORDS}</p>` : alerts.map(htmlOfLine).join('\n')}
${more === 0 ? '' : `<p>And ${more} more.</p>`}
${isFiring ? `<p><b>What to do.</b> ${escapeHtml(remedy)}</p>` : ''}
</div>
<div style="padding:12px 24px;border-top:1px solid #e4e7ec;font-size:13px;color:${MUTED}">
Sent by the alert rule <a href="${escapeHtml(url)}" style="color:${MUTED}">${escapeHtml(rule)}</a> of ${escapeHtml(tenant)}
(${escapeHtml(condition)}).
</div>
</div>
</body></html>
`;
};

const htmlOfLine = (line: AlertLine): string => {
  const { status, jobName, jobId, summary, since, url } = line;
  const end = endOf(line);
  return `<div style="padding:12px 0;border-bottom:1px solid #f2f4f7">
<div><b style="color:${COLOURS[status]}">${status === 'firing' ? 'Firing' : 'Resolved'}</b>
<a href="${escapeHtml(url)}" style="color:#101828;font-weight:600">${escapeHtml(jobName)}</a>
<span style="color:${MUTED}">job ${jobId}</span></div>
<div>${escapeHtml(summary)}</div>
<div style="font-size:13px;color:${MUTED}">Since ${escapeHtml(since)}</div>
${end === undefined ? '' : `<div style="font-size:13px;color:${MUTED}">${escapeHtml(end)}</div>`}
</div>`;
};
