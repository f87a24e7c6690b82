import { defined } from '../domain/defined.ts';
import { HTTP_TASK } from '../domain/tasks/http/stored.ts';
import { codeOf } from '../engine/run/execution-telemetry.ts';
import type { TaskRunner } from '../engine/run/send-task.ts';
import type { LogKind } from '../event-store/log-kind.ts';
import type { Append, EventStore } from '../event-store/port.ts';
import { inSpan, NO_TRACES, type SpanAttributes, type Tracer } from '../telemetry/tracer.ts';
import type { OnStop, ServiceOptions } from './start.ts';

export type Tracing = {
  readonly tracer: Tracer;
  /** Returns the log with traced appends. */
  traceLog(store: EventStore): EventStore;
  /** Creates spans of calls. */
  readonly traceCalls: (tasks: TaskRunner) => TaskRunner;
};

/** Without a collector nothing is wrapped, and OpenTelemetry is not loaded. */
const OFF: Tracing = { tracer: NO_TRACES, traceLog: (store) => store, traceCalls: (tasks) => tasks };

/** Time limit for sending spans during a stop. */
const FLUSH_MS = 2_000;

/** Starts tracing if a collector is set. The last spans are sent when everything else has stopped. */
export const openTracer = async (
  { config, version, world, metrics, onStop }: ServiceOptions & { readonly onStop: OnStop },
  logKind: LogKind,
): Promise<Tracing> => {
  if (config.tracing === undefined) return OFF;
  const { createOtelTracer } = await import('../telemetry/otel-tracer.ts');
  const { tracer, stop } = createOtelTracer({ config: config.tracing, version, world, metrics });
  onStop(() => stop(FLUSH_MS));
  return {
    tracer,
    traceLog: (store) => traceAppends(store, tracer, logKind.traceName),
    traceCalls: traceCalls(tracer),
  };
};

/** Returns the log with a span for each append, or for the appends of one request, if their events have a trace context. */
const traceAppends = (store: EventStore, tracer: Tracer, system: string): EventStore => {
  const traced = <T>(appends: readonly Append[], append: () => Promise<T>): Promise<T> => {
    const parent = appends[0]?.events[0]?.metadata.traceparent;
    if (parent === undefined) return append();
    const types = new Set(appends.flatMap(({ events }) => events.map(({ type }) => type)));
    const attributes = {
      'db.system.name': system,
      'db.operation.name': 'append',
      'carillon.streams': appends.map(({ stream }) => stream),
    };
    return inSpan(tracer, { name: `append ${[...types].join(', ')}`, kind: 'client', parent, attributes }, append);
  };
  const { appendEach } = store;
  return {
    ...store,
    append: (append) => traced([append], () => store.append(append)),
    appendInOrder: (appends, made) => traced(appends, () => store.appendInOrder(appends, made)),
    appendEach:
      appendEach &&
      ((appends) => {
        const results = appendEach(appends);
        for (const [index, append] of appends.entries()) {
          const isTraced = append.events[0]?.metadata.traceparent !== undefined;
          if (isTraced) traced([append], async () => resultOf((await results)[index])).catch(() => {});
        }
        return results;
      }),
  };
};

const resultOf = <T>(response: T | Error): T => {
  if (response instanceof Error) throw response;
  return response;
};

type CallOutcome = Exclude<Awaited<ReturnType<TaskRunner['run']>>, 'withheld'>;

/**
 * Creates a span of each call of an execution with a recorded trace; other calls are not traced. The target gets the span's
 * trace context. Attributes follow OpenTelemetry's conventions for HTTP clients; the address is the recorded one, with
 * masked secrets and without its query.
 */
const traceCalls =
  (tracer: Tracer) =>
  ({ run, prepare }: TaskRunner): TaskRunner => ({
    prepare,
    run: async (call) => {
      const { method } = call.definition.taskConfig;
      const span = tracer.start({ name: method, kind: 'client', parent: call.traceparent });
      const outcome = await run({ ...call, traceparent: span.traceparent });
      if (span.isRecorded && outcome !== 'withheld') {
        span.end({ attributes: { 'http.request.method': method, ...attributesOf(outcome) }, error: errorOf(outcome) });
      }
      return outcome;
    },
  });

const attributesOf = (outcome: CallOutcome): SpanAttributes => {
  const { jobSnapshot: snapshot } = outcome;
  const url = snapshot?.taskType === HTTP_TASK ? URL.parse(snapshot.url) : null;
  const status = statusOf(outcome);
  return {
    ...(url === null ? {} : addressOf(url)),
    ...defined({ 'http.response.status_code': status }),
  };
};

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

const addressOf = ({ protocol, hostname, port, origin, pathname }: URL): SpanAttributes => ({
  'url.full': `${origin}${pathname}`,
  'server.address': hostname,
  'server.port': port === '' ? (DEFAULT_PORTS[protocol] ?? 0) : Number(port),
});

const ACCEPTED = 202;

const statusOf = (outcome: CallOutcome): number | undefined => {
  switch (outcome.kind) {
    case 'accepted':
      return ACCEPTED;
    case 'succeeded':
    case 'failed':
      return outcome.result?.status;
    case 'cancelled':
      return undefined;
  }
};

/** By the conventions, an error status is named by the status. */
const errorOf = (outcome: CallOutcome): string | undefined => codeOf(outcome)?.replace(/^HTTP_/, '');
