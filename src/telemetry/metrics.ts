import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

type Description<Label extends string> = {
  /** Follows the naming rules of Prometheus, with the unit last: `carillon_call_duration_seconds`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
};

/** A value under its labels. */
export type Labelled<Label extends string> = {
  readonly labels: Readonly<Record<Label, string>>;
  readonly value: number;
};

/** Registers metrics. The code that measures registers its own; a name can be registered only once per process. */
export type Metrics = {
  /** Registers a value that only grows. The function returned adds `by` (default 1) under the given labels. */
  counter<Label extends string = never>(
    description: Description<Label>,
  ): (labels: Readonly<Record<Label, string | number>>, by?: number) => void;
  /**
   * Registers values that only grow and are counted elsewhere. `read` is called at each scrape; where it rejects, the
   * values stay as they were.
   */
  counted<Label extends string>(description: Description<Label>, read: () => Promise<readonly Labelled<Label>[]>): void;
  /** Registers a value that goes up and down. `read` is called at each scrape; where it rejects, the value is NaN. */
  gauge(description: Omit<Description<never>, 'labels'>, read: () => number | Promise<number>): void;
  /** Registers values that go up and down. `read` is called at each scrape; where it rejects, there are no values. */
  gauges<Label extends string>(
    description: Description<Label>,
    read: () => readonly Labelled<Label>[] | Promise<readonly Labelled<Label>[]>,
  ): void;
  /**
   * Registers a distribution. The function returned records one value; buckets are upper bounds in the unit of the
   * name.
   */
  histogram<Label extends string = never>(
    description: Description<Label> & { readonly buckets: readonly number[] },
  ): (labels: Readonly<Record<Label, string | number>>, value: number) => void;
  /** Returns all metrics in the Prometheus text format, with the content type of that format. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
};

/** Creates the metrics of one process, including those of Node.js itself: memory, event loop and garbage collection. */
export const createMetrics = (): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    counter: ({ name, help, labels = [] }) => {
      const counter = new Counter({ name, help, labelNames: labels, registers });
      return (values, by = 1) => counter.inc(values, by);
    },
    counted: ({ name, help, labels = [] }, read) => {
      new Counter({
        name,
        help,
        labelNames: labels,
        registers,
        async collect() {
          const values = await read().catch(() => undefined);
          if (values === undefined) return;
          this.reset();
          for (const each of values) this.inc(each.labels, each.value);
        },
      });
    },
    gauge: ({ name, help }, read) => {
      new Gauge({
        name,
        help,
        registers,
        async collect() {
          this.set(await orElse(read, Number.NaN));
        },
      });
    },
    gauges: ({ name, help, labels = [] }, read) => {
      new Gauge({
        name,
        help,
        labelNames: labels,
        registers,
        async collect() {
          this.reset();
          for (const each of await orElse(read, [])) this.set(each.labels, each.value);
        },
      });
    },
    histogram: ({ name, help, labels = [], buckets }) => {
      const histogram = new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers });
      return (values, value) => histogram.observe(values, value);
    },
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
};

const orElse = async <T>(read: () => T | Promise<T>, otherwise: T): Promise<T> => {
  try {
    return await read();
  } catch {
    return otherwise;
  }
};
