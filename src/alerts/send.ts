import { createHash } from 'node:crypto';
import type { OpenedReceiver, OpenReceiver } from '../commands/alert-rule/receivers.ts';
import { defined } from '../domain/defined.ts';
import type { AttemptOutcome } from '../domain/delivery.ts';
import { DomainError } from '../domain/domain-error.ts';
import type { AlertReceiver, AlertRule, NotificationContent, SecretReceiver } from '../domain/events/index.ts';
import { type JsonValue, type Tenant, toInstant } from '../domain/values.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { abortOnSignal } from '../runtime/timeout.ts';
import { resolveEvent, slackBody, teamsBody, triggerEvent } from './chat.ts';
import type { Mailer } from './mailer.ts';
import { type AlertMessage, htmlOf, messageOf, textOf, webhookBody } from './message.ts';
import type { SendNotification } from './ports.ts';

type Webhook = Extract<AlertReceiver, { type: 'webhook' }>;

type ReceiverCall = {
  readonly tenant: Tenant;
  readonly url: string;
  readonly body: JsonValue;
  /** Id and keys, in clear, of the signatures: one signature per key. */
  readonly sign?: { readonly id: string; readonly keys: readonly string[] };
  /** Texts that must not leave the URL's origin or appear in the outcome. */
  readonly hidden: readonly string[];
};

export type Sending = {
  /** Public address of the API with its prefix. */
  readonly apiUrl: string;
  /** Calls a receiver like a job's target; `undefined` if the signal aborted. Never rejects. */
  readonly call: (call: ReceiverCall, signal: AbortSignal) => Promise<AttemptOutcome | undefined>;
  readonly signingKeysOf: (tenant: Tenant, applicationId: number) => Promise<readonly string[]>;
  readonly openReceiver: OpenReceiver;
  /** `undefined` if the application was deleted. */
  readonly applicationNameOf: (tenant: Tenant, applicationId: number) => Promise<string | undefined>;
  /** `undefined` if the operator has not set up mail. */
  readonly mailer: Mailer | undefined;
  /** Why mail can't be sent to this address; `undefined` if it can. */
  readonly mailRejection: (address: string) => string | undefined;
};

/** Creates the function that sends a notification, for alerts and for tests of a rule. */
export const createSend =
  (deps: Sending): SendNotification =>
  async ({ rule, receiver, notification, isFiring }, signal) => {
    const applicationNames = await applicationNamesFor(deps, rule.tenant, notification);
    const message = messageOf({ rule, notification, applicationNames }, deps.apiUrl);
    switch (receiver.type) {
      case 'webhook':
        return callWebhook(deps, { message, receiver }, signal);
      case 'email':
        return sendMail(deps, { message, to: receiver.to });
      case 'slack':
      case 'teams':
      case 'pagerduty':
        return callWithSecret(deps, { message, receiver, isFiring }, signal);
    }
  };

/** Application names of the alerts by id. */
const applicationNamesFor = async (
  { applicationNameOf }: Sending,
  tenant: Tenant,
  { alerts }: NotificationContent,
): Promise<ReadonlyMap<number, string>> => {
  const ids = [...new Set(alerts.map(({ applicationId }) => applicationId))];
  const names = await Promise.all(ids.map((id) => applicationNameOf(tenant, id)));
  return new Map(
    ids.flatMap((id, index) => {
      const name = names[index];
      return name === undefined ? [] : [[id, name] as const];
    }),
  );
};

type WebhookInput = { readonly message: AlertMessage; readonly receiver: Webhook };

const callWebhook = async (
  { call, signingKeysOf }: Sending,
  { message, receiver: { url, signedBy } }: WebhookInput,
  signal: AbortSignal,
): Promise<AttemptOutcome | undefined> => {
  const { tenant, id } = message;
  let keys: readonly string[];
  try {
    keys = await signingKeysOf(tenant, signedBy);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    return { kind: 'failed', code: 'SIGNING_KEY_UNREADABLE', message: `Can't decrypt the signing key: ${why}` };
  }
  if (keys.length === 0) {
    const why = `Application ${signedBy} has no signing key. Set one of its secrets with "signing": true.`;
    return { kind: 'failed', code: 'SIGNING_KEY_MISSING', message: why };
  }
  return call({ tenant, url, body: webhookBody(message), sign: { id, keys }, hidden: [] }, signal);
};

type SecretInput = {
  readonly isFiring: boolean;
  readonly message: AlertMessage;
  readonly receiver: SecretReceiver;
};

/** Sends bodies one after another until one is rejected. */
const callWithSecret = async (
  { call, openReceiver }: Sending,
  { message, receiver, isFiring }: SecretInput,
  signal: AbortSignal,
): Promise<AttemptOutcome | undefined> => {
  const { tenant } = message;
  let opened: OpenedReceiver;
  try {
    opened = await openReceiver(tenant, receiver);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { kind: 'failed', code: error.code, message: error.message };
  }
  const { url, secret, hidden } = opened;
  const bodies = bodiesOf({ message, receiver, isFiring }, secret);
  let outcome: AttemptOutcome | undefined;
  for (const body of bodies) {
    outcome = await call({ tenant, url: url.href, body, hidden }, signal);
    if (outcome?.kind !== 'delivered') break;
  }
  return outcome;
};

const bodiesOf = ({ message, receiver, isFiring }: SecretInput, secret: string): readonly JsonValue[] => {
  switch (receiver.type) {
    case 'slack':
      return [slackBody(message)];
    case 'teams':
      return [teamsBody(message)];
    case 'pagerduty': {
      const input = { message, routingKey: secret, severity: receiver.severity };
      // A test resolves its own incident.
      if (message.alerts.length === 0) return [triggerEvent({ ...input, severity: 'info' }), resolveEvent(input)];
      return [isFiring ? triggerEvent(input) : resolveEvent(input)];
    }
  }
};

const sendMail = async (
  { mailer, mailRejection }: Sending,
  { message, to }: { readonly message: AlertMessage; readonly to: string },
): Promise<AttemptOutcome> => {
  const rejection = mailRejection(to);
  if (mailer === undefined || rejection !== undefined) {
    return {
      kind: 'failed',
      code: 'EMAIL_NOT_ALLOWED',
      message: rejection ?? 'Email is not configured on this server. Ask the operator to set it up.',
    };
  }
  const { id, subject } = message;
  const domain = to.slice(to.lastIndexOf('@') + 1);
  const messageId = `<${id}.${createHash('sha256').update(to).digest('hex').slice(0, 12)}@carillon.${domain}>`;
  return mailer.send({ to, subject: `[Carillon] ${subject}`, text: textOf(message), html: htmlOf(message), messageId });
};

/** A receiver's response to a test. */
type ReceiverTest = {
  readonly receiver: AlertReceiver;
  readonly status: 'delivered' | 'failed';
  readonly response?: string;
  readonly error?: { readonly code: string; readonly message: string };
};

export type TestAlertRule = (rule: AlertRule) => Promise<readonly ReceiverTest[]>;

/** Less than the time limit of a change. */
const MAX_MS = 11_000;

export const createRuleTest =
  ({ send, world }: { readonly send: SendNotification; readonly world: Runtime }): TestAlertRule =>
  (rule) => {
    const { clock, random, timers } = world;
    const notification = { notificationId: random.uuid(), at: toInstant(clock.now()), alerts: [], more: 0 };
    const test = async (receiver: AlertReceiver, signal: AbortSignal): Promise<ReceiverTest> => {
      const outcome = (await send({ rule, receiver, notification, isFiring: false }, signal)) ?? NO_RESPONSE;
      const response = defined({ response: outcome.response });
      if (outcome.kind === 'delivered') return { receiver, status: 'delivered', ...response };
      const { code, message } = outcome;
      return { receiver, status: 'failed', ...response, error: { code, message } };
    };
    return abortOnSignal(timers, MAX_MS, (signal) => Promise.all(rule.receivers.map((each) => test(each, signal))));
  };

const NO_RESPONSE = {
  kind: 'failed',
  code: 'ETIMEDOUT',
  message: `The receiver did not respond within ${MAX_MS} ms.`,
  response: undefined,
} as const;
