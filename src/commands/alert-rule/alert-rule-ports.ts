import type { ResolveFor, TargetPolicy } from '../../domain/targets/index.ts';
import type { Tenant } from '../../domain/values.ts';
import { judgeTarget } from '../job/check-task.ts';

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

type AlertEdgeDeps = {
  readonly config: MailSettings;
  readonly policy: TargetPolicy;
  readonly resolveFor: ResolveFor;
};

export const createAlertRulePorts = ({ config, policy, resolveFor }: AlertEdgeDeps): AlertRulePorts => ({
  checkTarget: (url, { tenant, pointer }) => judgeTarget({ url }, { policy, resolve: resolveFor(tenant), pointer }),
  mailRejection: mailRejectionOf(config),
});

/** Creates the function that returns why mail can't be sent to an address. */
export const mailRejectionOf =
  ({ mail, emailDomains }: MailSettings): AlertRulePorts['mailRejection'] =>
  (address) => {
    if (mail === undefined) return 'email is not set up here: use a webhook, or ask the operator to set SMTP_URL';
    const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
    if (emailDomains.includes(domain)) return undefined;
    return `email to ${domain} is not allowed: ask the operator to add the domain to ALERT_EMAIL_DOMAINS`;
  };
