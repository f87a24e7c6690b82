import { type Attributes, createNoopMeter, type MeterProvider } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { createOutageLog } from '../runtime/outage.ts';
import type { Logger } from '../runtime/world.ts';
import type { Metrics } from './metrics.ts';

type ExporterConfig = { readonly url: string; readonly headers: Readonly<Record<string, string>> };

/** Sends spans to a collector. Where it is away, one line says so, and one when it is back. */
export const createSpanExporter = ({ url, headers }: ExporterConfig, log: Logger): SpanExporter => {
  const exporter = new OTLPTraceExporter({ url, headers: { ...headers } });
  const outage = createOutageLog(log, 'exports of traces', { collector: new URL(url).origin });
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        // The message alone: the error carries what the collector answered.
        if (result.code === 0) outage.worked();
        else outage.failed(result.error?.message ?? 'the collector did not take them');
        done(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
};

/** Registers what became of spans, and returns what the SDK counts them by. */
export const countSpans = (metrics: Pick<Metrics, 'counter'>): MeterProvider => {
  const count = metrics.counter({
    name: 'carillon_spans_total',
    help: 'Spans of recorded traces, by what became of them: exported, failed (not taken), dropped (no room to wait).',
    labels: ['result'],
  });
  for (const result of ['exported', 'failed', 'dropped']) count({ result }, 0);
  const counter = {
    add: (spans: number, attributes?: Attributes) => count({ result: resultOf(attributes?.['error.type']) }, spans),
  };
  // A proxy, as there is but one such meter: others use it too.
  const meter = new Proxy(createNoopMeter(), {
    get: (noop, name) => (name === 'createCounter' ? () => counter : Reflect.get(noop, name)),
  });
  return { getMeter: () => meter };
};

const resultOf = (error: Attributes[string]): string => {
  if (error === undefined) return 'exported';
  return error === 'queue_full' ? 'dropped' : 'failed';
};
