import type { EventType } from '../events/index.ts';

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
export const BULK_ACTIONS = { jobs: 'bulkUpdateJobs', executions: 'bulkUpdateExecutions' } as const;
export const REQUEST_ACTIONS = { manual: 'triggerJob', rerun: 'rerunExecution' } as const;
