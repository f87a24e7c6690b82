import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import type { Api } from '../support/api.ts';
import type { Received, Target } from '../support/target.ts';

const OLD = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const NEW = `whsec_${Buffer.alloc(32, 2).toString('base64')}`;

type Verify = (sent: { headers: Received['headers']; body: string; key: string }) => boolean;

/** The lines that docs/how-to/signed-calls.md gives the makers of targets. */
const documentedVerify = async (): Promise<Verify> => {
  const text = await readFile(path.join(import.meta.dirname, '../../docs/how-to/signed-calls.md'), 'utf8');
  const code = /```js\n(.*?)```/s.exec(text)?.[1] ?? '';
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)).isFromCarillon;
};

describe('the service: calls that an application signs', () => {
  let target: Target;
  let service: AService;
  let api: Api;
  let applicationId: number;
  let jobId: number;
  let isFromCarillon: Verify;

  before(async () => {
    isFromCarillon = await documentedVerify();
    // The documented lines go by the clock of the machine.
    service = await aService().from(new Date().toISOString()).withApplication('crm').start();
    target = service.target;
    api = service.as();
    applicationId = service.applicationId('crm');
    jobId = (await api.post('/jobs', jobWith({ text: 'ü€', list: [1, null] }))).body.id;
  });
  after(() => service.stop());

  const jobWith = (body: unknown) => ({
    name: 'sync',
    applicationId,
    pattern: '0 2 * * *',
    taskType: 'HttpInvokerTask',
    taskConfig: { url: `${target.origin}/echo`, method: 'POST', body },
  });
  const setKey = (name: string, input: object) => api.put(`/applications/${applicationId}/secrets/${name}`, input);
  const call = async () => {
    const before = target.received.length;
    const { body: execution } = await api.post(`/jobs/${jobId}/trigger`);
    await target.receivedAll(before + 1);
    const sent = target.received.at(-1);
    if (sent === undefined) throw new Error('nothing was received');
    const ended = await service.eventually(async () => {
      const { body } = await api.get(`/executions/${execution.id}`);
      return body.finishedAt === null ? undefined : body;
    });
    const verifiedBy = [OLD, NEW].filter((key) => isFromCarillon({ ...sent, key }));
    return { execution, sent, ended, verifiedBy };
  };

  it('are verified with the key of the day, and with both while the next one comes', async () => {
    expect((await call()).sent.headers).not.to.have.property('webhook-signature');

    expect(await setKey('OLD', { value: OLD, signing: true })).to.deep.include({ status: 200 });
    const signed = await call();
    expect(signed.verifiedBy).to.deep.equal([OLD]);
    expect(signed.sent.headers['webhook-id']).to.equal(`execution-${signed.execution.id}`);
    expect(signed.sent.headers['webhook-id']).to.equal(signed.sent.headers['idempotency-key']);
    expect(isFromCarillon({ ...signed.sent, body: `${signed.sent.body} `, key: OLD })).to.equal(false);

    await setKey('NEW', { value: NEW, signing: true });
    expect((await call()).verifiedBy).to.deep.equal([OLD, NEW]);

    await api.delete(`/applications/${applicationId}/secrets/OLD`);
    expect((await call()).verifiedBy).to.deep.equal([NEW]);
  });

  it('show nothing of the key, which no job may name', async () => {
    const { ended } = await call();
    const { body: shown } = await api.get(`/applications/${applicationId}/secrets/NEW`);
    expect(shown).to.include({ name: 'NEW', signing: true });
    const part = NEW.slice('whsec_'.length);
    expect(JSON.stringify([ended, shown, service.lines])).not.to.include(part);
    const { status, body } = await api.post('/jobs', { ...jobWith('${secret:NEW}'), name: 'thief' });
    expect([status, body.code]).to.deep.equal([422, 'BAD_PARAMETER']);
  });

  it('need a key of the right form', async () => {
    const { status, body } = await setKey('WEAK', { value: 'hunter2', signing: true });
    expect([status, body.code, body.errors[0].pointer]).to.deep.equal([400, 'BAD_INPUT', '/value']);
  });
});
