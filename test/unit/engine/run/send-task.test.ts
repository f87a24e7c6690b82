import { expect } from 'chai';
import type { HttpJobDefinition } from '../../../../src/domain/events/index.ts';
import { createSensitiveNames } from '../../../../src/domain/redaction/mask.ts';
import { httpWithInput } from '../../../../src/domain/tasks/http/run-input.ts';
import { HTTP_TASK, type HttpConfig } from '../../../../src/domain/tasks/http/stored.ts';
import { isSealed, type JsonValue } from '../../../../src/domain/values.ts';
import type { CallOutcome, CallRequest } from '../../../../src/engine/call/port.ts';
import type { Opener } from '../../../../src/engine/run/prepare-call.ts';
import { createTaskRunner, type PlainCall } from '../../../../src/engine/run/send-task.ts';
import { LogUnavailable } from '../../../../src/event-store/errors.ts';
import { aJob, bornAt } from '../../../support/jobs.ts';
import { manualWorld } from '../../../support/world.ts';

const opener: Opener = {
  task: ({ taskConfig: { headers: _, auth: __, body: ___, sealedQuery: ____, ...task } }) => ({ task, secrets: [] }),
  secret: () => '',
  tlsKey: () => '',
  work: ({ taskConfig: { input: _, ...task } }) => ({ task, secrets: [] }),
  seal: () => ({ $sealed: { generation: 1, box: '', fingerprint: '' } }),
  sealWork: () => ({ $sealed: { generation: 1, box: '', fingerprint: '' } }),
};

const claim = {
  tenant: 'acme',
  applicationId: 3,
  jobId: 7,
  executionId: 1,
  trigger: 'schedule' as const,
  scheduledAt: '2026-03-01T09:00:00.000Z',
  createdAt: '2026-03-01T09:00:00.000Z',
  attempt: 1,
  engineId: 'e1',
  jobRevision: 0,
  tail: { jobRevision: 0, cursor: '2026-03-01T09:00:00.000Z', runs: 1, open: [] },
};

const outcomeOf = (called: CallOutcome, definition = aJob()) => {
  const caller = { call: async () => called, prepare: () => () => undefined, close: async () => {} };
  const { run } = createTaskRunner({
    names: createSensitiveNames(),
    maxTimeoutMs: 1_800_000,
    completionUrlOf: () => 'https://carillon.test/complete',
    world: manualWorld(),
    caller,
    openerOf: async () => opener,
  });
  const values = async () => ({ variables: new Map(), secrets: new Map() });
  return run({
    claim,
    definition,
    values,
    signingKeys: [],
    tls: [],
    signal: AbortSignal.abort(),
    mayStillCall: () => true,
  });
};

describe('a call that the engine interrupted at its stop', () => {
  it('is known not to have been made if it was not sent', async () => {
    const outcome = await outcomeOf({ kind: 'aborted', finishedAtMs: 2 });
    expect(outcome).to.deep.include({ kind: 'failed', reason: 'ENGINE_STOPPED' });
    expect(outcome).to.have.nested.property('error.code', 'ENGINE_STOPPED');
  });
  it('has an unknown outcome if it was sent', async () => {
    const outcome = await outcomeOf({ kind: 'aborted', startedAtMs: 1, finishedAtMs: 2 });
    expect(outcome).to.have.nested.property('error.code', 'OUTCOME_UNKNOWN');
  });
});

describe('a call with a secret in its query', () => {
  const url = 'https://example.com/sync?access_token=known%2Fsecret&page=12345';
  const definition = aJob({ taskConfig: { url, method: 'GET' } });
  const at = { startedAtMs: 1, finishedAtMs: 2 };

  it('is recorded without its value, wherever the target repeats it', async () => {
    const data = { url, page: '12345', text: 'it was known/secret', token: 'known/secret' };
    const headers = { 'x-echo': 'known%2Fsecret' };
    const result = { status: 200, headers, data, truncated: false };
    const outcome = await outcomeOf({ kind: 'succeeded', ...at, result }, definition);
    expect(outcome).to.have.nested.property('result.data').that.deep.equals({
      url: 'https://example.com/sync?access_token=***&page=12345',
      page: '12345',
      text: 'it was ***',
      token: '***',
    });
    expect(outcome).to.have.nested.property('result.headers.x-echo', '***');
    expect(JSON.stringify(outcome)).to.not.contain('known');
  });

  it('that fails is recorded without it too', async () => {
    const error = { code: 'HTTP_500', message: `no ${url}` } as const;
    const outcome = await outcomeOf({ kind: 'failed', ...at, error }, definition);
    expect(outcome).to.have.nested.property('error.message', 'no https://example.com/sync?access_token=***&page=12345');
  });
});

describe('a call whose application’s keys can not be read', () => {
  const start = (failures: number) => {
    const world = manualWorld();
    let left = failures;
    const sent: string[] = [];
    const { run } = createTaskRunner({
      names: createSensitiveNames(),
      maxTimeoutMs: 1_800_000,
      completionUrlOf: () => 'https://carillon.test/complete',
      world,
      caller: {
        call: async ({ url }) => {
          sent.push(url.href);
          return { kind: 'aborted', finishedAtMs: 2 };
        },
        prepare: () => () => undefined,
        close: async () => {},
      },
      openerOf: async () => {
        if (left-- > 0) throw new LogUnavailable();
        return opener;
      },
    });
    const stop = new AbortController();
    const values = async () => ({ variables: new Map(), secrets: new Map() });
    const outcome = run({
      claim,
      definition: aJob(),
      values,
      signingKeys: [],
      tls: [],
      signal: stop.signal,
      mayStillCall: () => true,
    });
    return { world, sent, stop, outcome };
  };

  it('is made once the log can be read: an issue of the log is no failure of the job', async () => {
    const { world, sent, outcome } = start(5);
    await world.advance(3_000);
    await outcome;
    expect(sent).to.have.length(1);
  });
  it('is reported as not made if the engine stops before', async () => {
    const { world, sent, stop, outcome } = start(Number.POSITIVE_INFINITY);
    await world.advance(3_000);
    stop.abort();
    await world.advance(0);
    expect(await outcome).to.have.nested.property('error.code', 'ENGINE_STOPPED');
    expect(sent).to.deep.equal([]);
  });
});

describe('the timeout of a call', () => {
  it('is the operator’s largest if the job requests more', async () => {
    const requested: number[] = [];
    const { run } = createTaskRunner({
      names: createSensitiveNames(),
      maxTimeoutMs: 60_000,
      completionUrlOf: () => 'https://carillon.test/complete',
      world: manualWorld(),
      caller: {
        call: async ({ timeoutMs }) => {
          requested.push(timeoutMs);
          return { kind: 'aborted', finishedAtMs: 2 };
        },
        prepare: () => () => undefined,
        close: async () => {},
      },
      openerOf: async () => opener,
    });
    const values = async () => ({ variables: new Map(), secrets: new Map() });
    const of = {
      claim,
      values,
      signingKeys: [],
      tls: [],
      signal: new AbortController().signal,
      mayStillCall: () => true,
    };
    for (const timeout of [1_800_000, 5_000, '5s', undefined]) {
      const { taskConfig } = aJob();
      await run({ ...of, definition: aJob({ taskConfig: { ...taskConfig, ...(timeout && { timeout }) } }) });
    }
    expect(requested).to.deep.equal([60_000, 5_000, 5_000, 30_000]);
  });
});

describe('a call that is prepared once a definition', () => {
  const sealed = (clear: string) => ({ $sealed: { generation: 1, box: clear, fingerprint: clear } });
  const named = (name: string, clear: string) => ({ name, value: sealed(clear), updatedAt: bornAt, updatedBy: 'ann' });

  /** Calls a definition twice, with what may change between two of its slots. */
  const start = () => {
    const world = manualWorld();
    const sent: CallRequest[] = [];
    let opened = 0;
    let responded: { readonly status: number; readonly data: JsonValue } = { status: 200, data: 's3cret-of-then' };
    const tellTruth: Opener = {
      task: ({ taskConfig: { headers = {}, auth: _, body, sealedQuery: __, ...task } }) => {
        const secrets = Object.values(headers).flatMap((value) => (isSealed(value) ? [value.$sealed.box] : []));
        const clear = Object.entries(headers).map(([name, value]) => [
          name,
          isSealed(value) ? value.$sealed.box : value,
        ]);
        return { task: { ...task, headers: Object.fromEntries(clear), ...(body !== undefined && { body }) }, secrets };
      },
      secret: (_name, { $sealed }) => $sealed.box,
      tlsKey: (_name, { $sealed }) => $sealed.box,
      work: opener.work,
      seal: sealed,
      sealWork: sealed,
    };
    const requests: CallRequest[] = [];
    let hasAddress = true;
    const { run, prepare: prepareTask } = createTaskRunner({
      names: createSensitiveNames(),
      maxTimeoutMs: 60_000,
      completionUrlOf: () => 'https://carillon.test/complete',
      world,
      caller: {
        call: async (request) => {
          sent.push(request);
          if (request.beforeSend?.() === false) return { kind: 'withheld', finishedAtMs: 2 };
          const result = { ...responded, headers: {}, truncated: false };
          return { kind: 'succeeded', startedAtMs: 1, finishedAtMs: 2, result };
        },
        prepare: (request) => (own, ended) => {
          if (!hasAddress) return undefined;
          requests.push({ ...request, ownHeaders: own.ownHeaders });
          const send = () => {
            const result = { ...responded, headers: {}, truncated: false };
            ended({ kind: 'succeeded', startedAtMs: 1, finishedAtMs: 2, result });
          };
          return { send, abort: () => {} };
        },
        close: async () => {},
      },
      openerOf: (job) => {
        opened++;
        const isSecret = job.taskType === HTTP_TASK && Object.values(job.taskConfig.headers ?? {}).some(isSealed);
        return isSecret ? Promise.resolve(tellTruth) : tellTruth;
      },
    });
    type Changing = Partial<Parameters<typeof run>[0]> & {
      readonly variables?: Record<string, string>;
      readonly secrets?: readonly ReturnType<typeof named>[];
    };
    const call = async ({ variables = {}, secrets = [], ...changed }: Changing = {}) => {
      const outcome = await run({
        claim,
        definition,
        values: async () => ({
          variables: new Map(Object.entries(variables)),
          secrets: new Map(secrets.map((secret) => [secret.name, secret])),
        }),
        signingKeys: [],
        tls: [],
        signal: new AbortController().signal,
        mayStillCall: () => true,
        ...changed,
      });
      if (outcome === 'withheld') throw new Error('it was withheld');
      return outcome;
    };
    const response = (next: typeof responded) => {
      responded = next;
    };
    const prepare = (changed: Partial<PlainCall>, ended: Parameters<typeof prepareTask>[0]['ended']) =>
      prepareTask({ claim, definition, signingKeys: [], tls: [], mayStillCall: () => true, ...changed, ended });
    const noAddress = () => {
      hasAddress = false;
    };
    return { call, prepare, requests, noAddress, sent, opened: () => opened, answer: response };
  };
  const definition = aJob();
  const jobOf = (taskConfig: Partial<HttpConfig>, other: Partial<HttpJobDefinition> = {}) =>
    aJob({ taskConfig: { ...definition.taskConfig, ...taskConfig }, ...other });

  it('differs only by its headers, and is checked before each send', async () => {
    const { call, sent, opened } = start();
    const requested: string[] = [];
    const mayStillCall = (origin: string) => requested.push(origin) > 0;
    const first = await call({ mayStillCall });
    const second = await call({ mayStillCall, claim: { ...claim, executionId: 2 } });
    expect(opened()).to.equal(1);
    expect(requested).to.deep.equal(['https://example.com', 'https://example.com']);
    expect(sent.map(({ ownHeaders }) => ownHeaders?.['Carillon-Execution'])).to.deep.equal(['1', '2']);
    expect(sent.map(({ url }) => url.href)).to.deep.equal(['https://example.com/sync', 'https://example.com/sync']);
    expect(second.jobSnapshot).to.deep.equal(first.jobSnapshot);
    expect(second.jobSnapshot).to.include({ name: 'sync', url: 'https://example.com/sync' });
  });
  it('is prepared up to its request where it takes nothing but its definition', async () => {
    const { prepare, requests, opened } = start();
    const ends: unknown[] = [];
    const prepared = prepare({}, (outcome) => ends.push(outcome));
    if (typeof prepared === 'string') throw new Error(prepared);
    expect([requests.length, ends]).to.deep.equal([1, []]);
    prepared.send();
    expect(ends).to.have.lengthOf(1);
    expect(ends[0]).to.deep.include({ kind: 'succeeded', startedAtMs: 1, calledAtMs: Date.UTC(2026, 0, 1) });
    prepare({ claim: { ...claim, executionId: 2 } }, () => {});
    expect(requests.map(({ ownHeaders }) => ownHeaders?.['Carillon-Execution'])).to.deep.equal(['1', '2']);
    expect(opened()).to.equal(1);
  });
  it('fails with an internal error if its response can not be recorded', () => {
    const { prepare, answer: response } = start();
    const ends: unknown[] = [];
    const prepared = prepare({}, (outcome) => ends.push(outcome));
    if (typeof prepared === 'string') throw new Error(prepared);
    const data: Record<string, JsonValue> = {};
    data.itself = data;
    response({ status: 200, data });
    prepared.send();
    expect(ends).to.have.nested.property('[0].error.code', 'INTERNAL_ERROR');
  });
  it('reports what else it needs', () => {
    const { prepare, noAddress } = start();
    const of = (changed: Parameters<typeof prepare>[0]) => prepare(changed, () => {});
    expect(of({ signingKeys: [named('SIGN', `whsec_${Buffer.alloc(24).toString('base64')}`)] })).to.equal('keys');
    expect(of({ definition: jobOf({ headers: { 'X-Note': sealed('s3cret') } }) })).to.equal('secret');
    expect(of({ definition: jobOf({ path: '/${PLACE}' }) })).to.equal('parameter');
    expect(of({ definition: jobOf({ path: '/${T:mm}' }) })).to.equal('parameter');
    noAddress();
    expect(of({})).to.equal('address');
  });
  it('is prepared again for a definition that changed, and for what is given for one run', async () => {
    const { call, sent } = start();
    await call();
    await call({ definition: jobOf({ path: '/edited' }) });
    await call({
      definition: { ...definition, taskConfig: httpWithInput(definition.taskConfig, { headers: { 'X-Once': '1' } }) },
    });
    await call();
    expect(sent.map(({ url }) => url.pathname)).to.deep.equal(['/sync', '/edited', '/sync', '/sync']);
    expect(sent.map(({ headers }) => headers?.['X-Once'])).to.deep.equal([undefined, undefined, '1', undefined]);
  });
  it('shows a variable, a secret and the time of its slot as they are then', async () => {
    const { call, sent } = start();
    const changing = jobOf({ path: '/${PLACE}/${T:mm}', headers: { 'X-Key': '${secret:KEY}' } });
    await call({ definition: changing, variables: { PLACE: 'here' }, secrets: [named('KEY', 's3cret-of-now')] });
    const later = { ...claim, scheduledAt: '2026-03-01T09:01:00.000Z' };
    const secrets = [named('KEY', 's3cret-of-then')];
    const outcome = await call({ definition: changing, claim: later, variables: { PLACE: 'there' }, secrets });
    expect(sent.map(({ url }) => url.pathname)).to.deep.equal(['/here/00', '/there/01']);
    expect(sent.map(({ headers }) => headers?.['X-Key'])).to.deep.equal(['s3cret-of-now', 's3cret-of-then']);
    expect(outcome).to.have.nested.property('result.data', '***');
  });
  it('is signed, and made by TLS settings, as soon as the application has keys for it', async () => {
    const { call, sent } = start();
    await call();
    await call({ signingKeys: [named('SIGN', `whsec_${Buffer.alloc(24).toString('base64')}`)] });
    await call({
      tls: [{ name: 'OWN', origins: ['https://example.com'], ca: 'ca', updatedAt: bornAt, updatedBy: 'ann' }],
    });
    await call();
    expect(sent.map(({ sign }) => sign !== undefined)).to.deep.equal([false, true, false, false]);
    expect(sent.map(({ tlsFor }) => tlsFor?.('https://example.com')?.ca)).to.deep.equal([
      undefined,
      undefined,
      'ca',
      undefined,
    ]);
  });
  it('has its own completion token, which is masked in what comes of it and leaves by no redirect', async () => {
    const { call, sent, opened, answer: response } = start();
    const url = new URL('https://elsewhere.example/');
    const redirected = { url, headers: new Map(), body: undefined };
    for (const completionToken of ['token-one', 'token-two', undefined]) {
      response({ status: 200, data: 'token-one, token-two' });
      const outcome = await call({ completionToken });
      const told = ['token-one', 'token-two'].map((token) => (token === completionToken ? '***' : token)).join(', ');
      expect(outcome).to.have.nested.property('result.data', told);
      const { holdsSecret, ownHeaders } = sent.at(-1) ?? {};
      expect(ownHeaders?.['Carillon-Completion-Token']).to.equal(completionToken);
      const leaves = ['token-one', 'token-two'].map((token) =>
        holdsSecret?.({ ...redirected, url: new URL(`?t=${token}`, url) }),
      );
      const own = ['token-one', 'token-two'].map((token) => token === completionToken);
      expect(leaves).to.deep.equal(completionToken === undefined ? [undefined, undefined] : own);
    }
    response({ status: 202, data: null });
    const accepted = await call({ completionToken: 'token-three' });
    expect(accepted).to.deep.include({ kind: 'accepted' });
    expect(accepted).to.have.nested.property('jobSnapshot.url', 'https://example.com/sync');
    expect(opened()).to.equal(1);
  });
  for (const [what, job] of Object.entries({
    'has a sealed header': jobOf({ headers: { 'X-Note': sealed('s3cret-of-then') } }),
    'has a sealed header without text': jobOf({ headers: { 'X-Note': sealed('') } }),
    'has a sensitive header': jobOf({ headers: { 'X-Api-Key': 's3cret-of-then' } }),
    'is confidential': jobOf({ body: { n: 1 } }, { confidential: true }),
  })) {
    it(`is opened again for each call if it ${what}`, async () => {
      const { call, opened } = start();
      await call({ definition: job });
      const outcome = await call({ definition: job });
      expect(opened()).to.equal(2);
      if (what !== 'has a sealed header without text') {
        expect(JSON.stringify(outcome.kind === 'succeeded' && outcome.jobSnapshot)).not.to.include('s3cret');
      }
    });
  }
});
