export type MetricText = {
  readonly says: string;
  /** Absent: none. They have few values, which do not grow with jobs, tenants and paths. */
  readonly labels?: readonly string[];
  /** Whose processes have it. Absent: every process. */
  readonly roles?: readonly ('api' | 'engine' | 'projections' | 'publisher')[];
  /** What `/metrics` of a process with several engines shows of what each says. Absent: the sum. */
  readonly joined?: 'max';
};

/** Every metric of ours. Names follow the rules of Prometheus, with the unit last. */
export const ALL_METRICS = {
  carillon_slot_lateness_seconds: {
    says: 'histogram: from when a slot was due to when its first request was sent',
    roles: ['engine'],
  },
  carillon_call_duration_seconds: {
    says: 'histogram: from when a request was sent to the end of its answer',
    labels: ['outcome'],
    roles: ['engine'],
  },
  carillon_executions_total: {
    says: 'executions that ended, each counted where its end was recorded; `code` as the page of codes has it, statuses by their hundred (`HTTP_5xx`), others as `other`',
    labels: ['outcome', 'code'],
    roles: ['api', 'engine'],
  },
  carillon_retries_total: {
    says: 'attempts that failed and are made again',
    labels: ['code'],
    roles: ['api', 'engine'],
  },
  carillon_engine_claiming: {
    says: 'engines of the process that claim slots: 1 or 0 where it has one',
    roles: ['engine'],
  },
  carillon_engine_processes_unanswered_total: {
    says: 'scrapes at which an engine that the process started did not answer within a second: what it counted is shown as of its last answer, and nothing else of it',
    roles: ['engine'],
  },
  carillon_engine_members: {
    says: 'engines that share the jobs, as this one sees them: the same from each, do not sum',
    roles: ['engine'],
    joined: 'max',
  },
  carillon_engine_jobs: {
    says: "jobs in the engine's table; each engine has all of them, do not sum",
    roles: ['engine'],
    joined: 'max',
  },
  carillon_engine_call_capacity: {
    says: 'calls that may be under way at once (`ENGINE_CONCURRENCY`)',
    roles: ['engine'],
  },
  carillon_engine_calls_running: { says: 'calls under way', roles: ['engine'] },
  carillon_engine_claims_waiting: { says: 'claims whose call has not started', roles: ['engine'] },
  carillon_engine_jobs_waiting: { says: 'due jobs that wait for a place', roles: ['engine'] },
  carillon_engine_jobs_parked: {
    says: 'jobs left alone, because a slot of them would have been claimed twice',
    roles: ['engine'],
  },
  carillon_tls_certificates_expiring: {
    says: "certificates in applications' TLS settings that have expired, or do within 30 days",
    roles: ['engine'],
    joined: 'max',
  },
  carillon_engine_largest_share_ratio: {
    says: 'the share of the places that the tenant, or the target, with the most calls holds',
    labels: ['of'],
    roles: ['engine'],
    joined: 'max',
  },
  carillon_engine_stalled_seconds: {
    says: "for how long nothing has come of the engine's work; others have its jobs",
    roles: ['engine'],
    joined: 'max',
  },
  carillon_tenant_executions_total: {
    says: 'executions that ended',
    labels: ['tenant', 'outcome'],
    roles: ['api', 'engine'],
  },
  carillon_tenant_calls_running: {
    says: 'calls under way',
    labels: ['tenant'],
    roles: ['engine'],
  },
  carillon_tenant_jobs_waiting: {
    says: 'due jobs that wait for a place',
    labels: ['tenant'],
    roles: ['engine'],
  },
  carillon_jobs: {
    says: 'jobs in each state, counted once a minute; the same from each, do not sum',
    labels: ['state'],
    joined: 'max',
  },
  carillon_slots_total: {
    says: 'slots that were settled; the same from each, do not sum',
    labels: ['outcome', 'reason'],
    joined: 'max',
  },
  carillon_executions_expired_total: {
    says: 'executions that have expired; the same from each, do not sum',
    joined: 'max',
  },
  carillon_execution_retention_cutoff_age_seconds: {
    says: 'how long ago the latest instant is before which executions have expired, none before any has; the same from each, do not sum',
    joined: 'max',
  },
  carillon_append_duration_seconds: { says: 'histogram: from the call of an append to its answer' },
  carillon_append_batch_appends: { says: 'histogram, log in Postgres: appends that shared one transaction' },
  carillon_append_failures_total: {
    says: 'appends that were not made: `lost` to another one, `unanswered`, `other`',
    labels: ['reason'],
  },
  carillon_log_reconnects_total: { says: 'connections to the log that were lost or failed', labels: ['connection'] },
  carillon_log_silent_seconds: { says: 'for how long the log has not answered', joined: 'max' },
  carillon_parked_streams: { says: "streams with an event that this process can't read", joined: 'max' },
  carillon_events_skipped_total: {
    says: 'events of types or versions that this release does not know',
    labels: ['type'],
  },
  carillon_readers_stalled_seconds: {
    says: 'for how long a projection or the publisher has not moved although the log went on',
    roles: ['projections', 'publisher'],
  },
  carillon_projection_running: {
    says: '1 in the process that runs the projection, 0 in those that stand by',
    labels: ['projection'],
    roles: ['projections'],
  },
  carillon_projection_lag_seconds: {
    says: 'events recorded longer ago are in the read model; only from the process that runs it',
    labels: ['projection'],
    roles: ['projections'],
  },
  carillon_projection_lag_events: {
    says: 'log in Postgres: events of the log that the projection has not passed',
    labels: ['projection'],
    roles: ['projections'],
  },
  carillon_publisher_publishing: { says: '1 while events are published', roles: ['publisher'] },
  carillon_publisher_lag_seconds: {
    says: 'how far Kafka is behind the log; NaN while that is not known',
    roles: ['publisher'],
  },
  carillon_publisher_lag_events: {
    says: 'log in Postgres: events of the log that the publisher has not passed',
    roles: ['publisher'],
  },
  carillon_published_events_total: { says: 'events that this process has published', roles: ['publisher'] },
  carillon_subscription_restarts_total: {
    says: 'times that a projection or the publisher broke off and subscribed again',
    labels: ['reader'],
    roles: ['projections', 'publisher'],
  },
  carillon_http_request_duration_seconds: {
    says: 'histogram: from the head of a request to the end of its answer; `route` is the template below `/_/scheduler` (`/jobs/:id`), or `none`; streams of events are left out',
    labels: ['method', 'route', 'status'],
  },
  carillon_pool_connections: {
    says: 'connections to Postgres, `busy` or `idle`, of the pools `main`, `log`, `lists`, `reads`, `pages`, `new pages` and `slow pages` (of executions)',
    labels: ['pool', 'state'],
  },
  carillon_pool_waiting: { says: 'statements that wait for a connection', labels: ['pool'] },
  carillon_rejected_requests_total: {
    says: 'requests and calls rejected for who asked, or where they would go',
    labels: ['code'],
  },
  carillon_rejected_requests_unrecorded_total: {
    says: 'rejected requests that the audit does not list, because there were too many in a minute or the log was away',
    labels: ['code'],
  },
  carillon_spans_total: {
    says: 'with traces: spans that were `exported`, `failed` (the collector did not take them) or `dropped` (no room to wait)',
    labels: ['result'],
  },
  carillon_alerts_firing: {
    says: "alerts of tenants' rules that are firing, in the process that watches the rules; 0 in the others",
    roles: ['api', 'engine'],
  },
  carillon_alert_notifications_total: {
    says: 'attempts at a `webhook` or an `email` that were `delivered`, `failed`, or `abandoned` after a day',
    labels: ['receiver', 'outcome'],
    roles: ['api', 'engine'],
  },
  carillon_hook_calls_total: {
    says: 'calls of `onFailure` and `onSuccess` that were `delivered`, `failed`, or `abandoned` after a quarter of an hour',
    labels: ['hook', 'outcome'],
    roles: ['api', 'engine'],
  },
  carillon_actions_total: {
    says: 'rotations, erasures and rebuilds that administrators asked for',
    labels: ['action'],
  },
} as const satisfies Readonly<Record<`carillon_${string}`, MetricText>>;

export type MetricName = keyof typeof ALL_METRICS;
export type LabelOf<Name extends MetricName> = (typeof ALL_METRICS)[Name] extends {
  readonly labels: readonly (infer Label extends string)[];
}
  ? Label
  : never;
