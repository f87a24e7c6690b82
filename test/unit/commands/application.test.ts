import { expect } from 'chai';
import {
  decideDelete,
  decideSet,
  LIMITS,
  newLimit,
  newVariable,
  SetLimit,
  VARIABLES,
} from '../../../src/commands/named-values/named-value.ts';
import { newSecret, SECRETS } from '../../../src/commands/named-values/secrets.ts';
import { newTls, TLS } from '../../../src/commands/named-values/tls.ts';
import { decideEraseSecrets, evolveApplication } from '../../../src/domain/application.ts';
import type {
  Application,
  ApplicationEvent,
  Limit,
  Secret,
  TlsSettings,
  Variable,
} from '../../../src/domain/events/index.ts';
import type { Sealed } from '../../../src/domain/values.ts';
import { EXAMPLES } from '../../../src/http/openapi/examples.ts';
import { anApplication, applicationCreated, sealedAs } from '../../support/applications.ts';
import { specOf } from '../../support/given.ts';

const { given } = specOf<Application | undefined, ApplicationEvent>(undefined, (_state, event) =>
  evolveApplication(event),
);

const at = '2026-03-02T10:00:00.000Z';
const nowMs = Date.parse(at);
const actor = { type: 'user', name: 'bob' } as const;
const of = { applicationId: 3, tenant: 'acme' };
const variable = (name: string, value: string): Variable => ({ name, value, updatedAt: at, updatedBy: 'bob' });
const secret = (name: string, value: Sealed): Secret => ({ name, value, updatedAt: at, updatedBy: 'bob' });

const set =
  (name: string, value: string, tenant = 'acme') =>
  (state: Application | undefined) =>
    decideSet(VARIABLES, { ...of, tenant, actor, name, nowMs, toBe: newVariable(value) }, state);
type SecretInput = Parameters<typeof newSecret>[0];
const setSecretTo =
  (name: string, input: Pick<SecretInput, 'value'> & Partial<SecretInput>, tenant = 'acme') =>
  (state: Application | undefined) => {
    const toBe = newSecret({ allowedOrigins: undefined, signing: undefined, isSigningKey: false, ...input });
    return decideSet(SECRETS, { ...of, tenant, actor, name, nowMs, toBe }, state);
  };
const setSecret = (name: string, value: Sealed, tenant?: string, allowedOrigins?: readonly string[] | null) =>
  setSecretTo(name, { value, allowedOrigins }, tenant);

describe('set variable', () => {
  it('records the application with it, in the order of names', () => {
    const HOST = variable('HOST', 'example.com');
    given(applicationCreated({ variables: [variable('A', '1'), variable('Z', '2')] }))
      .when(set('HOST', 'example.com'))
      .thenOnce({
        type: 'VariableSet',
        data: { ...anApplication({ variables: [variable('A', '1'), HOST, variable('Z', '2')] }), variable: 'HOST' },
      });
  });
  it('replaces its value, and records nothing if it has it', () => {
    const before = applicationCreated({ variables: [variable('HOST', 'old.example')] });
    given(before)
      .when(set('HOST', 'new.example'))
      .thenOnce({
        type: 'VariableSet',
        data: { ...anApplication({ variables: [variable('HOST', 'new.example')] }), variable: 'HOST' },
      });
    given(before).when(set('HOST', 'old.example')).thenNothing();
  });
  it('is rejected if there is no such application, or it is another tenant’s', () => {
    given().when(set('HOST', 'x')).thenRejected('APPLICATION_NOT_FOUND');
    given(applicationCreated())
      .when(set('HOST', 'x', 'other'))
      .thenRejected('APPLICATION_NOT_FOUND');
  });
  it('is rejected if there would be too many, or too much', () => {
    const many = Array.from({ length: 100 }, (_, index) => variable(`V${index}`, 'x'));
    given(applicationCreated({ variables: many }))
      .when(set('ONE_MORE', 'x'))
      .thenRejected('APPLICATION_FULL');
    const large = many.slice(0, 60).map(({ name }) => variable(name, 'x'.repeat(6_400)));
    given(applicationCreated({ variables: large }))
      .when(set('ONE_MORE', 'x'.repeat(8_192)))
      .thenRejected('APPLICATION_FULL');
  });
});

describe('delete variable', () => {
  const deleting = (state: Application | undefined) => decideDelete(VARIABLES, { ...of, name: 'HOST' }, state);
  it('records the application without it', () => {
    given(applicationCreated({ variables: [variable('HOST', 'x'), variable('PORT', '1')] }))
      .when(deleting)
      .then({
        type: 'VariableDeleted',
        data: { ...anApplication({ variables: [variable('PORT', '1')] }), variable: 'HOST' },
      });
  });
  it('is rejected if it is not', () => {
    given(applicationCreated()).when(deleting).thenRejected('VARIABLE_NOT_FOUND');
    given().when(deleting).thenRejected('APPLICATION_NOT_FOUND');
  });
});

const limit = (name: string, bounds: Pick<Limit, 'parallel' | 'rate'>): Limit => ({
  name,
  ...bounds,
  updatedAt: at,
  updatedBy: 'bob',
});

const setLimit = (name: string, bounds: Pick<Limit, 'parallel' | 'rate'>) => (state: Application | undefined) =>
  decideSet(LIMITS, { ...of, actor, name, nowMs, toBe: newLimit(bounds) }, state);

describe('set a secret that signs', () => {
  const sign = (name: string, changes: Partial<SecretInput> = {}) =>
    setSecretTo(name, { value: sealedAs(name), signing: true, isSigningKey: true, ...changes });
  const signing = (name: string): Secret => ({ ...secret(name, sealedAs(name)), signing: true });

  it('records that it signs, without origins', () => {
    const before = { ...secret('OLD', sealedAs('OLD')), allowedOrigins: ['https://a.example'] };
    given(applicationCreated({ secrets: [before] }))
      .when(sign('OLD'))
      .thenOnce({ type: 'SecretSet', data: { ...anApplication({ secrets: [signing('OLD')] }), secret: 'OLD' } });
  });
  it('goes on signing if only its value is set, and ends if that is said', () => {
    const before = applicationCreated({ secrets: [signing('OLD')] });
    given(before)
      .when(sign('OLD', { signing: undefined }))
      .thenNothing();
    given(before)
      .when(sign('OLD', { signing: false }))
      .thenOnce({
        type: 'SecretSet',
        data: { ...anApplication({ secrets: [secret('OLD', sealedAs('OLD'))] }), secret: 'OLD' },
      });
  });
  it('is rejected if the value is no key, or if it should be sent somewhere', () => {
    given(applicationCreated())
      .when(sign('NEW', { isSigningKey: false }))
      .thenRejected('BAD_INPUT');
    given(applicationCreated({ secrets: [signing('OLD')] }))
      .when(sign('OLD', { isSigningKey: false, signing: undefined }))
      .thenRejected('BAD_INPUT');
    given(applicationCreated())
      .when(sign('NEW', { allowedOrigins: ['https://a.example'] }))
      .thenRejected('BAD_INPUT');
  });
  it('is rejected beside two others', () => {
    given(applicationCreated({ secrets: [signing('OLD')] }))
      .when(sign('NEW'))
      .thenOnce({
        type: 'SecretSet',
        data: { ...anApplication({ secrets: [signing('NEW'), signing('OLD')] }), secret: 'NEW' },
      });
    given(applicationCreated({ secrets: [signing('NEW'), signing('OLD')] }))
      .when(sign('THIRD'))
      .thenRejected('APPLICATION_FULL');
  });
});

describe('set limit', () => {
  it('records the application with it, in the order of names', () => {
    const before = [limit('a', { parallel: 1 }), limit('z', { parallel: 1 })];
    const added = limit('crm-api', { rate: { count: 10, per: '1m' } });
    given(applicationCreated({ limits: before }))
      .when(setLimit('crm-api', { rate: { count: 10, per: '1m' } }))
      .thenOnce({
        type: 'LimitSet',
        data: {
          ...anApplication({ limits: [limit('a', { parallel: 1 }), added, limit('z', { parallel: 1 })] }),
          limit: 'crm-api',
        },
      });
  });
  it('replaces it as a whole, and records nothing if it states that already', () => {
    const before = applicationCreated({ limits: [limit('crm-api', { parallel: 2, rate: { count: 10, per: '1m' } })] });
    given(before)
      .when(setLimit('crm-api', { parallel: 2 }))
      .thenOnce({
        type: 'LimitSet',
        data: { ...anApplication({ limits: [limit('crm-api', { parallel: 2 })] }), limit: 'crm-api' },
      });
    given(before)
      .when(setLimit('crm-api', { parallel: 2, rate: { count: 10, per: '1m' } }))
      .thenNothing();
  });
  it('is rejected if there would be too many, or there is no such application', () => {
    const many = Array.from({ length: 100 }, (_, index) => limit(`l-${index}`, { parallel: 1 }));
    given(applicationCreated({ limits: many }))
      .when(setLimit('one-more', { parallel: 1 }))
      .thenRejected('APPLICATION_FULL');
    given()
      .when(setLimit('crm-api', { parallel: 1 }))
      .thenRejected('APPLICATION_NOT_FOUND');
  });
  it('takes either bound or both, each within its range', () => {
    const accepts = (input: object): boolean => SetLimit.safeParse(input).success;
    expect([{ parallel: 1 }, { rate: { count: 1, per: '1s' } }, { parallel: 10_000 }].map(accepts)).to.not.include(
      false,
    );
    const bad = [{}, { parallel: 0 }, { parallel: 10_001 }, { rate: { count: 0, per: '1s' } }, { rate: { count: 1 } }];
    expect(bad.map(accepts)).to.not.include(true);
    expect([999, '32d', '1mo', 'soon'].map((per) => accepts({ rate: { count: 1, per } }))).to.not.include(true);
  });
});

describe('delete limit', () => {
  const deleting = (state: Application | undefined) => decideDelete(LIMITS, { ...of, name: 'crm-api' }, state);
  it('records the application without it', () => {
    given(applicationCreated({ limits: [limit('crm-api', { parallel: 2 }), limit('other', { parallel: 1 })] }))
      .when(deleting)
      .then({
        type: 'LimitDeleted',
        data: { ...anApplication({ limits: [limit('other', { parallel: 1 })] }), limit: 'crm-api' },
      });
  });
  it('is rejected if it is not', () => {
    given(applicationCreated()).when(deleting).thenRejected('LIMIT_NOT_FOUND');
  });
});

describe('set secret', () => {
  it('records the application with it, sealed', () => {
    given(applicationCreated())
      .when(setSecret('KEY', sealedAs('a')))
      .thenOnce({
        type: 'SecretSet',
        data: { ...anApplication({ secrets: [secret('KEY', sealedAs('a'))] }), secret: 'KEY' },
      });
  });
  it('records nothing for an equal value, whatever its box', () => {
    const { $sealed } = sealedAs('a');
    given(applicationCreated({ secrets: [secret('KEY', sealedAs('a'))] }))
      .when(setSecret('KEY', { $sealed: { ...$sealed, box: 'another' } }))
      .thenNothing();
  });
  it('keeps if it may go with a new value, and changes it if that is said', () => {
    const bound = { ...secret('KEY', sealedAs('a')), allowedOrigins: ['https://a.example'] };
    const recorded = (after: Secret) => ({
      type: 'SecretSet' as const,
      data: { ...anApplication({ secrets: [after] }), secret: 'KEY' },
    });
    const before = applicationCreated({ secrets: [bound] });
    given(before)
      .when(setSecret('KEY', sealedAs('b')))
      .thenOnce(recorded({ ...bound, value: sealedAs('b') }));
    given(before)
      .when(setSecret('KEY', sealedAs('a'), 'acme', ['https://b.example']))
      .thenOnce(recorded({ ...bound, allowedOrigins: ['https://b.example'] }));
    given(before)
      .when(setSecret('KEY', sealedAs('a'), 'acme', null))
      .thenOnce(recorded(secret('KEY', sealedAs('a'))));
    given(before)
      .when(setSecret('KEY', sealedAs('a'), 'acme', ['https://a.example']))
      .thenNothing();
  });
  it('records it again under a new data key', () => {
    given(applicationCreated({ secrets: [secret('KEY', sealedAs('a'))], erasedGeneration: 1 }))
      .when(setSecret('KEY', sealedAs('a', 2)))
      .thenOnce({
        type: 'SecretSet',
        data: {
          ...anApplication({ secrets: [secret('KEY', sealedAs('a', 2))], erasedGeneration: 1 }),
          secret: 'KEY',
        },
      });
  });
  it('is rejected if there is no such application, or it is another tenant’s', () => {
    given()
      .when(setSecret('KEY', sealedAs('a')))
      .thenRejected('APPLICATION_NOT_FOUND');
    given(applicationCreated())
      .when(setSecret('KEY', sealedAs('a'), 'other'))
      .thenRejected('APPLICATION_NOT_FOUND');
  });
});

describe('delete secret', () => {
  const deleting = (state: Application | undefined) => decideDelete(SECRETS, { ...of, name: 'KEY' }, state);
  it('records the application without it', () => {
    given(applicationCreated({ secrets: [secret('KEY', sealedAs('a'))] }))
      .when(deleting)
      .then({ type: 'SecretDeleted', data: { ...anApplication({ secrets: [] }), secret: 'KEY' } });
  });
  it('is rejected if it is not', () => {
    given(applicationCreated()).when(deleting).thenRejected('SECRET_NOT_FOUND');
  });
});

describe('erase secrets', () => {
  const erasing = (state: Application | undefined) => decideEraseSecrets({ ...of, generation: 1 }, state);
  it('records which data key is about to go, and again while it is asked to', () => {
    given(applicationCreated({ secrets: [secret('KEY', sealedAs('a'))] }))
      .when(erasing)
      .then({
        type: 'SecretsErased',
        data: { ...anApplication({ secrets: [secret('KEY', sealedAs('a'))], erasedGeneration: 1 }), generation: 1 },
      });
  });
  it('records nothing of a key that went before another did', () => {
    given(applicationCreated({ erasedGeneration: 2 }))
      .when(erasing)
      .thenNothing();
  });
  it('is rejected for another tenant’s application', () => {
    given(applicationCreated({ tenant: 'other' }))
      .when(erasing)
      .thenRejected('APPLICATION_NOT_FOUND');
  });
});

describe('set TLS settings', () => {
  const pem = EXAMPLES.setTls.ca;
  const settings = { name: 'crm', origins: ['https://a.example'], ca: pem, updatedAt: at, updatedBy: 'bob' };
  const setTls =
    ({ name = 'crm', ...other }: Partial<Parameters<typeof newTls>[0]> & { readonly name?: string } = {}) =>
    (state: Application | undefined) => {
      const toBe = newTls({ origins: settings.origins, ca: pem, certificate: undefined, key: undefined, ...other });
      return decideSet(TLS, { ...of, actor, name, nowMs, toBe }, state);
    };
  const tlsSet = (other: Partial<TlsSettings> = {}): ApplicationEvent => ({
    type: 'TlsSet',
    data: { ...anApplication({ tls: [{ ...settings, ...other }] }), tlsName: 'crm' },
  });

  it('records them, once, with each origin in them once', () => {
    given(applicationCreated())
      .when(setTls({ origins: ['https://a.example', 'https://a.example'] }))
      .thenOnce(tlsSet());
  });
  it('is rejected if an origin has other settings, which it names', () => {
    given(tlsSet())
      .when(setTls({ name: 'other', origins: ['https://b.example', 'https://a.example'] }))
      .thenRejected('BAD_INPUT', ['/origins/1']);
  });
  it('keeps a key that is stored for the same public key, and no other', () => {
    const key = sealedAs('k');
    const pair = { certificate: pem, key: 'keep' as const };
    given(applicationCreated()).when(setTls(pair)).thenRejected('SECRET_NOT_REUSABLE', ['/key']);
    given(tlsSet({ certificate: pem, key, keyId: 'of another' }))
      .when(setTls(pair))
      .thenRejected('SECRET_NOT_REUSABLE', ['/key']);
    const [first] = setTls({ certificate: pem, key })(anApplication());
    if (first === undefined) throw new Error('nothing was recorded');
    given(first).when(setTls(pair)).thenNothing();
    given(applicationCreated({ tls: evolveApplication(first).tls, erasedGeneration: 1 }))
      .when(setTls(pair))
      .thenRejected('SECRET_NOT_REUSABLE', ['/key']);
  });
  it('is undone by a deletion', () => {
    const remove = (name: string) => (state: Application | undefined) => decideDelete(TLS, { ...of, name }, state);
    given(tlsSet())
      .when(remove('crm'))
      .then({ type: 'TlsDeleted', data: { ...anApplication({ tls: [] }), tlsName: 'crm' } });
    given(applicationCreated()).when(remove('crm')).thenRejected('TLS_NOT_FOUND');
  });
});
