import {
  type Attributes,
  createNoopMeter,
  isSpanContextValid,
  type Link,
  type MeterProvider,
  type Span as OtelSpan,
  SpanKind as OtelSpanKind,
  ROOT_CONTEXT,
  type SpanContext,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { defined } from '../domain/defined.ts';
import { createOutageLog } from '../runtime/retry.ts';
import type { Logger, Runtime } from '../runtime/runtime.ts';
import { awaitWithTimeout } from '../runtime/timeout.ts';
import { inLogScope } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { SpanKind, Tracer, TraceSpan } from './tracer.ts';

type TracingConfig = {
  /** URL of the collector: OTLP over HTTP, in protobuf. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly resourceAttributes: Readonly<Record<string, string>>;
  /** Fraction of new traces to record, 0 to 1. */
  readonly ratio: number;
};

type OtelTracerDeps = {
  readonly config: TracingConfig;
  readonly version: string;
  readonly world: Runtime;
  readonly metrics: Metrics;
};

export type OtelTracer = {
  readonly tracer: Tracer;
  /** Sends the remaining spans within this time. */
  stop(limitMs: number): Promise<void>;
};

/** Maximum waiting spans, some 2 KB each; further ones are dropped. */
const MAX_WAITING = 8_192;
const MAX_AT_ONCE = 1_024;
const MAX_VALUE = 1_024;

/**
 * Creates spans with the OpenTelemetry SDK and sends them in batches. This file and its neighbors are imported only if a
 * collector is set: otherwise the SDK is not loaded.
 */
export const createOtelTracer = ({ config, version, world, metrics }: OtelTracerDeps): OtelTracer => {
  const { clock, random, timers } = world;
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.version': version,
        'service.instance.id': random.uuid(),
        ...config.resourceAttributes,
        'service.name': config.serviceName,
      }),
    ),
    sampler: new ParentBasedSampler({ root: rootSampler(config.ratio) }),
    spanLimits: { attributeValueLengthLimit: MAX_VALUE },
    idGenerator: {
      generateTraceId: () => random.bytes(16).toString('hex'),
      generateSpanId: () => random.bytes(8).toString('hex'),
    },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: createSpanExporter(config, world.log),
        maxQueueSize: MAX_WAITING,
        maxExportBatchSize: MAX_AT_ONCE,
        selfObsMeterProvider: countSpans(metrics),
      }),
    ],
  });
  const otel = provider.getTracer('carillon', version);

  return {
    tracer: {
      start: ({ name, kind = 'internal', parent, link, attributes = {}, correlationId }) => {
        const named = defined({ correlationId });
        const parentContext = parent === undefined ? undefined : readTraceparent(parent);
        if (parent !== undefined && parentContext !== undefined && !isSampled(parent)) {
          const { traceId, spanId } = parentContext;
          return passedOn(parent, { ...named, traceId, spanId });
        }
        const [startMs, sinceMs] = [clock.now(), clock.monotonic()];
        const span = otel.startSpan(
          name,
          { kind: KINDS[kind], startTime: hrTime(startMs), attributes: { ...attributes }, links: linksTo(link) },
          parentContext === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parentContext),
        );
        const context = span.spanContext();
        const fields = { ...named, traceId: context.traceId, spanId: context.spanId };
        if (!span.isRecording()) return passedOn(toTraceparent(context), fields);
        return recorded(span, { fields, endTime: () => hrTime(startMs + clock.monotonic() - sinceMs) });
      },
    },
    stop: async (limitMs) => {
      await awaitWithTimeout(timers, limitMs, provider.shutdown()).catch(() => {});
    },
  };
};

type LogIds = { readonly traceId: string; readonly spanId: string; readonly correlationId?: string };

/** A span that is not recorded, like the spans that continue from it. */
const passedOn = (traceparent: string, fields: LogIds): TraceSpan => ({
  traceparent,
  isRecorded: false,
  logFields: fields,
  run: (work) => inLogScope(fields, work),
  end: () => {},
});

type SpanDetails = { readonly fields: LogIds; readonly endTime: () => [seconds: number, nanoseconds: number] };

const recorded = (span: OtelSpan, { fields, endTime }: SpanDetails): TraceSpan => ({
  traceparent: toTraceparent(span.spanContext()),
  isRecorded: true,
  logFields: fields,
  run: (work) => inLogScope(fields, work),
  end: ({ name, attributes, error } = {}) => {
    if (name !== undefined) span.updateName(name);
    if (attributes !== undefined) span.setAttributes({ ...attributes });
    if (error !== undefined) {
      span.setAttribute('error.type', error);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end(endTime());
  },
});

const KINDS: Readonly<Record<SpanKind, OtelSpanKind>> = {
  server: OtelSpanKind.SERVER,
  client: OtelSpanKind.CLIENT,
  internal: OtelSpanKind.INTERNAL,
};

const linksTo = (traceparent: string | undefined): Link[] => {
  const context = traceparent === undefined ? undefined : readTraceparent(traceparent);
  return context === undefined ? [] : [{ context }];
};

/** Also records a trace that is linked to a recorded one, so that an execution can be found from its request. */
const rootSampler = (ratio: number): Sampler => {
  const byRatio = new TraceIdRatioBasedSampler(ratio);
  return {
    shouldSample: (context, traceId, _name, _kind, _attributes, links) =>
      links.some((link) => link.context.traceFlags === 1)
        ? { decision: SamplingDecision.RECORD_AND_SAMPLED }
        : byRatio.shouldSample(context, traceId),
    toString: () => `Linked{${byRatio}}`,
  };
};

const hrTime = (ms: number): [seconds: number, nanoseconds: number] => {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.floor((ms - seconds * 1_000) * 1_000_000)];
};

const SAMPLED = '-01';

/** Returns whether the caller that began a trace recorded it (W3C Trace Context, version 00). */
const isSampled = (traceparent: string): boolean => traceparent.endsWith(SAMPLED);

/** Parses the ids of a `traceparent`; `undefined` if it is invalid. */
const readTraceparent = (traceparent: string): SpanContext | undefined => {
  const [version, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  const context = { traceId, spanId, traceFlags, isRemote: true };
  return version === '00' && isSpanContextValid(context) ? context : undefined;
};

const toTraceparent = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01'}`;

type ExporterConfig = { readonly url: string; readonly headers: Readonly<Record<string, string>> };

/** Sends spans to a collector. Logs one line when the collector becomes unavailable, and one when it is back. */
const createSpanExporter = ({ url, headers }: ExporterConfig, log: Logger): SpanExporter => {
  const exporter = new OTLPTraceExporter({ url, headers: { ...headers } });
  const outage = createOutageLog(log, 'exports of traces', { collector: new URL(url).origin });
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        // Only the message: the error contains the collector's response.
        if (result.code === 0) outage.worked();
        else outage.failed(result.error?.message ?? 'the collector rejected them');
        done(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
};

/** Registers metrics of spans and returns the meter provider for the SDK. */
const countSpans = (metrics: Metrics): MeterProvider => {
  const count = metrics.counter('carillon_spans_total');
  for (const result of ['exported', 'failed', 'dropped']) count({ result }, 0);
  const counter = {
    add: (spans: number, attributes?: Attributes) => count({ result: resultOf(attributes?.['error.type']) }, spans),
  };
  // A proxy, because the no-op meter is a singleton that others use.
  const meter = new Proxy(createNoopMeter(), {
    get: (noop, name) => (name === 'createCounter' ? () => counter : Reflect.get(noop, name)),
  });
  return { getMeter: () => meter };
};

const resultOf = (error: Attributes[string]): string => {
  if (error === undefined) return 'exported';
  return error === 'queue_full' ? 'dropped' : 'failed';
};
