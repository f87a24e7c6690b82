import type { AlertContext, SendNotification } from '../alerts/ports.ts';
import { createRuleTest, createSend, type Sending, type TestAlertRule } from '../alerts/send.ts';
import { mailRejectionOf, openReceiver } from '../commands/alert-rule/receivers.ts';
import { loadApplicationOf } from '../commands/application/applications.ts';
import { loadHomeHistory } from '../commands/loop/load.ts';
import { type AttemptOutcome, responseToText } from '../domain/delivery.ts';
import { judgeStart } from '../domain/home.ts';
import { type Redaction, redact } from '../domain/redaction/redact.ts';
import { TargetRejected, targetUrl } from '../domain/targets/target-url.ts';
import { createSigner } from '../engine/call/hop.ts';
import type { CallOutcome, ClearResult, TargetCaller } from '../engine/call/port.ts';
import { PREFIX } from '../http/route.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Shared } from './shared.ts';

export type AlertSender = { readonly send: SendNotification; readonly test: TestAlertRule };

/** Creates the sender of notifications. The mailer is loaded only if a mail server is set, because that is slow. */
export const createAlertSender = async (shared: Shared): Promise<AlertSender> => {
  const { config, publicUrl, caller, core, world, onStop } = shared;
  const { mail } = config.alerts;
  const mailer = mail && (await import('../alerts/mailer.ts')).createMailer(mail, world.log);
  if (mailer !== undefined) onStop(async () => mailer.close());
  const send = createSend({
    apiUrl: `${publicUrl}${PREFIX}`,
    call: receiverCaller(caller, world),
    signingKeysOf: core.signingKeysOf,
    openReceiver: openReceiver(core),
    applicationNameOf: async (tenant, applicationId) =>
      (await loadApplicationOf(core.store, applicationId, tenant))?.name,
    mailer,
    mailRejection: mailRejectionOf(config.alerts),
  });
  return { send, test: createRuleTest({ send, world }) };
};

const TIMEOUT_MS = 10_000;

/** A receiver is called like a job's target: same allowed addresses, same proxy. */
const receiverCaller =
  (caller: TargetCaller, { clock }: Runtime): Sending['call'] =>
  async ({ tenant, url: text, body, sign: signing, hidden }, signal) => {
    const url = targetUrl({ url: text });
    if (url instanceof TargetRejected) return { kind: 'failed', code: url.code, message: url.message };
    const sign = signing && createSigner({ ...signing, clock });
    const holdsSecret = () => hidden.length > 0;
    const request = { tenant, url, method: 'POST', body, sign, holdsSecret, timeoutMs: TIMEOUT_MS } as const;
    return outcomeOf(await caller.call(request, signal), redact(hidden));
  };

const outcomeOf = (outcome: CallOutcome, strike: Redaction): AttemptOutcome | undefined => {
  switch (outcome.kind) {
    case 'succeeded':
      return { kind: 'delivered', response: responseOf(outcome.result, strike) };
    case 'failed': {
      const { error, result } = outcome;
      const message = strike.text(error.message);
      return {
        kind: 'failed',
        ...error,
        message,
        ...(result === undefined ? {} : { response: responseOf(result, strike) }),
      };
    }
    case 'withheld':
    case 'aborted':
      return undefined;
  }
};

const responseOf = ({ status, data }: ClearResult, strike: Redaction): string =>
  responseToText({ status, data: strike.value(data) });

/** Creates the check whether this log can send notifications: a restored copy must not repeat those of the original. */
export const canNotifyFrom =
  ({ store, config, home }: Shared): AlertContext['mayNotify'] =>
  async () =>
    judgeStart({ mode: config.engine.startMode, home }, (await loadHomeHistory(store)).state).kind === 'claims';
