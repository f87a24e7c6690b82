import type { EventType } from '../events/index.ts';

/** What a change is called in histories and audits, by its event: the operation of the API that makes such a change. */
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
  SessionsEnded: 'endSessions',
  TenantErasureRequested: 'eraseTenant',
  TestCallRequested: 'previewJob',
  OperationCancelled: 'cancelOperation',
  CancelRequested: 'cancelExecution',
  ExecutionCancelled: 'cancelExecution',
  BackfillRequested: 'requestBackfill',
  BackfillCancelled: 'cancelBackfill',
} as const satisfies Partial<Record<EventType, string>>;

/** Of operations, by what they take; of requests for an execution, by what asked for it. */
export const BULK_ACTIONS = { jobs: 'bulkUpdateJobs', executions: 'bulkUpdateExecutions' } as const;
export const REQUEST_ACTIONS = { manual: 'triggerJob', rerun: 'rerunExecution' } as const;
