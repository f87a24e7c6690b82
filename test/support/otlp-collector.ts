import { createServer } from 'node:http';
import protobuf from 'protobufjs';
import { z } from 'zod';

/** The part of OTLP's schema (opentelemetry-proto, trace/v1) that tests use. */
const SCHEMA = `
  syntax = "proto3";
  message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4;
    string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
    repeated KeyValue attributes = 9; repeated Link links = 13; Status status = 15;
  }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message Status { string message = 2; int32 code = 3; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message ArrayValue { repeated AnyValue values = 1; }
  message AnyValue {
    oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; }
  }`;

const Request = protobuf.parse(SCHEMA).root.lookupType('ExportTraceServiceRequest');

const Hex = z.string().transform((base64) => Buffer.from(base64, 'base64').toString('hex'));
const Scalar = z.looseObject({ stringValue: z.string().optional(), intValue: z.string().optional() });
const Value = Scalar.extend({ arrayValue: z.object({ values: z.array(Scalar).default([]) }).optional() });
const Attributes = z
  .array(z.object({ key: z.string(), value: Value }))
  .default([])
  .transform((pairs) => Object.fromEntries(pairs.map(({ key, value }) => [key, plain(value)])));
const plain = ({ arrayValue, ...value }: z.infer<typeof Value>): unknown => {
  if (arrayValue !== undefined) return arrayValue.values.map((each) => plain(each));
  return value.intValue === undefined ? Object.values(value)[0] : Number(value.intValue);
};

const KINDS = ['', 'internal', 'server', 'client'];
const Span = z.object({
  traceId: Hex,
  spanId: Hex,
  parentSpanId: Hex.optional(),
  name: z.string(),
  kind: z.int().transform((kind) => KINDS[kind]),
  startTimeUnixNano: z.string().transform(BigInt),
  endTimeUnixNano: z.string().transform(BigInt),
  attributes: Attributes,
  links: z.array(z.object({ traceId: Hex, spanId: Hex })).default([]),
  status: z.object({ code: z.int().default(0) }).default({ code: 0 }),
});
const Exported = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: Attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(Span) })),
    }),
  ),
});

export type ExportedSpan = z.infer<typeof Span> & { readonly resource: Readonly<Record<string, unknown>> };

export type OtlpCollector = {
  readonly url: string;
  /** All received spans in order. */
  readonly spans: readonly ExportedSpan[];
  /** The received data as text, to check what it must not contain. */
  sent(): string;
  /** Headers of the last request. */
  headers(): Readonly<Record<string, unknown>>;
  close(): Promise<void>;
};

/** A collector that accepts traces over OTLP/HTTP in protobuf, like an OpenTelemetry collector on port 4318. */
export const startOtlpCollector = async (status = 200): Promise<OtlpCollector> => {
  const spans: ExportedSpan[] = [];
  const bodies: Buffer[] = [];
  let headers: Readonly<Record<string, unknown>> = {};
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request));
    headers = request.headers;
    bodies.push(body);
    if (status === 200 && request.url === '/v1/traces') spans.push(...spansIn(body));
    response.statusCode = request.url === '/v1/traces' ? status : 404;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the collector has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    spans,
    sent: () => Buffer.concat(bodies).toString('latin1'),
    headers: () => headers,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const spansIn = (body: Buffer): ExportedSpan[] => {
  const decoded = Request.toObject(Request.decode(body), { bytes: String, longs: String });
  return Exported.parse(decoded).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, resource: resource.attributes }))),
  );
};
