import { inSpan, type Tracer } from '../telemetry/tracer.ts';

/** What a command is called with first: it carries the trace context of the request. */
type Traced = { readonly traceparent?: string };

/** Makes what has a command run in a span of its own, whose trace context its events carry. */
export const tracedBy =
  (tracer: Tracer) =>
  <C extends Traced, A extends readonly unknown[], R>(
    name: string,
    command: (context: C, ...rest: A) => Promise<R>,
  ): ((context: C, ...rest: A) => Promise<R>) =>
  (context, ...rest) =>
    inSpan(tracer, { name, parent: context.traceparent }, (traceparent) =>
      command(traceparent === undefined ? context : { ...context, traceparent }, ...rest),
    );
