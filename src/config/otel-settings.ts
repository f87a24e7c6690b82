import { z } from 'zod';
import { keyValues, onOff, share, urlWith } from './fields.ts';

/** The OpenTelemetry variables that Carillon supports, with their standard names. */
export const otelSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: urlWith('https', 'http')
    .optional()
    .describe('URL of the trace collector; traces go to /v1/traces under it. Without it, no traces are sent.'),
  OTEL_EXPORTER_OTLP_HEADERS: keyValues()
    .default({})
    .describe('Headers for the collector, such as api-key=…; percent-encoded and separated by commas.'),
  OTEL_SERVICE_NAME: z.string().default('carillon').describe('Service name in traces.'),
  OTEL_RESOURCE_ATTRIBUTES: keyValues()
    .default({})
    .describe('More attributes of the process in traces, such as deployment.environment.name=production.'),
  OTEL_TRACES_SAMPLER: z
    .enum(
      ['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'],
      'must be parentbased_always_on, parentbased_always_off or parentbased_traceidratio',
    )
    .default('parentbased_traceidratio')
    .describe('Sampler of traces. The decision of a caller or a linked request has priority.'),
  OTEL_TRACES_SAMPLER_ARG: share()
    .default(1)
    .describe('Fraction of traces that parentbased_traceidratio records, 0 to 1.'),
  OTEL_SDK_DISABLED: onOff().default(false).describe('With true, traces are off regardless of other settings.'),
};

const OtelSettings = z.object(otelSettings);

/** Where to send traces and which to record; `undefined` without tracing. */
export const tracingOf = (settings: z.infer<typeof OtelSettings>) => {
  const base = settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (base === undefined || settings.OTEL_SDK_DISABLED) return undefined;
  return {
    url: `${base.replace(/\/$/, '')}/v1/traces`,
    headers: settings.OTEL_EXPORTER_OTLP_HEADERS,
    serviceName: settings.OTEL_SERVICE_NAME,
    resourceAttributes: settings.OTEL_RESOURCE_ATTRIBUTES,
    ratio: ratioOf(settings),
  };
};

const ratioOf = ({ OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG }: z.infer<typeof OtelSettings>): number => {
  switch (OTEL_TRACES_SAMPLER) {
    case 'parentbased_always_on':
      return 1;
    case 'parentbased_always_off':
      return 0;
    case 'parentbased_traceidratio':
      return OTEL_TRACES_SAMPLER_ARG;
  }
};
