import type { AlertReceiver, AlertRule } from '../../domain/events/index.ts';
import { refuseField } from '../../domain/refusal.ts';
import { loadApplicationOf } from '../application/applications.ts';
import type { CommandDeps } from '../command-deps.ts';
import type { SetAlertRule } from './alert-rule-input.ts';

type ReceiverInput = SetAlertRule['receivers'][number];
type CheckInput = Pick<AlertRule, 'tenant' | 'applicationId'> & { readonly receivers: readonly ReceiverInput[] };
type CheckedReceivers = { readonly receivers: AlertReceiver[]; readonly warnings: readonly string[] };

/**
 * Checks where a rule would send its notifications.
 * @throws Refusal TARGET_BLOCKED, EMAIL_NOT_ALLOWED, UNKNOWN_APPLICATION, SIGNING_KEY_MISSING
 */
export const checkReceivers = async (
  deps: Pick<CommandDeps, 'store' | 'alerts'>,
  { tenant, applicationId, receivers }: CheckInput,
): Promise<CheckedReceivers> => {
  const checked: AlertReceiver[] = [];
  const warnings: string[] = [];
  for (const [index, receiver] of receivers.entries()) {
    const at = `/receivers/${index}`;
    switch (receiver.type) {
      case 'email': {
        const refusal = deps.alerts.mailRefusal(receiver.to);
        if (refusal !== undefined) throw refuseField('EMAIL_NOT_ALLOWED', `${at}/to`, refusal);
        checked.push(receiver);
        break;
      }
      case 'webhook': {
        const { url } = receiver;
        const signedBy = signerOf(receiver, { applicationId, pointer: `${at}/signedBy` });
        await requireSigningKey(deps, { tenant, signedBy, pointer: `${at}/signedBy` });
        warnings.push(...(await deps.alerts.checkWebhook(url, { tenant, pointer: `${at}/url` })));
        checked.push({ type: 'webhook', url, signedBy });
        break;
      }
    }
  }
  return { receivers: checked, warnings };
};

type Signer = { readonly applicationId: number | undefined; readonly pointer: string };

const signerOf = (
  { signedBy }: Extract<ReceiverInput, { type: 'webhook' }>,
  { applicationId, pointer }: Signer,
): number => {
  if (applicationId === undefined) {
    if (signedBy !== undefined) return signedBy;
    const why = 'a rule of the whole tenant has to name the application whose signing keys sign its notifications';
    throw refuseField('BAD_INPUT', pointer, why);
  }
  if (signedBy === undefined || signedBy === applicationId) return applicationId;
  const why = `the application of the rule signs, ${applicationId}: leave it out`;
  throw refuseField('BAD_INPUT', pointer, why);
};

type SignedBy = { readonly tenant: string; readonly signedBy: number; readonly pointer: string };

const requireSigningKey = async (
  { store }: Pick<CommandDeps, 'store'>,
  { tenant, signedBy, pointer }: SignedBy,
): Promise<void> => {
  const application = await loadApplicationOf(store, signedBy, tenant);
  if (application === undefined) {
    throw refuseField('UNKNOWN_APPLICATION', pointer, `there is no application ${signedBy}`);
  }
  if (application.secrets?.some(({ signing }) => signing)) return;
  const why = `application ${signedBy} has no signing key: set a secret of it with "signing": true first`;
  throw refuseField('SIGNING_KEY_MISSING', pointer, why);
};
