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
import { maskSealed } from '../redaction/index.ts';
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
  switch (event.type) {
    case 'JobCreated':
    case 'JobUpdated':
    case 'JobEnabled':
    case 'JobDisabled':
    case 'JobDeleted': {
      const { tenant, jobId: id, name, applicationId } = event.data;
      return { tenant, action: ACTIONS[event.type], of: { kind: 'job', id, name, applicationId } };
    }
    case 'ApplicationCreated':
    case 'ApplicationUpdated':
    case 'SecretsErased': {
      const { name, displayName, erasedGeneration } = event.data;
      const erased = defined({ erasedGeneration });
      const fields = { name, displayName, ...JobDefaults.parse(event.data), ...erased };
      return { ...ofApplication(event), of: { ...ofApplication(event).of, kind: 'application', name }, fields };
    }
    case 'ApplicationDeleted': {
      const of = { ...ofApplication(event).of, kind: 'application', name: event.data.name } as const;
      return { ...ofApplication(event), of, fields: {} };
    }
    case 'VariableSet':
    case 'VariableDeleted': {
      const { variable: name, variables } = event.data;
      const found = findNamed(variables, name);
      return ofNamed(event, { kind: 'variable', name }, found === undefined ? {} : { value: found.value });
    }
    case 'SecretSet':
    case 'SecretDeleted': {
      const { secret: name, secrets } = event.data;
      return ofNamed(event, { kind: 'secret', name }, secretFields(findNamed(secrets, name)));
    }
    case 'LimitSet':
    case 'LimitDeleted': {
      const { limit: name, limits } = event.data;
      const { parallel, rate } = findNamed(limits, name) ?? {};
      const fields = defined({ parallel, rate });
      return ofNamed(event, { kind: 'limit', name }, fields);
    }
    case 'TlsSet':
    case 'TlsDeleted': {
      const { tlsName: name, tls } = event.data;
      return ofNamed(event, { kind: 'tls', name }, tlsFields(findNamed(tls, name)));
    }
    case 'CalendarSet':
      return ofCalendar(event, calendarFields(event.data));
    case 'CalendarDeleted':
      return ofCalendar(event, {});
    case 'PauseSet':
    case 'PauseLifted': {
      const { tenant, pauseId: id, applicationId } = event.data;
      const of = { kind: 'pause', id, ...defined({ applicationId }) } as const;
      return { tenant, action: ACTIONS[event.type], of, fields: pauseFields(event.data) };
    }
    case 'AlertRuleSet':
    case 'AlertRuleDeleted': {
      const { tenant, name, applicationId } = event.data;
      const of = { kind: 'alertRule', name, ...defined({ applicationId }) } as const;
      return { tenant, action: ACTIONS[event.type], of };
    }
    case 'TokenCreated':
    case 'TokenRevoked': {
      const { tenant, tokenId: id, name } = event.data;
      return { tenant, action: ACTIONS[event.type], of: { kind: 'token', id, name } };
    }
    case 'JobAcknowledged':
    case 'AcknowledgementEnded': {
      const { tenant, jobId: id, applicationId } = event.data;
      return { tenant, action: ACTIONS[event.type], of: { kind: 'acknowledgement', id, applicationId } };
    }
    case 'ViewSaved':
    case 'ViewDeleted': {
      const { tenant, name } = event.data;
      return { tenant, action: ACTIONS[event.type], of: { kind: 'view', name } };
    }
    case 'SessionsEnded': {
      const { tenant, callerId } = event.data;
      return { tenant, action: ACTIONS[event.type], of: { kind: 'session', name: String(callerId) } };
    }
    case 'AllowedTargetsSet':
    case 'AllowedTargetsReset': {
      const { tenant, targets } = event.data;
      const fields = event.type === 'AllowedTargetsSet' ? { targets } : {};
      return { tenant, action: ACTIONS[event.type], of: ALLOWED_TARGETS_OBJECT, fields };
    }
    case 'TenantErasureRequested': {
      const { tenant } = event.data;
      return { tenant, action: ACTIONS[event.type], of: { kind: 'tenant', name: tenant } };
    }
    case 'TestCallRequested': {
      const { tenant, applicationId, jobId, line } = event.data;
      const id = defined({ id: jobId });
      return {
        tenant,
        action: ACTIONS[event.type],
        of: { kind: 'testCall', ...id, name: line, applicationId },
      };
    }
    case 'OperationRequested': {
      const { tenant, operationId: id, work } = event.data;
      return { tenant, action: BULK_ACTIONS[work.of], of: { kind: 'operation', id } };
    }
    case 'OperationCancelled':
      return {
        tenant: event.data.tenant,
        action: ACTIONS[event.type],
        of: { kind: 'operation', id: event.data.operationId },
      };
    case 'ExecutionRequested': {
      const { trigger } = event.data;
      return trigger === 'manual' || trigger === 'rerun' ? ofExecution(event, REQUEST_ACTIONS[trigger]) : undefined;
    }
    case 'CancelRequested':
      return event.data.reason === 'CANCELLED' ? ofExecution(event, ACTIONS[event.type]) : undefined;
    case 'ExecutionCancelled':
      // An execution that was not running is cancelled immediately: this event names who requested it.
      return event.data.error.code === 'CANCELLED' && isAsked(actor)
        ? ofExecution(event, ACTIONS[event.type])
        : undefined;
    case 'BackfillRequested':
      return ofBackfill(event);
    case 'BackfillCancelled':
      return event.data.reason === 'CANCELLED' ? ofBackfill(event) : undefined;
  }
};

const isAsked = ({ type }: Actor): boolean => type === 'user' || type === 'token';

type OfApplication = EventOf<
  | 'ApplicationCreated'
  | 'ApplicationUpdated'
  | 'ApplicationDeleted'
  | 'VariableSet'
  | 'VariableDeleted'
  | 'SecretSet'
  | 'SecretDeleted'
  | 'LimitSet'
  | 'LimitDeleted'
  | 'TlsSet'
  | 'TlsDeleted'
  | 'SecretsErased'
>;

const ofApplication = ({ type, data }: { type: OfApplication['type']; data: Application }) => ({
  tenant: data.tenant,
  action: ACTIONS[type],
  of: { id: data.applicationId, applicationId: data.applicationId },
});

const ofNamed = (
  { type, data }: OfApplication,
  { kind, name }: { readonly kind: ChangedKind; readonly name: string },
  fields: NonNullable<Change['fields']>,
): Change => ({
  tenant: data.tenant,
  action: ACTIONS[type],
  of: { kind, name, applicationId: data.applicationId },
  fields,
});

const ofCalendar = (
  { type, data }: EventOf<'CalendarSet' | 'CalendarDeleted'>,
  fields: NonNullable<Change['fields']>,
): Change => ({ tenant: data.tenant, action: ACTIONS[type], of: { kind: 'calendar', name: data.name }, fields });

type OfExecution = EventOf<'ExecutionRequested' | 'CancelRequested' | 'ExecutionCancelled'>;

const ofExecution = ({ data }: OfExecution, action: string): Change => {
  const { tenant, applicationId, executionId: id } = data;
  return { tenant, action, of: { kind: 'execution', id, applicationId } };
};

const ofBackfill = ({ type, data }: EventOf<'BackfillRequested' | 'BackfillCancelled'>): Change => {
  const { tenant, applicationId, backfillId: id } = data;
  return { tenant, action: ACTIONS[type], of: { kind: 'backfill', id, applicationId } };
};
