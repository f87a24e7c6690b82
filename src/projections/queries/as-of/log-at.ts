import { isRunEvent, type RunEvent, type RunTail } from '../../../domain/events/index.ts';
import { runsStream } from '../../../domain/streams.ts';
import type { EventStore, ReadOptions, RecordedEvent } from '../../../event-store/port.ts';
import { foldExecutions } from '../../read-models/executions-fold.ts';
import type { ExecutionChange } from '../records/executions.ts';

export type StreamReader = Pick<EventStore, 'readStream'>;

const firstOf = async (store: StreamReader, stream: string, options: ReadOptions) => {
  for await (const event of store.readStream(stream, { ...options, limit: 1 })) return event;
  return undefined;
};

/**
 * The last event of a stream that was recorded up to an instant, epoch ms. The log's clock never goes back, so bisection
 * finds it: 20 reads for a million events.
 */
export const lastEventAt = async (
  store: StreamReader,
  stream: string,
  atMs: number,
): Promise<RecordedEvent | undefined> => {
  const last = await firstOf(store, stream, { direction: 'backwards' });
  if (last === undefined || last.recordedAt <= atMs) return last;
  let found: RecordedEvent | undefined;
  let [from, before] = [0, last.revision];
  while (from < before) {
    const middle = Math.floor((from + before) / 2);
    const event = await firstOf(store, stream, { from: middle });
    if (event === undefined || event.revision >= before || event.recordedAt > atMs) {
      before = middle;
    } else {
      found = event;
      from = event.revision + 1;
    }
  }
  return found;
};

/** The past runs of a job at an instant: the tail, and the open executions by their events. */
export type RunsAt = {
  readonly tail: RunTail;
  readonly open: ReadonlyMap<number, ExecutionChange>;
};

/** `undefined` for a job without a run event up to the instant, epoch ms. */
export const runsAt = async (store: StreamReader, jobId: number, atMs: number): Promise<RunsAt | undefined> => {
  const stream = runsStream(jobId);
  const last = await lastEventAt(store, stream, atMs);
  if (last === undefined || !isRunEvent(last)) return undefined;
  const { tail } = last.data;
  return { tail, open: await openExecutions(store, last, tail) };
};

/** Reads backwards from an event to before the begin of all open executions. */
const openExecutions = async (
  store: StreamReader,
  last: RecordedEvent<RunEvent>,
  { open }: RunTail,
): Promise<ReadonlyMap<number, ExecutionChange>> => {
  const ids = new Set(open.map(({ executionId }) => executionId));
  const events: RecordedEvent[] = [];
  if (ids.size === 0) return new Map();
  for await (const event of store.readStream(last.stream, { direction: 'backwards', from: last.revision })) {
    if (!isRunEvent(event)) continue;
    if (!event.data.tail.open.some(({ executionId }) => ids.has(executionId))) break;
    if ('executionId' in event.data && ids.has(event.data.executionId)) events.push(event);
  }
  return foldExecutions(events.reverse()) ?? new Map();
};

/** Looks up past states of jobs, each once. */
export const runsLookup = (store: StreamReader, atMs: number): ((jobId: number) => Promise<RunsAt | undefined>) => {
  const known = new Map<number, Promise<RunsAt | undefined>>();
  return (jobId) => {
    const looked = known.get(jobId) ?? runsAt(store, jobId, atMs);
    known.set(jobId, looked);
    return looked;
  };
};
