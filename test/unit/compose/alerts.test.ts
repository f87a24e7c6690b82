import { expect } from 'chai';
import { canNotifyFrom, createAlertSender } from '../../../src/compose/alerts.ts';
import { type Core, withCommonTime } from '../../../src/compose/core.ts';
import type { Shared } from '../../../src/compose/shared.ts';
import { type Config, loadConfig } from '../../../src/config.ts';
import type { Alert, AlertReceiver } from '../../../src/domain/events/index.ts';
import { applicationStream } from '../../../src/domain/streams.ts';
import type { CallOutcome, CallRequest } from '../../../src/engine/call/port.ts';
import { SlackMessage, TeamsMessage } from '../../support/alert-service-validators.ts';
import { aRule } from '../../support/alerts.ts';
import { appendEntries } from '../../support/append-entries.ts';
import { applicationCreated, sealedAs } from '../../support/applications.ts';
import { asAnn, commandsOver, inMemory, memoryLog, storeOver } from '../../support/engines.ts';
import { MEMORY_HOME } from '../../support/home.ts';
import { stub } from '../../support/stub.ts';
import { manualWorld } from '../../support/world.ts';

const KEY = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const webhook: AlertReceiver = { type: 'webhook', url: 'https://alerts.example.com/hook', signedBy: 3 };
const ADDRESS = 'https://alerts.example.com/hook';
const AT = '2026-03-02T09:00:00.000Z';
const NO_MAIL: Config['alerts'] = { mail: undefined, emailDomains: [] };
const responded = (status: number, data: string) => ({ result: { status, headers: {}, data, truncated: false } });

type SendCase = {
  readonly keys?: readonly string[];
  /** In clear; that of a receiver. */
  readonly secret?: string;
  readonly alerts?: readonly Alert[];
};

/** What is sent to a receiver where its call ends so. */
const sendTo = async (
  receiver: AlertReceiver,
  outcome: CallOutcome,
  { keys = [KEY], secret = '', alerts = [] }: SendCase = {},
) => {
  const calls: CallRequest[] = [];
  const world = withCommonTime(manualWorld());
  const store = storeOver(memoryLog(manualWorld()));
  const secrets = ['CHAT', 'PAGER'].map((name) => ({ name, value: sealedAs(name), updatedAt: AT, updatedBy: 'ann' }));
  await appendEntries(store, [{ stream: applicationStream(3), event: applicationCreated({ secrets }) }]);
  const shared = stub<Shared>({
    config: stub<Config>({ alerts: NO_MAIL }),
    publicUrl: 'https://jobs.example.com',
    caller: {
      call: async (request) => {
        calls.push(request);
        return outcome;
      },
      prepare: () => () => undefined,
      close: async () => {},
    },
    core: stub<Core>({
      store,
      signingKeysOf: async () => keys,
      secrets: stub<Core['secrets']>({ open: async () => secret }),
    }),
    world,
    onStop: () => {},
  });
  const { send } = await createAlertSender(shared);
  const notification = { notificationId: 'n-1', at: '2026-03-02T09:00:00.000Z', alerts: [...alerts], more: 0 };
  const told = await send({ rule: aRule(), receiver, notification, isFiring: true }, new AbortController().signal);
  return { told, calls };
};

describe('the sender of notifications', () => {
  const finishedAtMs = 0;
  const good: CallOutcome = { kind: 'succeeded', finishedAtMs, ...responded(204, '') };

  it('calls a webhook as its tenant, signed under the id of the notification', async () => {
    const { told, calls } = await sendTo(webhook, good);
    expect(told).to.deep.equal({ kind: 'delivered', response: '204' });
    const [call] = calls;
    expect(call).to.deep.include({ tenant: 'acme', method: 'POST', timeoutMs: 10_000 });
    expect(call?.url.href).to.equal('https://alerts.example.com/hook');
    expect(call?.sign?.('{}')).to.include({ 'webhook-id': 'n-1' });
  });

  it('reports why a webhook was not called, or its response', async () => {
    const error = { code: 'TARGET_BLOCKED' as const, message: 'it is private' };
    const blocked = await sendTo(webhook, { kind: 'failed', finishedAtMs, error });
    expect(blocked.told).to.deep.equal({ kind: 'failed', ...error });
    const rejected = { code: 'HTTP_500' as const, message: 'the target responded with status 500' };
    const said = responded(500, `broken\n\u0000${'x'.repeat(999)}`);
    const { told } = await sendTo(webhook, { kind: 'failed', finishedAtMs, error: rejected, ...said });
    expect(told).to.deep.include({ kind: 'failed', ...rejected });
    expect(told?.response)
      .to.match(/^500 broken x+$/)
      .and.have.length.below(220);
    expect((await sendTo(webhook, { kind: 'aborted', finishedAtMs })).told).to.equal(undefined);
  });

  it('calls nothing unsigned, nothing that is no target, and mails no one without a mail server', async () => {
    const unsigned = await sendTo(webhook, good, { keys: [] });
    expect(unsigned.told).to.have.property('code', 'SIGNING_KEY_MISSING');
    expect(unsigned.calls).to.deep.equal([]);
    const ftp = await sendTo({ ...webhook, url: 'ftp://alerts.example.com/' }, good);
    expect([ftp.calls.length, ftp.told?.kind]).to.deep.equal([0, 'failed']);
    const mailed = await sendTo({ type: 'email', to: 'ops@example.com' }, good);
    expect(mailed.told).to.deep.include({ kind: 'failed', code: 'EMAIL_NOT_ALLOWED' });
  });
});

describe('the sender of notifications with a secret', () => {
  const finishedAtMs = 0;
  const good: CallOutcome = { kind: 'succeeded', finishedAtMs, ...responded(202, 'taken') };
  const pagerDuty: AlertReceiver = {
    ...{ type: 'pagerduty', secret: 'PAGER', secretApplicationId: 3, severity: 'critical' },
    url: ADDRESS,
  };
  const secret = 'R0UT1NGK3Y-of-32-characters-here';
  const times = { since: AT, changedAt: AT };
  const summary = '3 executions failed in a row';
  const alerts: Alert[] = [{ jobId: 7, applicationId: 3, jobName: 'sync', summary, ...times }];

  it('calls as the tenant, unsigned, and follows no redirect with the secret to another origin', async () => {
    const { told, calls } = await sendTo({ type: 'slack', secret: 'CHAT', secretApplicationId: 3 }, good, {
      secret: ADDRESS,
      alerts,
    });
    expect(told).to.deep.equal({ kind: 'delivered', response: '202 taken' });
    const [call] = calls;
    expect(call).to.deep.include({ tenant: 'acme', method: 'POST', sign: undefined });
    expect(call?.holdsSecret?.({ url: new URL(ADDRESS), headers: new Map(), body: '{}' })).to.equal(true);
    expect(SlackMessage.safeParse(call?.body).error?.issues).to.equal(undefined);
    const teams = await sendTo({ type: 'teams', secret: 'CHAT', secretApplicationId: 3 }, good, {
      secret: ADDRESS,
      alerts,
    });
    expect(TeamsMessage.safeParse(teams.calls[0]?.body).error?.issues).to.equal(undefined);
  });

  it('resolves no test incident of PagerDuty that failed', async () => {
    const error = { code: 'HTTP_400' as const, message: 'the target responded with status 400' };
    const rejected = await sendTo(pagerDuty, { kind: 'failed', finishedAtMs, error }, { secret });
    expect([rejected.calls.length, rejected.told?.kind]).to.deep.equal([1, 'failed']);
  });

  it('masks the secret in responses and errors', async () => {
    const error = { code: 'ENOTFOUND' as const, message: `${secret} doesn't resolve` };
    const { told } = await sendTo(
      pagerDuty,
      { kind: 'failed', finishedAtMs, error, ...responded(400, `no ${secret}`) },
      {
        secret,
      },
    );
    expect(told).to.deep.equal({
      kind: 'failed',
      code: 'ENOTFOUND',
      message: "*** doesn't resolve",
      response: '400 no ***',
    });
  });
});

describe('the watch of alert rules in a process', () => {
  const mayNotify = async (startMode: 'running' | 'paused', steps: readonly ('start elsewhere' | 'release')[]) => {
    const { world, store } = inMemory();
    const elsewhere = { ...MEMORY_HOME, store: 'postgres' as const, system: '7' };
    for (const step of steps) {
      if (step === 'release') await commandsOver(store, world, { home: MEMORY_HOME }).releaseEngines(asAnn);
      else await commandsOver(store, world, { home: elsewhere }).startEngine(asAnn, 'running');
    }
    const config = loadConfig({});
    const engine = { ...config.engine, startMode };
    return canNotifyFrom(stub<Shared>({ store, config: { ...config, engine }, home: MEMORY_HOME }))();
  };

  it('notifies no one on a restored log, or if engines start paused, until they are released', async () => {
    expect(await mayNotify('running', [])).to.equal(true);
    expect(await mayNotify('running', ['start elsewhere'])).to.equal(false);
    expect(await mayNotify('running', ['start elsewhere', 'release'])).to.equal(true);
    expect(await mayNotify('paused', [])).to.equal(false);
    expect(await mayNotify('paused', ['release'])).to.equal(true);
  });
});
