import { ALL_METRICS, type MetricText } from '../../src/telemetry/metrics.ts';
import { table } from './table.ts';

/** Metrics that prom-client collects from Node. */
const OF_NODE: Readonly<Record<string, MetricText>> = {
  nodejs_eventloop_lag_p99_seconds: {
    description: 'delay of the event loop since the last scrape; above 0.1 the process is overloaded',
  },
  process_resident_memory_bytes: { description: 'memory of the process' },
  process_cpu_seconds_total: { description: 'CPU time of the process' },
};

const rowOf = ([name, { description, labels = [], roles }]: readonly [string, MetricText]): string[] => [
  `\`${name}\``,
  labels.map((label) => `\`${label}\``).join(', '),
  roles?.join(', ') ?? 'every',
  description,
];

/** Generates docs/reference/metrics.md from the metrics' descriptions. */
export const metricsDocument = (): string => `# Metrics

Scrape \`/metrics\` with Prometheus. Each process shows the metrics of its roles. Sum them over all processes unless the
table states otherwise. \`npm run docs\` generates this page from the code.

Jobs and paths are never labels. Each process labels the first 20 tenants that it meets and counts all others as \`other\`.
So the number of series does not grow with jobs, tenants or paths.

- [Monitoring](../how-to/monitor.md) lists the metrics to watch.
- [Codes](codes.md) and [the reasons of slots](codes.md#reasons-of-slots) explain the values of \`code\` and \`reason\`.
- Background: [fair sharing of calls](../how-to/engines.md#fair-sharing-of-calls),
  [parked jobs](../how-to/read-models.md#jobs-that-are-parked), [states of jobs](api/jobs.md#reading-and-changing),
  [retention](../how-to/retention.md), [traces](../how-to/monitor.md#traces-and-log-lines).

${table(['metric', 'labels', 'role', 'meaning'], [...Object.entries(ALL_METRICS), ...Object.entries(OF_NODE)].map(rowOf))}

Metrics cost about 2 µs of CPU per execution. \`/metrics\` also has the other metrics of Node (\`nodejs_…\`, \`process_…\`).
`;
