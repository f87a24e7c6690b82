import type { LogFields } from '../runtime/runtime.ts';
import { inLogScope } from './logger.ts';

/**
 * The port for tracing. The code that begins a span passes its `traceparent` on explicitly, in a command's context, an
 * event's metadata or a call's headers, and the continuing code names it as `parent`. Without tracing, spans are empty, and
 * a caller's trace context is passed on unchanged.
 */
export type Tracer = {
  /** Begins a span. A span that is never ended is never exported. */
  start(options: SpanOptions): TraceSpan;
};

export type SpanKind = 'server' | 'client' | 'internal';
export type SpanAttributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

type SpanOptions = {
  /** Must be one of a bounded number of names. */
  readonly name: string;
  readonly kind?: SpanKind;
  /** Trace context (W3C `traceparent`) of the enclosing span; if absent, a trace begins. */
  readonly parent?: string | undefined;
  /** Trace context of the request, for work in its own trace. */
  readonly link?: string | undefined;
  /** Must not contain secrets, headers, bodies or queries. */
  readonly attributes?: SpanAttributes;
  /** Identifies the request or execution in log lines. */
  readonly correlationId?: string;
};

type SpanEnd = {
  /** Present if it was unknown when the span began. */
  readonly name?: string | undefined;
  readonly attributes?: SpanAttributes;
  /** The error code; `undefined` for a success. */
  readonly error?: string | undefined;
};

export type TraceSpan = {
  /** The trace context to pass on; `undefined` if there is none. */
  readonly traceparent: string | undefined;
  /** Whether the span is exported: otherwise attributes need not be computed. */
  readonly isRecorded: boolean;
  /** The span's ids, for a log line of its work. */
  readonly logFields: LogFields;
  /** Runs work with these in all of its log lines. */
  run<T>(work: () => T): T;
  end(how?: SpanEnd): void;
};

class EmptySpan implements TraceSpan {
  readonly isRecorded = false;
  readonly traceparent: string | undefined;
  private readonly correlationId: string | undefined;

  constructor({ parent, correlationId }: SpanOptions) {
    this.traceparent = parent;
    this.correlationId = correlationId;
  }

  get logFields(): LogFields {
    const { correlationId } = this;
    return correlationId === undefined ? {} : { correlationId };
  }

  run<T>(work: () => T): T {
    return this.correlationId === undefined ? work() : inLogScope(this.logFields, work);
  }

  end(): void {}
}

/** Tracing without a collector. */
export const NO_TRACES: Tracer = { start: (options) => new EmptySpan(options) };

/** Runs work in a span, which ends with the code of its error if it fails. */
export const inSpan = <T>(
  tracer: Tracer,
  options: SpanOptions,
  work: (traceparent: string | undefined) => Promise<T>,
): Promise<T> => {
  const span = tracer.start(options);
  const done = work(span.traceparent);
  if (!span.isRecorded) return done;
  done.then(
    () => span.end(),
    (error) => span.end({ error: errorCode(error) }),
  );
  return done;
};

/** The code of an error, or its class. Its message may contain a secret. */
const errorCode = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
};
