import { ALL_METRICS, type MetricText } from '../../src/telemetry/all-metrics.ts';
import { table } from './table.ts';

/** What Node and prom-client measure by themselves. */
const OF_NODE: Readonly<Record<string, MetricText>> = {
  nodejs_eventloop_lag_p99_seconds: {
    says: 'delay of the event loop since the last scrape; above 0.1 the process is overloaded',
  },
  process_resident_memory_bytes: { says: 'memory of the process' },
  process_cpu_seconds_total: { says: 'CPU time of the process' },
};

const rowOf = ([name, { says, labels = [], roles }]: readonly [string, MetricText]): string[] => [
  `\`${name}\``,
  labels.map((label) => `\`${label}\``).join(', '),
  roles?.join(', ') ?? 'every',
  says,
];

/** docs/reference/metrics.md, made of what the metrics say of themselves. */
export const metricsDocument = (): string => `# Metrics

\`/metrics\` speaks the text format of Prometheus. Each process shows what belongs to its roles; sum over processes where
nothing else is said. A job is never a label. Of tenants, each process names the first 20 that it meets, and counts all
others together, as \`other\`. So the number of series does not grow with jobs, tenants or paths. This page is made by
\`npm run docs\`.

[Monitoring](../how-to/monitor.md) says which to look at, [codes](codes.md) and [the reasons of
slots](codes.md#reasons-of-slots) what the values of \`code\` and \`reason\` mean, and what a metric counts is explained where it
is: [fair sharing of calls](../how-to/engines.md#fair-sharing-of-calls), [jobs that are
parked](../how-to/read-models.md#jobs-that-are-parked), [states of jobs](api/jobs.md#reading-and-changing), [executions that
expire](../how-to/retention.md), [traces](../how-to/monitor.md#traces-and-log-lines).

${table(['metric', 'labels', 'role', 'what it says'], [...Object.entries(ALL_METRICS), ...Object.entries(OF_NODE)].map(rowOf))}

Measuring takes about 2 µs of CPU an execution. What Node says of itself beside these (\`nodejs_…\`, \`process_…\`) is in
\`/metrics\` too.
`;
