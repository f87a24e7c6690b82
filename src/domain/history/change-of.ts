import { defined } from '../defined.ts';
import { differences } from '../difference.ts';
import {
  type Actor,
  type Application,
  type Calendar,
  type DomainEvent,
  type EventOf,
  type EventType,
  JobDefaults,
  type JobDefinition,
  type Pause,
  type Secret,
  type TlsSettings,
} from '../events/index.ts';
import { findNamed } from '../named-values/keys.ts';
import { omittedWhereLarge } from '../omitted.ts';
import { maskSealed } from '../redaction/mask.ts';
import type { Tenant } from '../values.ts';

/** The name of a change in histories and audits, by event: the API operation that makes such a change. */
export const ACTIONS = {
  JobCreated: 'createJob',
  JobUpdated: 'updateJob',
  JobEnabled: 'enableJob',
  JobDisabled: 'disableJob',
  JobDeleted: 'deleteJob',
  ApplicationCreated: 'createApplication',
  ApplicationUpdated: 'updateApplication',
  ApplicationDeleted: 'deleteApplication',
  VariableSet: 'setApplicationVariable',
  VariableDeleted: 'deleteApplicationVariable',
  SecretSet: 'setApplicationSecret',
  SecretDeleted: 'deleteApplicationSecret',
  LimitSet: 'setApplicationLimit',
  LimitDeleted: 'deleteApplicationLimit',
  TlsSet: 'setApplicationTls',
  TlsDeleted: 'deleteApplicationTls',
  SecretsErased: 'eraseApplicationSecrets',
  CalendarSet: 'setCalendar',
  CalendarDeleted: 'deleteCalendar',
  AlertRuleSet: 'setAlertRule',
  AlertRuleDeleted: 'deleteAlertRule',
  PauseSet: 'setPause',
  PauseLifted: 'liftPause',
  TokenCreated: 'createToken',
  TokenRevoked: 'revokeToken',
  JobAcknowledged: 'acknowledgeJob',
  AcknowledgementEnded: 'endAcknowledgement',
  ViewSaved: 'saveView',
  ViewDeleted: 'deleteView',
  SessionsEnded: 'endSessions',
  AllowedTargetsSet: 'setAllowedTargets',
  AllowedTargetsReset: 'resetAllowedTargets',
  TenantErasureRequested: 'eraseTenant',
  TestCallRequested: 'previewJob',
  OperationCancelled: 'cancelOperation',
  CancelRequested: 'cancelExecution',
  ExecutionCancelled: 'cancelExecution',
  BackfillRequested: 'requestBackfill',
  BackfillCancelled: 'cancelBackfill',
} as const satisfies Partial<Record<EventType, string>>;

/** Operations are named by what they process, requests for an execution by what requested it. */
const BULK_ACTIONS = { jobs: 'bulkUpdateJobs', executions: 'bulkUpdateExecutions' } as const;
const REQUEST_ACTIONS = { manual: 'triggerJob', rerun: 'rerunExecution' } as const;

/** A field changed by a version; `from` or `to` is absent if the field was added or removed. Secrets are masked. */
type FieldChange = {
  /** JSON pointer to the field. */
  readonly path: string;
  readonly from?: unknown;
  readonly to?: unknown;
};

/** The compared fields of a version. */
type Fields = Readonly<Record<string, unknown>>;

/** Fields that the server sets and that are not part of a change. */
const SET_BY_SERVER = [
  'jobId',
  'tenant',
  'scheduleSince',
  'createdAt',
  'createdBy',
  'updatedAt',
  'updatedBy',
] as const satisfies readonly (keyof JobDefinition)[];

/** The fields of a job that are compared between versions. */
export const comparedJobFields = (definition: JobDefinition): Fields => {
  const hidden: ReadonlySet<string> = new Set(SET_BY_SERVER);
  return Object.fromEntries(Object.entries(definition).filter(([field]) => !hidden.has(field)));
};

/**
 * Compares a version with the previous one field by field; without one, every field is new. A secret sealed again with the
 * same value is no change.
 */
export const changedFields = (before: Fields | undefined, after: Fields): FieldChange[] =>
  differences(before ?? {}, after).map(({ pointer, before: from, after: to }) => ({
    path: pointer,
    ...(from === undefined ? {} : { from: shown(from) }),
    ...(to === undefined ? {} : { to: shown(to) }),
  }));

/** Masks secrets and omits values over 4 KiB. */
const shown = (value: unknown): unknown => omittedWhereLarge(maskSealed(value));

/** Excludes the sealed value: the fingerprint shows whether the value changed. */
const secretFields = (secret: Secret | undefined): Fields => {
  if (secret === undefined) return {};
  const { value, allowedOrigins, signing } = secret;
  return {
    value: { $sealed: { ...value.$sealed, box: '' } },
    ...defined({ allowedOrigins, signing }),
  };
};

/** Excludes the sealed key, like `secretFields`. */
const tlsFields = (settings: TlsSettings | undefined): Fields => {
  if (settings === undefined) return {};
  const { origins, ca, certificate, key } = settings;
  return {
    origins,
    ...defined({ ca, certificate }),
    ...(key === undefined ? {} : { key: { $sealed: { ...key.$sealed, box: '' } } }),
  };
};

const calendarFields = ({ dates, description }: Calendar): Fields => ({
  dates,
  ...defined({ description }),
});

const pauseFields = ({ scope, applicationId, target, ...pause }: Pause): Fields => {
  const { catchUp, reason, createdAt, from, until, liftedAt } = pause;
  return {
    scope,
    ...(applicationId === undefined && target === undefined ? {} : { of: applicationId ?? target }),
    ...defined({ catchUp, reason }),
    createdAt,
    ...defined({ from, until, liftedAt }),
  };
};

export const CHANGED_KINDS = [
  'job',
  'application',
  'variable',
  'secret',
  'limit',
  'tls',
  'calendar',
  'pause',
  'alertRule',
  'token',
  'acknowledgement',
  'view',
  'session',
  'tenant',
  'allowedTargets',
  'operation',
  'execution',
  'backfill',
  'testCall',
] as const;
export type ChangedKind = (typeof CHANGED_KINDS)[number];

/** The changed resource: it has an id, a name within its tenant, or a name within its application. */
export type ChangedObject = {
  readonly kind: ChangedKind;
  readonly id?: number;
  readonly name?: string;
  readonly applicationId?: number;
};

/** The allowed targets of the installation, which has one list. */
export const ALLOWED_TARGETS_OBJECT: ChangedObject = { kind: 'allowedTargets', name: 'installation' };

/** A requested change, as recorded by an event. */
type Change = {
  readonly tenant: Tenant;
  readonly action: string;
  readonly of: ChangedObject;
  /**
   * Fields that histories compare, without secret values. Absent for a deleted resource, without a history, and for a job,
   * whose versions are kept whole.
   */
  readonly fields?: Readonly<Record<string, unknown>>;
};

/** Events that may record a change. Others record the result of one, or what the engine did without a request. */
type ChangeEvent = EventOf<keyof typeof ACTIONS | 'OperationRequested' | 'ExecutionRequested'>;

const CHANGE_EVENTS: ReadonlySet<string> = new Set([
  ...Object.keys(ACTIONS),
  'OperationRequested',
  'ExecutionRequested',
]);
export const isChangeEvent = (event: DomainEvent): event is ChangeEvent => CHANGE_EVENTS.has(event.type);

/** The change that an event records; `undefined` if the engine acted without a request. */
export const changeOf = (event: ChangeEvent, actor: Actor): Change | undefined => {
  const action = actionOf(event, actor);
  return action === undefined ? undefined : { tenant: event.data.tenant, action, ...changedBy(event) };
};

const actionOf = (event: ChangeEvent, { type }: Actor): string | undefined => {
  const isOfCaller = type === 'user' || type === 'token';
  if (event.type === 'OperationRequested') return BULK_ACTIONS[event.data.work.of];
  if (event.type === 'ExecutionRequested') {
    const { trigger } = event.data;
    return trigger === 'manual' || trigger === 'rerun' ? REQUEST_ACTIONS[trigger] : undefined;
  }
  // An execution that was not running is cancelled immediately: this event names who requested it.
  if (event.type === 'ExecutionCancelled' && (event.data.error.code !== 'CANCELLED' || !isOfCaller)) return undefined;
  if (event.type === 'CancelRequested' && event.data.reason !== 'CANCELLED') return undefined;
  if (event.type === 'BackfillCancelled' && event.data.reason !== 'CANCELLED') return undefined;
  return ACTIONS[event.type];
};

const changedBy = (event: ChangeEvent): Pick<Change, 'of' | 'fields'> => {
  switch (event.type) {
    case 'JobCreated':
    case 'JobUpdated':
    case 'JobEnabled':
    case 'JobDisabled':
    case 'JobDeleted': {
      const { jobId: id, name, applicationId } = event.data;
      return { of: { kind: 'job', id, name, applicationId } };
    }
    case 'ApplicationCreated':
    case 'ApplicationUpdated':
    case 'SecretsErased': {
      const { name, displayName, erasedGeneration } = event.data;
      const fields = { name, displayName, ...JobDefaults.parse(event.data), ...defined({ erasedGeneration }) };
      return { of: applicationOf(event.data), fields };
    }
    case 'ApplicationDeleted':
      return { of: applicationOf(event.data), fields: {} };
    case 'VariableSet':
    case 'VariableDeleted': {
      const { variable: name, variables, applicationId } = event.data;
      const { value } = findNamed(variables, name) ?? {};
      return { of: { kind: 'variable', name, applicationId }, fields: defined({ value }) };
    }
    case 'SecretSet':
    case 'SecretDeleted': {
      const { secret: name, secrets, applicationId } = event.data;
      return { of: { kind: 'secret', name, applicationId }, fields: secretFields(findNamed(secrets, name)) };
    }
    case 'LimitSet':
    case 'LimitDeleted': {
      const { limit: name, limits, applicationId } = event.data;
      const { parallel, rate } = findNamed(limits, name) ?? {};
      return { of: { kind: 'limit', name, applicationId }, fields: defined({ parallel, rate }) };
    }
    case 'TlsSet':
    case 'TlsDeleted': {
      const { tlsName: name, tls, applicationId } = event.data;
      return { of: { kind: 'tls', name, applicationId }, fields: tlsFields(findNamed(tls, name)) };
    }
    case 'CalendarSet':
    case 'CalendarDeleted': {
      const { name } = event.data;
      return { of: { kind: 'calendar', name }, fields: event.type === 'CalendarSet' ? calendarFields(event.data) : {} };
    }
    case 'PauseSet':
    case 'PauseLifted': {
      const { pauseId: id, applicationId } = event.data;
      return { of: { kind: 'pause', id, ...defined({ applicationId }) }, fields: pauseFields(event.data) };
    }
    case 'AlertRuleSet':
    case 'AlertRuleDeleted': {
      const { name, applicationId } = event.data;
      return { of: { kind: 'alertRule', name, ...defined({ applicationId }) } };
    }
    case 'TokenCreated':
    case 'TokenRevoked':
      return { of: { kind: 'token', id: event.data.tokenId, name: event.data.name } };
    case 'JobAcknowledged':
    case 'AcknowledgementEnded': {
      const { jobId: id, applicationId } = event.data;
      return { of: { kind: 'acknowledgement', id, applicationId } };
    }
    case 'ViewSaved':
    case 'ViewDeleted':
      return { of: { kind: 'view', name: event.data.name } };
    case 'SessionsEnded':
      return { of: { kind: 'session', name: String(event.data.callerId) } };
    case 'AllowedTargetsSet':
    case 'AllowedTargetsReset': {
      const { targets } = event.data;
      return { of: ALLOWED_TARGETS_OBJECT, fields: event.type === 'AllowedTargetsSet' ? { targets } : {} };
    }
    case 'TenantErasureRequested':
      return { of: { kind: 'tenant', name: event.data.tenant } };
    case 'TestCallRequested': {
      const { applicationId, jobId: id, line: name } = event.data;
      return { of: { kind: 'testCall', ...defined({ id }), name, applicationId } };
    }
    case 'OperationRequested':
    case 'OperationCancelled':
      return { of: { kind: 'operation', id: event.data.operationId } };
    case 'ExecutionRequested':
    case 'CancelRequested':
    case 'ExecutionCancelled': {
      const { executionId: id, applicationId } = event.data;
      return { of: { kind: 'execution', id, applicationId } };
    }
    case 'BackfillRequested':
    case 'BackfillCancelled': {
      const { backfillId: id, applicationId } = event.data;
      return { of: { kind: 'backfill', id, applicationId } };
    }
  }
};

const applicationOf = ({ applicationId, name }: Application): ChangedObject => ({
  kind: 'application',
  id: applicationId,
  name,
  applicationId,
});
