import { createHash } from 'node:crypto';
import type { AttemptOutcome } from '../domain/alert-rule/notification.ts';
import type { AlertReceiver, AlertRule } from '../domain/events/index.ts';
import { type Tenant, toInstant } from '../domain/values.ts';
import type { World } from '../runtime/world.ts';
import type { Mailer } from './mailer.ts';
import { type AlertMessage, htmlOf, messageOf, textOf, webhookBody } from './message.ts';
import type { SendNotification } from './ports.ts';

type Webhook = Extract<AlertReceiver, { type: 'webhook' }>;

type WebhookCall = {
  readonly tenant: Tenant;
  readonly url: string;
  /** In clear; each makes a signature. */
  readonly signingKeys: readonly string[];
  readonly id: string;
  readonly body: ReturnType<typeof webhookBody>;
};

export type SendDeps = {
  /** The public address of the API and its prefix. */
  readonly apiUrl: string;
  /** Calls a webhook as a job calls its target; undefined where the signal aborted. Never rejects. */
  readonly call: (call: WebhookCall, signal: AbortSignal) => Promise<AttemptOutcome | undefined>;
  readonly signingKeysOf: (tenant: Tenant, applicationId: number) => Promise<readonly string[]>;
  /** Undefined where the operator has set up no mail. */
  readonly mailer: Pick<Mailer, 'send'> | undefined;
  /** Why no mail may go to this address; undefined if it may. */
  readonly mailRefusal: (address: string) => string | undefined;
};

/** Builds what sends a notification: the alerter and the test of a rule send by the same way. */
export const createSend =
  (deps: SendDeps): SendNotification =>
  async ({ rule, receiver, notification }, signal) => {
    const message = messageOf({ rule, notification }, deps.apiUrl);
    switch (receiver.type) {
      case 'webhook':
        return callWebhook(deps, { message, receiver }, signal);
      case 'email':
        return sendMail(deps, { message, to: receiver.to });
    }
  };

type WebhookInput = { readonly message: AlertMessage; readonly receiver: Webhook };

const callWebhook = async (
  { call, signingKeysOf }: SendDeps,
  { message, receiver: { url, signedBy } }: WebhookInput,
  signal: AbortSignal,
): Promise<AttemptOutcome | undefined> => {
  const { tenant, id } = message;
  let signingKeys: readonly string[];
  try {
    signingKeys = await signingKeysOf(tenant, signedBy);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    return { kind: 'failed', code: 'SIGNING_KEY_UNREADABLE', message: `the signing key can not be opened: ${why}` };
  }
  if (signingKeys.length === 0) {
    const why = `application ${signedBy} has no signing key any more: set a secret of it with "signing": true`;
    return { kind: 'failed', code: 'SIGNING_KEY_MISSING', message: why };
  }
  return call({ tenant, url, signingKeys, id, body: webhookBody(message) }, signal);
};

const sendMail = async (
  { mailer, mailRefusal }: SendDeps,
  { message, to }: { readonly message: AlertMessage; readonly to: string },
): Promise<AttemptOutcome> => {
  const refusal = mailRefusal(to);
  if (mailer === undefined || refusal !== undefined) {
    return { kind: 'failed', code: 'EMAIL_NOT_ALLOWED', message: refusal ?? 'the operator has set up no e-mail' };
  }
  const { id, subject } = message;
  const domain = to.slice(to.lastIndexOf('@') + 1);
  const messageId = `<${id}.${createHash('sha256').update(to).digest('hex').slice(0, 12)}@carillon.${domain}>`;
  return mailer.send({ to, subject: `[Carillon] ${subject}`, text: textOf(message), html: htmlOf(message), messageId });
};

/** What a receiver said to a test. */
type TestedReceiver = {
  readonly receiver: AlertReceiver;
  readonly outcome: 'delivered' | 'failed';
  readonly answer?: string;
  readonly error?: { readonly code: string; readonly message: string };
};

/** Sends a test to each receiver of a rule. */
export type TestAlertRule = (rule: AlertRule) => Promise<readonly TestedReceiver[]>;

/** Within the time that a change may take. */
const LONGEST_MS = 11_000;

export const createRuleTest =
  ({ send, world }: { readonly send: SendNotification; readonly world: World }): TestAlertRule =>
  (rule) => {
    const { clock, random, timers } = world;
    const notification = { notificationId: random.uuid(), at: toInstant(clock.now()), alerts: [], more: 0 };
    const tooLong = new AbortController();
    const cancel = timers.after(LONGEST_MS, () => tooLong.abort());
    const tests = rule.receivers.map(async (receiver): Promise<TestedReceiver> => {
      const outcome = (await send({ rule, receiver, notification }, tooLong.signal)) ?? NO_ANSWER;
      const answer = outcome.answer === undefined ? {} : { answer: outcome.answer };
      if (outcome.kind === 'delivered') return { receiver, outcome: 'delivered', ...answer };
      const { code, message } = outcome;
      return { receiver, outcome: 'failed', ...answer, error: { code, message } };
    });
    return Promise.all(tests).finally(cancel);
  };

const NO_ANSWER = {
  kind: 'failed',
  code: 'ETIMEDOUT',
  message: `the receiver did not answer within ${LONGEST_MS} ms`,
  answer: undefined,
} as const;
