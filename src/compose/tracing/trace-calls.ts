import type { RunTask } from '../../engine/run/execute.ts';
import { codeOf } from '../../engine/run/execution-trace.ts';
import type { SpanAttributes, Tracer } from '../../telemetry/tracer.ts';

type Called = Exclude<Awaited<ReturnType<RunTask>>, 'withheld'>;

/**
 * Makes a span of each call, whose trace context the target gets. Its attributes follow the conventions of OpenTelemetry
 * for HTTP clients; the address is the one that is recorded, with secrets masked, and without its query.
 */
export const traceCalls =
  (tracer: Tracer) =>
  (runTask: RunTask): RunTask =>
  async (task) => {
    const { method } = task.definition.taskConfig;
    const span = tracer.start({ name: method, kind: 'client', parent: task.traceparent });
    const outcome = await runTask({ ...task, traceparent: span.traceparent });
    if (span.isRecorded && outcome !== 'withheld') {
      span.end({ attributes: { 'http.request.method': method, ...attributesOf(outcome) }, error: errorOf(outcome) });
    }
    return outcome;
  };

const attributesOf = (outcome: Called): SpanAttributes => {
  const url = URL.parse(outcome.jobSnapshot?.url ?? '');
  const status = statusOf(outcome);
  return {
    ...(url === null ? {} : addressOf(url)),
    ...(status === undefined ? {} : { 'http.response.status_code': status }),
  };
};

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

const addressOf = ({ protocol, hostname, port, origin, pathname }: URL): SpanAttributes => ({
  'url.full': `${origin}${pathname}`,
  'server.address': hostname,
  'server.port': port === '' ? (DEFAULT_PORTS[protocol] ?? 0) : Number(port),
});

const ACCEPTED = 202;

const statusOf = (outcome: Called): number | undefined => {
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

/** By the conventions, an error of the status is named by the status. */
const errorOf = (outcome: Called): string | undefined => codeOf(outcome)?.replace(/^HTTP_/, '');
