import { expect } from 'chai';
import type { AlertRulePorts } from '../../../src/commands/alert-rule/receivers.ts';
import { decideDeleteAlertRule, decideSetAlertRule } from '../../../src/domain/alert-rule/alert-rule.ts';
import { DomainError, rejectField } from '../../../src/domain/domain-error.ts';
import type { Actor, AlertRule, AlertRuleEvent } from '../../../src/domain/events/index.ts';
import type { Sealed } from '../../../src/domain/values.ts';
import { aRule } from '../../support/alerts.ts';
import { addJob, asAnn, commandsOver, edges, memoryLog, storeOver } from '../../support/engines.ts';
import { specOf } from '../../support/given.ts';
import { NO_ALERTS } from '../../support/none.ts';
import { manualWorld } from '../../support/world.ts';

const at = '2026-03-02T10:00:00.000Z';
const nowMs = Date.parse(at);
const bob: Actor = { type: 'user', name: 'bob' };
const { given } = specOf<AlertRule | undefined, AlertRuleEvent>(undefined, (_state, { type, data }) =>
  type === 'AlertRuleSet' ? data : undefined,
);

const set = (other: Partial<AlertRule> = {}): AlertRuleEvent => ({ type: 'AlertRuleSet', data: aRule(other) });

describe('set alert rule', () => {
  const requested =
    (other: Partial<AlertRule> = {}) =>
    (existing: AlertRule | undefined) => {
      const { createdAt: _1, createdBy: _2, updatedAt: _3, updatedBy: _4, ...rule } = aRule(other);
      return decideSetAlertRule({ rule, actor: bob }, existing, nowMs);
    };
  it('records the whole rule, with who set it first and last', () => {
    given()
      .when(requested())
      .thenOnce(set({ createdAt: at, createdBy: 'bob', updatedAt: at, updatedBy: 'bob' }));
    given(set())
      .when(requested({ groupWait: '1m' }))
      .thenOnce(set({ groupWait: '1m', updatedAt: at, updatedBy: 'bob' }));
  });
  it('records nothing if the rule states the same', () => {
    given(set()).when(requested()).thenNothing();
  });
});

describe('delete alert rule', () => {
  const requested = (existing: AlertRule | undefined) =>
    decideDeleteAlertRule({ name: 'failing', actor: bob }, existing, nowMs);
  it('records who deleted it', () => {
    given(set())
      .when(requested)
      .then({ type: 'AlertRuleDeleted', data: aRule({ updatedAt: at, updatedBy: 'bob' }) });
  });
  it('rejects what is not there', () => {
    given().when(requested).thenRejected('ALERT_RULE_NOT_FOUND');
  });
});

/** Secrets that are kept as they are, until their key is lost. */
const openSecrets = () => {
  const secrets = {
    ...edges.secrets,
    isLost: false,
    seal: async (_owner: unknown, clear: string): Promise<Sealed> => ({
      $sealed: { generation: 1, box: clear, fingerprint: clear },
    }),
    open: async (_owner: unknown, { $sealed: { box } }: Sealed): Promise<string> => {
      if (secrets.isLost) throw new Error('its key is lost');
      return box;
    },
  };
  return secrets;
};

describe('alert rules as a tenant requests them', () => {
  const mail = { type: 'email', to: 'ops@example.com' };
  const pager = { type: 'pagerduty', secret: 'PAGER', secretApplicationId: 1 };
  const requested = (other: object = {}) => ({
    ...{ scope: 'tenant', condition: { kind: 'failures', count: 3 }, receivers: [mail] },
    ...other,
  });
  /** A tenant with an application and a job. */
  const tenantOf = async (edge: Partial<AlertRulePorts> = {}) => {
    const world = manualWorld();
    const secrets = openSecrets();
    const ports = { alerts: { ...NO_ALERTS, ...edge }, secrets };
    const commands = commandsOver(storeOver(memoryLog(world)), world, ports);
    const { applicationId, jobId } = await addJob(commands);
    const put = (input: object, { name = 'rule', tenant = 'acme', ifMatch }: PutOptions = {}) =>
      commands.setAlertRule(
        { ...asAnn, tenant },
        name,
        input,
        ifMatch === undefined ? {} : { expectedRevision: ifMatch },
      );
    const rejection = async (input: object, options: PutOptions = {}) => {
      const rejected = await put(input, options).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (!(rejected instanceof DomainError)) throw new Error(`not rejected: ${rejected}`);
      return [rejected.code, ...rejected.errors.map(({ pointer }) => pointer)];
    };
    return { commands, secrets, put, rejection, applicationId, jobId };
  };
  type PutOptions = { readonly name?: string; readonly tenant?: string; readonly ifMatch?: number };

  it('are for a job, an application or the tenant, and keep their defaults', async () => {
    const { put, applicationId, jobId } = await tenantOf();
    expect((await put(requested())).value).to.deep.include({ scope: 'tenant', groupWait: '30s', atMostEvery: '5m' });
    const ofJob = (await put(requested({ scope: 'job', of: jobId }))).value;
    expect(ofJob).to.deep.include({ scope: 'job', jobId, applicationId });
    const ofApplication = (await put(requested({ scope: 'application', of: applicationId }))).value;
    expect(ofApplication).to.deep.include({ applicationId }).and.not.have.any.keys('jobId');
  });

  it('keep labels until they are left out or null', async () => {
    const { put, applicationId } = await tenantOf();
    const labels = { team: 'crm' };
    expect((await put(requested({ labels }))).value).to.deep.include({ labels });
    const ofApplication = { scope: 'application', of: applicationId };
    expect((await put(requested({ ...ofApplication, labels }))).value).to.deep.include({ applicationId, labels });
    expect((await put(requested({ ...ofApplication, labels: null }))).value).to.not.have.property('labels');
  });

  it('keep a message until it is left out or null', async () => {
    const { put } = await tenantOf();
    const message = '${job}: ${condition}';
    expect((await put(requested({ message }))).value).to.deep.include({ message });
    expect((await put(requested({ message: null }))).value).to.not.have.property('message');
  });

  it('sort their maintenance, and accept the response of a GET', async () => {
    const { put } = await tenantOf();
    const [early, late] = ['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'];
    const spans = [
      { from: late, to: '2026-02-02T00:00:00+01:00' },
      { from: early, to: late },
    ];
    const { value, revision } = await put(requested({ maintenance: spans }));
    expect(value.maintenance.map(({ from }) => from)).to.deep.equal([early, late]);
    const { tenant: _, ...shown } = value;
    expect(await put({ ...shown, scope: 'tenant' }, { ifMatch: revision })).to.deep.include({ position: undefined });
  });

  it('are rejected if a field is wrong, by its pointer', async () => {
    const { rejection } = await tenantOf();
    const wrong: readonly (readonly [object, string])[] = [
      [{ condition: { kind: 'failures', count: 0 } }, '/condition/count'],
      [{ condition: { kind: 'late', over: '0s' } }, '/condition/over'],
      [{ condition: { kind: 'late', over: -1 } }, '/condition/over'],
      [{ condition: { kind: 'noSuccess', over: '500d' } }, '/condition/over'],
      [{ condition: { kind: 'running' } }, '/condition/over'],
      [{ condition: { kind: 'notRun', over: '1y' } }, '/condition/over'],
      [{ condition: { kind: 'skipped', reason: 'WHIM' } }, '/condition/reason'],
      [{ condition: { kind: 'missed', reason: 7 } }, '/condition/reason'],
      [{ condition: { kind: 'sad' } }, '/condition/kind'],
      [{ condition: undefined }, '/condition'],
      [{ receivers: [] }, '/receivers'],
      [{ receivers: Array.from({ length: 11 }, () => mail) }, '/receivers'],
      [{ receivers: [{ type: 'email', to: 'nobody' }] }, '/receivers/0/to'],
      [{ receivers: [{ type: 'email', to: 'a@example.com, b@example.com' }] }, '/receivers/0/to'],
      [{ receivers: [{ type: 'pager' }] }, '/receivers/0/type'],
      [{ receivers: [{ type: 'webhook', url: 'https://example.com/' }] }, '/receivers/0/signedBy'],
      [{ receivers: [{ type: 'slack' }] }, '/receivers/0/secret'],
      [{ receivers: [{ type: 'slack', secret: 'not a name' }] }, '/receivers/0/secret'],
      [{ receivers: [{ type: 'teams', secret: 'CHAT' }] }, '/receivers/0/secretApplicationId'],
      [{ receivers: [{ ...pager, severity: 'bad' }] }, '/receivers/0/severity'],
      [{ receivers: [{ ...pager, url: '' }] }, '/receivers/0/url'],
      [{ message: '' }, '/message'],
      [{ message: 'x'.repeat(301) }, '/message'],
      [{ message: 'two\nlines' }, '/message'],
      [{ message: '${job} of ${nobody}' }, '/message'],
      [{ message: '${job' }, '/message'],
      [{ groupWait: '2h' }, '/groupWait'],
      [{ atMostEvery: 'often' }, '/atMostEvery'],
      [{ maintenance: [{ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }] }, '/maintenance/0/to'],
      [{ scope: 'job' }, '/of'],
      [{ scope: 'tenant', of: 7 }, '/of'],
      [{ scope: 'job', of: 1, labels: { team: 'crm' } }, '/labels'],
      [{ labels: {} }, '/labels'],
      [{ labels: { team: 7 } }, '/labels/team'],
      [{ labels: ['crm'] }, '/labels'],
      [{ color: 'red' }, '/color'],
    ];
    for (const [other, pointer] of wrong) {
      expect(await rejection(requested(other)), JSON.stringify(other)).to.deep.equal(['BAD_INPUT', pointer]);
    }
    expect(await rejection(requested(), { name: 'Not A Name' })).to.deep.equal(['BAD_INPUT', '/name']);
  });

  it('are rejected for jobs and applications of no one or of another tenant', async () => {
    const { rejection, commands, applicationId, jobId } = await tenantOf();
    const ofJob = requested({ scope: 'job', of: jobId });
    const ofApplication = requested({ scope: 'application', of: applicationId });
    expect(await rejection(requested({ scope: 'job', of: 999 }))).to.deep.equal(['UNKNOWN_JOB', '/of']);
    expect(await rejection(ofJob, { tenant: 'globex' })).to.deep.equal(['UNKNOWN_JOB', '/of']);
    expect(await rejection(ofApplication, { tenant: 'globex' })).to.deep.equal(['UNKNOWN_APPLICATION', '/of']);
    await commands.deleteJob(asAnn, jobId, {});
    expect(await rejection(ofJob)).to.deep.equal(['UNKNOWN_JOB', '/of']);
  });

  it('are rejected if a notification could not be sent', async () => {
    const edge: Partial<AlertRulePorts> = {
      mailRejection: (address) => (address.endsWith('@example.com') ? undefined : 'e-mail may not go there'),
      checkTarget: async (_url, { pointer }) => {
        throw rejectField('TARGET_BLOCKED', pointer, 'it is private');
      },
    };
    const { rejection, applicationId } = await tenantOf(edge);
    const elsewhere = requested({ receivers: [mail, { type: 'email', to: 'ops@elsewhere.example' }] });
    expect(await rejection(elsewhere)).to.deep.equal(['EMAIL_NOT_ALLOWED', '/receivers/1/to']);
    const webhook = { type: 'webhook', url: 'http://10.0.0.1/' };
    const unsigned = requested({ scope: 'application', of: applicationId, receivers: [webhook] });
    expect(await rejection(unsigned)).to.deep.equal(['SIGNING_KEY_MISSING', '/receivers/0/signedBy']);
    const byOther = requested({ receivers: [{ ...webhook, signedBy: 999 }] });
    expect(await rejection(byOther)).to.deep.equal(['UNKNOWN_APPLICATION', '/receivers/0/signedBy']);
    const given = requested({ scope: 'application', of: applicationId, receivers: [{ ...webhook, signedBy: 999 }] });
    expect(await rejection(given)).to.deep.equal(['BAD_INPUT', '/receivers/0/signedBy']);
  });

  describe('with a receiver that is called with a secret', () => {
    const HOST = 'hooks.slack.example';
    const SECRET = `https://${HOST}/services/T0AAAA/B0BBBB/xTOKENxTOKEN`;
    const chat = { type: 'slack', secret: 'CHAT' };
    const withSecret = async (other: { readonly secret?: object; readonly edge?: Partial<AlertRulePorts> } = {}) => {
      const tenant = await tenantOf(other.edge);
      const { commands, applicationId } = tenant;
      await commands.setSecret(asAnn, applicationId, 'CHAT', { value: SECRET, ...other.secret });
      const put = (...receivers: object[]) =>
        tenant.put(requested({ scope: 'application', of: applicationId, receivers }));
      const rejection = async (...receivers: object[]) => {
        const rejected: unknown = await put(...receivers).catch((error: unknown) => error);
        if (!(rejected instanceof DomainError)) throw new Error(`not rejected: ${JSON.stringify(rejected)}`);
        const said = JSON.stringify([rejected.message, rejected.errors]);
        for (const part of [HOST, 'xTOKEN', 'T0AAAA']) expect(said).to.not.contain(part);
        return [rejected.code, ...rejected.errors.map(({ pointer }) => pointer)];
      };
      return { ...tenant, put, rejection };
    };

    it('name the secret alone, and keep the defaults of PagerDuty', async () => {
      const { put, applicationId: secretApplicationId } = await withSecret();
      const { receivers } = (await put(chat, { ...chat, type: 'teams' }, { type: 'pagerduty', secret: 'CHAT' })).value;
      expect(receivers).to.deep.equal([
        { type: 'slack', secret: 'CHAT', secretApplicationId },
        { type: 'teams', secret: 'CHAT', secretApplicationId },
        {
          ...{ type: 'pagerduty', secret: 'CHAT', secretApplicationId },
          ...{ url: 'https://events.pagerduty.com/v2/enqueue', severity: 'error' },
        },
      ]);
    });

    it('are rejected if the secret can not be used, by its field and without what is in it', async () => {
      const { rejection } = await withSecret();
      expect(await rejection({ ...chat, secret: 'NONE' })).to.deep.equal(['SECRET_UNUSABLE', '/receivers/0/secret']);
      expect(await rejection(chat, { ...chat, secretApplicationId: 999 })).to.deep.equal([
        'BAD_INPUT',
        '/receivers/1/secretApplicationId',
      ]);
      const bad = await withSecret({ secret: { value: `no URL: xTOKEN ${HOST}` } });
      expect(await bad.rejection(chat)).to.deep.equal(['SECRET_UNUSABLE', '/receivers/0/secret']);
      const pagers = { type: 'pagerduty', secret: 'CHAT' };
      const ftp = await bad.rejection({ ...pagers, url: 'ftp://example.com/' });
      expect(ftp).to.deep.equal(['TARGET_BLOCKED', '/receivers/0/url']);
      const value = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
      const signing = await withSecret({ secret: { value, signing: true } });
      expect(await signing.rejection(pagers)).to.deep.equal(['SECRET_UNUSABLE', '/receivers/0/secret']);
      const unopened = await withSecret();
      unopened.secrets.isLost = true;
      expect(await unopened.rejection(chat)).to.deep.equal(['SECRET_UNUSABLE', '/receivers/0/secret']);
    });

    it('are rejected if the secret or the call must not go', async () => {
      const bound = await withSecret({ secret: { allowedOrigins: ['https://api.example.com'] } });
      expect(await bound.rejection(chat)).to.deep.equal(['SECRET_ORIGIN_NOT_ALLOWED', '/receivers/0/secret']);
      const blocked = await withSecret({
        edge: {
          checkTarget: async (url, { pointer }) => {
            throw rejectField('TARGET_BLOCKED', pointer, `${url} is private, as ${HOST} is`);
          },
        },
      });
      expect(await blocked.rejection(chat)).to.deep.equal(['TARGET_BLOCKED', '/receivers/0/secret']);
      const warned = await withSecret({ edge: { checkTarget: async () => [`${HOST} doesn't resolve now`] } });
      expect((await warned.put(chat)).warnings).to.deep.equal(["*** doesn't resolve now"]);
    });

    it('of a whole tenant are rejected for an application of no one', async () => {
      const { rejection } = await tenantOf();
      const ofNobody = requested({ receivers: [{ ...chat, secretApplicationId: 999 }] });
      expect(await rejection(ofNobody)).to.deep.equal(['UNKNOWN_APPLICATION', '/receivers/0/secretApplicationId']);
    });
  });

  it('are changed and deleted only from the revision that the caller saw', async () => {
    const { put, rejection, commands } = await tenantOf();
    expect(await rejection(requested(), { ifMatch: 0 })).to.deep.equal(['STALE_REVISION']);
    const { revision } = await put(requested());
    const changed = await put(requested({ groupWait: '1m' }), { ifMatch: revision });
    expect(await rejection(requested(), { ifMatch: revision })).to.deep.equal(['STALE_REVISION']);
    const stale = commands.deleteAlertRule(asAnn, 'rule', { expectedRevision: revision });
    expect(await stale.catch(({ code }) => code)).to.equal('STALE_REVISION');
    await commands.deleteAlertRule(asAnn, 'rule', { expectedRevision: changed.revision });
    expect(await commands.deleteAlertRule(asAnn, 'rule', {}).catch(({ code }) => code)).to.equal(
      'ALERT_RULE_NOT_FOUND',
    );
    expect((await put(requested())).revision).to.be.greaterThan(changed.revision);
  });
});
