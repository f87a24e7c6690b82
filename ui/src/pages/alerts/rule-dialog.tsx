import { useState } from 'preact/hooks';
import type { AlertRule } from '../../../../packages/client/src/schema.ts';
import { api, done, reasonHeader } from '../../api/client.ts';
import { changed } from '../../api/queries.ts';
import { ActDialog } from '../../components/act-dialog.tsx';
import { ApplicationField } from '../../components/application-field.tsx';
import { FormField } from '../../components/form-field.tsx';
import { FormSelect } from '../../components/form-select.tsx';
import { JOB_FIELD, namedJob } from '../../components/named-job.ts';
import { showSuccess } from '../../components/toasts.tsx';
import { formatCode } from '../../format/codes.ts';
import { printLabels, readLabels } from '../edit-job/lines.ts';
import { type Receiver, SECRET_TYPES, type SecretType } from './receiver.ts';

type RuleDialogProps = { readonly rule: AlertRule | undefined; readonly onClose: () => void };

const SCOPES = [
  ['application', 'Jobs of an application'],
  ['job', 'One job'],
  ['tenant', 'All jobs of the tenant'],
] as const;
const KINDS = [
  ['failures', 'Failures in a row'],
  ['missed', 'Slot missed'],
  ['skipped', 'Slot skipped'],
  ['late', 'Call late by more than…'],
  ['noSuccess', 'No success for…'],
  ['notRun', 'No run for…'],
  ['notTaken', 'No worker for…'],
  ['noSlots', 'No slots to come'],
  ['running', 'Run takes longer than…'],
  ['disabled', 'Disabled after failures'],
] as const;
type Reason = NonNullable<Extract<AlertRule['condition'], { kind: 'skipped' }>['reason']>;
const REASONS = [
  'TOO_LATE',
  'OVERLAP',
  'LIMIT',
  'ENGINE_DOWN',
  'ENGINE_BEHIND',
  'ENGINE_BUSY',
  'PARKED',
  'CALENDAR',
  'PAUSED',
  'MAX_RUNS',
  'EDITED',
  'DISABLED',
  'DELETED',
  'CANCELLED',
] as const satisfies readonly Reason[];
type Kind = AlertRule['condition']['kind'];

/** Edits an alert rule. Properties without a field here, such as maintenance, are kept. */
export const RuleDialog = ({ rule, onClose }: RuleDialogProps) => {
  const [name, setName] = useState(rule?.name ?? '');
  const [scope, setScope] = useState<AlertRule['scope']>(rule?.scope ?? 'application');
  const [of, setOf] = useState(String(rule?.of ?? ''));
  const [labels, setLabels] = useState(printLabels(rule?.labels));
  const [kind, setKind] = useState<Kind>(rule?.condition.kind ?? 'failures');
  const [amount, setAmount] = useState(amountOf(rule?.condition) ?? '3');
  const [slotReason, setSlotReason] = useState(reasonOf(rule?.condition));
  const [message, setMessage] = useState(rule?.message ?? '');
  const [urls, setUrls] = useState(receiversOf(rule, 'webhook'));
  const [addresses, setAddresses] = useState(receiversOf(rule, 'email'));
  const [secrets, setSecrets] = useState<Readonly<Partial<Record<SecretType, string>>>>({});
  const [owner, setOwner] = useState(ownerOf(rule));
  const isOfTenant = scope === 'tenant';
  const secretsOf = (type: SecretType) => secrets[type] ?? receiversOf(rule, type);
  const save = async (reason: string) => {
    const common = {
      condition: conditionOf(kind, { amount, reason: slotReason }),
      ...(message === '' ? {} : { message }),
      receivers: [
        ...linesOf(urls).map((url) => ({
          type: 'webhook' as const,
          url,
          ...(isOfTenant && owner !== '' ? { signedBy: Number(owner) } : {}),
        })),
        ...linesOf(addresses).map((to) => ({ type: 'email' as const, to })),
        ...SECRET_TYPES.flatMap(([type]) =>
          linesOf(secretsOf(type)).map((secret) => ({
            ...asItIs(rule, { type, secret }),
            ...(isOfTenant && owner !== '' ? { secretApplicationId: Number(owner) } : {}),
          })),
        ),
      ],
      ...(rule === undefined
        ? {}
        : { groupWait: rule.groupWait, atMostEvery: rule.atMostEvery, maintenance: [...rule.maintenance] }),
      ...(rule?.description === undefined ? {} : { description: rule.description }),
    };
    const ofJobs = { ...common, labels: readLabels(labels) ?? null };
    const body =
      scope === 'tenant'
        ? { scope, ...ofJobs }
        : scope === 'application'
          ? { scope, of: Number(of), ...ofJobs }
          : { scope, of: namedJob(of), ...common };
    await done(api.PUT('/alert-rules/{name}', { params: { path: { name }, header: reasonHeader(reason) }, body }));
    changed();
    showSuccess(`Saved ${name}`);
  };
  return (
    <ActDialog
      title={rule === undefined ? 'New alert rule' : `Edit ${rule.name}`}
      verb="Save"
      act={save}
      onClose={onClose}
    >
      <FormField label="Name" pointer="/name" value={name} onValue={setName} isFixed={rule !== undefined} />
      <FormSelect
        label="Scope"
        pointer="/scope"
        value={scope}
        onValue={(value) => {
          setScope(SCOPES.find(([each]) => each === value)?.[0] ?? scope);
          setOf('');
        }}
        options={SCOPES}
      />
      {scope === 'application' ? (
        <ApplicationField label="Application" pointer="/of" value={of} onValue={setOf} />
      ) : scope === 'job' ? (
        <FormField {...JOB_FIELD} value={of} onValue={setOf} />
      ) : null}
      {scope === 'job' ? null : (
        <FormField
          label="Labels"
          pointer="/labels"
          value={labels}
          onValue={setLabels}
          isRequired={false}
          hint="Only jobs with all of these labels: team:blue, stage:test"
        />
      )}
      <FormSelect
        label="Condition"
        pointer="/condition/kind"
        value={kind}
        onValue={(value) => setKind(KINDS.find(([each]) => each === value)?.[0] ?? kind)}
        options={KINDS}
      />
      {kind === 'missed' || kind === 'skipped' ? (
        <FormSelect
          label="Reason"
          pointer="/condition/reason"
          value={slotReason ?? 'any'}
          onValue={(value) => setSlotReason(REASONS.find((each) => each === value))}
          options={[['any', 'Any'], ...REASONS.map((each) => [each, formatCode(each)] as const)]}
        />
      ) : kind === 'disabled' || kind === 'noSlots' ? null : (
        <FormField
          label={kind === 'failures' ? 'Count' : 'Duration'}
          pointer="/condition"
          value={amount}
          onValue={setAmount}
          hint={kind === 'failures' ? '1 to 1,000' : 'Such as 90s, 15m or 1d'}
        />
      )}
      <FormField
        label="Message"
        pointer="/message"
        value={message}
        onValue={setMessage}
        isRequired={false}
        hint={`Placeholders: \${job}, \${application}, \${condition}, \${count}, \${url}. If empty: the default message`}
      />
      <FormField
        label="Webhooks"
        kind="lines"
        pointer="/receivers"
        value={urls}
        onValue={setUrls}
        isRequired={false}
        hint="URLs, one per line. Requests are signed if the application has a signing key"
      />
      <FormField
        label="E-mail"
        kind="lines"
        value={addresses}
        onValue={setAddresses}
        isRequired={false}
        hint="One per line"
      />
      {SECRET_TYPES.map(([type, label]) => (
        <FormField
          key={type}
          label={label}
          kind="lines"
          value={secretsOf(type)}
          onValue={(value) => setSecrets({ ...secrets, [type]: value })}
          isRequired={false}
          hint={`Secrets of the application with the ${type === 'pagerduty' ? 'routing keys' : 'URLs'}, one name per line`}
        />
      ))}
      {isOfTenant ? (
        <ApplicationField
          label="Application with the keys and secrets (not needed for email)"
          value={owner}
          onValue={setOwner}
          isRequired={false}
        />
      ) : null}
    </ActDialog>
  );
};

const linesOf = (text: string): readonly string[] => text.split(/\s+/).filter((line) => line !== '');

type Condition = AlertRule['condition'];

const amountOf = (condition: Condition | undefined): string | undefined => {
  if (condition === undefined) return undefined;
  if (condition.kind === 'failures') return String(condition.count);
  return 'over' in condition ? String(condition.over) : undefined;
};

const reasonOf = (condition: Condition | undefined): Reason | undefined =>
  condition?.kind === 'missed' || condition?.kind === 'skipped' ? condition.reason : undefined;

type ConditionFields = { readonly amount: string; readonly reason: Reason | undefined };

const conditionOf = (kind: Kind, { amount, reason }: ConditionFields): Condition => {
  switch (kind) {
    case 'failures':
      return { kind, count: Number(amount) };
    case 'late':
    case 'noSuccess':
    case 'notRun':
    case 'notTaken':
    case 'running':
      return { kind, over: amount };
    case 'missed':
    case 'skipped':
      return reason === undefined ? { kind } : { kind, reason };
    case 'noSlots':
    case 'disabled':
      return { kind };
  }
};

const receiversOf = (rule: AlertRule | undefined, type: Receiver['type']): string =>
  (rule?.receivers ?? [])
    .filter((receiver) => receiver.type === type)
    .map(lineOf)
    .join('\n');

const lineOf = (receiver: Receiver): string => {
  switch (receiver.type) {
    case 'webhook':
      return receiver.url;
    case 'email':
      return receiver.to;
    case 'slack':
    case 'teams':
    case 'pagerduty':
      return receiver.secret;
  }
};

type NamedSecret = { readonly type: SecretType; readonly secret: string };

/** Keeps properties without a field, such as the severity. */
const asItIs = (rule: AlertRule | undefined, { type, secret }: NamedSecret) => {
  const stored = rule?.receivers.find((each) => each.type === type && each.secret === secret);
  if (stored === undefined || !('secret' in stored)) return { type, secret };
  const { secretApplicationId: _, ...receiver } = stored;
  return receiver;
};

/** The application with the signing keys and secrets, for a tenant-wide rule. */
const ownerOf = (rule: AlertRule | undefined): string => {
  const owners = rule?.receivers.flatMap((receiver) => {
    if (receiver.type === 'webhook') return [receiver.signedBy];
    return 'secretApplicationId' in receiver ? [receiver.secretApplicationId] : [];
  });
  return String(owners?.[0] ?? '');
};
