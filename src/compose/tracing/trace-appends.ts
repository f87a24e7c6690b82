import type { Append, EventStore } from '../../event-store/port.ts';
import { inSpan, type Tracer } from '../../telemetry/tracer.ts';

type TraceAppendsOptions = { readonly tracer: Tracer; readonly system: 'postgresql' | 'eventstoredb' };

/** Returns the log with a span for each append, or for those of one request, whose events name one that they come from. */
export const traceAppends = (store: EventStore, { tracer, system }: TraceAppendsOptions): EventStore => {
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
  return {
    ...store,
    append: (append) => traced([append], () => store.append(append)),
    appendInOrder: (appends) => traced(appends, () => store.appendInOrder(appends)),
  };
};
