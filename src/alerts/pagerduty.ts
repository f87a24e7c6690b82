import { createHash } from 'node:crypto';
import type { SecretReceiver } from '../domain/events/index.ts';
import { cut } from './chat.ts';
import type { AlertMessage } from './message.ts';

type PagerDuty = Extract<SecretReceiver, { type: 'pagerduty' }>;

/** Within what PagerDuty takes. */
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

/** Resolves the incident of a rule; PagerDuty takes it also where there is none. */
export const resolveEvent = ({ message, routingKey }: Omit<EventInput, 'severity'>) => ({
  routing_key: routingKey,
  event_action: 'resolve',
  dedup_key: dedupKeyOf(message),
});

/** A rule has one incident at a time; a test has one of its own. */
const dedupKeyOf = ({ id, tenant, url, alerts }: AlertMessage): string => {
  const of = alerts.length === 0 ? [id] : [tenant, url];
  return `carillon-${createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 32)}`;
};
