import type { AlertPorts, SendNotification } from '../alerts/ports.ts';
import { createRuleTest, createSend, type SendDeps, type TestAlertRule } from '../alerts/send.ts';
import { mailRejectionOf } from '../commands/alert-rule/alert-rule-ports.ts';
import { loadHomeHistory } from '../commands/loop/load.ts';
import type { Config } from '../config.ts';
import type { LockLeases } from '../db/leases.ts';
import { type AttemptOutcome, responseToText } from '../domain/delivery.ts';
import { judgeStart } from '../domain/home.ts';
import { type Redaction, redact } from '../domain/redaction/index.ts';
import { TargetRejected, targetUrl } from '../domain/targets/index.ts';
import { type CallOutcome, type ClearResult, createSigner, type TargetCaller } from '../engine/call/index.ts';
import type { EventStore } from '../event-store/port.ts';
import { PREFIX } from '../http/prefix.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Core } from './core.ts';
import type { OnStop } from './parts.ts';

type SenderDeps = {
  readonly config: Pick<Config, 'alerts'>;
  readonly publicUrl: string;
  readonly caller: TargetCaller;
  readonly core: Pick<Core<never>, 'signingKeysOf' | 'openReceiver' | 'applicationNameOf'>;
  readonly world: Runtime;
  readonly onStop: OnStop;
};

export type AlertSender = { readonly send: SendNotification; readonly test: TestAlertRule };

/** Builds what sends notifications. What sends mails takes long to load, and is where a server for them is set. */
export const createAlertSender = async (deps: SenderDeps): Promise<AlertSender> => {
  const { config, publicUrl, caller, core, world, onStop } = deps;
  const { mail } = config.alerts;
  const mailer = mail && (await import('../alerts/mailer.ts')).createMailer({ ...mail, log: world.log });
  if (mailer !== undefined) onStop(async () => mailer.close());
  const send = createSend({
    apiUrl: `${publicUrl}${PREFIX}`,
    call: receiverCaller(caller, world),
    signingKeysOf: core.signingKeysOf,
    openReceiver: core.openReceiver,
    applicationNameOf: core.applicationNameOf,
    mailer,
    mailRejection: mailRejectionOf(config.alerts),
  });
  return { send, test: createRuleTest({ send, world }) };
};

const ANSWER_MS = 10_000;

/** A receiver is called like the target of a job: the same addresses are allowed, through the same proxy. */
const receiverCaller =
  (caller: TargetCaller, { clock }: Runtime): SendDeps['call'] =>
  async ({ tenant, url: text, body, sign: signing, hidden }, signal) => {
    const url = targetUrl({ url: text });
    if (url instanceof TargetRejected) return { kind: 'failed', code: url.code, message: url.message };
    const sign = signing && createSigner({ ...signing, clock });
    const holdsSecret = () => hidden.length > 0;
    const request = { tenant, url, method: 'POST', body, sign, holdsSecret, timeoutMs: ANSWER_MS } as const;
    return outcomeOf(await caller.call(request, signal), redact(hidden));
  };

const outcomeOf = (outcome: CallOutcome, strike: Redaction): AttemptOutcome | undefined => {
  switch (outcome.kind) {
    case 'succeeded':
      return { kind: 'delivered', response: answerOf(outcome.result, strike) };
    case 'failed': {
      const { error, result } = outcome;
      const message = strike.text(error.message);
      return {
        kind: 'failed',
        ...error,
        message,
        ...(result === undefined ? {} : { response: answerOf(result, strike) }),
      };
    }
    case 'withheld':
    case 'aborted':
      return undefined;
  }
};

const answerOf = ({ status, data }: ClearResult, strike: Redaction): string =>
  responseToText({ status, data: strike.value(data) });

type NotifierStart = { readonly store: EventStore; readonly start: Parameters<typeof judgeStart>[0] };

/** Makes what says whether this log may notify anybody: a restored copy must not send what the original sends. */
export const canNotifyFrom =
  ({ store, start }: NotifierStart): AlertPorts['mayNotify'] =>
  async () =>
    judgeStart(start, (await loadHomeHistory(store)).state).kind === 'claims';

type AlertsDeps = {
  readonly core: Pick<Core<never>, 'alerterOf'>;
  readonly sender: AlertSender;
  readonly queries: Queries;
  readonly caughtUp: () => Promise<boolean>;
  readonly mayNotify: AlertPorts['mayNotify'];
  readonly leases: LockLeases;
  readonly metrics: Metrics;
  readonly onStop: OnStop;
};

/** Starts what watches alert rules in this process, while no other one does. */
export const startAlerts = (deps: AlertsDeps): void => {
  const { core, sender, queries, caughtUp, mayNotify, leases, metrics, onStop } = deps;
  const measures = showAlerts(metrics);
  const alerter = core.alerterOf({
    queries,
    leases,
    send: sender.send,
    attempted: measures.attempted,
    caughtUp,
    mayNotify,
  });
  measures.show(alerter);
  onStop(() => alerter.stop());
  alerter.start();
};

type AlertMeasures = {
  readonly attempted: AlertPorts['attempted'];
  /** Shows how many alerts are firing, as the process knows it that watches the rules. */
  show(alerter: { status(): { readonly firing: number } }): void;
};

/** Registers what an operator sees of alerts. */
const showAlerts = (metrics: Metrics): AlertMeasures => {
  const sent = metrics.counter('carillon_alert_notifications_total');
  return {
    attempted: (receiver, outcome) => sent({ receiver, outcome }),
    show: (alerter) => metrics.gauge('carillon_alerts_firing', () => alerter.status().firing),
  };
};
