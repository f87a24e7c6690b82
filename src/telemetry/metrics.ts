import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

type Description<Label extends string> = {
  /** As Prometheus names them, unit last: `carillon_execution_seconds`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
};

/** What is measured, registered where it is used; each name once in a process. */
export type Metrics = {
  /** Only grows. The function adds (1 unless told) under the labels given. */
  counter<Label extends string = never>(
    description: Description<Label>,
  ): (labels: Readonly<Record<Label, string | number>>, by?: number) => void;
  /** Goes up and down; the function given is asked at each scrape. */
  gauge(description: Omit<Description<never>, 'labels'>, read: () => number): void;
  /** A distribution; the function returned takes one value, buckets are upper bounds in the name's unit. */
  histogram<Label extends string = never>(
    description: Description<Label> & { readonly buckets: readonly number[] },
  ): (labels: Readonly<Record<Label, string | number>>, value: number) => void;
  /** All of it in the Prometheus text format, and that format's content type. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
};

/** Metrics of one process, those of the runtime (memory, event loop, garbage collection) included. */
export const createMetrics = (): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    counter: ({ name, help, labels = [] }) => {
      const counter = new Counter({ name, help, labelNames: labels, registers });
      return (values, by = 1) => counter.inc(values, by);
    },
    gauge: ({ name, help }, read) => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
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
