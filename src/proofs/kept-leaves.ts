import { z } from 'zod';
import { type EventOf, LeavesRecorded } from '../domain/events/index.ts';
import { leavesStream } from '../domain/streams.ts';
import { toInstant, toMs } from '../domain/values.ts';
import { type EventStore, LOG_START, type Position, positionOf } from '../event-store/port.ts';
import { readLog } from '../event-store/read-log.ts';
import { LEAF_STREAMS, leafOf } from './leaf.ts';
import type { NewLeaf } from './tiles.ts';
import { HASH_BYTES, leafHash } from './tree.ts';

/**
 * Keeps leaves so that their events can be cut: a hash, a position and a time, 48 bytes each. The recording events are
 * contiguous, and each ends between two instants. So even in a copy of the log, where positions differ, the time shows
 * whether a leaf is included.
 */
type Kept = EventOf<'LeavesRecorded'>['data'];

const PLACE_BYTES = 8;
const LEAF_BYTES = HASH_BYTES + 2 * PLACE_BYTES;

const packLeaves = (leaves: readonly NewLeaf[]): string => {
  const packed = Buffer.alloc(leaves.length * LEAF_BYTES);
  for (const [index, { hash, position, recordedAt }] of leaves.entries()) {
    const at = index * LEAF_BYTES;
    hash.copy(packed, at);
    packed.writeBigUInt64BE(BigInt(position), at + HASH_BYTES);
    packed.writeDoubleBE(recordedAt, at + HASH_BYTES + PLACE_BYTES);
  }
  return packed.toString('base64');
};

const unpackLeaves = (text: string): NewLeaf[] => {
  const packed = Buffer.from(text, 'base64');
  return Array.from({ length: packed.length / LEAF_BYTES }, (_, index) => {
    const at = index * LEAF_BYTES;
    return {
      hash: packed.subarray(at, at + HASH_BYTES),
      position: positionOf(packed.readBigUInt64BE(at + HASH_BYTES)),
      recordedAt: packed.readDoubleBE(at + HASH_BYTES + PLACE_BYTES),
    };
  });
};

const LEAVES = { streamPrefixes: LEAF_STREAMS, as: 'texts' } as const;

/** Leaves per event, plus those recorded in the same millisecond as the last one. */
const LEAVES_AT_ONCE = 1_000;

type KeepInput = {
  readonly log: EventStore;
  /** Keep leaves recorded before this, epoch ms. */
  readonly beforeMs: number;
  readonly signal: AbortSignal;
};

/**
 * Yields the events to append, in order, so that every leaf recorded before an instant is kept. If interrupted, it resumes
 * from what was appended.
 */
export async function* leavesToKeep({ log, beforeMs, signal }: KeepInput): AsyncGenerator<Kept, void, undefined> {
  const last = await lastKept(log);
  const keptMs = last === undefined ? Number.NEGATIVE_INFINITY : toMs(last.before);
  if (keptMs >= beforeMs) return;
  const trees = new Map<string, NewLeaf[]>();
  let [count, lastMs, position] = [0, Number.NEGATIVE_INFINITY, LOG_START];
  const take = (endMs: number): Kept => {
    const kept = {
      before: toInstant(endMs),
      position,
      trees: [...trees].map(([tenant, leaves]) => ({ tenant, leaves: packLeaves(leaves) })),
    };
    trees.clear();
    count = 0;
    return kept;
  };
  const after = last?.isCopied ? undefined : last?.position;
  reading: for await (const { events } of readLog(log, { ...LEAVES, after, signal })) {
    for (const event of events) {
      const leaf = leafOf(event);
      if (leaf === undefined || leaf.recordedAt < keptMs) continue;
      if (leaf.recordedAt >= beforeMs) break reading;
      if (count >= LEAVES_AT_ONCE && leaf.recordedAt > lastMs) yield take(leaf.recordedAt);
      const { tenant, content, recordedAt } = leaf;
      const added = { hash: leafHash(content), position: event.position, recordedAt };
      const ofTenant = trees.get(tenant);
      if (ofTenant === undefined) trees.set(tenant, [added]);
      else ofTenant.push(added);
      [count, lastMs, position] = [count + 1, recordedAt, event.position];
    }
  }
  if (!signal.aborted && count > 0) yield take(beforeMs);
}

/** The leaves kept by an event, by tenant, in tree order. */
export type KeptLeaves = {
  /** In a copied log, positions are those of the original. */
  readonly isCopied: boolean;
  readonly before: number;
  readonly trees: ReadonlyMap<string, readonly NewLeaf[]>;
};

type StoredLeaves = Kept & { readonly isCopied: boolean };

async function* readStored(
  log: EventStore,
  options: { readonly direction?: 'backwards'; readonly limit?: number } = {},
): AsyncGenerator<StoredLeaves, void, undefined> {
  for await (const event of log.readStream(leavesStream, { ...options, as: 'texts' })) {
    const { type, data, metadata } = event.texts;
    if (type !== LeavesRecorded.shape.type.value) continue;
    yield {
      ...LeavesRecorded.shape.data.parse(JSON.parse(data)),
      isCopied: Copied.safeParse(JSON.parse(metadata)).success,
    };
  }
}

const Copied = z.looseObject({ copiedFrom: z.string() });

const lastKept = async (log: EventStore): Promise<StoredLeaves | undefined> => {
  for await (const stored of readStored(log, { direction: 'backwards', limit: 1 })) return stored;
  return undefined;
};

/** The instant before which every leaf is kept, epoch ms; `undefined` if none is. */
export const leavesKeptBefore = async (log: EventStore): Promise<number | undefined> => {
  const last = await lastKept(log);
  return last === undefined ? undefined : toMs(last.before);
};

export async function* readKeptLeaves(log: EventStore): AsyncGenerator<KeptLeaves, void, undefined> {
  for await (const { before, isCopied, trees } of readStored(log)) {
    yield {
      isCopied,
      before: toMs(before),
      trees: new Map(trees.map(({ tenant, leaves }) => [tenant, unpackLeaves(leaves)])),
    };
  }
}

/** For a copied log: the last position up to which all leaves were recorded before an instant, epoch ms. */
export const lastPositionBefore = async (log: EventStore, beforeMs: number): Promise<Position> => {
  let reached = LOG_START;
  for await (const { events } of readLog(log, LEAVES)) {
    for (const event of events) {
      const leaf = leafOf(event);
      if (leaf === undefined) continue;
      if (leaf.recordedAt >= beforeMs) return reached;
      reached = event.position;
    }
  }
  return reached;
};
