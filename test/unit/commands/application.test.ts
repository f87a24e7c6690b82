import { expect } from 'chai';
import {
  decideDelete,
  decideSet,
  LIMITS,
  type NamedValues,
  newLimit,
  newVariable,
  SetLimit,
  SetVariable,
  VARIABLES,
} from '../../../src/commands/named-values/named-value.ts';
import { newSecret, SECRETS, SetSecret } from '../../../src/commands/named-values/secrets.ts';
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

const limit = (name: string, bounds: Pick<Limit, 'parallel' | 'rate'>): Limit => ({
  name,
  ...bounds,
  updatedAt: at,
  updatedBy: 'bob',
});

const setLimit = (name: string, bounds: Pick<Limit, 'parallel' | 'rate'>) => (state: Application | undefined) =>
  decideSet(LIMITS, { ...of, actor, name, nowMs, toBe: newLimit(bounds) }, state);

describe('variables and secrets as a caller sends them', () => {
  for (const [schema, input] of [
    [VARIABLES.nameInput, '0x'],
    [VARIABLES.nameInput, 'T'],
    [VARIABLES.nameInput, 'x'.repeat(65)],
    [SECRETS.nameInput, 'a-b'],
    [SECRETS.nameInput, 'erase'],
    [SetVariable, { value: 7 }],
    [SetVariable, { value: 'é'.repeat(4_097) }],
    [SetSecret, { value: '' }],
  ] as const) {
    it(`rejects ${JSON.stringify(input).slice(0, 30)}`, () => {
      expect(schema.safeParse(input).success).to.equal(false);
    });
  }
});

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
  it('keeps signing if only its value changes, and stops on request', () => {
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
  it('replaces it completely, and records nothing if it is equal', () => {
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
  it('accepts either bound or both, each within its range', () => {
    const accepts = (input: object): boolean => SetLimit.safeParse(input).success;
    expect([{ parallel: 1 }, { rate: { count: 1, per: '1s' } }, { parallel: 10_000 }].map(accepts)).to.not.include(
      false,
    );
    const bad = [{}, { parallel: 0 }, { parallel: 10_001 }, { rate: { count: 0, per: '1s' } }, { rate: { count: 1 } }];
    expect(bad.map(accepts)).to.not.include(true);
    expect([999, '32d', '1mo', 'soon'].map((per) => accepts({ rate: { count: 1, per } }))).to.not.include(true);
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
  it('records nothing for an equal value that is sealed differently', () => {
    const { $sealed } = sealedAs('a');
    given(applicationCreated({ secrets: [secret('KEY', sealedAs('a'))] }))
      .when(setSecret('KEY', { $sealed: { ...$sealed, box: 'another' } }))
      .thenNothing();
  });
  it('keeps its origins with a new value, and changes them on request', () => {
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
});

describe('erase secrets', () => {
  const erasing = (state: Application | undefined) => decideEraseSecrets({ ...of, generation: 1 }, state);
  it('records which data key is erased, and again on repeated requests', () => {
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

const pem = EXAMPLES.setApplicationTls.ca;
const settings = { name: 'crm', origins: ['https://a.example'], ca: pem, updatedAt: at, updatedBy: 'bob' };

describe('set TLS settings', () => {
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
});

describe('delete a named value', () => {
  const [one, two] = [variable('A', '1'), variable('B', '2')];
  const [first, second] = [secret('A', sealedAs('a')), secret('B', sealedAs('b'))];
  const [narrow, wide] = [limit('A', { parallel: 1 }), limit('B', { parallel: 2 })];
  const [own, other] = [
    { ...settings, name: 'A' },
    { ...settings, name: 'B', origins: ['https://b.example'] },
  ];
  type Delete = (state: Application | undefined, tenant?: string) => ApplicationEvent[];
  const remove =
    <T extends Pick<Variable, 'name' | 'updatedAt' | 'updatedBy'>>(kind: NamedValues<T>): Delete =>
    (state, tenant = 'acme') =>
      decideDelete(kind, { ...of, tenant, name: 'A' }, state);
  const kinds: readonly (readonly [Delete, before: Partial<Application>, deleted: ApplicationEvent, string])[] = [
    [
      remove(VARIABLES),
      { variables: [one, two] },
      { type: 'VariableDeleted', data: { ...anApplication({ variables: [two] }), variable: 'A' } },
      'VARIABLE_NOT_FOUND',
    ],
    [
      remove(SECRETS),
      { secrets: [first, second] },
      { type: 'SecretDeleted', data: { ...anApplication({ secrets: [second] }), secret: 'A' } },
      'SECRET_NOT_FOUND',
    ],
    [
      remove(LIMITS),
      { limits: [narrow, wide] },
      { type: 'LimitDeleted', data: { ...anApplication({ limits: [wide] }), limit: 'A' } },
      'LIMIT_NOT_FOUND',
    ],
    [
      remove(TLS),
      { tls: [own, other] },
      { type: 'TlsDeleted', data: { ...anApplication({ tls: [other] }), tlsName: 'A' } },
      'TLS_NOT_FOUND',
    ],
  ];
  for (const [deleting, before, deleted, missing] of kinds) {
    it(`${deleted.type}: records the application without it, and rejects one that is not there`, () => {
      given(applicationCreated(before)).when(deleting).then(deleted);
      given(applicationCreated()).when(deleting).thenRejected(missing);
      given(applicationCreated(before))
        .when((state) => deleting(state, 'other'))
        .thenRejected('APPLICATION_NOT_FOUND');
    });
  }
});
