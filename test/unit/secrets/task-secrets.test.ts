import { expect } from 'chai';
import { DomainError } from '../../../src/domain/domain-error.ts';
import { createSensitiveNames } from '../../../src/domain/redaction/mask.ts';
import { HTTP_TASK, type HttpConfig, type HttpRunTask } from '../../../src/domain/tasks/http/stored.ts';
import { type GivenTask as AnyGiven, secretsOf } from '../../../src/domain/tasks/walk.ts';
import { isSealed } from '../../../src/domain/values.ts';
import { SecretBroken } from '../../../src/secrets/key-ring.ts';
import {
  needsSealing as needsSealingOf,
  openTask,
  sealTask as sealTaskWith,
} from '../../../src/secrets/task-secrets.ts';
import { testKeys } from '../../support/sealing.ts';

type GivenTask = AnyGiven<typeof HTTP_TASK>;
const keys = testKeys();
const names = createSensitiveNames();
type Sealing = {
  readonly keys: typeof keys;
  readonly confidential?: boolean;
  readonly previous?: HttpConfig;
};
const httpTask = <Config>(taskConfig: Config) => ({ taskType: HTTP_TASK, taskConfig });
const sealTask = (given: GivenTask, { previous, confidential, keys: sealedWith }: Sealing) =>
  sealTaskWith(
    httpTask(given),
    { confidential, previous: previous && httpTask(previous) },
    { names, keys: sealedWith },
  );
const needsSealing = (given: GivenTask, confidential = false) => needsSealingOf(httpTask(given), names, confidential);
const unsealTask = (
  sealed: { readonly taskConfig: HttpRunTask; readonly confidential?: boolean },
  sealedBy: typeof keys,
) => openTask({ taskType: HTTP_TASK, ...sealed }, sealedBy);
const keep = { sealed: true } as const;
const bearer: GivenTask = {
  url: 'https://example.com/x',
  method: 'POST',
  headers: { 'X-Api-Key': 'k-1', Accept: 'text/plain' },
  auth: { authMethod: 'bearer', token: 't-1' },
};

const rejectionOf = (run: () => unknown): DomainError => {
  try {
    run();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('nothing was rejected');
};

describe('sealing a task', () => {
  it('seals auth and sensitive headers, and nothing else', () => {
    const sealed = sealTask(bearer, { keys });
    expect(sealed).to.deep.include({ url: bearer.url, method: 'POST' });
    expect(sealed.headers?.Accept).to.equal('text/plain');
    expect(sealed.headers?.['X-Api-Key']).to.satisfy(isSealed);
    expect(JSON.stringify(sealed)).to.not.match(/k-1|t-1/);
  });

  it('needs no key if nothing is secret', () => {
    const open: GivenTask = {
      url: 'https://example.com/x',
      method: 'POST',
      headers: { Accept: '*/*' },
      body: { a: 1 },
    };
    expect(needsSealing(open)).to.equal(false);
    expect(needsSealing({ url: 'https://example.com/x', method: 'GET' })).to.equal(false);
    expect(needsSealing(open, true)).to.equal(true);
    expect(needsSealing({ ...open, body: keep })).to.equal(true);
    expect(needsSealing({ ...open, headers: { 'X-Api-Key': 'k-1' } })).to.equal(true);
    expect(needsSealing({ ...open, headers: { Accept: keep } })).to.equal(true);
    expect(needsSealing({ ...open, auth: { authMethod: 'bearer', token: 't-1' } })).to.equal(true);
  });

  it('opens, and lists what must not be recorded', () => {
    const { task, secrets } = unsealTask({ taskConfig: sealTask(bearer, { keys }) }, keys);
    expect(task).to.deep.equal(bearer);
    expect(secrets).to.have.members(['k-1', 't-1']);
  });

  it('keeps the stored seal of an equal value', () => {
    const stored = sealTask(bearer, { keys });
    expect(sealTask(bearer, { previous: stored, keys })).to.deep.equal(stored);
    const changed = sealTask({ ...bearer, auth: { authMethod: 'bearer', token: 't-2' } }, { previous: stored, keys });
    expect(changed.auth).to.not.deep.equal(stored.auth);
    expect(changed.headers).to.deep.equal(stored.headers);
  });

  it('accepts {sealed: true} for the stored value, in any letter case of the header', () => {
    const stored = sealTask(bearer, { keys });
    const again = sealTask(
      { ...bearer, headers: { 'x-api-key': keep }, auth: { authMethod: 'bearer', token: keep } },
      { previous: stored, keys },
    );
    expect(again.auth).to.deep.equal(stored.auth);
    expect(again.headers).to.deep.equal({ 'x-api-key': stored.headers?.['X-Api-Key'] });
  });

  it('rejects {sealed: true} wherever no secret is stored', () => {
    const stored = sealTask(bearer, { keys });
    const basic = { authMethod: 'basic', username: 'u', password: keep } as const;
    const at = (given: GivenTask, previous = stored) =>
      rejectionOf(() => sealTask(given, { previous, keys })).errors[0]?.pointer;
    expect(rejectionOf(() => sealTask({ ...bearer, headers: { 'X-A/B-Key': keep } }, { keys }))).to.deep.include({
      code: 'SECRET_NOT_REUSABLE',
    });
    expect(at({ ...bearer, headers: { 'X-A/B~Key': keep } })).to.equal('/taskConfig/headers/X-A~1B~0Key');
    expect(at({ ...bearer, headers: { Accept: keep } })).to.equal('/taskConfig/headers/Accept');
    expect(at({ ...bearer, auth: basic })).to.equal('/taskConfig/auth/password');
  });

  it('keeps sealed values for the same origin, whatever the path', () => {
    const stored = sealTask(bearer, { keys });
    const kept = { ...bearer, headers: { 'X-Api-Key': keep }, auth: { authMethod: 'bearer' as const, token: keep } };
    const paths = ['https://EXAMPLE.com:443/other?q=1', 'https://example.com/${T:YYYY}', 'https://example.com?x=${A}'];
    for (const url of paths)
      expect(sealTask({ ...kept, url }, { previous: stored, keys }).auth).to.deep.equal(stored.auth);
    const { url: _, ...parts } = kept;
    const joined = sealTask({ ...parts, endpoint: 'https://example.com', path: '${P}' }, { previous: stored, keys });
    expect(joined.auth).to.deep.equal(stored.auth);
  });

  for (const url of [
    'https://evil.example/x',
    'http://example.com/x',
    'https://example.com:8443/x',
    'https://example.com${X}/x',
    'https://${HOST}/x',
    '${URL}',
    'https://example.com@evil.example/x',
  ]) {
    it(`rejects {sealed: true} for ${url}, and seals an equal value again`, () => {
      const stored = sealTask(bearer, { keys });
      const { headers: _, ...withAuth } = bearer;
      const kept = { ...withAuth, url, auth: { authMethod: 'bearer' as const, token: keep } };
      expect(rejectionOf(() => sealTask(kept, { previous: stored, keys })))
        .to.deep.include({ code: 'SECRET_NOT_REUSABLE' })
        .and.to.have.property('message')
        .that.contains('was set for https://example.com and cannot be sent elsewhere');
      const anew = sealTask({ ...bearer, url }, { previous: stored, keys });
      expect(anew.auth).not.to.deep.equal(stored.auth);
      expect(unsealTask({ taskConfig: anew }, keys).task.auth).to.deep.equal(bearer.auth);
      // What was stored for one place does not open in another, whoever puts it there.
      expect(() => unsealTask({ taskConfig: { ...stored, url } }, keys)).to.throw(SecretBroken);
    });
  }

  it('keeps sealed values if the same parameter decides the origin', () => {
    const parametric = { ...bearer, url: 'https://${HOST}/x' };
    const stored = sealTask(parametric, { keys });
    const kept = {
      ...parametric,
      headers: { 'X-Api-Key': keep },
      auth: { authMethod: 'bearer' as const, token: keep },
    };
    expect(sealTask(kept, { previous: stored, keys }).auth).to.deep.equal(stored.auth);
  });

  it('seals again what was sealed under an erased key', () => {
    const second = testKeys({ generation: 2 });
    const stored = sealTask(bearer, { keys });
    expect(sealTask(bearer, { previous: stored, keys: second }).auth).to.not.deep.equal(stored.auth);
    const kept: GivenTask = { ...bearer, auth: { authMethod: 'bearer', token: keep } };
    expect(rejectionOf(() => sealTask(kept, { previous: stored, keys: second })).message).to.match(/erased/);
  });

  it('lists what a target may echo of a credential', () => {
    const echoable = (given: Partial<GivenTask>) => {
      const taskConfig = sealTask({ url: 'https://a.example', method: 'GET', ...given }, { keys });
      const { task, secrets } = unsealTask({ taskConfig }, keys);
      return secretsOf(httpTask(task), { names, filledIn: secrets });
    };
    expect(echoable({ auth: { authMethod: 'basic', username: 'u', password: 'p' } })).to.have.members(['p', 'u:p']);
    expect(echoable({ headers: { Authorization: 'Bearer abc' } })).to.have.members(['Bearer abc', 'abc']);
    expect(echoable({ headers: { Cookie: 'a=1; b=2' } })).to.include.members(['a=1; b=2', '1', '2']);
  });

  describe('of a confidential job', () => {
    const body = { card: '4111', lines: [1, null, true] };
    const given: GivenTask = { url: 'https://a.example', method: 'POST', body };
    const sealed = sealTask(given, { confidential: true, keys });

    it('seals the body as one value, and opens it to what it was', () => {
      expect(sealed.body).to.satisfy(isSealed);
      expect(JSON.stringify(sealed)).to.not.include('4111');
      expect(unsealTask({ taskConfig: sealed, confidential: true }, keys).task.body).to.deep.equal(body);
    });

    it('keeps the stored seal of an equal body, and of {sealed: true}', () => {
      const again = { previous: sealed, confidential: true, keys };
      expect(sealTask(given, again)).to.deep.equal(sealed);
      expect(sealTask({ ...given, body: keep }, again)).to.deep.equal(sealed);
    });

    it('rejects {sealed: true} without a stored body, and for a job that is not confidential', () => {
      const kept = { ...given, body: keep };
      for (const sealing of [
        { confidential: true },
        { previous: sealed },
        { previous: sealTask(given, { keys }), confidential: true },
      ]) {
        expect(rejectionOf(() => sealTask(kept, { ...sealing, keys }))).to.deep.include({
          code: 'SECRET_NOT_REUSABLE',
        });
      }
    });

    it('never opens what merely looks sealed in the body of another job', () => {
      const { task } = unsealTask({ taskConfig: sealed }, keys);
      expect(task.body).to.equal(sealed.body);
    });
  });
});
