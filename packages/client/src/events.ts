import { Problem } from './problem.ts';
import type { EventData } from './schema.ts';
import { isPassing, type ReceivedResponse } from './transport.ts';

/** An event of a job as a CloudEvent, of any or some types. */
export type CarillonEvent<T extends EventType = EventType> = {
  [Type in T]: {
    readonly specversion: '1.0';
    readonly id: string;
    readonly source: string;
    readonly type: Type;
    /** `jobs/7` or `jobs/7/executions/12`. */
    readonly subject: string;
    readonly time: string;
    readonly tenant: string;
    /** Position in the log, from which a later reader can resume. */
    readonly sequence: string;
    readonly correlationid: string;
    readonly causationid?: string;
    readonly actor: string;
    readonly actortype: string;
    readonly data: EventData[Type];
  };
}[T];

export type EventType = keyof EventData;

export type EventsOptions<T extends EventType = EventType> = {
  readonly types?: readonly T[] | undefined;
  readonly jobId?: number | undefined;
  readonly tenant?: string | undefined;
  /** The `sequence` of the last event that was read, '0' for all events; by default only new ones. */
  readonly after?: string | undefined;
  readonly signal?: AbortSignal;
  /** Called each time the stream was opened: lists that are requested then show what came before new events. */
  readonly onOpen?: () => void;
  /** Called each time the stream ended and will be reopened. */
  readonly onBroken?: () => void;
};

type EventsSource = {
  readonly send: (path: string, init: object) => Promise<ReceivedResponse>;
  readonly sleep: (delayMs: number, signal?: AbortSignal) => Promise<void>;
};

const RETRY_MS = 2_000;

/**
 * Yields new events until the loop is left. If the stream ends, reopens it after the last received event.
 * @throws Problem, Unreachable if it can't be opened at first, Problem if it is rejected later
 */
export async function* followEvents<T extends EventType>(
  { send, sleep }: EventsSource,
  { types, jobId, tenant, after, signal, onOpen, onBroken }: EventsOptions<T>,
): AsyncGenerator<CarillonEvent<T>, void, void> {
  const params = { query: { type: types?.join(','), jobId, tenant } };
  let last = after;
  let isFirst = true;
  while (!signal?.aborted) {
    const headers = last === undefined ? {} : { 'Last-Event-ID': last };
    try {
      const { body } = await send('/events', { params, headers, signal });
      isFirst = false;
      onOpen?.();
      for await (const { id, data } of blocksOf(body)) {
        last = id ?? last;
        if (data !== undefined) yield JSON.parse(data);
      }
      if (!signal?.aborted) onBroken?.();
    } catch (error) {
      if (signal?.aborted) return;
      if (isFirst || !(isPassing(error) || (error instanceof Problem && error.status >= 500))) throw error;
    }
    await sleep(RETRY_MS, signal);
  }
}

type SseBlock = { readonly id: string | undefined; readonly data: string | undefined };

/** Parses a stream of events (WHATWG HTML, 9.2) with one line of data each, as the service sends them. */
async function* blocksOf(body: AsyncIterable<Uint8Array> | null): AsyncGenerator<SseBlock> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const part of untilLost(body)) {
    text += decoder.decode(part, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) yield { id: /^id: (.*)$/m.exec(block)?.[1], data: /^data: (.*)$/m.exec(block)?.[1] };
  }
}

async function* untilLost(body: AsyncIterable<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  try {
    yield* body ?? [];
  } catch {
    // A lost connection ends the stream; the rest is requested again.
  }
}
