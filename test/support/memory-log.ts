import { judge } from '../../src/event-store/check-append.ts';
import { type LogPage, PAGE_LIMIT } from '../../src/event-store/log-tail.ts';
import {
  type Append,
  type AppendResult,
  NO_STREAM,
  type Position,
  positionOf,
  type Revision,
} from '../../src/event-store/port.ts';
import type { EncodedEvent, RawEvent } from '../../src/event-store/stored-event.ts';

type MemoryStream = { revision: Revision; deleted: boolean; keepsLast: boolean; events: RawEvent[] };

type EncodedEvents = { readonly append: Append; readonly events: readonly (EncodedEvent & { readonly id: string })[] };

/** The contents of an in-memory log. In simulations several processes share one. */
export type MemoryLog = {
  /** @throws WrongExpectedRevision, StreamDeleted */
  append(encoded: EncodedEvents): AppendResult;
  streamEvents(stream: string): readonly RawEvent[];
  page(options: { after: Position; streamPrefixes?: readonly string[] | undefined }): LogPage;
  end(): Position | undefined;
  at(position: Position): RawEvent | undefined;
  truncateBefore(stream: string, revision: Revision): void;
  keepLast(stream: string): void;
  deleteStream(stream: string): void;
  /** Calls `run` once, at the next append. Returns a function that cancels it. */
  onAppend(run: () => void): () => void;
};

/** @param options.now the log's clock, epoch milliseconds */
export const createMemoryLog = ({ now }: { now: () => number }): MemoryLog => {
  const log: (RawEvent | undefined)[] = [];
  const streams = new Map<string, MemoryStream>();
  const waiting = new Set<() => void>();
  let recordedAt = 0;

  const streamOf = (name: string): MemoryStream => {
    const found = streams.get(name) ?? { revision: NO_STREAM, deleted: false, keepsLast: false, events: [] };
    streams.set(name, found);
    return found;
  };

  const cut = (stream: MemoryStream, count: number): void => {
    for (const { position } of stream.events.splice(0, count)) log[Number(position) - 1] = undefined;
  };

  const wake = (): void => {
    const woken = [...waiting];
    waiting.clear();
    for (const run of woken) run();
  };

  return {
    append: ({ append, events }) => {
      const stream = streamOf(append.stream);
      const verdict = judge(append, stream, (revision) => findRevision(stream.events, revision));
      if (verdict.kind === 'rejected') throw verdict.error;
      if (verdict.kind === 'repeated') return verdict.appended;
      recordedAt = Math.max(recordedAt, Math.floor(now()));
      for (const event of events) {
        stream.revision += 1;
        const place = { stream: append.stream, revision: stream.revision, position: positionOf(log.length + 1) };
        const recorded = { ...event, ...place, recordedAt };
        stream.events.push(recorded);
        log.push(recorded);
      }
      if (stream.keepsLast) cut(stream, stream.events.length - 1);
      wake();
      return { revision: stream.revision, position: positionOf(log.length) };
    },
    streamEvents: (name) => streams.get(name)?.events ?? [],
    page: ({ after, streamPrefixes }) => {
      const events: RawEvent[] = [];
      let place = Number(after);
      let size = 0;
      for (; place < log.length && events.length < PAGE_LIMIT.events && size < PAGE_LIMIT.bytes; place++) {
        const event = log[place];
        if (event === undefined || !passes(event.stream, streamPrefixes)) continue;
        events.push(event);
        size += event.data.length + event.metadata.length;
      }
      return { events, considered: positionOf(place), atEnd: place >= log.length };
    },
    end: () => (log.length === 0 ? undefined : positionOf(log.length)),
    at: (position) => log[Number(position) - 1],
    truncateBefore: (name, revision) => {
      const stream = streamOf(name);
      const first = stream.events[0]?.revision ?? 0;
      cut(stream, Math.max(0, Math.min(revision, stream.revision) - first));
    },
    keepLast: (name) => {
      const stream = streamOf(name);
      stream.keepsLast = true;
      cut(stream, Math.max(0, stream.events.length - 1));
    },
    deleteStream: (name) => {
      const stream = streamOf(name);
      stream.deleted = true;
      cut(stream, stream.events.length);
    },
    onAppend: (run) => {
      waiting.add(run);
      return () => waiting.delete(run);
    },
  };
};

const passes = (stream: string, prefixes: readonly string[] | undefined): boolean =>
  prefixes === undefined || prefixes.some((prefix) => stream.startsWith(prefix));

/** Streams are cut only at their front, so the remaining events have no gap. */
const findRevision = (events: readonly RawEvent[], revision: Revision): RawEvent | undefined =>
  events[revision - (events[0]?.revision ?? 0)];
