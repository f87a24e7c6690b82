import { randomUUID } from 'node:crypto';

/** The log behind the fake server: storage and judging of appends, independent of the protocol. */

export type NewRecord = {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
};

export type FakeRecord = NewRecord & {
  readonly stream: string;
  readonly revision: bigint;
  readonly position: bigint;
  readonly createdMs: number;
};

/** `any`, `no_stream`, `stream_exists`, or the last revision. */
export type Expected = 'any' | 'no_stream' | 'stream_exists' | bigint;

export type Outcome =
  | { readonly kind: 'appended'; readonly revision: bigint; readonly position: bigint }
  /** The same append was made before; servers don't always know its position then. */
  | { readonly kind: 'repeated'; readonly revision: bigint }
  | { readonly kind: 'wrong'; readonly current: bigint | undefined }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'tooLarge' };

export const MAX_APPEND_BYTES = 1_048_576;
/** The revision of a tombstone, and the `$tb` of a soft-deleted stream. */
export const DELETED_REVISION = 9_223_372_036_854_775_807n;

type FakeStream = {
  /** -1 before the first event. */
  revision: bigint;
  records: FakeRecord[];
  tombstoned: boolean;
  truncateBefore: bigint;
  maxCount: number | undefined;
};

export type FakeLog = {
  append(stream: string, expected: Expected, events: readonly NewRecord[]): Outcome;
  /** `undefined` for a stream without readable events; `deleted` for a tombstoned one. */
  read(stream: string): readonly FakeRecord[] | 'deleted' | undefined;
  softDelete(stream: string): void;
  tombstone(stream: string): Outcome;
  /** All stored records in order, including system events. */
  readonly records: readonly FakeRecord[];
  /** Index in `records` of the first one at or after the position. */
  indexOf(position: bigint): number;
  /** Whether a record was ever written there; a scavenge changes nothing about that. */
  wasAt(position: bigint): boolean;
  /** Removes records that are hidden from readers of their streams; indexes change. */
  scavenge(): void;
  /** Number of scavenges: readers by index start again when it changes. */
  scavenges(): number;
  onAppend(run: () => void): () => void;
};

export const createFakeLog = (nowMs: () => number): FakeLog => {
  const streams = new Map<string, FakeStream>();
  const listeners = new Set<() => void>();
  const positions = new Set<bigint>();
  let records: FakeRecord[] = [];
  let end = 0n;
  let scavenges = 0;

  const streamOf = (name: string): FakeStream => {
    let stream = streams.get(name);
    if (stream === undefined) {
      const maxCount = name.startsWith('$$') ? 1 : undefined;
      stream = { revision: -1n, records: [], tombstoned: false, truncateBefore: 0n, maxCount };
      streams.set(name, stream);
    }
    return stream;
  };

  const write = (name: string, stream: FakeStream, revision: bigint, event: NewRecord): void => {
    // Positions are places in a file: they grow by what is written.
    end += BigInt(64 + event.data.length + event.metadata.length);
    const record = { ...event, stream: name, revision, position: end, createdMs: nowMs() };
    stream.records.push(record);
    records.push(record);
    positions.add(end);
    if (name.startsWith('$$')) applyMetadata(streamOf(name.slice(2)), event.data);
  };

  const visible = ({ records: all, truncateBefore, maxCount, revision }: FakeStream): readonly FakeRecord[] => {
    const byCount = maxCount === undefined ? 0n : revision - BigInt(maxCount) + 1n;
    const first = byCount > truncateBefore ? byCount : truncateBefore;
    const head = all[0]?.revision ?? 0n;
    return first <= head ? all : all.slice(Number(first - head));
  };

  /** Like the server, compares only the ids at the place of the append. */
  const madeAlready = (stream: FakeStream, expected: Expected, events: readonly NewRecord[]): bigint | undefined => {
    const [first] = events;
    const after =
      typeof expected === 'bigint'
        ? expected
        : expected === 'no_stream'
          ? -1n
          : (stream.records.find(({ id }) => id === first?.id)?.revision ?? stream.revision + 1n) - 1n;
    const head = stream.records[0]?.revision ?? 0n;
    const from = Number(after + 1n - head);
    const same = events.every(({ id }, index) => stream.records[from + index]?.id === id);
    return same ? after + BigInt(events.length) : undefined;
  };

  const append: FakeLog['append'] = (name, expected, events) => {
    const stream = streamOf(name);
    if (stream.tombstoned || (name.startsWith('$$') && streams.get(name.slice(2))?.tombstoned)) {
      return { kind: 'deleted' };
    }
    const bytes = events.reduce((sum, event) => sum + sizeOf(event), 0);
    if (bytes > MAX_APPEND_BYTES) return { kind: 'tooLarge' };
    if (!fits(stream, expected) || expected === 'any' || expected === 'stream_exists') {
      const revision = madeAlready(stream, expected, events);
      if (revision !== undefined) return { kind: 'repeated', revision };
    }
    if (!fits(stream, expected)) {
      return { kind: 'wrong', current: stream.revision < 0n ? undefined : stream.revision };
    }
    // What was deleted softly stays hidden when the stream begins again.
    if (stream.truncateBefore === DELETED_REVISION) stream.truncateBefore = stream.revision + 1n;
    for (const event of events) {
      stream.revision += 1n;
      write(name, stream, stream.revision, event);
    }
    for (const run of listeners) run();
    return { kind: 'appended', revision: stream.revision, position: end };
  };

  return {
    append,
    read: (name) => {
      const stream = streams.get(name);
      if (stream?.tombstoned) return 'deleted';
      if (stream === undefined || stream.revision < 0n || stream.truncateBefore === DELETED_REVISION) return undefined;
      return visible(stream);
    },
    softDelete: (name) => {
      append(`$$${name}`, 'any', [systemEvent('$metadata', JSON.stringify({ $tb: String(DELETED_REVISION) }))]);
    },
    tombstone: (name) => {
      const stream = streamOf(name);
      if (stream.tombstoned) return { kind: 'deleted' };
      stream.tombstoned = true;
      write(name, stream, DELETED_REVISION, systemEvent('$streamDeleted', '{}'));
      for (const run of listeners) run();
      return { kind: 'appended', revision: DELETED_REVISION, position: end };
    },
    get records() {
      return records;
    },
    indexOf: (position) => {
      let low = 0;
      let high = records.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((records[middle]?.position ?? position) < position) low = middle + 1;
        else high = middle;
      }
      return low;
    },
    wasAt: (position) => positions.has(position),
    scavenge: () => {
      for (const stream of streams.values()) {
        stream.records = stream.tombstoned ? stream.records.slice(-1) : [...kept(stream, visible(stream))];
      }
      const left = new Set([...streams.values()].flatMap(({ records: all }) => all));
      records = records.filter((record) => left.has(record));
      scavenges += 1;
    },
    scavenges: () => scavenges,
    onAppend: (run) => {
      listeners.add(run);
      return () => listeners.delete(run);
    },
  };
};

export const systemEvent = (type: string, data: string): NewRecord => ({
  id: randomUUID(),
  type,
  contentType: 'application/json',
  data: Buffer.from(data),
  metadata: new Uint8Array(),
});

/** A stream continues its revisions after a soft delete, so its last event is never scavenged. */
const kept = ({ records }: FakeStream, visible: readonly FakeRecord[]): readonly FakeRecord[] =>
  visible.length > 0 ? visible : records.slice(-1);

const fits = ({ revision, truncateBefore }: FakeStream, expected: Expected): boolean => {
  const softDeleted = truncateBefore === DELETED_REVISION;
  switch (expected) {
    case 'any':
      return true;
    case 'no_stream':
      return revision < 0n || softDeleted;
    case 'stream_exists':
      return revision >= 0n && !softDeleted;
    default:
      return revision === expected;
  }
};

const sizeOf = ({ data, metadata, type }: NewRecord): number => data.length + metadata.length + 2 * type.length;

const applyMetadata = (stream: FakeStream, data: Uint8Array): void => {
  const { $tb, $maxCount } = JSON.parse(Buffer.from(data).toString());
  stream.truncateBefore = $tb === undefined ? 0n : BigInt($tb);
  stream.maxCount = $maxCount;
};
