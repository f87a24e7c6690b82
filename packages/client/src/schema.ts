// Written by `npm run ui-types` from the description of the API.

export type CreateJob = HttpCreateJob | WorkerCreateJob;

export type HttpCreateJob = {
  applicationId: number | string;
  name: string;
  description?: string;
  enabled?: boolean;
  pattern?: string;
  schedule?: TimedSchedule;
  timezone?: string;
  startAt?: string;
  endAt?: string;
  misfire?: 'last' | 'skip' | 'all';
  misfireLimit?: number;
  maxLateness?: string | number;
  overlap?: 'skip' | 'allow' | 'queue' | 'replace';
  jitter?: string | number;
  maxRuns?: number;
  afterCompletion?: 'keep' | 'delete';
  deleteAfter?: string | number;
  calendar?: { exclude?: string[]; include?: string[]; shift?: 'next' | 'previous' };
  retry?: {
    maxAttempts?: number;
    backoff?: { initial?: string | number; factor?: number; max?: string | number; jitter?: 'full' | 'none' };
    maxElapsed?: string | number;
    retryOn?: ('connect' | 'timeout' | 'unknown' | '5xx' | 'reported' | 'lost' | number)[];
  };
  disableAfter?: number;
  limit?: string;
  completion?: 'response' | 'callback';
  deadline?: string | number;
  heartbeatTimeout?: string | number;
  onFailure?: Hook | 'none';
  onSuccess?: Hook | 'none';
  taskType: 'HttpInvokerTask';
  taskConfig: TaskInput;
  confidential?: boolean;
  labels?: Record<string, string>;
  retention?: Retention;
  reason?: string;
};

export type TimedSchedule = { at?: string; every?: string };

export type Hook = { url: string; headers?: Record<string, string> };

export type TaskInput = {
  endpoint?: string;
  path?: string | '';
  url?: string;
  method: 'GET' | 'POST' | 'HEAD' | 'PUT' | 'DELETE' | 'PATCH';
  body?: unknown;
  headers?: Record<string, string | { sealed: true }>;
  auth?:
    | { authMethod: 'bearer'; token: string | { sealed: true } }
    | { authMethod: 'basic'; username: string; password: string | { sealed: true } }
    | {
        authMethod: 'oauth2';
        tokenUrl: string;
        clientId: string;
        clientSecret: string | { sealed: true };
        scope?: string;
        audience?: string;
        clientAuth?: 'basic' | 'body';
      };
  timeout?: string | number;
  successStatus?: number[];
};

export type Retention = { maxAge: string | number; keepLast?: number };

export type WorkerCreateJob = {
  applicationId: number | string;
  name: string;
  description?: string;
  enabled?: boolean;
  pattern?: string;
  schedule?: TimedSchedule;
  timezone?: string;
  startAt?: string;
  endAt?: string;
  misfire?: 'last' | 'skip' | 'all';
  misfireLimit?: number;
  maxLateness?: string | number;
  overlap?: 'skip' | 'allow' | 'queue' | 'replace';
  jitter?: string | number;
  maxRuns?: number;
  afterCompletion?: 'keep' | 'delete';
  deleteAfter?: string | number;
  calendar?: { exclude?: string[]; include?: string[]; shift?: 'next' | 'previous' };
  retry?: {
    maxAttempts?: number;
    backoff?: { initial?: string | number; factor?: number; max?: string | number; jitter?: 'full' | 'none' };
    maxElapsed?: string | number;
    retryOn?: ('connect' | 'timeout' | 'unknown' | '5xx' | 'reported' | 'lost' | number)[];
  };
  disableAfter?: number;
  limit?: string;
  completion?: 'response' | 'callback';
  deadline?: string | number;
  heartbeatTimeout?: string | number;
  onFailure?: Hook | 'none';
  onSuccess?: Hook | 'none';
  taskType: 'WorkerTask';
  taskConfig: WorkerTaskInput;
  confidential?: boolean;
  labels?: Record<string, string>;
  retention?: Retention;
  reason?: string;
};

export type WorkerTaskInput = { queue: string; task: string; input?: unknown };

export type UpdateJob = {
  applicationId?: number | string;
  name?: string;
  description?: string | null;
  enabled?: boolean;
  pattern?: string | null;
  schedule?: TimedSchedule | null;
  timezone?: string | null;
  startAt?: string | null;
  endAt?: string | null;
  misfire?: 'last' | 'skip' | 'all' | null;
  misfireLimit?: number | null;
  maxLateness?: (string | number) | null;
  overlap?: 'skip' | 'allow' | 'queue' | 'replace' | null;
  jitter?: (string | number) | null;
  maxRuns?: number | null;
  afterCompletion?: 'keep' | 'delete' | null;
  deleteAfter?: (string | number) | null;
  calendar?: { exclude?: string[]; include?: string[]; shift?: 'next' | 'previous' } | null;
  retry?: {
    maxAttempts?: number;
    backoff?: { initial?: string | number; factor?: number; max?: string | number; jitter?: 'full' | 'none' };
    maxElapsed?: string | number;
    retryOn?: ('connect' | 'timeout' | 'unknown' | '5xx' | 'reported' | 'lost' | number)[];
  } | null;
  disableAfter?: number | null;
  limit?: string | null;
  completion?: 'response' | 'callback' | null;
  deadline?: (string | number) | null;
  heartbeatTimeout?: (string | number) | null;
  onFailure?: (Hook | 'none') | null;
  onSuccess?: (Hook | 'none') | null;
  taskType?: 'HttpInvokerTask' | 'WorkerTask';
  taskConfig?: TaskInput | WorkerTaskInput;
  confidential?: boolean | null;
  labels?: Record<string, string> | null;
  retention?: Retention | null;
  id?: unknown;
  application?: unknown;
  nextRunAt?: unknown;
  lastExecution?: unknown;
  completed?: unknown;
  state?: unknown;
  createdAt?: unknown;
  createdBy?: unknown;
  updatedAt?: unknown;
  updatedBy?: unknown;
  reason?: string;
};

export type PutJob = HttpPutJob | WorkerPutJob;

export type HttpPutJob = {
  name?: string;
  description?: string;
  enabled?: boolean;
  pattern?: string;
  schedule?: TimedSchedule;
  timezone?: string;
  startAt?: string;
  endAt?: string;
  misfire?: 'last' | 'skip' | 'all';
  misfireLimit?: number;
  maxLateness?: string | number;
  overlap?: 'skip' | 'allow' | 'queue' | 'replace';
  jitter?: string | number;
  maxRuns?: number;
  afterCompletion?: 'keep' | 'delete';
  deleteAfter?: string | number;
  calendar?: { exclude?: string[]; include?: string[]; shift?: 'next' | 'previous' };
  retry?: {
    maxAttempts?: number;
    backoff?: { initial?: string | number; factor?: number; max?: string | number; jitter?: 'full' | 'none' };
    maxElapsed?: string | number;
    retryOn?: ('connect' | 'timeout' | 'unknown' | '5xx' | 'reported' | 'lost' | number)[];
  };
  disableAfter?: number;
  limit?: string;
  completion?: 'response' | 'callback';
  deadline?: string | number;
  heartbeatTimeout?: string | number;
  onFailure?: Hook | 'none';
  onSuccess?: Hook | 'none';
  taskType: 'HttpInvokerTask';
  taskConfig: TaskInput;
  confidential?: boolean;
  labels?: Record<string, string>;
  retention?: Retention;
  id?: unknown;
  application?: unknown;
  nextRunAt?: unknown;
  lastExecution?: unknown;
  completed?: unknown;
  state?: unknown;
  createdAt?: unknown;
  createdBy?: unknown;
  updatedAt?: unknown;
  updatedBy?: unknown;
  reason?: string;
};

export type WorkerPutJob = {
  name?: string;
  description?: string;
  enabled?: boolean;
  pattern?: string;
  schedule?: TimedSchedule;
  timezone?: string;
  startAt?: string;
  endAt?: string;
  misfire?: 'last' | 'skip' | 'all';
  misfireLimit?: number;
  maxLateness?: string | number;
  overlap?: 'skip' | 'allow' | 'queue' | 'replace';
  jitter?: string | number;
  maxRuns?: number;
  afterCompletion?: 'keep' | 'delete';
  deleteAfter?: string | number;
  calendar?: { exclude?: string[]; include?: string[]; shift?: 'next' | 'previous' };
  retry?: {
    maxAttempts?: number;
    backoff?: { initial?: string | number; factor?: number; max?: string | number; jitter?: 'full' | 'none' };
    maxElapsed?: string | number;
    retryOn?: ('connect' | 'timeout' | 'unknown' | '5xx' | 'reported' | 'lost' | number)[];
  };
  disableAfter?: number;
  limit?: string;
  completion?: 'response' | 'callback';
  deadline?: string | number;
  heartbeatTimeout?: string | number;
  onFailure?: Hook | 'none';
  onSuccess?: Hook | 'none';
  taskType: 'WorkerTask';
  taskConfig: WorkerTaskInput;
  confidential?: boolean;
  labels?: Record<string, string>;
  retention?: Retention;
  id?: unknown;
  application?: unknown;
  nextRunAt?: unknown;
  lastExecution?: unknown;
  completed?: unknown;
  state?: unknown;
  createdAt?: unknown;
  createdBy?: unknown;
  updatedAt?: unknown;
  updatedBy?: unknown;
  reason?: string;
};

export type TriggerJob = {
  body?: unknown;
  headers?: Record<string, string | { sealed: true }>;
  query?: Record<string, string>;
  task?: { input: unknown };
  variables?: Record<string, string>;
  overlap?: 'skip' | 'allow' | 'queue' | 'replace';
  scheduledAt?: string;
  force?: boolean;
  reason?: string;
};

export type RequestExecution = { force?: boolean; reason?: string };

export type Completion = {
  status: 'succeeded' | 'failed' | 'cancelled';
  result?: unknown;
  error?: string;
  retry?: false | (string | number);
  reason?: string;
};

export type Heartbeat = { progress?: unknown; reason?: string };

export type TakeWork = { takeId: string; worker: Worker; tasks?: string[]; most?: number; wait?: string | number };

export type Worker = { id: string; host?: string; version?: string };

export type BeatWork = { worker: Worker; running?: { executionId: number; token: string; progress?: unknown }[] };

export type PreviewJob = {
  applicationId?: number | string;
  name?: string;
  description?: string | null;
  enabled?: boolean;
  pattern?: string | null;
  schedule?: TimedSchedule | null;
  timezone?: string | null;
  startAt?: string | null;
  endAt?: string | null;
  misfire?: 'last' | 'skip' | 'all' | null;
  misfireLimit?: number | null;
  maxLateness?: (string | number) | null;
  overlap?: 'skip' | 'allow' | 'queue' | 'replace' | null;
  jitter?: (string | number) | null;
  maxRuns?: number | null;
  afterCompletion?: 'keep' | 'delete' | null;
  deleteAfter?: (string | number) | null;
  calendar?: { exclude?: string[]; include?: string[]; shift?: 'next' | 'previous' } | null;
  retry?: {
    maxAttempts?: number;
    backoff?: { initial?: string | number; factor?: number; max?: string | number; jitter?: 'full' | 'none' };
    maxElapsed?: string | number;
    retryOn?: ('connect' | 'timeout' | 'unknown' | '5xx' | 'reported' | 'lost' | number)[];
  } | null;
  disableAfter?: number | null;
  limit?: string | null;
  completion?: 'response' | 'callback' | null;
  deadline?: (string | number) | null;
  heartbeatTimeout?: (string | number) | null;
  onFailure?: (Hook | 'none') | null;
  onSuccess?: (Hook | 'none') | null;
  taskType?: 'HttpInvokerTask' | 'WorkerTask';
  taskConfig?: TaskInput | WorkerTaskInput;
  confidential?: boolean | null;
  labels?: Record<string, string> | null;
  retention?: Retention | null;
  id?: unknown;
  application?: unknown;
  nextRunAt?: unknown;
  lastExecution?: unknown;
  completed?: unknown;
  state?: unknown;
  createdAt?: unknown;
  createdBy?: unknown;
  updatedAt?: unknown;
  updatedBy?: unknown;
  after?: string;
  count?: number;
  at?: string;
  send?: boolean;
  reason?: string;
};

export type Operation =
  | {
      of: 'jobs';
      action: 'enable' | 'disable' | 'trigger' | 'label' | 'delete';
      filter: {
        all?: true;
        jobIds?: number[];
        applicationId?: number;
        application?: string;
        enabled?: boolean;
        name?: string;
        target?: string;
        state?: ('active' | 'disabled' | 'paused' | 'blocked' | 'failing' | 'completed' | 'parked')[];
        labels?: Record<string, string>;
        taskType?: string;
        createdBy?: string;
        lastStatus?: 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled';
        correlationId?: string;
      };
      labels?: Record<string, string | null>;
      spread?: string | number;
      id: number;
      applications?: number[];
      reason?: string;
      pauseId?: number;
      correlationId: string;
      createdAt: string;
      createdBy: string;
      status: 'pending' | 'running' | 'cancelling' | 'completed' | 'cancelled' | 'failed';
      total?: number;
      done: number;
      rejected: Record<string, number>;
      nextAt?: string;
      cancelledAt?: string;
      cancelledBy?: string;
      endedAt?: string;
      error?: { code: 'INTERRUPTED' | 'QUERY_TOO_SLOW'; message: string };
    }
  | {
      of: 'executions';
      action: 'rerun' | 'cancel';
      filter: {
        all?: true;
        executionIds?: number[];
        jobId?: number;
        backfillId?: number;
        jobName?: string;
        applicationId?: number;
        application?: string;
        status?: ('pending' | 'running' | 'succeeded' | 'failed' | 'cancelled')[];
        errorCode?: string;
        errorText?: string;
        labels?: Record<string, string>;
        trigger?: 'schedule' | 'manual' | 'backfill' | 'rerun';
        worker?: string;
        from?: string;
        to?: string;
      };
      id: number;
      applications?: number[];
      reason?: string;
      pauseId?: number;
      correlationId: string;
      createdAt: string;
      createdBy: string;
      status: 'pending' | 'running' | 'cancelling' | 'completed' | 'cancelled' | 'failed';
      total?: number;
      done: number;
      rejected: Record<string, number>;
      nextAt?: string;
      cancelledAt?: string;
      cancelledBy?: string;
      endedAt?: string;
      error?: { code: 'INTERRUPTED' | 'QUERY_TOO_SLOW'; message: string };
    };

export type BulkCount = { count: number };

export type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  instance: string;
  errors?: { pointer: string; message: string }[];
};

export type Job = HttpJob | WorkerJob;

export type HttpJob = {
  id: number;
  application: { id: number; name: string; displayName: string };
  name: string;
  description?: string;
  enabled: boolean;
  pattern?: string;
  schedule?: { at: string } | { every: string };
  timezone: string;
  startAt?: string;
  endAt?: string;
  misfire?: 'last' | 'skip' | 'all';
  misfireLimit?: number;
  maxLateness?: string | number;
  overlap?: 'skip' | 'allow' | 'queue' | 'replace';
  jitter?: string | number;
  maxRuns?: number;
  afterCompletion?: 'keep' | 'delete';
  deleteAfter?: string | number;
  calendar?: { exclude?: string[]; include?: string[]; shift?: 'next' | 'previous' };
  retry?: {
    maxAttempts?: number;
    backoff?: { initial?: string | number; factor?: number; max?: string | number; jitter?: 'full' | 'none' };
    maxElapsed?: string | number;
    retryOn?: ('connect' | 'timeout' | 'unknown' | '5xx' | 'reported' | 'lost' | number)[];
  };
  disableAfter?: number;
  limit?: string;
  completion?: 'response' | 'callback';
  deadline?: string | number;
  heartbeatTimeout?: string | number;
  onFailure?: { url: string; headers?: Record<string, string> } | 'none';
  onSuccess?: { url: string; headers?: Record<string, string> } | 'none';
  taskType: 'HttpInvokerTask';
  taskConfig: {
    endpoint?: string;
    path?: string;
    url?: string;
    method: 'GET' | 'POST' | 'HEAD' | 'PUT' | 'DELETE' | 'PATCH';
    body?: unknown;
    headers?: Record<string, string | Sealed>;
    auth?:
      | { authMethod: 'bearer'; token: string | Sealed }
      | { authMethod: 'basic'; username: string; password: string | Sealed }
      | {
          authMethod: 'oauth2';
          tokenUrl: string;
          clientId: string;
          scope?: string;
          audience?: string;
          clientAuth?: 'basic' | 'body';
          clientSecret: string | Sealed;
        };
    timeout?: string | number;
    successStatus?: number[];
  };
  confidential?: boolean;
  labels?: Record<string, string>;
  retention?: { maxAge: string | number; keepLast?: number };
  createdAt: string;
  createdBy: string;
  updatedAt: string;
  updatedBy: string;
  nextRunAt?: string | null;
  state?: JobState;
  lastExecution?: {
    id: number;
    status: 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled';
    trigger: 'schedule' | 'manual' | 'backfill' | 'rerun';
    scheduledAt: string;
    startedAt: string | null;
    finishedAt: string | null;
  } | null;
  completed?: true;
};

export type Sealed = { sealed: true };

export type JobState = {
  name: 'active' | 'disabled' | 'paused' | 'blocked' | 'failing' | 'completed' | 'parked';
  reason?: string;
  by?: string;
  since?: string;
  until?: string;
  count?: number;
};

export type WorkerJob = {
  id: number;
  application: { id: number; name: string; displayName: string };
  name: string;
  description?: string;
  enabled: boolean;
  pattern?: string;
  schedule?: { at: string } | { every: string };
  timezone: string;
  startAt?: string;
  endAt?: string;
  misfire?: 'last' | 'skip' | 'all';
  misfireLimit?: number;
  maxLateness?: string | number;
  overlap?: 'skip' | 'allow' | 'queue' | 'replace';
  jitter?: string | number;
  maxRuns?: number;
  afterCompletion?: 'keep' | 'delete';
  deleteAfter?: string | number;
  calendar?: { exclude?: string[]; include?: string[]; shift?: 'next' | 'previous' };
  retry?: {
    maxAttempts?: number;
    backoff?: { initial?: string | number; factor?: number; max?: string | number; jitter?: 'full' | 'none' };
    maxElapsed?: string | number;
    retryOn?: ('connect' | 'timeout' | 'unknown' | '5xx' | 'reported' | 'lost' | number)[];
  };
  disableAfter?: number;
  limit?: string;
  completion?: 'response' | 'callback';
  deadline?: string | number;
  heartbeatTimeout?: string | number;
  onFailure?: { url: string; headers?: Record<string, string> } | 'none';
  onSuccess?: { url: string; headers?: Record<string, string> } | 'none';
  taskType: 'WorkerTask';
  taskConfig: { queue: string; task: string; input?: unknown };
  confidential?: boolean;
  labels?: Record<string, string>;
  retention?: { maxAge: string | number; keepLast?: number };
  createdAt: string;
  createdBy: string;
  updatedAt: string;
  updatedBy: string;
  nextRunAt?: string | null;
  state?: JobState;
  lastExecution?: {
    id: number;
    status: 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled';
    trigger: 'schedule' | 'manual' | 'backfill' | 'rerun';
    scheduledAt: string;
    startedAt: string | null;
    finishedAt: string | null;
  } | null;
  completed?: true;
};

export type JobSummary = {
  jobId: number;
  scheduleText: string;
  slots: {
    at: string;
    last?: string;
    outcome: 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped' | 'missed';
    reason?:
      | 'ENGINE_DOWN'
      | 'ENGINE_BEHIND'
      | 'ENGINE_BUSY'
      | 'PARKED'
      | 'OVERLAP'
      | 'LIMIT'
      | 'CALENDAR'
      | 'PAUSED'
      | 'TOO_LATE'
      | 'MAX_RUNS'
      | 'EDITED'
      | 'DISABLED'
      | 'DELETED'
      | 'CANCELLED'
      | 'CONNECTION_SLOW'
      | 'NO_WORKER';
    executionId?: number;
  }[];
};

export type Execution = {
  id: number;
  jobId: number;
  applicationId: number;
  status: 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  trigger: 'schedule' | 'manual' | 'backfill' | 'rerun';
  attempt: number;
  scheduledAt: string;
  dueAt?: string;
  createdAt: string;
  createdBy?: string;
  labels?: Record<string, string>;
  startedAt: string | null;
  attempts: {
    attempt: number;
    startedAt: string | null;
    finishedAt: string;
    status?: number;
    error?: {
      code: string;
      message: string;
      reason?: 'CALENDAR' | 'PAUSED' | 'PARKED' | 'EDITED' | 'DISABLED' | 'DELETED';
    };
  }[];
  retryAt?: string;
  late?:
    | 'ENGINE_DOWN'
    | 'ENGINE_BEHIND'
    | 'ENGINE_BUSY'
    | 'PARKED'
    | 'OVERLAP'
    | 'LIMIT'
    | 'CALENDAR'
    | 'PAUSED'
    | 'CONNECTION_SLOW'
    | 'NO_WORKER';
  finishedAt: string | null;
  engineId?: string;
  rerunOf?: number;
  backfillId?: number;
  worker?: string;
  deadlineAt?: string;
  lastHeartbeatAt?: string;
  progress?: unknown;
  jobSnapshot: JobSnapshot | null;
  result?: Result;
  error?: {
    code: string;
    message: string;
    reason?: 'CALENDAR' | 'PAUSED' | 'PARKED' | 'EDITED' | 'DISABLED' | 'DELETED';
  };
  jobName?: string;
  applicationName?: string;
  durationMs: number | null;
  waitsFor?: 'OVERLAP' | 'LIMIT' | 'PAUSED' | 'WORKER';
  hook?: HookCall;
};

export type JobSnapshot = HttpJobSnapshot | WorkerJobSnapshot;

export type HttpJobSnapshot = {
  name: string;
  pattern?: string;
  schedule?: { at: string } | { every: string };
  timezone: string;
  taskType: 'HttpInvokerTask';
  resolvedParameters: { expression: string; value: string; at: string }[];
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: unknown;
  omitted?: { headers: number; resolvedParameters: number };
};

export type WorkerJobSnapshot = {
  name: string;
  pattern?: string;
  schedule?: { at: string } | { every: string };
  timezone: string;
  taskType: 'WorkerTask';
  resolvedParameters: { expression: string; value: string; at: string }[];
  queue: string;
  task: string;
  input?: unknown;
  omitted?: { resolvedParameters: number };
};

export type Result = HttpResult | WorkerResult;

export type HttpResult = {
  taskType: 'HttpInvokerTask';
  status: number;
  headers: Record<string, string>;
  data: unknown;
  truncated: boolean;
};

export type WorkerResult = { taskType: 'WorkerTask'; data: unknown };

export type HookCall = {
  name: 'onFailure' | 'onSuccess';
  status: 'pending' | 'delivered' | 'abandoned';
  attempts: number;
  nextAt?: string;
  lastAt?: string;
  response?: string;
  error?: { code: string; message: string };
};

export type HistoryEntry = {
  version: number;
  at: string;
  actor: string;
  action: string;
  reason?: string;
  requestId: string;
  changes: FieldChange[];
};

export type FieldChange = { path: string; from?: unknown; to?: unknown };

export type TakenWork = { work: Work[] };

export type Work = {
  executionId: number;
  applicationId: number;
  jobId: number;
  jobName: string;
  attempt: number;
  task: string;
  input?: unknown;
  scheduledAt: string;
  deadlineAt: string;
  leaseMs: number;
  token: string;
};

export type WorkBeat = { cancel: number[]; lost: number[] };

export type Queue = {
  applicationId: number;
  applicationName?: string;
  queue: string;
  target: string;
  offered: number;
  oldestOfferedAt?: string;
  taken: number;
  workers: { id: string; host?: string; version?: string; lastSeenAt: string; running: number }[];
};

export type Backfill = {
  id: number;
  jobId: number;
  from: string;
  to: string;
  reprocess: 'none' | 'failed' | 'all';
  parallel: number;
  total: number;
  createdAt: string;
  createdBy: string;
  reason?: string;
  cancelledAt?: string;
  cancelledBy?: string;
  applicationId?: number;
  jobName?: string;
  applicationName?: string;
  status: 'running' | 'succeeded' | 'failed' | 'cancelled';
  waiting: number;
  running: number;
  succeeded: number;
  failed: number;
  cancelled: number;
};

export type BackfillDryRun = { total: number; slots: string[] };

export type Occurrence = {
  jobId: number;
  applicationId?: number;
  jobName?: string;
  applicationName?: string;
  at: string;
  dueAt?: string;
  outcome: 'fired' | 'late' | 'skipped' | 'missed' | 'due';
  reason?:
    | 'ENGINE_DOWN'
    | 'ENGINE_BEHIND'
    | 'ENGINE_BUSY'
    | 'PARKED'
    | 'OVERLAP'
    | 'LIMIT'
    | 'CALENDAR'
    | 'PAUSED'
    | 'TOO_LATE'
    | 'MAX_RUNS'
    | 'EDITED'
    | 'DISABLED'
    | 'DELETED'
    | 'CANCELLED'
    | 'CONNECTION_SLOW'
    | 'NO_WORKER'
    | 'WORKER';
  executionId?: number;
  expected?: 'skipped' | 'late';
  expectedReason?: 'CALENDAR' | 'PAUSED';
  calendars?: string[];
  pauseId?: number;
  operationId?: number;
  definitionVersion: number;
};

export type SlotDay = {
  date: string;
  fired: number;
  late: Record<string, number>;
  skipped: Record<string, number>;
  missed: Record<string, number>;
  failed: number;
};

export type Application = {
  id: number;
  name: string;
  displayName: string;
  createdAt: string;
  createdBy: string;
  updatedAt: string;
  updatedBy: string;
  onFailure?: { url: string; headers?: Record<string, string> };
  onSuccess?: { url: string; headers?: Record<string, string> };
  retention?: { maxAge: string | number; keepLast?: number };
};

export type Variable = { name: string; updatedAt: string; updatedBy: string; value: string };

export type Secret = {
  name: string;
  updatedAt: string;
  updatedBy: string;
  allowedOrigins?: string[];
  signing?: true;
  erased?: true;
};

export type Limit = {
  name: string;
  updatedAt: string;
  updatedBy: string;
  parallel?: number;
  rate?: { count: number; per: string | number };
};

export type TlsSettings = {
  name: string;
  origins: string[];
  ca?: string;
  authorities?: Certificate[];
  certificate?: string;
  chain?: Certificate[];
  key?: Sealed;
  expiry: 'valid' | 'expiresSoon' | 'expired';
  updatedAt: string;
  updatedBy: string;
};

export type Certificate = { subject: string; issuer: string; expiresAt: string; fingerprint: string };

export type CalendarSummary = {
  name: string;
  description?: string;
  updatedAt: string;
  updatedBy: string;
  dateCount: number;
};

export type Calendar = { name: string; description?: string; updatedAt: string; updatedBy: string; dates: string[] };

export type CalendarResult = {
  name: string;
  description?: string;
  updatedAt: string;
  updatedBy: string;
  dates: string[];
  pendingEngines?: string[];
};

export type Pause = {
  id: number;
  scope: 'installation' | 'tenant' | 'application' | 'job' | 'target' | 'labels' | 'jobs';
  operationId?: number;
  reason?: string;
  catchUp?: 'last' | 'skip' | 'all';
  createdAt: string;
  from?: string;
  until?: string;
  createdBy: string;
  liftedAt?: string;
  liftedBy?: string;
  of?: number | string | Record<string, string>;
  jobName?: string;
  applicationName?: string;
};

export type PauseResult = {
  id: number;
  scope: 'installation' | 'tenant' | 'application' | 'job' | 'target' | 'labels' | 'jobs';
  operationId?: number;
  reason?: string;
  catchUp?: 'last' | 'skip' | 'all';
  createdAt: string;
  from?: string;
  until?: string;
  createdBy: string;
  liftedAt?: string;
  liftedBy?: string;
  of?: number | string | Record<string, string>;
  pendingEngines?: string[];
};

export type AlertRule = {
  name: string;
  description?: string;
  scope: 'job' | 'application' | 'tenant';
  labels?: Record<string, string>;
  condition:
    | { kind: 'failures'; count: number }
    | {
        kind: 'missed';
        reason?:
          | 'ENGINE_DOWN'
          | 'ENGINE_BEHIND'
          | 'ENGINE_BUSY'
          | 'PARKED'
          | 'OVERLAP'
          | 'LIMIT'
          | 'CALENDAR'
          | 'PAUSED'
          | 'TOO_LATE'
          | 'MAX_RUNS'
          | 'EDITED'
          | 'DISABLED'
          | 'DELETED'
          | 'CANCELLED';
      }
    | {
        kind: 'skipped';
        reason?:
          | 'ENGINE_DOWN'
          | 'ENGINE_BEHIND'
          | 'ENGINE_BUSY'
          | 'PARKED'
          | 'OVERLAP'
          | 'LIMIT'
          | 'CALENDAR'
          | 'PAUSED'
          | 'TOO_LATE'
          | 'MAX_RUNS'
          | 'EDITED'
          | 'DISABLED'
          | 'DELETED'
          | 'CANCELLED';
      }
    | { kind: 'late'; over: string | number }
    | { kind: 'noSuccess'; over: string | number }
    | { kind: 'notRun'; over: string | number }
    | { kind: 'notTaken'; over: string | number }
    | { kind: 'noSlots' }
    | { kind: 'running'; over: string | number }
    | { kind: 'disabled' };
  message?: string;
  receivers: (
    | { type: 'webhook'; url: string; signedBy: number }
    | { type: 'email'; to: string }
    | { type: 'slack'; secret: string; secretApplicationId: number }
    | { type: 'teams'; secret: string; secretApplicationId: number }
    | {
        type: 'pagerduty';
        secret: string;
        secretApplicationId: number;
        url: string;
        severity: 'critical' | 'error' | 'warning' | 'info';
      }
  )[];
  groupWait: string | number;
  atMostEvery: string | number;
  maintenance: { from: string; to: string }[];
  createdAt: string;
  createdBy: string;
  updatedAt: string;
  updatedBy: string;
  of?: number;
};

export type AlertNotification = {
  id: string;
  at: string;
  alerts: {
    jobId: number;
    applicationId: number;
    jobName: string;
    since: string;
    summary: string;
    executionId?: number;
    endedAt?: string;
    endReason?: string;
    applicationName?: string;
  }[];
  more: number;
  deliveries: {
    receiver:
      | { type: 'webhook'; url: string; signedBy: number }
      | { type: 'email'; to: string }
      | { type: 'slack'; secret: string; secretApplicationId: number }
      | { type: 'teams'; secret: string; secretApplicationId: number }
      | {
          type: 'pagerduty';
          secret: string;
          secretApplicationId: number;
          url: string;
          severity: 'critical' | 'error' | 'warning' | 'info';
        };
    status: 'pending' | 'delivered' | 'abandoned';
    attempts: number;
    nextAt?: string;
    lastAt?: string;
    response?: string;
    error?: { code: string; message: string };
  }[];
};

export type ReceiverTest = {
  receiver:
    | { type: 'webhook'; url: string; signedBy: number }
    | { type: 'email'; to: string }
    | { type: 'slack'; secret: string; secretApplicationId: number }
    | { type: 'teams'; secret: string; secretApplicationId: number }
    | {
        type: 'pagerduty';
        secret: string;
        secretApplicationId: number;
        url: string;
        severity: 'critical' | 'error' | 'warning' | 'info';
      };
  status: 'delivered' | 'failed';
  response?: string;
  error?: { code: string; message: string };
};

export type Alert = {
  rule: string;
  jobId: number;
  applicationId: number;
  jobName: string;
  since: string;
  summary: string;
  executionId?: number;
  applicationName?: string;
  notification?: LastNotification;
};

export type LastNotification = {
  id: string;
  at: string;
  deliveries: {
    receiver:
      | { type: 'webhook'; url: string; signedBy: number }
      | { type: 'email'; to: string }
      | { type: 'slack'; secret: string; secretApplicationId: number }
      | { type: 'teams'; secret: string; secretApplicationId: number }
      | {
          type: 'pagerduty';
          secret: string;
          secretApplicationId: number;
          url: string;
          severity: 'critical' | 'error' | 'warning' | 'info';
        };
    status: 'pending' | 'delivered' | 'abandoned';
    attempts: number;
    nextAt?: string;
    lastAt?: string;
    response?: string;
    error?: { code: string; message: string };
  }[];
};

export type Token = {
  id: number;
  name: string;
  permissions: string[];
  applications?: number[];
  queues?: string[];
  createdAt: string;
  createdBy: string;
  expiresAt?: string;
  revokedAt?: string;
  revokedBy?: string;
};

export type CreatedToken = {
  id: number;
  name: string;
  permissions: string[];
  applications?: number[];
  queues?: string[];
  createdAt: string;
  createdBy: string;
  expiresAt?: string;
  revokedAt?: string;
  revokedBy?: string;
  token: string;
};

export type Tenant = { tenant: string; applications: number; jobs: number; tokens: number };

export type TenantState = {
  tenant: string;
  applications: number;
  jobs: number;
  tokens: number;
  erasure?: TenantErasure;
};

export type TenantErasure = {
  status: 'running' | 'ended';
  createdAt: string;
  createdBy: string;
  reason?: string;
  erasedAt?: string;
  retained: string;
  counts: Record<string, number>;
};

export type ExportLine = {
  kind:
    | 'tenant'
    | 'application'
    | 'calendar'
    | 'pause'
    | 'alertRule'
    | 'token'
    | 'savedView'
    | 'acknowledgement'
    | 'job'
    | 'execution'
    | 'change'
    | 'end';
  data: Record<string, unknown>;
};

export type EngineRelease = {
  logId: string;
  store: string;
  system?: string;
  database?: string;
  timeline?: number;
  recoveredFrom?: number;
};

export type AllowedTargets = { targets: string[]; default: string[]; updatedAt?: string; updatedBy?: string };

export type Statistics = {
  jobs: {
    total: number;
    enabled: number;
    states?: {
      active: number;
      disabled: number;
      paused: number;
      blocked: number;
      failing: number;
      completed: number;
      parked: number;
    };
  };
  executions: {
    pending: number;
    running: number;
    succeeded: number;
    failed: number;
    cancelled: number;
    last24h: number;
  };
  slots?: SlotCounts;
  engines: {
    engineId: string;
    status: 'joining' | 'working' | 'resting' | 'silent';
    zoneData?: string;
    joinedAt?: string;
    heartbeatAt?: string;
    activity?: string;
  }[];
};

export type SlotCounts = {
  fired: number;
  late: Record<string, number>;
  skipped: Record<string, number>;
  missed: Record<string, number>;
};

export type Hour = {
  from: string;
  executions: { pending: number; running: number; succeeded: number; failed: number; cancelled: number };
  notCalled: { skipped: number; missed: number };
  lateness: { sample: number; medianMs: number; p99Ms: number; maxMs: number } | null;
};

export type Report = {
  from: string;
  to: string;
  jobs: {
    jobId: number;
    jobName: string;
    applicationId: number;
    applicationName?: string;
    runs: number;
    succeeded: number;
    failed: number;
    cancelled: number;
    before: { succeeded: number; failed: number };
    p95Ms: number | null;
    slots: { late: number; skipped: number; missed: number };
  }[];
  isPartial: boolean;
};

export type JobStatistics = {
  spans: {
    hours: number;
    now: { succeeded: number; failed: number; p95Ms: number | null };
    before: { succeeded: number; failed: number; p95Ms: number | null };
  }[];
  isPartial: boolean;
};

export type Upcoming = {
  from: string;
  to: string;
  counts: number[];
  first: {
    jobId: number;
    jobName: string;
    applicationId: number;
    applicationName?: string;
    timezone: string;
    at: string;
  }[];
};

export type Attention = {
  kind: 'disabled' | 'failing' | 'notTaken' | 'longRunning' | 'missed';
  jobId: number;
  jobName: string;
  applicationId: number;
  applicationName?: string;
  since: string;
  count: number;
  executionId?: number;
  error?: { code: string; message: string };
  response?: string;
  reason?: string;
  acknowledgement?: Acknowledgement;
};

export type Acknowledgement = {
  owner: string;
  note?: string;
  until?: string;
  acknowledgedAt: string;
  acknowledgedBy: string;
};

export type SavedView = { name: string; query: string; updatedAt: string; updatedBy: string };

export type AuditEntry = {
  at: string;
  actor?: string;
  sub?: string;
  action?: string;
  of: {
    kind?:
      | 'job'
      | 'application'
      | 'variable'
      | 'secret'
      | 'limit'
      | 'tls'
      | 'calendar'
      | 'pause'
      | 'alertRule'
      | 'token'
      | 'acknowledgement'
      | 'view'
      | 'session'
      | 'tenant'
      | 'allowedTargets'
      | 'operation'
      | 'execution'
      | 'backfill'
      | 'testCall';
    id?: number;
    name?: string;
    applicationId?: number;
    path?: string;
  };
  reason?: string;
  outcome: 'done' | 'rejected';
  code?: string;
  requestId: string;
  from?: string;
  count?: number;
};

export type ExplainReport = {
  from: string;
  to: string;
  explained: boolean;
  jobs: number;
  slots: {
    fired: number;
    late: Record<string, number>;
    skipped: Record<string, number>;
    missed: Record<string, number>;
    due: number;
  };
  faults: { unexplained: number; duplicated: number; notDue: number };
  faultySlots: {
    jobId: number;
    kind: 'unexplained' | 'duplicated' | 'notDue';
    first: string;
    last: string;
    count?: number;
  }[];
  unreadable: { jobId: number; reason: string }[];
  expiredBefore?: string;
};

export type Checkpoint = { origin: string; size: number; root: string; checkpoint: string; keys: string[] };

export type InclusionProof = { index: number; size: number; event: unknown; file: string };

export type ConsistencyProof = { older: { size: number; root: string }; newer: Checkpoint; proof: string[] };

export type Projection = {
  name: string;
  shape: string;
  status: 'absent' | 'live' | 'stopped';
  stopped?: { since: string; reason: string };
  live?: {
    generation: number;
    position?: string;
    updatedAt: string;
    progress: number;
    stopped?: { since: string; reason: string };
  };
  building?: {
    generation: number;
    position?: string;
    updatedAt: string;
    progress: number;
    stopped?: { since: string; reason: string };
  };
  build?: {
    generation: number;
    purpose: 'rebuild' | 'verify';
    phase: 'waiting' | 'reading' | 'indexing' | 'comparing' | 'done';
    createdAt: string;
    endedAt?: string;
    progress: number;
    eventsPerSecond?: number;
    remainingMs?: number;
    comparison?: {
      position: string;
      differences: number;
      first: {
        table: string;
        key: Record<string, unknown>;
        kind: 'missing' | 'extra' | 'different';
        columns?: { column: string; live: string; log: string }[];
      }[];
    };
  };
  logEnd?: string;
  parked: { stream: string; revision: number; type: string; since: string; reason: string }[];
};

export type BootstrapReport = {
  applied: boolean;
  applications: {
    tenant: string;
    action: 'create' | 'update' | 'keep' | 'skip';
    name: string;
    id?: number;
    reason?: string;
    by?: string;
    at?: string;
    changes?: { pointer: string; before?: unknown; after?: unknown }[];
    resources?: {
      kind: 'variable' | 'limit' | 'calendar' | 'alertRule' | 'pause';
      action: 'create' | 'update' | 'keep' | 'skip' | 'delete';
      name: string;
      id?: number;
      reason?: string;
      by?: string;
      at?: string;
      changes?: { pointer: string; before?: unknown; after?: unknown }[];
    }[];
    jobs: {
      action: 'create' | 'update' | 'keep' | 'skip' | 'delete' | 'ignore';
      name: string;
      id?: number;
      reason?: string;
      by?: string;
      at?: string;
      changes?: { pointer: string; before?: unknown; after?: unknown }[];
      warnings?: string[];
    }[];
  }[];
};

export type Preview = {
  scheduleText: string;
  slots: { at: string; local: string; dueAt?: string; note?: string }[];
  request?: {
    method: string;
    url: string;
    headers: Record<string, string>;
    body?: unknown;
    resolvedParameters: { expression: string; value: string; at: string }[];
  };
  work?: {
    queue: string;
    task: string;
    input?: unknown;
    resolvedParameters: { expression: string; value: string; at: string }[];
  };
  target?: { allowed: boolean; reason?: string };
  sent?: {
    status: 'succeeded' | 'failed';
    startedAt?: string;
    durationMs?: number;
    result?: Result;
    error?: { code: string; message: string };
  };
};

export type Session = {
  session: {
    user: string;
    tenant: string;
    permissions: (
      | 'scheduler:jobs:read'
      | 'scheduler:jobs:write'
      | 'scheduler:jobs:trigger'
      | 'scheduler:secrets:write'
      | 'scheduler:executions:read'
      | 'scheduler:executions:cancel'
      | 'scheduler:work'
      | 'scheduler:audit:read'
      | 'scheduler:tenant:admin'
      | 'scheduler:admin'
    )[];
    roles: string[];
    applications?: number[];
    signedInBy: 'jwt' | 'apiToken' | 'oidc';
    expiresAt?: string;
  } | null;
  signIn: ('token' | 'oidc')[];
};

export type Readiness = {
  status: 'ready' | 'degraded' | 'unready';
  roles: Record<string, { ready: boolean; reason?: string }>;
  degraded: { component: string; since: string; reason?: string }[];
};

export type ProblemCode =
  | 'BAD_REQUEST'
  | 'BAD_PATH'
  | 'BAD_ID'
  | 'BAD_INPUT'
  | 'BAD_JSON'
  | 'BAD_CURSOR'
  | 'BAD_IF_MATCH'
  | 'BAD_IDEMPOTENCY_KEY'
  | 'NOT_AUTHENTICATED'
  | 'TOKEN_REJECTED'
  | 'SIGN_IN_REJECTED'
  | 'FORBIDDEN'
  | 'CROSS_ORIGIN'
  | 'ROUTE_NOT_FOUND'
  | 'JOB_NOT_FOUND'
  | 'APPLICATION_NOT_FOUND'
  | 'TENANT_NOT_FOUND'
  | 'TENANT_ERASED'
  | 'NOT_CONFIRMED'
  | 'OWN_TENANT'
  | 'TLS_NOT_FOUND'
  | 'VARIABLE_NOT_FOUND'
  | 'SECRET_NOT_FOUND'
  | 'PAUSE_NOT_FOUND'
  | 'OPERATION_NOT_FOUND'
  | 'TOKEN_NOT_FOUND'
  | 'ACKNOWLEDGEMENT_NOT_FOUND'
  | 'VIEW_NOT_FOUND'
  | 'LIMIT_NOT_FOUND'
  | 'CALENDAR_NOT_FOUND'
  | 'ALERT_RULE_NOT_FOUND'
  | 'EXECUTION_NOT_FOUND'
  | 'EXPIRED'
  | 'BACKFILL_NOT_FOUND'
  | 'PROJECTION_NOT_FOUND'
  | 'VERSION_NOT_FOUND'
  | 'REBUILD_IN_PROGRESS'
  | 'METHOD_NOT_ALLOWED'
  | 'METHOD_NOT_IMPLEMENTED'
  | 'REQUEST_TIMEOUT'
  | 'NAME_TAKEN'
  | 'JOB_DELETED'
  | 'LIMIT_IN_USE'
  | 'CALENDAR_IN_USE'
  | 'APPLICATION_IN_USE'
  | 'REQUEST_IN_PROGRESS'
  | 'CONTENTION'
  | 'STREAM_PARKED'
  | 'COMPLETION_TOKEN_REJECTED'
  | 'EXECUTION_ENDED'
  | 'BACKFILL_ENDED'
  | 'OPERATION_ENDED'
  | 'TOO_MANY_BACKFILLS'
  | 'OVERLAP'
  | 'PAUSED'
  | 'STALE_REVISION'
  | 'SECRET_KEY_UNKNOWN'
  | 'SECRET_DATA_KEY_BROKEN'
  | 'NO_AUDIT_KEY'
  | 'BODY_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'EXPECTATION_FAILED'
  | 'HEADERS_TOO_LARGE'
  | 'UNKNOWN_APPLICATION'
  | 'UNKNOWN_JOB'
  | 'SIGNING_KEY_MISSING'
  | 'SECRET_UNUSABLE'
  | 'EMAIL_NOT_ALLOWED'
  | 'TOO_MANY_ALERT_RULES'
  | 'TOO_MANY_CALENDARS'
  | 'TOO_MANY_PAUSES'
  | 'UNKNOWN_CALENDAR'
  | 'UNKNOWN_LIMIT'
  | 'EMPTY_FILTER'
  | 'UNTIL_IN_PAST'
  | 'BAD_PATTERN'
  | 'UNKNOWN_TIMEZONE'
  | 'BAD_SCHEDULE'
  | 'BAD_RANGE'
  | 'BAD_COMBINATION'
  | 'BAD_PARAMETER'
  | 'HEADER_REJECTED'
  | 'TIMEOUT_TOO_LONG'
  | 'TARGET_BLOCKED'
  | 'JOB_STAYS'
  | 'BODY_NOT_STORED'
  | 'SECRET_ORIGIN_NOT_ALLOWED'
  | 'SECRET_NOT_REUSABLE'
  | 'APPLICATION_FULL'
  | 'BOOTSTRAP_REJECTED'
  | 'DELETIONS_REJECTED'
  | 'QUERY_TOO_SLOW'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'STARTING'
  | 'READ_MODELS_BEHIND'
  | 'READ_MODEL_STOPPED'
  | 'TOO_MANY_JOBS'
  | 'TOO_MANY_REQUESTS'
  | 'TOO_MANY_TRIGGERS'
  | 'TOO_MANY_TEST_CALLS'
  | 'LIMIT_REACHED'
  | 'TOO_MANY_BYTES'
  | 'TOO_MANY_STREAMS'
  | 'TOO_MANY_POLLS'
  | 'KEYS_UNAVAILABLE'
  | 'SIGN_IN_UNAVAILABLE'
  | 'LOG_UNAVAILABLE'
  | 'POSTGRES_UNAVAILABLE'
  | 'INTERNAL';

export type EventData = {
  'scheduler.job.created':
    | {
        tenant: string;
        applicationId: number;
        name: string;
        description?: string;
        enabled: boolean;
        pattern?: string;
        schedule?: { at: string } | { every: string };
        timezone: string;
        startAt?: string;
        endAt?: string;
        misfire?: 'last' | 'skip' | 'all';
        misfireLimit?: number;
        maxLateness?: string | number;
        overlap?: 'skip' | 'allow' | 'queue' | 'replace';
        jitter?: string | number;
        maxRuns?: number;
        afterCompletion?: 'keep' | 'delete';
        deleteAfter?: string | number;
        calendar?: { exclude?: string[]; include?: string[]; shift?: 'next' | 'previous' };
        retry?: {
          maxAttempts?: number;
          backoff?: { initial?: string | number; factor?: number; max?: string | number; jitter?: 'full' | 'none' };
          maxElapsed?: string | number;
          retryOn?: ('connect' | 'timeout' | 'unknown' | '5xx' | 'reported' | 'lost' | number)[];
        };
        disableAfter?: number;
        limit?: string;
        completion?: 'response' | 'callback';
        deadline?: string | number;
        heartbeatTimeout?: string | number;
        onFailure?: { url: string; headers?: Record<string, string> } | 'none';
        onSuccess?: { url: string; headers?: Record<string, string> } | 'none';
        taskType: 'HttpInvokerTask';
        taskConfig: {
          endpoint?: string;
          path?: string;
          url?: string;
          method: 'GET' | 'POST' | 'HEAD' | 'PUT' | 'DELETE' | 'PATCH';
          body?: { sealed: true } | unknown;
          headers?: Record<string, string | { sealed: true }>;
          auth?:
            | { authMethod: 'bearer'; token: string | { sealed: true } }
            | { authMethod: 'basic'; username: string; password: string | { sealed: true } }
            | {
                authMethod: 'oauth2';
                tokenUrl: string;
                clientId: string;
                scope?: string;
                audience?: string;
                clientAuth?: 'basic' | 'body';
                clientSecret: string | { sealed: true };
              };
          timeout?: string | number;
          successStatus?: number[];
        };
        confidential?: boolean;
        labels?: Record<string, string>;
        retention?: { maxAge: string | number; keepLast?: number };
        createdAt: string;
        createdBy: string;
        updatedAt: string;
        updatedBy: string;
        id: number;
        applicationName?: string;
        revision: number;
      }
    | {
        tenant: string;
        applicationId: number;
        name: string;
        description?: string;
        enabled: boolean;
        pattern?: string;
        schedule?: { at: string } | { every: string };
        timezone: string;
        startAt?: string;
        endAt?: string;
        misfire?: 'last' | 'skip' | 'all';
        misfireLimit?: number;
        maxLateness?: string | number;
        overlap?: 'skip' | 'allow' | 'queue' | 'replace';
        jitter?: string | number;
        maxRuns?: number;
        afterCompletion?: 'keep' | 'delete';
        deleteAfter?: string | number;
        calendar?: { exclude?: string[]; include?: string[]; shift?: 'next' | 'previous' };
        retry?: {
          maxAttempts?: number;
          backoff?: { initial?: string | number; factor?: number; max?: string | number; jitter?: 'full' | 'none' };
          maxElapsed?: string | number;
          retryOn?: ('connect' | 'timeout' | 'unknown' | '5xx' | 'reported' | 'lost' | number)[];
        };
        disableAfter?: number;
        limit?: string;
        completion?: 'response' | 'callback';
        deadline?: string | number;
        heartbeatTimeout?: string | number;
        onFailure?: { url: string; headers?: Record<string, string> } | 'none';
        onSuccess?: { url: string; headers?: Record<string, string> } | 'none';
        taskType: 'WorkerTask';
        taskConfig: { queue: string; task: string; input?: { sealed: true } | unknown };
        confidential?: boolean;
        labels?: Record<string, string>;
        retention?: { maxAge: string | number; keepLast?: number };
        createdAt: string;
        createdBy: string;
        updatedAt: string;
        updatedBy: string;
        id: number;
        applicationName?: string;
        revision: number;
      };
  'scheduler.job.updated':
    | {
        tenant: string;
        applicationId: number;
        name: string;
        description?: string;
        enabled: boolean;
        pattern?: string;
        schedule?: { at: string } | { every: string };
        timezone: string;
        startAt?: string;
        endAt?: string;
        misfire?: 'last' | 'skip' | 'all';
        misfireLimit?: number;
        maxLateness?: string | number;
        overlap?: 'skip' | 'allow' | 'queue' | 'replace';
        jitter?: string | number;
        maxRuns?: number;
        afterCompletion?: 'keep' | 'delete';
        deleteAfter?: string | number;
        calendar?: { exclude?: string[]; include?: string[]; shift?: 'next' | 'previous' };
        retry?: {
          maxAttempts?: number;
          backoff?: { initial?: string | number; factor?: number; max?: string | number; jitter?: 'full' | 'none' };
          maxElapsed?: string | number;
          retryOn?: ('connect' | 'timeout' | 'unknown' | '5xx' | 'reported' | 'lost' | number)[];
        };
        disableAfter?: number;
        limit?: string;
        completion?: 'response' | 'callback';
        deadline?: string | number;
        heartbeatTimeout?: string | number;
        onFailure?: { url: string; headers?: Record<string, string> } | 'none';
        onSuccess?: { url: string; headers?: Record<string, string> } | 'none';
        taskType: 'HttpInvokerTask';
        taskConfig: {
          endpoint?: string;
          path?: string;
          url?: string;
          method: 'GET' | 'POST' | 'HEAD' | 'PUT' | 'DELETE' | 'PATCH';
          body?: { sealed: true } | unknown;
          headers?: Record<string, string | { sealed: true }>;
          auth?:
            | { authMethod: 'bearer'; token: string | { sealed: true } }
            | { authMethod: 'basic'; username: string; password: string | { sealed: true } }
            | {
                authMethod: 'oauth2';
                tokenUrl: string;
                clientId: string;
                scope?: string;
                audience?: string;
                clientAuth?: 'basic' | 'body';
                clientSecret: string | { sealed: true };
              };
          timeout?: string | number;
          successStatus?: number[];
        };
        confidential?: boolean;
        labels?: Record<string, string>;
        retention?: { maxAge: string | number; keepLast?: number };
        createdAt: string;
        createdBy: string;
        updatedAt: string;
        updatedBy: string;
        id: number;
        applicationName?: string;
        revision: number;
        change: 'updated' | 'enabled' | 'disabled';
      }
    | {
        tenant: string;
        applicationId: number;
        name: string;
        description?: string;
        enabled: boolean;
        pattern?: string;
        schedule?: { at: string } | { every: string };
        timezone: string;
        startAt?: string;
        endAt?: string;
        misfire?: 'last' | 'skip' | 'all';
        misfireLimit?: number;
        maxLateness?: string | number;
        overlap?: 'skip' | 'allow' | 'queue' | 'replace';
        jitter?: string | number;
        maxRuns?: number;
        afterCompletion?: 'keep' | 'delete';
        deleteAfter?: string | number;
        calendar?: { exclude?: string[]; include?: string[]; shift?: 'next' | 'previous' };
        retry?: {
          maxAttempts?: number;
          backoff?: { initial?: string | number; factor?: number; max?: string | number; jitter?: 'full' | 'none' };
          maxElapsed?: string | number;
          retryOn?: ('connect' | 'timeout' | 'unknown' | '5xx' | 'reported' | 'lost' | number)[];
        };
        disableAfter?: number;
        limit?: string;
        completion?: 'response' | 'callback';
        deadline?: string | number;
        heartbeatTimeout?: string | number;
        onFailure?: { url: string; headers?: Record<string, string> } | 'none';
        onSuccess?: { url: string; headers?: Record<string, string> } | 'none';
        taskType: 'WorkerTask';
        taskConfig: { queue: string; task: string; input?: { sealed: true } | unknown };
        confidential?: boolean;
        labels?: Record<string, string>;
        retention?: { maxAge: string | number; keepLast?: number };
        createdAt: string;
        createdBy: string;
        updatedAt: string;
        updatedBy: string;
        id: number;
        applicationName?: string;
        revision: number;
        change: 'updated' | 'enabled' | 'disabled';
      };
  'scheduler.job.deleted':
    | {
        tenant: string;
        applicationId: number;
        name: string;
        description?: string;
        enabled: boolean;
        pattern?: string;
        schedule?: { at: string } | { every: string };
        timezone: string;
        startAt?: string;
        endAt?: string;
        misfire?: 'last' | 'skip' | 'all';
        misfireLimit?: number;
        maxLateness?: string | number;
        overlap?: 'skip' | 'allow' | 'queue' | 'replace';
        jitter?: string | number;
        maxRuns?: number;
        afterCompletion?: 'keep' | 'delete';
        deleteAfter?: string | number;
        calendar?: { exclude?: string[]; include?: string[]; shift?: 'next' | 'previous' };
        retry?: {
          maxAttempts?: number;
          backoff?: { initial?: string | number; factor?: number; max?: string | number; jitter?: 'full' | 'none' };
          maxElapsed?: string | number;
          retryOn?: ('connect' | 'timeout' | 'unknown' | '5xx' | 'reported' | 'lost' | number)[];
        };
        disableAfter?: number;
        limit?: string;
        completion?: 'response' | 'callback';
        deadline?: string | number;
        heartbeatTimeout?: string | number;
        onFailure?: { url: string; headers?: Record<string, string> } | 'none';
        onSuccess?: { url: string; headers?: Record<string, string> } | 'none';
        taskType: 'HttpInvokerTask';
        taskConfig: {
          endpoint?: string;
          path?: string;
          url?: string;
          method: 'GET' | 'POST' | 'HEAD' | 'PUT' | 'DELETE' | 'PATCH';
          body?: { sealed: true } | unknown;
          headers?: Record<string, string | { sealed: true }>;
          auth?:
            | { authMethod: 'bearer'; token: string | { sealed: true } }
            | { authMethod: 'basic'; username: string; password: string | { sealed: true } }
            | {
                authMethod: 'oauth2';
                tokenUrl: string;
                clientId: string;
                scope?: string;
                audience?: string;
                clientAuth?: 'basic' | 'body';
                clientSecret: string | { sealed: true };
              };
          timeout?: string | number;
          successStatus?: number[];
        };
        confidential?: boolean;
        labels?: Record<string, string>;
        retention?: { maxAge: string | number; keepLast?: number };
        createdAt: string;
        createdBy: string;
        updatedAt: string;
        updatedBy: string;
        id: number;
        applicationName?: string;
        revision: number;
      }
    | {
        tenant: string;
        applicationId: number;
        name: string;
        description?: string;
        enabled: boolean;
        pattern?: string;
        schedule?: { at: string } | { every: string };
        timezone: string;
        startAt?: string;
        endAt?: string;
        misfire?: 'last' | 'skip' | 'all';
        misfireLimit?: number;
        maxLateness?: string | number;
        overlap?: 'skip' | 'allow' | 'queue' | 'replace';
        jitter?: string | number;
        maxRuns?: number;
        afterCompletion?: 'keep' | 'delete';
        deleteAfter?: string | number;
        calendar?: { exclude?: string[]; include?: string[]; shift?: 'next' | 'previous' };
        retry?: {
          maxAttempts?: number;
          backoff?: { initial?: string | number; factor?: number; max?: string | number; jitter?: 'full' | 'none' };
          maxElapsed?: string | number;
          retryOn?: ('connect' | 'timeout' | 'unknown' | '5xx' | 'reported' | 'lost' | number)[];
        };
        disableAfter?: number;
        limit?: string;
        completion?: 'response' | 'callback';
        deadline?: string | number;
        heartbeatTimeout?: string | number;
        onFailure?: { url: string; headers?: Record<string, string> } | 'none';
        onSuccess?: { url: string; headers?: Record<string, string> } | 'none';
        taskType: 'WorkerTask';
        taskConfig: { queue: string; task: string; input?: { sealed: true } | unknown };
        confidential?: boolean;
        labels?: Record<string, string>;
        retention?: { maxAge: string | number; keepLast?: number };
        createdAt: string;
        createdBy: string;
        updatedAt: string;
        updatedBy: string;
        id: number;
        applicationName?: string;
        revision: number;
      };
  'scheduler.job.definition.activated': {
    tenant: string;
    applicationId: number;
    applicationName?: string;
    jobId: number;
    jobName?: string;
    jobRevision: number;
    from: string;
  };
  'scheduler.job.execution.requested': {
    id: number;
    tenant: string;
    applicationId: number;
    applicationName?: string;
    jobId: number;
    jobName?: string;
    trigger: 'schedule' | 'manual' | 'backfill' | 'rerun';
    scheduledAt: string;
    dueAt?: string;
    createdAt: string;
    createdBy?: string;
    labels?: Record<string, string>;
    rerunOf?: number;
    backfillId?: number;
    definitionRevision?: number;
    status: 'pending';
  };
  'scheduler.job.execution.started': {
    id: number;
    tenant: string;
    applicationId: number;
    applicationName?: string;
    jobId: number;
    jobName?: string;
    trigger: 'schedule' | 'manual' | 'backfill' | 'rerun';
    scheduledAt: string;
    dueAt?: string;
    createdAt: string;
    createdBy?: string;
    labels?: Record<string, string>;
    rerunOf?: number;
    backfillId?: number;
    definitionRevision?: number;
    status: 'running';
    attempt: number;
    engineId: string;
    startedAt: string;
    jobRevision: number;
    late?:
      | 'ENGINE_DOWN'
      | 'ENGINE_BEHIND'
      | 'ENGINE_BUSY'
      | 'PARKED'
      | 'OVERLAP'
      | 'LIMIT'
      | 'CALENDAR'
      | 'PAUSED'
      | 'CONNECTION_SLOW'
      | 'NO_WORKER';
  };
  'scheduler.job.execution.accepted': {
    id: number;
    tenant: string;
    applicationId: number;
    applicationName?: string;
    jobId: number;
    jobName?: string;
    trigger: 'schedule' | 'manual' | 'backfill' | 'rerun';
    scheduledAt: string;
    dueAt?: string;
    createdAt: string;
    createdBy?: string;
    labels?: Record<string, string>;
    rerunOf?: number;
    backfillId?: number;
    definitionRevision?: number;
    attempt: number;
    startedAt: string;
    late?:
      | 'ENGINE_DOWN'
      | 'ENGINE_BEHIND'
      | 'ENGINE_BUSY'
      | 'PARKED'
      | 'OVERLAP'
      | 'LIMIT'
      | 'CALENDAR'
      | 'PAUSED'
      | 'CONNECTION_SLOW'
      | 'NO_WORKER';
    deadlineAt: string;
    jobSnapshot?:
      | {
          name: string;
          pattern?: string;
          schedule?: { at: string } | { every: string };
          timezone: string;
          taskType: 'HttpInvokerTask';
          resolvedParameters: { expression: string; value: string; at: string }[];
          method: string;
          url: string;
          headers: Record<string, string>;
          body?: unknown;
          omitted?: { headers: number; resolvedParameters: number };
        }
      | {
          name: string;
          pattern?: string;
          schedule?: { at: string } | { every: string };
          timezone: string;
          taskType: 'WorkerTask';
          resolvedParameters: { expression: string; value: string; at: string }[];
          queue: string;
          task: string;
          input?: unknown;
          omitted?: { resolvedParameters: number };
        };
  };
  'scheduler.job.execution.offered': {
    id: number;
    tenant: string;
    applicationId: number;
    applicationName?: string;
    jobId: number;
    jobName?: string;
    trigger: 'schedule' | 'manual' | 'backfill' | 'rerun';
    scheduledAt: string;
    dueAt?: string;
    createdAt: string;
    createdBy?: string;
    labels?: Record<string, string>;
    rerunOf?: number;
    backfillId?: number;
    definitionRevision?: number;
    status: 'pending';
    attempt: number;
    offeredAt: string;
    to: string;
    expiresAt?: string;
    jobSnapshot:
      | {
          name: string;
          pattern?: string;
          schedule?: { at: string } | { every: string };
          timezone: string;
          taskType: 'HttpInvokerTask';
          resolvedParameters: { expression: string; value: string; at: string }[];
          method: string;
          url: string;
          headers: Record<string, string>;
          body?: unknown;
          omitted?: { headers: number; resolvedParameters: number };
        }
      | {
          name: string;
          pattern?: string;
          schedule?: { at: string } | { every: string };
          timezone: string;
          taskType: 'WorkerTask';
          resolvedParameters: { expression: string; value: string; at: string }[];
          queue: string;
          task: string;
          input?: unknown;
          omitted?: { resolvedParameters: number };
        };
  };
  'scheduler.job.execution.taken': {
    id: number;
    tenant: string;
    applicationId: number;
    applicationName?: string;
    jobId: number;
    jobName?: string;
    trigger: 'schedule' | 'manual' | 'backfill' | 'rerun';
    scheduledAt: string;
    dueAt?: string;
    createdAt: string;
    createdBy?: string;
    labels?: Record<string, string>;
    rerunOf?: number;
    backfillId?: number;
    definitionRevision?: number;
    status: 'running';
    attempt: number;
    takenAt: string;
    worker: string;
    deadlineAt: string;
    late?:
      | 'ENGINE_DOWN'
      | 'ENGINE_BEHIND'
      | 'ENGINE_BUSY'
      | 'PARKED'
      | 'OVERLAP'
      | 'LIMIT'
      | 'CALENDAR'
      | 'PAUSED'
      | 'CONNECTION_SLOW'
      | 'NO_WORKER';
  };
  'scheduler.job.execution.heartbeat': {
    id: number;
    tenant: string;
    applicationId: number;
    applicationName?: string;
    jobId: number;
    jobName?: string;
    trigger: 'schedule' | 'manual' | 'backfill' | 'rerun';
    scheduledAt: string;
    dueAt?: string;
    createdAt: string;
    createdBy?: string;
    labels?: Record<string, string>;
    rerunOf?: number;
    backfillId?: number;
    definitionRevision?: number;
    attempt: number;
    progress?: unknown;
  };
  'scheduler.job.execution.cancel.requested': {
    id: number;
    tenant: string;
    applicationId: number;
    applicationName?: string;
    jobId: number;
    jobName?: string;
    trigger: 'schedule' | 'manual' | 'backfill' | 'rerun';
    scheduledAt: string;
    dueAt?: string;
    createdAt: string;
    createdBy?: string;
    labels?: Record<string, string>;
    rerunOf?: number;
    backfillId?: number;
    definitionRevision?: number;
    attempt: number;
    reason: 'CANCELLED' | 'REPLACED';
  };
  'scheduler.job.execution.attempt.failed': {
    id: number;
    tenant: string;
    applicationId: number;
    applicationName?: string;
    jobId: number;
    jobName?: string;
    trigger: 'schedule' | 'manual' | 'backfill' | 'rerun';
    scheduledAt: string;
    dueAt?: string;
    createdAt: string;
    createdBy?: string;
    labels?: Record<string, string>;
    rerunOf?: number;
    backfillId?: number;
    definitionRevision?: number;
    attempt: number;
    startedAt?: string;
    late?:
      | 'ENGINE_DOWN'
      | 'ENGINE_BEHIND'
      | 'ENGINE_BUSY'
      | 'PARKED'
      | 'OVERLAP'
      | 'LIMIT'
      | 'CALENDAR'
      | 'PAUSED'
      | 'CONNECTION_SLOW'
      | 'NO_WORKER';
    finishedAt: string;
    jobSnapshot?:
      | {
          name: string;
          pattern?: string;
          schedule?: { at: string } | { every: string };
          timezone: string;
          taskType: 'HttpInvokerTask';
          resolvedParameters: { expression: string; value: string; at: string }[];
          method: string;
          url: string;
          headers: Record<string, string>;
          body?: unknown;
          omitted?: { headers: number; resolvedParameters: number };
        }
      | {
          name: string;
          pattern?: string;
          schedule?: { at: string } | { every: string };
          timezone: string;
          taskType: 'WorkerTask';
          resolvedParameters: { expression: string; value: string; at: string }[];
          queue: string;
          task: string;
          input?: unknown;
          omitted?: { resolvedParameters: number };
        };
    status: 'pending';
    error: {
      code: string;
      message: string;
      reason?: 'CALENDAR' | 'PAUSED' | 'PARKED' | 'EDITED' | 'DISABLED' | 'DELETED';
    };
    result?:
      | {
          taskType: 'HttpInvokerTask';
          status: number;
          headers: Record<string, string>;
          data: { sealed: true } | unknown;
          truncated: boolean;
        }
      | { taskType: 'WorkerTask'; data: { sealed: true } | unknown };
    reason?: string;
    retryAt: string;
  };
  'scheduler.job.execution.succeeded': {
    id: number;
    tenant: string;
    applicationId: number;
    applicationName?: string;
    jobId: number;
    jobName?: string;
    trigger: 'schedule' | 'manual' | 'backfill' | 'rerun';
    scheduledAt: string;
    dueAt?: string;
    createdAt: string;
    createdBy?: string;
    labels?: Record<string, string>;
    rerunOf?: number;
    backfillId?: number;
    definitionRevision?: number;
    attempt: number;
    startedAt?: string;
    late?:
      | 'ENGINE_DOWN'
      | 'ENGINE_BEHIND'
      | 'ENGINE_BUSY'
      | 'PARKED'
      | 'OVERLAP'
      | 'LIMIT'
      | 'CALENDAR'
      | 'PAUSED'
      | 'CONNECTION_SLOW'
      | 'NO_WORKER';
    finishedAt: string;
    jobSnapshot?:
      | {
          name: string;
          pattern?: string;
          schedule?: { at: string } | { every: string };
          timezone: string;
          taskType: 'HttpInvokerTask';
          resolvedParameters: { expression: string; value: string; at: string }[];
          method: string;
          url: string;
          headers: Record<string, string>;
          body?: unknown;
          omitted?: { headers: number; resolvedParameters: number };
        }
      | {
          name: string;
          pattern?: string;
          schedule?: { at: string } | { every: string };
          timezone: string;
          taskType: 'WorkerTask';
          resolvedParameters: { expression: string; value: string; at: string }[];
          queue: string;
          task: string;
          input?: unknown;
          omitted?: { resolvedParameters: number };
        };
    status: 'succeeded';
    result:
      | {
          taskType: 'HttpInvokerTask';
          status: number;
          headers: Record<string, string>;
          data: { sealed: true } | unknown;
          truncated: boolean;
        }
      | { taskType: 'WorkerTask'; data: { sealed: true } | unknown };
  };
  'scheduler.job.execution.failed': {
    id: number;
    tenant: string;
    applicationId: number;
    applicationName?: string;
    jobId: number;
    jobName?: string;
    trigger: 'schedule' | 'manual' | 'backfill' | 'rerun';
    scheduledAt: string;
    dueAt?: string;
    createdAt: string;
    createdBy?: string;
    labels?: Record<string, string>;
    rerunOf?: number;
    backfillId?: number;
    definitionRevision?: number;
    attempt: number;
    startedAt?: string;
    late?:
      | 'ENGINE_DOWN'
      | 'ENGINE_BEHIND'
      | 'ENGINE_BUSY'
      | 'PARKED'
      | 'OVERLAP'
      | 'LIMIT'
      | 'CALENDAR'
      | 'PAUSED'
      | 'CONNECTION_SLOW'
      | 'NO_WORKER';
    finishedAt: string;
    jobSnapshot?:
      | {
          name: string;
          pattern?: string;
          schedule?: { at: string } | { every: string };
          timezone: string;
          taskType: 'HttpInvokerTask';
          resolvedParameters: { expression: string; value: string; at: string }[];
          method: string;
          url: string;
          headers: Record<string, string>;
          body?: unknown;
          omitted?: { headers: number; resolvedParameters: number };
        }
      | {
          name: string;
          pattern?: string;
          schedule?: { at: string } | { every: string };
          timezone: string;
          taskType: 'WorkerTask';
          resolvedParameters: { expression: string; value: string; at: string }[];
          queue: string;
          task: string;
          input?: unknown;
          omitted?: { resolvedParameters: number };
        };
    status: 'failed';
    error: {
      code: string;
      message: string;
      reason?: 'CALENDAR' | 'PAUSED' | 'PARKED' | 'EDITED' | 'DISABLED' | 'DELETED';
    };
    result?:
      | {
          taskType: 'HttpInvokerTask';
          status: number;
          headers: Record<string, string>;
          data: { sealed: true } | unknown;
          truncated: boolean;
        }
      | { taskType: 'WorkerTask'; data: { sealed: true } | unknown };
    reason?: string;
  };
  'scheduler.job.execution.cancelled': {
    id: number;
    tenant: string;
    applicationId: number;
    applicationName?: string;
    jobId: number;
    jobName?: string;
    trigger: 'schedule' | 'manual' | 'backfill' | 'rerun';
    scheduledAt: string;
    dueAt?: string;
    createdAt: string;
    createdBy?: string;
    labels?: Record<string, string>;
    rerunOf?: number;
    backfillId?: number;
    definitionRevision?: number;
    attempt: number;
    startedAt?: string;
    late?:
      | 'ENGINE_DOWN'
      | 'ENGINE_BEHIND'
      | 'ENGINE_BUSY'
      | 'PARKED'
      | 'OVERLAP'
      | 'LIMIT'
      | 'CALENDAR'
      | 'PAUSED'
      | 'CONNECTION_SLOW'
      | 'NO_WORKER';
    finishedAt: string;
    jobSnapshot?:
      | {
          name: string;
          pattern?: string;
          schedule?: { at: string } | { every: string };
          timezone: string;
          taskType: 'HttpInvokerTask';
          resolvedParameters: { expression: string; value: string; at: string }[];
          method: string;
          url: string;
          headers: Record<string, string>;
          body?: unknown;
          omitted?: { headers: number; resolvedParameters: number };
        }
      | {
          name: string;
          pattern?: string;
          schedule?: { at: string } | { every: string };
          timezone: string;
          taskType: 'WorkerTask';
          resolvedParameters: { expression: string; value: string; at: string }[];
          queue: string;
          task: string;
          input?: unknown;
          omitted?: { resolvedParameters: number };
        };
    status: 'cancelled';
    error: {
      code: string;
      message: string;
      reason?: 'CALENDAR' | 'PAUSED' | 'PARKED' | 'EDITED' | 'DISABLED' | 'DELETED';
    };
  };
  'scheduler.job.execution.hook.attempted': {
    id: number;
    tenant: string;
    applicationId: number;
    applicationName?: string;
    jobId: number;
    jobName?: string;
    trigger: 'schedule' | 'manual' | 'backfill' | 'rerun';
    scheduledAt: string;
    dueAt?: string;
    createdAt: string;
    createdBy?: string;
    labels?: Record<string, string>;
    rerunOf?: number;
    backfillId?: number;
    definitionRevision?: number;
    hook: {
      name: 'onFailure' | 'onSuccess';
      plannedAt: string;
      status: 'pending' | 'delivered' | 'abandoned';
      attempts: number;
      nextAt?: string;
      lastAt?: string;
      response?: string;
      error?: { code: string; message: string };
    };
  };
  'scheduler.job.occurrences.skipped': {
    tenant: string;
    applicationId: number;
    applicationName?: string;
    jobId: number;
    jobName?: string;
    jobRevision: number;
    after: string;
    until: string;
    first: string;
    last: string;
    count?: number;
    reason:
      | 'ENGINE_DOWN'
      | 'ENGINE_BEHIND'
      | 'ENGINE_BUSY'
      | 'PARKED'
      | 'OVERLAP'
      | 'LIMIT'
      | 'CALENDAR'
      | 'PAUSED'
      | 'TOO_LATE'
      | 'MAX_RUNS'
      | 'EDITED'
      | 'DISABLED'
      | 'DELETED';
  };
  'scheduler.job.occurrences.missed': {
    tenant: string;
    applicationId: number;
    applicationName?: string;
    jobId: number;
    jobName?: string;
    jobRevision: number;
    after: string;
    until: string;
    first: string;
    last: string;
    count?: number;
    reason:
      | 'ENGINE_DOWN'
      | 'ENGINE_BEHIND'
      | 'ENGINE_BUSY'
      | 'PARKED'
      | 'OVERLAP'
      | 'LIMIT'
      | 'CALENDAR'
      | 'PAUSED'
      | 'TOO_LATE'
      | 'MAX_RUNS'
      | 'EDITED'
      | 'DISABLED'
      | 'DELETED';
  };
  'scheduler.job.backfill.requested': {
    tenant: string;
    applicationId: number;
    applicationName?: string;
    jobId: number;
    jobName?: string;
    backfillId: number;
    from: string;
    to: string;
    reprocess: 'none' | 'failed' | 'all';
    parallel: number;
    total: number;
    createdAt: string;
    createdBy: string;
    reason?: string;
  };
  'scheduler.job.backfill.cancelled': {
    tenant: string;
    applicationId: number;
    applicationName?: string;
    jobId: number;
    jobName?: string;
    backfillId: number;
    count: number;
    reason: 'CANCELLED' | 'JOB_DELETED';
  };
};

export type paths = {
  '/jobs/bulk': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: {
        content: {
          'application/json': {
            action: 'enable' | 'disable' | 'trigger' | 'label' | 'delete';
            filter?: {
              all?: true;
              jobIds?: (number | string)[];
              applicationId?: number | string;
              application?: string;
              enabled?: boolean;
              name?: string;
              target?: string;
              state?:
                | 'active'
                | 'disabled'
                | 'paused'
                | 'blocked'
                | 'failing'
                | 'completed'
                | 'parked'
                | ('active' | 'disabled' | 'paused' | 'blocked' | 'failing' | 'completed' | 'parked')[];
              labels?: Record<string, string>;
              taskType?: string;
              createdBy?: string;
              lastStatus?: 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled';
              correlationId?: string;
            };
            labels?: Record<string, string | null>;
            spread?: string | number;
            reason?: string;
            dryRun?: boolean;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': Operation | BulkCount } };
        202: { content: { 'application/json': Operation | BulkCount } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/executions/bulk': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: {
        content: {
          'application/json': {
            action: 'rerun' | 'cancel';
            filter?: {
              all?: true;
              executionIds?: number[];
              jobId?: number | string;
              backfillId?: number;
              jobName?: string;
              applicationId?: number | string;
              application?: string;
              status?:
                | 'pending'
                | 'running'
                | 'succeeded'
                | 'failed'
                | 'cancelled'
                | ('pending' | 'running' | 'succeeded' | 'failed' | 'cancelled')[];
              errorCode?: string;
              errorText?: string;
              labels?: Record<string, string>;
              trigger?: 'schedule' | 'manual' | 'backfill' | 'rerun';
              worker?: string;
              from?: string;
              to?: string;
            };
            reason?: string;
            dryRun?: boolean;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': Operation | BulkCount } };
        202: { content: { 'application/json': Operation | BulkCount } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/jobs': {
    get: {
      parameters: {
        query?: {
          limit?: number | undefined;
          cursor?: string | undefined;
          asOf?: string | undefined;
          sort?:
            | 'createdAt'
            | '-createdAt'
            | 'name'
            | '-name'
            | 'application'
            | '-application'
            | 'enabled'
            | '-enabled'
            | 'createdBy'
            | '-createdBy'
            | 'lastStatus'
            | '-lastStatus'
            | 'lastRunAt'
            | '-lastRunAt'
            | 'nextRunAt'
            | '-nextRunAt'
            | undefined;
          include?: 'body' | undefined;
          applicationId?: (number | string) | undefined;
          application?: string | undefined;
          enabled?: 'true' | 'false' | undefined;
          state?: string | undefined;
          name?: string | undefined;
          target?: string | undefined;
          label?: (string | string[]) | undefined;
          taskType?: string | undefined;
          createdBy?: string | undefined;
          lastStatus?: 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled' | undefined;
          correlationId?: string | undefined;
          tenant?: string | undefined;
        };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Job[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: { content: { 'application/json': CreateJob } };
      responses: {
        201: { content: { 'application/json': Job } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/jobs/summaries': {
    get: {
      parameters: { query: { ids: string; tenant?: string | undefined }; header?: { 'X-Request-Id'?: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': JobSummary[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/jobs/{id}': {
    get: {
      parameters: {
        path: { id: number | string };
        query?: { asOf?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Job } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put: {
      parameters: {
        path: { id: number | string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: {
          'X-Request-Id'?: string;
          'Idempotency-Key'?: string;
          'Carillon-Reason'?: string;
          'If-Match'?: string;
        };
      };
      requestBody: { content: { 'application/json': UpdateJob } };
      responses: {
        200: { content: { 'application/json': Job } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        412: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { id: number | string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: {
          'X-Request-Id'?: string;
          'Idempotency-Key'?: string;
          'Carillon-Reason'?: string;
          'If-Match'?: string;
        };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        412: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/applications/{application}/jobs/{job}': {
    get: {
      parameters: {
        path: { application: string; job: string };
        query?: { asOf?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Job } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put: {
      parameters: {
        path: { job: string; application: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: {
          'X-Request-Id'?: string;
          'Idempotency-Key'?: string;
          'Carillon-Reason'?: string;
          'If-Match'?: string;
          'If-None-Match'?: '*';
        };
      };
      requestBody: { content: { 'application/json': PutJob } };
      responses: {
        200: { content: { 'application/json': Job } };
        201: { content: { 'application/json': Job } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        412: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    post?: never;
    patch: {
      parameters: {
        path: { application: string; job: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: {
          'X-Request-Id'?: string;
          'Idempotency-Key'?: string;
          'Carillon-Reason'?: string;
          'If-Match'?: string;
        };
      };
      requestBody: { content: { 'application/json': UpdateJob } };
      responses: {
        200: { content: { 'application/json': Job } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        412: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    delete: {
      parameters: {
        path: { application: string; job: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: {
          'X-Request-Id'?: string;
          'Idempotency-Key'?: string;
          'Carillon-Reason'?: string;
          'If-Match'?: string;
        };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        412: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/jobs/{id}/enable': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { id: number | string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: {
          'X-Request-Id'?: string;
          'Idempotency-Key'?: string;
          'Carillon-Reason'?: string;
          'If-Match'?: string;
        };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Job } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        412: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/jobs/{id}/disable': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { id: number | string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: {
          'X-Request-Id'?: string;
          'Idempotency-Key'?: string;
          'Carillon-Reason'?: string;
          'If-Match'?: string;
        };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Job } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        412: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/jobs/{id}/trigger': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { id: number | string };
        query?: {
          wait?: (string | number) | undefined;
          tenant?: string | undefined;
          consistency?: 'eventual' | undefined;
        };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: { content: { 'application/json': TriggerJob } };
      responses: {
        200: { content: { 'application/json': Execution } };
        202: { content: { 'application/json': Execution } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/jobs/{id}/history': {
    get: {
      parameters: {
        path: { id: number | string };
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': HistoryEntry[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/jobs/{id}/history/{version}/revert': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { id: number | string; version: number };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: {
          'X-Request-Id'?: string;
          'Idempotency-Key'?: string;
          'Carillon-Reason'?: string;
          'If-Match'?: string;
        };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Job } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        412: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/executions': {
    get: {
      parameters: {
        query?: {
          limit?: number | undefined;
          cursor?: string | undefined;
          asOf?: string | undefined;
          sort?: 'createdAt' | '-createdAt' | undefined;
          include?: 'body' | undefined;
          status?: string | undefined;
          errorCode?: string | undefined;
          errorText?: string | undefined;
          label?: (string | string[]) | undefined;
          trigger?: 'schedule' | 'manual' | 'backfill' | 'rerun' | undefined;
          worker?: string | undefined;
          backfillId?: number | undefined;
          from?: string | undefined;
          to?: string | undefined;
          jobId?: (number | string) | undefined;
          jobName?: string | undefined;
          applicationId?: (number | string) | undefined;
          application?: string | undefined;
          tenant?: string | undefined;
        };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Execution[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/executions/{id}': {
    get: {
      parameters: {
        path: { id: number };
        query?: { asOf?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Execution } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/jobs/{id}/executions': {
    get: {
      parameters: {
        path: { id: number | string };
        query?: {
          limit?: number | undefined;
          cursor?: string | undefined;
          asOf?: string | undefined;
          sort?: 'createdAt' | '-createdAt' | undefined;
          include?: 'body' | undefined;
          status?: string | undefined;
          errorCode?: string | undefined;
          errorText?: string | undefined;
          label?: (string | string[]) | undefined;
          trigger?: 'schedule' | 'manual' | 'backfill' | 'rerun' | undefined;
          worker?: string | undefined;
          backfillId?: number | undefined;
          from?: string | undefined;
          to?: string | undefined;
          tenant?: string | undefined;
        };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Execution[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/executions/{id}/cancel': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { id: number };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        202: { content: { 'application/json': Execution } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/executions/{id}/rerun': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { id: number };
        query?: {
          wait?: (string | number) | undefined;
          definition?: 'newest' | 'original' | undefined;
          tenant?: string | undefined;
          consistency?: 'eventual' | undefined;
        };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: { content: { 'application/json': RequestExecution } };
      responses: {
        200: { content: { 'application/json': Execution } };
        202: { content: { 'application/json': Execution } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/executions/{id}/complete': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { id: number };
        query?: { job?: number | undefined; tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: { content: { 'application/json': Completion } };
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/executions/{id}/heartbeat': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { id: number };
        query?: { job?: number | undefined; tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: { content: { 'application/json': Heartbeat } };
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/queues/{application}/{queue}/take': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { queue: string; application: string };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody: { content: { 'application/json': TakeWork } };
      responses: {
        200: { content: { 'application/json': TakenWork } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/queues/{application}/{queue}/beat': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { queue: string; application: string };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody: { content: { 'application/json': BeatWork } };
      responses: {
        200: { content: { 'application/json': WorkBeat } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/queues': {
    get: {
      parameters: {
        query?: {
          applicationId?: (number | string) | undefined;
          limit?: number | undefined;
          cursor?: string | undefined;
          tenant?: string | undefined;
        };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Queue[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/jobs/{id}/backfills': {
    get: {
      parameters: {
        path: { id: number | string };
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Backfill[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post: {
      parameters: {
        path: { id: number | string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: {
        content: {
          'application/json': {
            from: string;
            to: string;
            reprocess?: 'none' | 'failed' | 'all';
            parallel?: number;
            dryRun?: boolean;
            reason?: string;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': Backfill | BackfillDryRun } };
        202: { content: { 'application/json': Backfill | BackfillDryRun } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/backfills': {
    get: {
      parameters: {
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Backfill[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/jobs/{id}/backfills/{backfillId}': {
    get: {
      parameters: {
        path: { id: number | string; backfillId: number };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Backfill } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { id: number | string; backfillId: number };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/jobs/{id}/occurrences': {
    get: {
      parameters: {
        path: { id: number | string };
        query?: {
          limit?: number | undefined;
          cursor?: string | undefined;
          asOf?: string | undefined;
          from?: string | undefined;
          to?: string | undefined;
          outcome?: string | undefined;
          tenant?: string | undefined;
        };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Occurrence[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/jobs/{id}/occurrences/days': {
    get: {
      parameters: {
        path: { id: number | string };
        query: { month: string; timezone?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': SlotDay[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/occurrences': {
    get: {
      parameters: {
        query?: {
          limit?: number | undefined;
          cursor?: string | undefined;
          asOf?: string | undefined;
          from?: string | undefined;
          to?: string | undefined;
          outcome?: string | undefined;
          tenant?: string | undefined;
        };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Occurrence[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/applications': {
    get: {
      parameters: {
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Application[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: {
        content: {
          'application/json': {
            name: string;
            displayName?: string;
            onFailure?: Hook;
            onSuccess?: Hook;
            retention?: Retention;
            reason?: string;
          };
        };
      };
      responses: {
        201: { content: { 'application/json': Application } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/applications/{id}': {
    get: {
      parameters: {
        path: { id: number | string };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Application } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put: {
      parameters: {
        path: { id: number | string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: {
        content: {
          'application/json': {
            name?: string;
            displayName?: string;
            onFailure?: Hook | null;
            onSuccess?: Hook | null;
            retention?: Retention | null;
            id?: unknown;
            createdAt?: unknown;
            createdBy?: unknown;
            updatedAt?: unknown;
            updatedBy?: unknown;
            reason?: string;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': Application } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { id: number | string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: {
          'X-Request-Id'?: string;
          'Idempotency-Key'?: string;
          'Carillon-Reason'?: string;
          'If-Match'?: string;
        };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        412: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/secrets/rotate': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        200: {
          content: {
            'application/json': {
              rewrapped: number;
              current: number;
              failed: { applicationId: number; code: string; message: string }[];
            };
          };
        };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/applications/{id}/secrets/erase': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { id: number | string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { applicationId: number; generation?: number; note: string } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/applications/{id}/variables': {
    get: {
      parameters: {
        path: { id: number | string };
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Variable[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/applications/{id}/variables/{name}': {
    get: {
      parameters: {
        path: { id: number | string; name: string };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Variable } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put: {
      parameters: {
        path: { id: number | string; name: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: {
        content: {
          'application/json': {
            name?: unknown;
            updatedAt?: unknown;
            updatedBy?: unknown;
            value: string;
            reason?: string;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': Variable } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { id: number | string; name: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/applications/{id}/variables/{name}/history': {
    get: {
      parameters: {
        path: { id: number | string; name: string };
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': HistoryEntry[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/applications/{id}/variables/{name}/history/{version}/revert': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { id: number | string; name: string; version: number };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Variable } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/applications/{id}/secrets': {
    get: {
      parameters: {
        path: { id: number | string };
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Secret[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/applications/{id}/secrets/{name}': {
    get: {
      parameters: {
        path: { id: number | string; name: string };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Secret } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put: {
      parameters: {
        path: { id: number | string; name: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: {
        content: {
          'application/json': {
            name?: unknown;
            updatedAt?: unknown;
            updatedBy?: unknown;
            value: string;
            allowedOrigins?: string[] | null;
            signing?: boolean;
            reason?: string;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': Secret } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { id: number | string; name: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/applications/{id}/secrets/{name}/history': {
    get: {
      parameters: {
        path: { id: number | string; name: string };
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': HistoryEntry[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/applications/{id}/limits': {
    get: {
      parameters: {
        path: { id: number | string };
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Limit[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/applications/{id}/limits/{name}': {
    get: {
      parameters: {
        path: { id: number | string; name: string };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Limit } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put: {
      parameters: {
        path: { id: number | string; name: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: {
        content: {
          'application/json': {
            name?: unknown;
            updatedAt?: unknown;
            updatedBy?: unknown;
            parallel?: number;
            rate?: { count: number; per: string | number };
            reason?: string;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': Limit } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { id: number | string; name: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/applications/{id}/limits/{name}/history': {
    get: {
      parameters: {
        path: { id: number | string; name: string };
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': HistoryEntry[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/applications/{id}/limits/{name}/history/{version}/revert': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { id: number | string; name: string; version: number };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Limit } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/applications/{id}/tls': {
    get: {
      parameters: {
        path: { id: number | string };
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': TlsSettings[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/applications/{id}/tls/{name}': {
    get: {
      parameters: {
        path: { id: number | string; name: string };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': TlsSettings } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put: {
      parameters: {
        path: { id: number | string; name: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: {
        content: {
          'application/json': {
            name?: unknown;
            updatedAt?: unknown;
            updatedBy?: unknown;
            origins: string[];
            ca?: string;
            certificate?: string;
            key?: string | { sealed: true };
            expiry?: unknown;
            authorities?: unknown;
            chain?: unknown;
            reason?: string;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': TlsSettings } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { id: number | string; name: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/calendars': {
    get: {
      parameters: {
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': CalendarSummary[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/calendars/{name}': {
    get: {
      parameters: {
        path: { name: string };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Calendar } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put: {
      parameters: {
        path: { name: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: {
        content: {
          'application/json': {
            name?: unknown;
            updatedAt?: unknown;
            updatedBy?: unknown;
            pendingEngines?: unknown;
            dates: string[];
            description?: string | null;
            reason?: string;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': CalendarResult } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { name: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/pauses': {
    get: {
      parameters: {
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Pause[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: {
        content: {
          'application/json':
            | {
                scope: 'installation';
                reason?: string;
                from?: string;
                until?: (string | (string | number)) | null;
                catchUp?: 'last' | 'skip' | 'all';
              }
            | {
                scope: 'tenant';
                reason?: string;
                from?: string;
                until?: (string | (string | number)) | null;
                catchUp?: 'last' | 'skip' | 'all';
              }
            | {
                scope: 'application';
                of: number | string;
                reason?: string;
                from?: string;
                until?: (string | (string | number)) | null;
                catchUp?: 'last' | 'skip' | 'all';
              }
            | {
                scope: 'job';
                of: number | string;
                reason?: string;
                from?: string;
                until?: (string | (string | number)) | null;
                catchUp?: 'last' | 'skip' | 'all';
              }
            | {
                scope: 'target';
                of: string;
                reason?: string;
                from?: string;
                until?: (string | (string | number)) | null;
                catchUp?: 'last' | 'skip' | 'all';
              }
            | {
                scope: 'labels';
                of: Record<string, string>;
                reason?: string;
                from?: string;
                until?: (string | (string | number)) | null;
                catchUp?: 'last' | 'skip' | 'all';
              };
        };
      };
      responses: {
        201: { content: { 'application/json': PauseResult } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/pauses/{id}': {
    get: {
      parameters: {
        path: { id: number };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Pause } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { id: number };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/alert-rules': {
    get: {
      parameters: {
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': AlertRule[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/alert-rules/{name}': {
    get: {
      parameters: {
        path: { name: string };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': AlertRule } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put: {
      parameters: {
        path: { name: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: {
          'X-Request-Id'?: string;
          'Idempotency-Key'?: string;
          'Carillon-Reason'?: string;
          'If-Match'?: string;
        };
      };
      requestBody: {
        content: {
          'application/json':
            | {
                scope: 'job';
                of: number | string;
                name?: unknown;
                createdAt?: unknown;
                createdBy?: unknown;
                updatedAt?: unknown;
                updatedBy?: unknown;
                description?: string | null;
                condition:
                  | { kind: 'failures'; count: number }
                  | {
                      kind: 'missed';
                      reason?:
                        | 'ENGINE_DOWN'
                        | 'ENGINE_BEHIND'
                        | 'ENGINE_BUSY'
                        | 'PARKED'
                        | 'OVERLAP'
                        | 'LIMIT'
                        | 'CALENDAR'
                        | 'PAUSED'
                        | 'TOO_LATE'
                        | 'MAX_RUNS'
                        | 'EDITED'
                        | 'DISABLED'
                        | 'DELETED'
                        | 'CANCELLED';
                    }
                  | {
                      kind: 'skipped';
                      reason?:
                        | 'ENGINE_DOWN'
                        | 'ENGINE_BEHIND'
                        | 'ENGINE_BUSY'
                        | 'PARKED'
                        | 'OVERLAP'
                        | 'LIMIT'
                        | 'CALENDAR'
                        | 'PAUSED'
                        | 'TOO_LATE'
                        | 'MAX_RUNS'
                        | 'EDITED'
                        | 'DISABLED'
                        | 'DELETED'
                        | 'CANCELLED';
                    }
                  | { kind: 'late'; over: string | number }
                  | { kind: 'noSuccess'; over: string | number }
                  | { kind: 'notRun'; over: string | number }
                  | { kind: 'notTaken'; over: string | number }
                  | { kind: 'noSlots' }
                  | { kind: 'running'; over: string | number }
                  | { kind: 'disabled' };
                message?: string | null;
                receivers: (
                  | { type: 'webhook'; url: string; signedBy?: number }
                  | { type: 'email'; to: string }
                  | { type: 'slack'; secret: string; secretApplicationId?: number }
                  | { type: 'teams'; secret: string; secretApplicationId?: number }
                  | {
                      type: 'pagerduty';
                      secret: string;
                      secretApplicationId?: number;
                      url?: string;
                      severity?: 'critical' | 'error' | 'warning' | 'info';
                    }
                )[];
                groupWait?: string | number;
                atMostEvery?: string | number;
                maintenance?: { from: string; to: string }[];
                reason?: string;
              }
            | {
                scope: 'application';
                of: number | string;
                labels?: Record<string, string> | null;
                name?: unknown;
                createdAt?: unknown;
                createdBy?: unknown;
                updatedAt?: unknown;
                updatedBy?: unknown;
                description?: string | null;
                condition:
                  | { kind: 'failures'; count: number }
                  | {
                      kind: 'missed';
                      reason?:
                        | 'ENGINE_DOWN'
                        | 'ENGINE_BEHIND'
                        | 'ENGINE_BUSY'
                        | 'PARKED'
                        | 'OVERLAP'
                        | 'LIMIT'
                        | 'CALENDAR'
                        | 'PAUSED'
                        | 'TOO_LATE'
                        | 'MAX_RUNS'
                        | 'EDITED'
                        | 'DISABLED'
                        | 'DELETED'
                        | 'CANCELLED';
                    }
                  | {
                      kind: 'skipped';
                      reason?:
                        | 'ENGINE_DOWN'
                        | 'ENGINE_BEHIND'
                        | 'ENGINE_BUSY'
                        | 'PARKED'
                        | 'OVERLAP'
                        | 'LIMIT'
                        | 'CALENDAR'
                        | 'PAUSED'
                        | 'TOO_LATE'
                        | 'MAX_RUNS'
                        | 'EDITED'
                        | 'DISABLED'
                        | 'DELETED'
                        | 'CANCELLED';
                    }
                  | { kind: 'late'; over: string | number }
                  | { kind: 'noSuccess'; over: string | number }
                  | { kind: 'notRun'; over: string | number }
                  | { kind: 'notTaken'; over: string | number }
                  | { kind: 'noSlots' }
                  | { kind: 'running'; over: string | number }
                  | { kind: 'disabled' };
                message?: string | null;
                receivers: (
                  | { type: 'webhook'; url: string; signedBy?: number }
                  | { type: 'email'; to: string }
                  | { type: 'slack'; secret: string; secretApplicationId?: number }
                  | { type: 'teams'; secret: string; secretApplicationId?: number }
                  | {
                      type: 'pagerduty';
                      secret: string;
                      secretApplicationId?: number;
                      url?: string;
                      severity?: 'critical' | 'error' | 'warning' | 'info';
                    }
                )[];
                groupWait?: string | number;
                atMostEvery?: string | number;
                maintenance?: { from: string; to: string }[];
                reason?: string;
              }
            | {
                scope: 'tenant';
                labels?: Record<string, string> | null;
                name?: unknown;
                createdAt?: unknown;
                createdBy?: unknown;
                updatedAt?: unknown;
                updatedBy?: unknown;
                description?: string | null;
                condition:
                  | { kind: 'failures'; count: number }
                  | {
                      kind: 'missed';
                      reason?:
                        | 'ENGINE_DOWN'
                        | 'ENGINE_BEHIND'
                        | 'ENGINE_BUSY'
                        | 'PARKED'
                        | 'OVERLAP'
                        | 'LIMIT'
                        | 'CALENDAR'
                        | 'PAUSED'
                        | 'TOO_LATE'
                        | 'MAX_RUNS'
                        | 'EDITED'
                        | 'DISABLED'
                        | 'DELETED'
                        | 'CANCELLED';
                    }
                  | {
                      kind: 'skipped';
                      reason?:
                        | 'ENGINE_DOWN'
                        | 'ENGINE_BEHIND'
                        | 'ENGINE_BUSY'
                        | 'PARKED'
                        | 'OVERLAP'
                        | 'LIMIT'
                        | 'CALENDAR'
                        | 'PAUSED'
                        | 'TOO_LATE'
                        | 'MAX_RUNS'
                        | 'EDITED'
                        | 'DISABLED'
                        | 'DELETED'
                        | 'CANCELLED';
                    }
                  | { kind: 'late'; over: string | number }
                  | { kind: 'noSuccess'; over: string | number }
                  | { kind: 'notRun'; over: string | number }
                  | { kind: 'notTaken'; over: string | number }
                  | { kind: 'noSlots' }
                  | { kind: 'running'; over: string | number }
                  | { kind: 'disabled' };
                message?: string | null;
                receivers: (
                  | { type: 'webhook'; url: string; signedBy?: number }
                  | { type: 'email'; to: string }
                  | { type: 'slack'; secret: string; secretApplicationId?: number }
                  | { type: 'teams'; secret: string; secretApplicationId?: number }
                  | {
                      type: 'pagerduty';
                      secret: string;
                      secretApplicationId?: number;
                      url?: string;
                      severity?: 'critical' | 'error' | 'warning' | 'info';
                    }
                )[];
                groupWait?: string | number;
                atMostEvery?: string | number;
                maintenance?: { from: string; to: string }[];
                reason?: string;
              };
        };
      };
      responses: {
        200: { content: { 'application/json': AlertRule } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        412: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { name: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: {
          'X-Request-Id'?: string;
          'Idempotency-Key'?: string;
          'Carillon-Reason'?: string;
          'If-Match'?: string;
        };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        412: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/alert-rules/{name}/notifications': {
    get: {
      parameters: {
        path: { name: string };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': AlertNotification[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/alert-rules/{name}/test': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { name: string };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': ReceiverTest[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/alerts': {
    get: {
      parameters: {
        query?: {
          rule?: string | undefined;
          jobId?: (number | string) | undefined;
          applicationId?: (number | string) | undefined;
          limit?: number | undefined;
          cursor?: string | undefined;
          tenant?: string | undefined;
        };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Alert[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/applications/{id}/history': {
    get: {
      parameters: {
        path: { id: number | string };
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': HistoryEntry[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/calendars/{name}/history': {
    get: {
      parameters: {
        path: { name: string };
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': HistoryEntry[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/pauses/{id}/history': {
    get: {
      parameters: {
        path: { id: number };
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': HistoryEntry[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/applications/{id}/history/{version}/revert': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { id: number | string; version: number };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Application } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/calendars/{name}/history/{version}/revert': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { name: string; version: number };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': CalendarResult } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/operations': {
    get: {
      parameters: {
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Operation[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/operations/{id}': {
    get: {
      parameters: {
        path: { id: number };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Operation } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { id: number };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        202: { content: { 'application/json': Operation } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/tokens': {
    get: {
      parameters: {
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Token[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: {
        content: {
          'application/json': {
            name: string;
            permissions: (
              | 'scheduler:jobs:read'
              | 'scheduler:jobs:write'
              | 'scheduler:jobs:trigger'
              | 'scheduler:secrets:write'
              | 'scheduler:executions:read'
              | 'scheduler:executions:cancel'
              | 'scheduler:work'
              | 'scheduler:audit:read'
              | 'scheduler:tenant:admin'
              | 'scheduler:admin'
            )[];
            applications?: (number | string)[];
            queues?: string[];
            expiresAt?: string | null;
            reason?: string;
          };
        };
      };
      responses: {
        201: { content: { 'application/json': CreatedToken } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/tokens/{id}': {
    get: {
      parameters: {
        path: { id: number };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Token } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { id: number };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/users/{sub}/sessions': {
    get?: never;
    put?: never;
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { sub: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/tenants': {
    get: {
      parameters: {
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Tenant[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/tenants/{tenant}': {
    get: {
      parameters: {
        path: { tenant: string };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': TenantState } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { tenant: string };
        query?: { confirm?: string | undefined; tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        202: { content: { 'application/json': TenantErasure } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/tenants/{tenant}/export': {
    get: {
      parameters: {
        path: { tenant: string };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/x-ndjson': ExportLine } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/engine/release': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': EngineRelease } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/allowed-targets': {
    get: {
      parameters: { query?: { tenant?: string | undefined }; header?: { 'X-Request-Id'?: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': AllowedTargets } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put: {
      parameters: {
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: {
          'X-Request-Id'?: string;
          'Idempotency-Key'?: string;
          'Carillon-Reason'?: string;
          'If-Match'?: string;
        };
      };
      requestBody: {
        content: {
          'application/json': {
            default?: unknown;
            updatedAt?: unknown;
            updatedBy?: unknown;
            targets: string[];
            reason?: string;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': AllowedTargets } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        412: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/allowed-targets/history': {
    get: {
      parameters: {
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': HistoryEntry[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/stats': {
    get: {
      parameters: {
        query?: { asOf?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Statistics } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/stats/hours': {
    get: {
      parameters: {
        query?: { hours?: number | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { hours: Hour[] } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/stats/jobs': {
    get: {
      parameters: {
        query?: {
          applicationId?: (number | string) | undefined;
          from?: string | undefined;
          to?: string | undefined;
          tenant?: string | undefined;
        };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Report } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/jobs/{id}/statistics': {
    get: {
      parameters: {
        path: { id: number | string };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': JobStatistics } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/upcoming': {
    get: {
      parameters: {
        query?: { minutes?: number | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Upcoming } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/attention': {
    get: {
      parameters: { query?: { tenant?: string | undefined }; header?: { 'X-Request-Id'?: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { jobs: Attention[] } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/jobs/{id}/acknowledgement': {
    get?: never;
    put: {
      parameters: {
        path: { id: number | string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: {
        content: {
          'application/json': {
            acknowledgedAt?: unknown;
            acknowledgedBy?: unknown;
            owner?: string;
            note?: string | null;
            until?: (string | (string | number)) | null;
            reason?: string;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': Acknowledgement } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { id: number | string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/views': {
    get: {
      parameters: { query?: { tenant?: string | undefined }; header?: { 'X-Request-Id'?: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { views: SavedView[] } } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/views/{name}': {
    get?: never;
    put: {
      parameters: {
        path: { name: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: {
        content: {
          'application/json': {
            name?: unknown;
            updatedAt?: unknown;
            updatedBy?: unknown;
            query: string;
            reason?: string;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': SavedView } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { name: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/audit': {
    get: {
      parameters: {
        query?: {
          limit?: number | undefined;
          cursor?: string | undefined;
          actor?: string | undefined;
          action?: string | undefined;
          outcome?: 'done' | 'rejected' | undefined;
          code?: string | undefined;
          applicationId?: (number | string) | undefined;
          from?: string | undefined;
          to?: string | undefined;
          tenant?: string | undefined;
        };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': AuditEntry[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/audit/explain': {
    get: {
      parameters: {
        query: { from: string; to?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': ExplainReport } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/audit/checkpoint': {
    get: {
      parameters: { query?: { tenant?: string | undefined }; header?: { 'X-Request-Id'?: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Checkpoint } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/audit/inclusion': {
    get: {
      parameters: {
        query?: {
          executionId?: number | undefined;
          jobId?: (number | string) | undefined;
          version?: number | undefined;
          tenant?: string | undefined;
        };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': InclusionProof } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/audit/consistency': {
    get: {
      parameters: {
        query: { older: number; newer?: number | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': ConsistencyProof } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/audit/export': {
    get: {
      parameters: {
        query: {
          from: string;
          to?: string | undefined;
          format?: 'ndjson' | 'csv' | undefined;
          tenant?: string | undefined;
        };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/x-ndjson': string } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/events': {
    get: {
      parameters: {
        query?: {
          after?: string | undefined;
          jobId?: (number | string) | undefined;
          type?: string | undefined;
          tenant?: string | undefined;
        };
        header?: { 'X-Request-Id'?: string; 'Last-Event-ID'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'text/event-stream': string } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/projections': {
    get: {
      parameters: { query?: { tenant?: string | undefined }; header?: { 'X-Request-Id'?: string } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Projection[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/projections/{name}/rebuild': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { name: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: { content: { 'application/json': { verify?: boolean; dryRun?: boolean; reason?: string } } };
      responses: {
        200: {
          content: {
            'application/json':
              | { name: string; generation: number }[]
              | { name: string; events: number; sizeBytes: number; estimatedMs: number }[];
          };
        };
        202: {
          content: {
            'application/json':
              | { name: string; generation: number }[]
              | { name: string; events: number; sizeBytes: number; estimatedMs: number }[];
          };
        };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/projections/{name}/verify': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { name: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        202: { content: { 'application/json': { name: string; generation: number }[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/bootstrap': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: {
          dryRun?: 'true' | 'false' | undefined;
          adopt?: (string | string[]) | undefined;
          adoptAll?: 'true' | undefined;
          allowDelete?: number | undefined;
          tenant?: string | undefined;
          consistency?: 'eventual' | undefined;
        };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: {
        content: {
          'application/json': {
            applications: { folder?: string; application: unknown; jobs?: unknown }[];
            reason?: string;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': BootstrapReport } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/preview': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: { content: { 'application/json': PreviewJob } };
      responses: {
        200: { content: { 'application/json': Preview } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/applications/{application}/jobs/{job}/enable': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { application: string; job: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: {
          'X-Request-Id'?: string;
          'Idempotency-Key'?: string;
          'Carillon-Reason'?: string;
          'If-Match'?: string;
        };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Job } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        412: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/applications/{application}/jobs/{job}/disable': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { application: string; job: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: {
          'X-Request-Id'?: string;
          'Idempotency-Key'?: string;
          'Carillon-Reason'?: string;
          'If-Match'?: string;
        };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Job } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        412: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/applications/{application}/jobs/{job}/trigger': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { application: string; job: string };
        query?: {
          wait?: (string | number) | undefined;
          tenant?: string | undefined;
          consistency?: 'eventual' | undefined;
        };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: { content: { 'application/json': TriggerJob } };
      responses: {
        200: { content: { 'application/json': Execution } };
        202: { content: { 'application/json': Execution } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/applications/{application}/jobs/{job}/history': {
    get: {
      parameters: {
        path: { application: string; job: string };
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': HistoryEntry[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/applications/{application}/jobs/{job}/history/{version}/revert': {
    get?: never;
    put?: never;
    post: {
      parameters: {
        path: { version: number; application: string; job: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: {
          'X-Request-Id'?: string;
          'Idempotency-Key'?: string;
          'Carillon-Reason'?: string;
          'If-Match'?: string;
        };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Job } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        412: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/applications/{application}/jobs/{job}/executions': {
    get: {
      parameters: {
        path: { application: string; job: string };
        query?: {
          limit?: number | undefined;
          cursor?: string | undefined;
          asOf?: string | undefined;
          sort?: 'createdAt' | '-createdAt' | undefined;
          include?: 'body' | undefined;
          status?: string | undefined;
          errorCode?: string | undefined;
          errorText?: string | undefined;
          label?: (string | string[]) | undefined;
          trigger?: 'schedule' | 'manual' | 'backfill' | 'rerun' | undefined;
          worker?: string | undefined;
          backfillId?: number | undefined;
          from?: string | undefined;
          to?: string | undefined;
          tenant?: string | undefined;
        };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Execution[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/applications/{application}/jobs/{job}/backfills': {
    get: {
      parameters: {
        path: { application: string; job: string };
        query?: { limit?: number | undefined; cursor?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Backfill[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post: {
      parameters: {
        path: { application: string; job: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: {
        content: {
          'application/json': {
            from: string;
            to: string;
            reprocess?: 'none' | 'failed' | 'all';
            parallel?: number;
            dryRun?: boolean;
            reason?: string;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': Backfill | BackfillDryRun } };
        202: { content: { 'application/json': Backfill | BackfillDryRun } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/applications/{application}/jobs/{job}/backfills/{backfillId}': {
    get: {
      parameters: {
        path: { backfillId: number; application: string; job: string };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Backfill } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { backfillId: number; application: string; job: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/applications/{application}/jobs/{job}/occurrences': {
    get: {
      parameters: {
        path: { application: string; job: string };
        query?: {
          limit?: number | undefined;
          cursor?: string | undefined;
          asOf?: string | undefined;
          from?: string | undefined;
          to?: string | undefined;
          outcome?: string | undefined;
          tenant?: string | undefined;
        };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Occurrence[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/applications/{application}/jobs/{job}/occurrences/days': {
    get: {
      parameters: {
        path: { application: string; job: string };
        query: { month: string; timezone?: string | undefined; tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': SlotDay[] } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/applications/{application}/jobs/{job}/statistics': {
    get: {
      parameters: {
        path: { application: string; job: string };
        query?: { tenant?: string | undefined };
        header?: { 'X-Request-Id'?: string };
      };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': JobStatistics } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/applications/{application}/jobs/{job}/acknowledgement': {
    get?: never;
    put: {
      parameters: {
        path: { application: string; job: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody: {
        content: {
          'application/json': {
            acknowledgedAt?: unknown;
            acknowledgedBy?: unknown;
            owner?: string;
            note?: string | null;
            until?: (string | (string | number)) | null;
            reason?: string;
          };
        };
      };
      responses: {
        200: { content: { 'application/json': Acknowledgement } };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        413: { content: { 'application/problem+json': Problem } };
        415: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
    post?: never;
    patch?: never;
    delete: {
      parameters: {
        path: { application: string; job: string };
        query?: { tenant?: string | undefined; consistency?: 'eventual' | undefined };
        header?: { 'X-Request-Id'?: string; 'Idempotency-Key'?: string; 'Carillon-Reason'?: string };
      };
      requestBody?: never;
      responses: {
        204: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        401: { content: { 'application/problem+json': Problem } };
        403: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        409: { content: { 'application/problem+json': Problem } };
        422: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
        default: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/session': {
    get: {
      parameters: Record<string, never>;
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': Session } };
        401: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post: {
      parameters: Record<string, never>;
      requestBody?: never;
      responses: {
        204: { content?: never };
        401: { content: { 'application/problem+json': Problem } };
        429: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete: {
      parameters: Record<string, never>;
      requestBody?: never;
      responses: {
        204: { content?: never };
        403: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
      };
    };
  };
  '/sign-in': {
    get: {
      parameters: { query?: { returnTo?: string | undefined } };
      requestBody?: never;
      responses: {
        303: { content?: never };
        400: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/sign-in/callback': {
    get: {
      parameters: { query?: { state?: string | undefined; code?: string | undefined; error?: string | undefined } };
      requestBody?: never;
      responses: {
        200: { content: { 'text/html': string } };
        401: { content: { 'application/problem+json': Problem } };
        404: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/sign-out': {
    get?: never;
    put?: never;
    post: {
      parameters: Record<string, never>;
      requestBody?: never;
      responses: {
        200: { content: { 'text/html': string } };
        403: { content: { 'application/problem+json': Problem } };
        503: { content: { 'application/problem+json': Problem } };
      };
    };
    patch?: never;
    delete?: never;
  };
  '/openapi.json': {
    get: {
      parameters: Record<string, never>;
      requestBody?: never;
      responses: { 200: { content: { 'application/json': { openapi: string } } } };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
  '/schemas/{file}': {
    get: {
      parameters: { path: { file: 'application.json' | 'jobs.json' } };
      requestBody?: never;
      responses: {
        200: { content: { 'application/json': { $schema: string } } };
        404: { content: { 'application/problem+json': Problem } };
      };
    };
    put?: never;
    post?: never;
    patch?: never;
    delete?: never;
  };
};
