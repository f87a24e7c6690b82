import { isSpanContextValid, type SpanContext, TraceFlags } from '@opentelemetry/api';

const SAMPLED = '-01';

/** Whether whoever began a trace had it recorded (W3C Trace Context, version 00). */
export const isSampled = (traceparent: string): boolean => traceparent.endsWith(SAMPLED);

/** The ids in a `traceparent`; undefined where it is none. */
export const readTraceparent = (traceparent: string): SpanContext | undefined => {
  const [version, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  const context = { traceId, spanId, traceFlags, isRemote: true };
  return version === '00' && isSpanContextValid(context) ? context : undefined;
};

export const toTraceparent = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01'}`;
