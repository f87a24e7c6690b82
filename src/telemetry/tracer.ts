import { inLogScope } from './log-scope.ts';

/**
 * The port to tracing. What begins a span hands its `traceparent` on, in the context of a command, the metadata of an
 * event or the headers of a call, and what goes on from there names it as `parent`: nothing is passed on unseen.
 * Without tracing the spans are empty, and the trace context of a caller is passed on as it came.
 */
export type Tracer = {
  /** Begins a span. A span that is never ended is never exported. */
  start(options: SpanOptions): TraceSpan;
};

export type SpanKind = 'server' | 'client' | 'internal';
export type SpanAttributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

type SpanOptions = {
  /** One of a bounded number of names. */
  readonly name: string;
  readonly kind?: SpanKind;
  /** Trace context (W3C `traceparent`) of the span that this one is a part of; without it, a trace begins. */
  readonly parent?: string | undefined;
  /** Trace context of what asked for this, where it is done in a trace of its own. */
  readonly link?: string | undefined;
  /** Never a secret, a header, a body or a query. */
  readonly attributes?: SpanAttributes;
  /** By which log lines name the request or the execution. */
  readonly correlationId?: string;
};

type SpanEnd = {
  /** Where it was not known when the span began. */
  readonly name?: string | undefined;
  readonly attributes?: SpanAttributes;
  /** The code of what went wrong; undefined where nothing did. */
  readonly error?: string | undefined;
};

export type TraceSpan = {
  /** The trace context to hand on; undefined where there is none. */
  readonly traceparent: string | undefined;
  /** Whether it is exported: only then its attributes have to be worked out. */
  readonly isRecorded: boolean;
  /** Runs work whose log lines name this span by its ids. */
  run<T>(work: () => T): T;
  end(how?: SpanEnd): void;
};

/** Tracing where no collector is set. */
export const NO_TRACES: Tracer = {
  start: ({ parent, correlationId }) => ({
    traceparent: parent,
    isRecorded: false,
    run: (work) => (correlationId === undefined ? work() : inLogScope({ correlationId }, work)),
    end: () => {},
  }),
};

/** Does work in a span, which ends with the code of its error where it fails. */
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

/** What an error is called: its code, else its class. Its message may hold a secret. */
const errorCode = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
};
