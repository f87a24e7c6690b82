import { inLogScope } from '../../src/telemetry/logger.ts';
import type { SpanAttributes, Tracer } from '../../src/telemetry/tracer.ts';

export type RecordedSpan = {
  readonly name: string;
  readonly traceparent: string;
  readonly parent: string | undefined;
  readonly link: string | undefined;
  /** Undefined until it has ended. */
  ended?: { readonly error: string | undefined; readonly attributes: SpanAttributes };
};

/** A tracer that keeps every span, with ids that count up. */
export const recordingTracer = (): { readonly tracer: Tracer; readonly spans: readonly RecordedSpan[] } => {
  const spans: RecordedSpan[] = [];
  const tracer: Tracer = {
    start: ({ name, parent, link, correlationId }) => {
      const spanId = (spans.length + 1).toString(16).padStart(16, '0');
      const traceId = parent === undefined ? spanId.padStart(32, 'a') : (parent.split('-')[1] ?? '');
      const span: RecordedSpan = { name, parent, link, traceparent: `00-${traceId}-${spanId}-01` };
      spans.push(span);
      return {
        traceparent: span.traceparent,
        isRecorded: true,
        logFields: { correlationId, traceId, spanId },
        run: (work) => inLogScope({ correlationId, traceId, spanId }, work),
        end: ({ attributes = {}, error } = {}) => {
          span.ended = { error, attributes };
        },
      };
    },
  };
  return { tracer, spans };
};
