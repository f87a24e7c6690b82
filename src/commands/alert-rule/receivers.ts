import { DomainError, rejectField } from '../../domain/domain-error.ts';
import type { AlertReceiver, AlertRule, SecretReceiver } from '../../domain/events/index.ts';
import { redact } from '../../domain/redaction/redact.ts';
import { rejectedOrigin, TargetRejected, targetUrl } from '../../domain/targets/target-url.ts';
import type { Tenant } from '../../domain/values.ts';
import { knownApplication, loadApplicationOf } from '../application/applications.ts';
import type { CommandDeps } from '../command-deps.ts';
import type { SetAlertRule } from './alert-rule-input.ts';

/** External services that commands on alert rules use. */
export type AlertRulePorts = {
  /** Checks a receiver's URL like a job's target. @returns the warnings @throws DomainError at this pointer */
  checkTarget(url: string, at: { readonly tenant: Tenant; readonly pointer: string }): Promise<readonly string[]>;
  /** Why mail can't be sent to this address; `undefined` if it can. */
  mailRejection(address: string): string | undefined;
};

type MailSettings = {
  /** `undefined` if no mail is sent. */
  readonly mail: object | undefined;
  /** In lower case. */
  readonly emailDomains: readonly string[];
};

/** Creates the function that returns why mail can't be sent to an address. */
export const mailRejectionOf =
  ({ mail, emailDomains }: MailSettings): AlertRulePorts['mailRejection'] =>
  (address) => {
    if (mail === undefined) return 'email is not set up here: use a webhook, or ask the operator to set SMTP_URL';
    const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
    if (emailDomains.includes(domain)) return undefined;
    return `email to ${domain} is not allowed: ask the operator to add the domain to ALERT_EMAIL_DOMAINS`;
  };

type ReceiverInput = SetAlertRule['receivers'][number];
type CheckInput = Pick<AlertRule, 'tenant' | 'applicationId'> & { readonly receivers: readonly ReceiverInput[] };
type CheckedReceivers = { readonly receivers: AlertReceiver[]; readonly warnings: readonly string[] };
export type CheckReceivers = (input: CheckInput) => Promise<CheckedReceivers>;
/**
 * Checks the receivers of a rule's notifications.
 * @throws DomainError TARGET_BLOCKED, EMAIL_NOT_ALLOWED, UNKNOWN_APPLICATION, SIGNING_KEY_MISSING, SECRET_UNUSABLE,
 * SECRET_ORIGIN_NOT_ALLOWED
 */
export const checkReceivers = async (
  deps: CommandDeps,
  { tenant, applicationId, receivers }: CheckInput,
): Promise<CheckedReceivers> => {
  const checked: AlertReceiver[] = [];
  const warnings: string[] = [];
  for (const [index, receiver] of receivers.entries()) {
    const at = `/receivers/${index}`;
    switch (receiver.type) {
      case 'email': {
        const rejection = deps.alerts.mailRejection(receiver.to);
        if (rejection !== undefined) throw rejectField('EMAIL_NOT_ALLOWED', `${at}/to`, rejection);
        checked.push(receiver);
        break;
      }
      case 'webhook': {
        const { url } = receiver;
        const pointer = `${at}/signedBy`;
        const signedBy = ownerOf(receiver.signedBy, { applicationId, pointer, verb: SIGNS });
        await requireSigningKey(deps, { tenant, signedBy, pointer });
        warnings.push(...(await deps.alerts.checkTarget(url, { tenant, pointer: `${at}/url` })));
        checked.push({ type: 'webhook', url, signedBy });
        break;
      }
      case 'slack':
      case 'teams':
      case 'pagerduty': {
        const owner = { applicationId, pointer: `${at}/secretApplicationId`, verb: HAS };
        const named: SecretReceiver = {
          ...receiver,
          secretApplicationId: ownerOf(receiver.secretApplicationId, owner),
        };
        warnings.push(...(await checkSecret(deps, { tenant, receiver: named, at })));
        checked.push(named);
        break;
      }
    }
  }
  return { receivers: checked, warnings };
};

type OwnerInput = { readonly applicationId: number | undefined; readonly pointer: string; readonly verb: OwnerVerb };
/** What a rule uses the application for. */
type OwnerVerb = { readonly whose: string; readonly does: string };

const SIGNS: OwnerVerb = { whose: 'that signs its notifications', does: 'signs' };
const HAS: OwnerVerb = { whose: 'that has the secret', does: 'has the secret' };

/** The application with the secrets that a receiver needs. */
const ownerOf = (given: number | undefined, { applicationId, pointer, verb }: OwnerInput): number => {
  if (applicationId === undefined) {
    if (given !== undefined) return given;
    throw rejectField(
      'BAD_INPUT',
      pointer,
      `is required in a rule of the whole tenant: give the application ${verb.whose}`,
    );
  }
  if (given === undefined || given === applicationId) return applicationId;
  throw rejectField(
    'BAD_INPUT',
    pointer,
    `must be omitted, or ${applicationId}: the application of the rule ${verb.does}`,
  );
};

type SecretInput = { readonly tenant: Tenant; readonly receiver: SecretReceiver; readonly at: string };

/** @returns warnings; neither they nor rejections contain the secret's value */
const checkSecret = async (deps: CommandDeps, { tenant, receiver, at }: SecretInput): Promise<readonly string[]> => {
  const owner = { tenant, applicationId: receiver.secretApplicationId };
  await knownApplication(deps.store, owner, `${at}/secretApplicationId`);
  const pointer = receiver.type === 'pagerduty' ? '/url' : '/secret';
  let hide = (text: string): string => text;
  try {
    const { url, hidden } = await openReceiver(deps)(tenant, receiver);
    hide = redact(hidden).text;
    return (await deps.alerts.checkTarget(url.href, { tenant, pointer })).map(hide);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const errors = error.errors.map((each) => ({ pointer: `${at}${each.pointer}`, message: hide(each.message) }));
    throw new DomainError(error.code, hide(error.message), errors);
  }
};

type SignedBy = { readonly tenant: Tenant; readonly signedBy: number; readonly pointer: string };

const requireSigningKey = async (deps: CommandDeps, { tenant, signedBy, pointer }: SignedBy): Promise<void> => {
  const application = await knownApplication(deps.store, { tenant, applicationId: signedBy }, pointer);
  if (application.secrets?.some(({ signing }) => signing)) return;
  const why = `application ${signedBy} has no signing key: first set one of its secrets with "signing": true`;
  throw rejectField('SIGNING_KEY_MISSING', pointer, why);
};

/** A receiver's URL and secret, in clear. */
export type OpenedReceiver = {
  readonly url: URL;
  readonly secret: string;
  /** Texts that must not appear in responses, errors and records. */
  readonly hidden: readonly string[];
};

export type OpenReceiver = (tenant: Tenant, receiver: SecretReceiver) => Promise<OpenedReceiver>;

/**
 * Opens the secret of a receiver. Rejections name the receiver's field and never contain the secret's value.
 * @throws DomainError SECRET_UNUSABLE, SECRET_ORIGIN_NOT_ALLOWED, TARGET_BLOCKED
 */
export const openReceiver =
  ({ store, secrets }: CommandDeps): OpenReceiver =>
  async (tenant, receiver) => {
    const { secretApplicationId, secret: name } = receiver;
    const application = await loadApplicationOf(store, secretApplicationId, tenant);
    const stored = application?.secrets?.find((each) => each.name === name);
    if (stored === undefined) throw unusable(`application ${secretApplicationId} has no secret ${name}`);
    if (stored.signing) throw unusable(`the secret ${name} is a signing key, so it is never sent: name another secret`);
    const secret = await secrets
      .open({ tenant, applicationId: secretApplicationId }, stored.value, { kind: 'secret', name })
      .catch(({ message }: Error) => {
        throw unusable(`the secret ${name} cannot be opened: ${message}`);
      });
    const url = targetUrl({ url: receiver.type === 'pagerduty' ? receiver.url : secret });
    if (url instanceof TargetRejected) {
      if (receiver.type === 'pagerduty') throw rejectField(url.code, '/url', url.message);
      throw unusable(`the secret ${name} is not a URL that can be called`);
    }
    if (rejectedOrigin(stored.allowedOrigins, [url.origin]) !== undefined) {
      const why = `the secret ${name} cannot be sent there: add the origin to its allowedOrigins`;
      throw rejectField('SECRET_ORIGIN_NOT_ALLOWED', '/secret', why);
    }
    return { url, secret, hidden: receiver.type === 'pagerduty' ? [secret] : [secret, ...partsOf(url)] };
  };

const unusable = (why: string): DomainError => rejectField('SECRET_UNUSABLE', '/secret', why);

/** The parts of a URL that the called server or an error may repeat. */
const partsOf = ({ href, host, hostname, pathname, search, searchParams }: URL): readonly string[] => [
  ...[href, host, hostname, `${pathname}${search}`, pathname],
  ...pathname.split('/'),
  ...searchParams.values(),
];
