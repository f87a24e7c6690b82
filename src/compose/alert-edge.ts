import type { AlertEdge } from '../commands/alerts/alert-edge.ts';
import type { Config } from '../config.ts';
import { Refusal } from '../domain/refusal.ts';
import { checkTarget, type ResolveFor, type TargetPolicy, TargetRefused, targetUrl } from '../domain/targets/index.ts';

type AlertEdgeDeps = {
  readonly config: Config['alerts'];
  readonly policy: TargetPolicy;
  readonly resolveFor: ResolveFor;
};

/** Builds what commands need to check alert rules. */
export const createAlertEdge = ({ config, policy, resolveFor }: AlertEdgeDeps): AlertEdge => ({
  checkWebhook: async (text, { tenant, pointer }) => {
    const url = targetUrl({ url: text });
    if (url instanceof TargetRefused) throw refused(url, pointer);
    const checked = await checkTarget(url, policy, resolveFor(tenant));
    if (!checked.ok) throw refused(checked.refusal, pointer);
    return checked.warning === undefined ? [] : [checked.warning];
  },
  mailRefusal: mailRefusalOf(config),
});

const refused = ({ code, message }: TargetRefused, pointer: string): Refusal =>
  new Refusal(code, message, [{ pointer, message }]);

/** Makes what says why no mail may go to an address. */
export const mailRefusalOf =
  ({ mail, emailDomains }: Config['alerts']): AlertEdge['mailRefusal'] =>
  (address) => {
    if (mail === undefined) return 'the operator has set up no e-mail (SMTP_URL): use a webhook';
    const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
    if (emailDomains.includes(domain)) return undefined;
    return `e-mail may not go to ${domain}: the operator allows it by adding it to ALERT_EMAIL_DOMAINS`;
  };
