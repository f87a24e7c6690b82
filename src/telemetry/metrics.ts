import {
  type Aggregator,
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  Registry,
} from 'prom-client';
import { ALL_METRICS, type LabelOf, type MetricName, type MetricText } from './all-metrics.ts';

/** A value under its labels. */
export type Labelled<Label extends string> = {
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
