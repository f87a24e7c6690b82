import {
  type Aggregator,
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  Registry,
} from 'prom-client';

export type MetricText = {
  readonly description: string;
  /** If absent, none. Labels have few values, independent of jobs, tenants and paths. */
  readonly labels?: readonly string[];
  /** Roles of the processes that have it; if absent, every process. */
  readonly roles?: readonly ('api' | 'engine' | 'projections' | 'publisher')[];
  /** How `/metrics` of a process with several engines joins their values; if absent, their sum. */
  readonly joined?: 'max';
};

/** Every metric of Carillon. Names follow the rules of Prometheus, with the unit last. */
export const ALL_METRICS = {
  carillon_slot_lateness_seconds: {
    description: 'histogram: time from when a slot was due until its first request was sent',
    roles: ['engine'],
  },
  carillon_call_duration_seconds: {
    description: 'histogram: time from when a request was sent until its response ended',
    labels: ['outcome'],
    roles: ['engine'],
  },
  carillon_executions_total: {
    description:
      'finished executions, each counted by the process that recorded the end; `code` is a code from the page of codes, `HTTP_5xx` for a status, or `other`',
    labels: ['outcome', 'code'],
    roles: ['api', 'engine'],
  },
  carillon_retries_total: {
    description: 'failed attempts that are retried',
    labels: ['code'],
    roles: ['api', 'engine'],
  },
  carillon_engine_claiming: {
    description: 'engines of the process that claim slots; 1 or 0 if it runs one engine',
    roles: ['engine'],
  },
  carillon_engine_processes_unanswered_total: {
    description:
      'scrapes at which a child engine did not respond within 1 second; its counters show the last known values, its other metrics are omitted',
    roles: ['engine'],
  },
  carillon_engine_members: {
    description: 'engines that share the jobs, as seen by this one; the same in each process, do not sum',
    roles: ['engine'],
    joined: 'max',
  },
  carillon_engine_jobs: {
    description: "jobs in the engine's table; each engine has all jobs, do not sum",
    roles: ['engine'],
    joined: 'max',
  },
  carillon_engine_call_capacity: {
    description: 'maximum number of concurrent calls (`ENGINE_CONCURRENCY`)',
    roles: ['engine'],
  },
  carillon_engine_calls_running: { description: 'running calls', roles: ['engine'] },
  carillon_engine_claims_waiting: { description: 'claims whose call has not started', roles: ['engine'] },
  carillon_engine_jobs_waiting: { description: 'due jobs that wait for call capacity', roles: ['engine'] },
  carillon_engine_jobs_parked: {
    description: 'parked jobs, because one of their slots would have been claimed twice',
    roles: ['engine'],
  },
  carillon_engine_executions_alone_total: {
    description: 'executions that were called by themselves and not with others, by what that took',
    labels: ['reason'],
    roles: ['engine'],
  },
  carillon_tls_certificates_expiring: {
    description: "certificates in applications' TLS settings that have expired or expire within 30 days",
    roles: ['engine'],
    joined: 'max',
  },
  carillon_engine_largest_share_ratio: {
    description: 'share of the call capacity that the tenant, or the target, with the most calls uses',
    labels: ['of'],
    roles: ['engine'],
    joined: 'max',
  },
  carillon_engine_stalled_seconds: {
    description: 'seconds since the engine stalled; other engines have its jobs',
    roles: ['engine'],
    joined: 'max',
  },
  carillon_tenant_executions_total: {
    description: 'finished executions',
    labels: ['tenant', 'outcome'],
    roles: ['api', 'engine'],
  },
  carillon_tenant_calls_running: {
    description: 'running calls',
    labels: ['tenant'],
    roles: ['engine'],
  },
  carillon_tenant_jobs_waiting: {
    description: 'due jobs that wait for call capacity',
    labels: ['tenant'],
    roles: ['engine'],
  },
  carillon_jobs: {
    description: 'jobs in each state, counted once a minute; the same in each process, do not sum',
    labels: ['state'],
    joined: 'max',
  },
  carillon_work_offered: {
    description: 'work of a queue that waits for a worker, of up to 100 queues; the same in each process, do not sum',
    labels: ['application', 'queue'],
    joined: 'max',
  },
  carillon_work_oldest_offer_seconds: {
    description: 'age of the oldest offered work of a queue; the same in each process, do not sum',
    labels: ['application', 'queue'],
    joined: 'max',
  },
  carillon_work_taken: {
    description: 'work of a queue that workers have taken; the same in each process, do not sum',
    labels: ['application', 'queue'],
    joined: 'max',
  },
  carillon_slots_total: {
    description: 'slots with a recorded outcome; the same in each process, do not sum',
    labels: ['outcome', 'reason'],
    joined: 'max',
  },
  carillon_executions_expired_total: {
    description: 'expired executions; the same in each process, do not sum',
    joined: 'max',
  },
  carillon_execution_retention_cutoff_age_seconds: {
    description:
      'age of the retention cutoff before which executions have expired; absent until executions expire; the same in each process, do not sum',
    joined: 'max',
  },
  carillon_append_duration_seconds: { description: 'histogram: time from the start of an append until its response' },
  carillon_append_batch_appends: { description: 'histogram, log in Postgres: appends that shared one transaction' },
  carillon_append_failures_total: {
    description: 'failed appends: `lost` to another append, `unanswered`, or `other`',
    labels: ['reason'],
  },
  carillon_log_reconnects_total: { description: 'lost or failed connections to the log', labels: ['connection'] },
  carillon_log_silent_seconds: { description: 'seconds since the log stopped responding', joined: 'max' },
  carillon_parked_streams: { description: "streams with an event that this process can't read", joined: 'max' },
  carillon_events_skipped_total: {
    description: 'events of types or versions that this version does not know',
    labels: ['type'],
  },
  carillon_readers_stalled_seconds: {
    description: 'seconds since a projection or the publisher stalled while the log grew',
    roles: ['projections', 'publisher'],
  },
  carillon_projection_running: {
    description: '1 in the process that runs the projection, 0 in those on standby',
    labels: ['projection'],
    roles: ['projections'],
  },
  carillon_projection_lag_seconds: {
    description: 'seconds that the read model is behind the log; only from the process that runs the projection',
    labels: ['projection'],
    roles: ['projections'],
  },
  carillon_projection_lag_events: {
    description: 'log in Postgres: events that the projection has not processed',
    labels: ['projection'],
    roles: ['projections'],
  },
  carillon_publisher_publishing: { description: '1 while the process publishes events', roles: ['publisher'] },
  carillon_publisher_lag_seconds: {
    description: 'seconds that Kafka is behind the log; NaN while unknown',
    roles: ['publisher'],
  },
  carillon_publisher_lag_events: {
    description: 'log in Postgres: events that the publisher has not processed',
    roles: ['publisher'],
  },
  carillon_published_events_total: { description: 'events published by this process', roles: ['publisher'] },
  carillon_subscription_restarts_total: {
    description: 'times that a projection or the publisher failed and subscribed again',
    labels: ['reader'],
    roles: ['projections', 'publisher'],
  },
  carillon_http_request_duration_seconds: {
    description:
      'histogram: time from the head of a request until the end of its response; `route` is the template below `/_/scheduler` (`/jobs/:id`), or `none`; event streams are excluded',
    labels: ['method', 'route', 'status'],
  },
  carillon_pool_connections: {
    description:
      'connections to Postgres, `busy` or `idle`, of the pools `main`, `log`, `lists`, `pages` and `slow pages`',
    labels: ['pool', 'state'],
  },
  carillon_pool_waiting: { description: 'statements that wait for a connection', labels: ['pool'] },
  carillon_rejected_requests_total: {
    description: 'requests and calls rejected because of their caller or their target',
    labels: ['code'],
  },
  carillon_rejected_requests_unrecorded_total: {
    description:
      'rejected requests missing in the audit, because there were too many in a minute or the log was unavailable',
    labels: ['code'],
  },
  carillon_spans_total: {
    description:
      'with tracing: spans that were `exported`, `failed` (rejected by the collector) or `dropped` (the buffer was full)',
    labels: ['result'],
  },
  carillon_alerts_firing: {
    description: "active alerts of tenants' rules, in the process that watches the rules; 0 in the others",
    roles: ['api', 'engine'],
  },
  carillon_alert_notifications_total: {
    description:
      'notification attempts by `webhook` or `email` that were `delivered`, `failed`, or `abandoned` after 24 hours',
    labels: ['receiver', 'outcome'],
    roles: ['api', 'engine'],
  },
  carillon_hook_calls_total: {
    description:
      'calls of `onFailure` and `onSuccess` that were `delivered`, `failed`, or `abandoned` after 15 minutes',
    labels: ['hook', 'outcome'],
    roles: ['api', 'engine'],
  },
  carillon_actions_total: {
    description: 'rotations, erasures and rebuilds requested by administrators',
    labels: ['action'],
  },
} as const satisfies Readonly<Record<`carillon_${string}`, MetricText>>;

type MetricName = keyof typeof ALL_METRICS;
type LabelOf<Name extends MetricName> = (typeof ALL_METRICS)[Name] extends {
  readonly labels: readonly (infer Label extends string)[];
}
  ? Label
  : never;

/** A value under its labels. */
type Labelled<Label extends string> = {
  readonly labels: Readonly<Record<Label, string>>;
  readonly value: number;
};

/** The metrics of a process, for another process of the same server. */
export type MetricsJson = readonly {
  readonly name: string;
  readonly type: unknown;
  /** How values of several processes are joined. */
  readonly aggregator: string;
}[];

/** Registers metrics. The code that measures registers its own; a name can be registered only once per process. */
export type Metrics = {
  /** Registers a value that only grows. The function returned adds `by` (default 1) under the given labels. */
  counter<Name extends MetricName>(
    name: Name,
  ): (labels: Readonly<Record<LabelOf<Name>, string | number>>, by?: number) => void;
  /**
   * Registers increasing values that are counted elsewhere. `read` is called at each scrape; if it rejects, the values are
   * unchanged.
   */
  counted<Name extends MetricName>(name: Name, read: () => Promise<readonly Labelled<LabelOf<Name>>[]>): void;
  /** Registers a value that rises and falls. `read` is called at each scrape; if it rejects, the value is NaN. */
  gauge(name: MetricName, read: () => number | Promise<number>): void;
  /** Registers values that rise and fall. `read` is called at each scrape; if it rejects, there are no values. */
  gauges<Name extends MetricName>(
    name: Name,
    read: () => readonly Labelled<LabelOf<Name>>[] | Promise<readonly Labelled<LabelOf<Name>>[]>,
  ): void;
  /**
   * Registers a distribution. The function returned records one value; buckets are upper bounds in the unit of the
   * name.
   */
  histogram<Name extends MetricName>(
    name: Name,
    buckets: readonly number[],
  ): (labels: Readonly<Record<LabelOf<Name>, string | number>>, value: number) => void;
  /** Returns the metrics of this process alone. */
  json(): Promise<MetricsJson>;
  /** Makes `render` include the metrics of other processes. */
  join(others: () => Promise<readonly MetricsJson[]>): void;
  /** Returns all metrics in the Prometheus text format, with the content type of that format. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
};

/** Creates the metrics of one process, including those of Node.js itself: memory, event loop and garbage collection. */
export const createMetrics = (): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  let others: (() => Promise<readonly MetricsJson[]>) | undefined;
  /** The options for registering a metric. */
  const described = <Name extends MetricName>(name: Name) => {
    const { description, labels = [], joined }: MetricText = ALL_METRICS[name];
    const aggregator: Aggregator = joined ?? 'sum';
    return { name, help: description, labelNames: labels, registers: [registry], aggregator };
  };
  return {
    counter: (name) => {
      const counter = new Counter(described(name));
      return (values, by = 1) => counter.inc(values, by);
    },
    counted: (name, read) => {
      new Counter({
        ...described(name),
        async collect() {
          const values = await read().catch(() => undefined);
          if (values === undefined) return;
          this.reset();
          for (const each of values) this.inc(each.labels, each.value);
        },
      });
    },
    gauge: (name, read) => {
      new Gauge({
        ...described(name),
        async collect() {
          this.set(await orElse(read, Number.NaN));
        },
      });
    },
    gauges: (name, read) => {
      new Gauge({
        ...described(name),
        async collect() {
          this.reset();
          for (const each of await orElse(read, [])) this.set(each.labels, each.value);
        },
      });
    },
    histogram: (name, buckets) => {
      const histogram = new Histogram({ ...described(name), buckets: [...buckets] });
      return (values, value) => histogram.observe(values, value);
    },
    json: () => registry.getMetricsAsJSON(),
    join: (read) => {
      others = read;
    },
    render: async () => {
      const { contentType } = registry;
      if (others === undefined) return { contentType, text: await registry.metrics() };
      const [own, theirs] = await Promise.all([registry.getMetricsAsJSON(), others()]);
      return { contentType, text: await aggregate([own, ...theirs]).metrics() };
    },
  };
};

/** Joins the metrics of several processes. */
export const joinMetrics = (all: readonly MetricsJson[]): MetricsJson => aggregate(all).getMetricsAsArray();

/** For Node's own metrics: the slowest event loop counts, and the start time is that of the first process. */
const OTHERWISE: Readonly<Record<string, string>> = { average: 'max', omit: 'first' };

const aggregate = (all: readonly MetricsJson[]) =>
  AggregatorRegistry.aggregate(
    all.map((metrics) =>
      metrics.map((each) => ({ ...each, aggregator: OTHERWISE[each.aggregator] ?? each.aggregator })),
    ),
  );

const orElse = async <T>(read: () => T | Promise<T>, otherwise: T): Promise<T> => {
  try {
    return await read();
  } catch {
    return otherwise;
  }
};
