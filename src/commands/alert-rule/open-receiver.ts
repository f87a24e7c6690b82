import { type DomainError, rejectField } from '../../domain/domain-error.ts';
import type { SecretReceiver } from '../../domain/events/index.ts';
import { rejectedOrigin, TargetRejected, targetUrl } from '../../domain/targets/index.ts';
import type { Tenant } from '../../domain/values.ts';
import { loadApplicationOf } from '../application/applications.ts';
import type { CommandDeps } from '../command-deps.ts';

/** Where a receiver is called, with its secret in clear. */
export type OpenedReceiver = {
  readonly url: URL;
  readonly secret: string;
  /** What may not be in an answer, an error or a record. */
  readonly hidden: readonly string[];
};

export type OpenReceiver = (tenant: Tenant, receiver: SecretReceiver) => Promise<OpenedReceiver>;

/**
 * Opens the secret that a receiver is called with. Its rejections name the field of the receiver, and nothing of what is
 * in the secret.
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

/** What of a URL may be repeated by the one who was called, or by an error. */
const partsOf = ({ href, host, hostname, pathname, search, searchParams }: URL): readonly string[] => [
  ...[href, host, hostname, `${pathname}${search}`, pathname],
  ...pathname.split('/'),
  ...searchParams.values(),
];
