import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Expiry } from '../domain/events/index.ts';
import { PREFIX_OF, runsStream } from '../domain/streams.ts';
import { toInstant, toMs } from '../domain/values.ts';
import {
  comparePositions,
  type EventStore,
  LOG_START,
  type Position,
  positionOf,
  type TextEvent,
} from '../event-store/port.ts';
import { originOf } from './anchor.ts';
import { LEAF_STREAMS, leafOf } from './leaf.ts';
import { EXPORT_FORM, type ExportFilter, headerLine, signManifest } from './manifest.ts';
import type { NoteSigner } from './note.ts';
import { type ExportFormat, expiredRow, type RowLeaf, RowUnreadable, rowOf } from './rows.ts';
import { proveRange, type StoredLeaf, type TreeStore } from './tiles.ts';
import { leafHash } from './tree.ts';

/**
 * Limits how many leaves of a tree can lack their events. A leaf's hash does not identify its event, and the record of kept
 * leaves is an event of no tree, which anyone with write access to the database can forge. But events of the tree count what
 * retention cuts: the last `ExecutionsExpired` of a job contains the number of events cut from its stream of runs. So the
 * total of leaves without events must not exceed the number of events that these streams lack.
 */
type ExpiredLeaves = {
  /** Counts an event that is in the log and in the tree. */
  seen(event: TextEvent): void;
  /** Number of leaves that may lack their events, after `seen` was called for all existing events. */
  count(): Promise<number>;
};

type ExpiredLeavesInput = {
  readonly tenant: string;
  /** Jobs with expired executions according to the read models; each is checked in the log. */
  readonly expiredJobs: () => AsyncIterable<number>;
  readonly tree: TreeStore;
  readonly log: EventStore;
};

/** Consecutive revisions. */
type Run = { first: number; last: number };

const createExpiredLeaves = ({ tenant, expiredJobs, tree, log }: ExpiredLeavesInput): ExpiredLeaves => {
  const runsOf = new Map<string, Run[]>();
  let seenUpTo: Position = '';

  const isInTree = async (event: TextEvent): Promise<boolean> => {
    if (comparePositions(event.position, seenUpTo) <= 0) return true;
    const leaf = leafOf(event);
    const index = leaf?.tenant === tenant ? await tree.indexAt(event.position) : undefined;
    const [stored] = index === undefined ? [] : await tree.leavesFrom(index);
    return leaf !== undefined && stored?.hash.equals(leafHash(leaf.content)) === true;
  };
  /** Number of cut events of a stream of runs, as far as the tree contains. */
  const lackedBy = async (stream: string): Promise<number> => {
    const expiry = await lastExpiry(log, stream);
    if (expiry === undefined || !(await isInTree(expiry))) return 0;
    const { keptFrom } = ExpiryData.parse(JSON.parse(expiry.texts.data));
    const seen = (runsOf.get(stream) ?? []).reduce((sum, run) => sum + below(keptFrom, run), 0);
    return keptFrom - seen;
  };

  return {
    seen: ({ stream, revision, position }) => {
      seenUpTo = position;
      if (!stream.startsWith(PREFIX_OF.runs)) return;
      const runs = runsOf.get(stream);
      const last = runs?.at(-1);
      if (last?.last === revision - 1) last.last = revision;
      else if (runs === undefined) runsOf.set(stream, [{ first: revision, last: revision }]);
      else runs.push({ first: revision, last: revision });
    },
    count: async () => {
      let sum = 0;
      for await (const jobId of expiredJobs()) sum += await lackedBy(runsStream(jobId));
      return sum;
    },
  };
};

const below = (revision: number, { first, last }: Run): number => Math.max(0, Math.min(last, revision - 1) - first + 1);

const WithTail = z.object({ tail: z.object({ expired: Expiry.optional() }) });
const ExpiryData = z.object({ keptFrom: z.int() });

/** The last expiry of a job; the tail of its last event refers to it. */
const lastExpiry = async (log: ExpiredLeavesInput['log'], stream: string): Promise<TextEvent | undefined> => {
  for await (const event of log.readStream(stream, { direction: 'backwards', limit: 1, as: 'texts' })) {
    const { data } = WithTail.safeParse(JSON.parse(event.texts.data));
    const revision = data?.tail.expired?.revision;
    if (revision === undefined) return undefined;
    for await (const expiry of log.readStream(stream, { from: revision, limit: 1, as: 'texts' })) {
      return expiry.texts.type === 'ExecutionsExpired' ? expiry : undefined;
    }
  }
  return undefined;
};

/** The log differs from its tree: an event was changed or is missing. The message names it. */
export class LogAltered extends Error {
  override readonly name = 'LogAltered';
}

export type ExportRequest = ExportFilter & {
  readonly format: ExportFormat;
  readonly exportedBy: string;
  /** Aborted when the reader has gone. */
  readonly signal: AbortSignal;
};

export type ExportInput = ExportRequest & {
  readonly logId: string;
  readonly signer: NoteSigner;
  readonly tree: TreeStore;
  readonly log: EventStore;
  /** The tenant's jobs with expired executions. */
  readonly expiredJobs: () => AsyncIterable<number>;
  /** Events recorded before may be cut because their leaves are kept; epoch ms. */
  readonly keptBefore?: number | undefined;
  readonly now: () => number;
};

/** Size of the chunks of text. */
const CHUNK_LENGTH = 65_536;

/**
 * Exports a tenant's events of a time span in log order: a header, a row per event and a signed manifest, one line each.
 * Reads no further than requested, so the reader sets the pace. If events of the span may have expired, reads all kept
 * leaves to count them.
 * @throws LogAltered midway, without a manifest, if an event does not match its hash, or is missing without having expired
 */
export async function* exportLog(input: ExportInput): AsyncGenerator<Buffer, void, undefined> {
  const { tenant, from, to, format, exportedBy, logId, signer, tree, keptBefore, now } = input;
  const head = await tree.head();
  const first = await tree.countBefore(toMs(from), head.size);
  const end = Math.max(first, await tree.countBefore(toMs(to), head.size));
  const sum = createHash('sha256');
  const counts = { change: 0, execution: 0, slots: 0 };
  let ends: { readonly first: RowLeaf; readonly last: RowLeaf } | undefined;
  let rows = 0;
  let expiredRows = 0;
  const isCutPossible = keptBefore !== undefined && keptBefore > toMs(from);
  const expired = isCutPossible ? { before: toInstant(keptBefore) } : undefined;
  let chunk = `${headerLine({ ...input, log: logId, expired })}\n`;
  const wanted = { first, end };
  const read = isCutPossible ? { first: 0, end: Math.max(end, await tree.countBefore(keptBefore, head.size)) } : wanted;
  for await (const page of first === end ? [] : pagesOf(input, { wanted, read })) {
    for (const { leaf, n, found } of page) {
      const { position } = found?.event ?? leaf;
      const { line, kind } =
        found === undefined
          ? { line: expiredRow({ n, position }, hex(leaf.hash), format), kind: undefined }
          : row({ n, ...found.event }, found.content, format);
      if (kind === undefined) expiredRows += 1;
      else counts[kind] += 1;
      ends = { first: ends?.first ?? { n, position }, last: { n, position } };
      rows += 1;
      chunk += `${line}\n`;
      if (chunk.length < CHUNK_LENGTH) continue;
      const bytes = Buffer.from(chunk);
      sum.update(bytes);
      yield bytes;
      chunk = '';
    }
  }
  // The reader has gone: without a manifest, the sent rows do not count as an export.
  if (rows < end - first) return;
  sum.update(chunk);
  const { before, after } = await proveRange(tree, { from: first, to: end }, head.size);
  const manifest = {
    form: EXPORT_FORM,
    format,
    ...{ tenant, from, to, log: logId, exportedAt: toInstant(now()), exportedBy },
    rows,
    counts,
    ...(expired === undefined ? {} : { expired: { ...expired, rows: expiredRows } }),
    ...ends,
    sha256: sum.digest('hex'),
    range: { from: first, before: before.map(hex), after: after.map(hex) },
  } as const;
  yield Buffer.from(`${chunk}${signManifest(manifest, { ...head, origin: originOf({ logId, tenant }) }, signer)}\n`);
}

const hex = (hash: Buffer): string => hash.toString('hex');

const row = (...[place, content, format]: Parameters<typeof rowOf>): ReturnType<typeof rowOf> => {
  try {
    return rowOf(place, content, format);
  } catch (error) {
    if (!(error instanceof RowUnreadable)) throw error;
    throw new LogAltered(`the event at ${place.position} cannot be read: ${error.message}`);
  }
};

/** A leaf with its event, which matches the hash; without it if the event has expired. */
type ExportedLeaf = {
  readonly leaf: StoredLeaf;
  readonly n: number;
  readonly found?: { readonly event: TextEvent; readonly content: string };
};

type IndexSpan = { readonly first: number; readonly end: number };
type ExportSpans = {
  readonly wanted: IndexSpan;
  /** The leaves to read: may be more, to count missing events. */
  readonly read: IndexSpan;
};

const LEAVES_AT_ONCE = 1_000;

/** The leaves of a span, with their events found in the log by position. */
async function* pagesOf(
  { tenant, tree, log, keptBefore = Number.NEGATIVE_INFINITY, expiredJobs, signal }: ExportInput,
  { wanted, read: { first, end } }: ExportSpans,
): AsyncGenerator<readonly ExportedLeaf[], void, undefined> {
  const [previous] = first === 0 ? [] : await tree.leavesFrom(first - 1);
  let leaves = await tree.leavesFrom(first);
  let done = 0;
  let n = first;
  let gone = 0;
  let page: ExportedLeaf[] = [];
  const expired = createExpiredLeaves({ tenant, expiredJobs, tree, log });
  const take = (exported: ExportedLeaf): void => {
    if (n >= wanted.first && n < wanted.end) page.push(exported);
  };
  const goOn = async (): Promise<void> => {
    n += 1;
    done += 1;
    if (n < end && done === leaves.length) [leaves, done] = [await tree.leavesFrom(n), 0];
  };
  const nextLeaf = (): StoredLeaf => {
    const leaf = leaves[done];
    if (leaf === undefined) throw new LogAltered(`the tree of tenant ${tenant} has no leaf ${n}`);
    return leaf;
  };
  /** Skips the leaves before that of an event or a later one: their events have expired, or the log was altered. */
  async function* passOver(
    position: Position,
    hash?: Buffer,
  ): AsyncGenerator<readonly ExportedLeaf[], void, undefined> {
    for (; n < end; await goOn()) {
      const leaf = nextLeaf();
      if (isReached(leaf, position, hash)) return;
      if (leaf.recordedAt >= keptBefore) throw new LogAltered(`the event at ${leaf.position} is missing from the log`);
      take({ leaf, n });
      gone += 1;
      if (page.length < LEAVES_AT_ONCE) continue;
      yield page;
      page = [];
    }
  }
  const leaving = new AbortController();
  const until = AbortSignal.any([signal, leaving.signal]);
  try {
    const items = log.subscribe({
      after: previous?.position,
      streamPrefixes: LEAF_STREAMS,
      as: 'texts',
      signal: until,
    });
    for await (const item of items) {
      for (const event of item.kind === 'events' ? item.events : []) {
        const ofCopy = isOfCopy(nextLeaf()) ? leafOf(event) : undefined;
        if (isOfCopy(nextLeaf()) && ofCopy?.tenant !== tenant) continue;
        const hash = ofCopy && leafHash(ofCopy.content);
        if (!isReached(nextLeaf(), event.position, hash)) yield* passOver(event.position, hash);
        if (n === end) break;
        const leaf = nextLeaf();
        if (!isOfCopy(leaf) && event.position !== leaf.position) continue;
        const content = leafOf(event)?.content;
        if (content === undefined || !leafHash(content).equals(leaf.hash)) {
          throw new LogAltered(`the event at ${leaf.position} of tenant ${tenant} differs from the recorded one`);
        }
        expired.seen(event);
        take({ leaf, n, found: { event, content } });
        await goOn();
        if (n === end) break;
      }
      // The events of the remaining leaves up to here are not in the log.
      if (item.kind === 'caughtUp') yield* passOver(afterPosition(item.position));
      const mayBeGone = n === end && gone > 0 ? await expired.count() : gone;
      if (gone > mayBeGone) {
        const why = `${gone} events of tenant ${tenant} are missing from the log, but only ${mayBeGone} have expired`;
        throw new LogAltered(why);
      }
      if (page.length > 0) yield page;
      page = [];
      if (n === end) return;
    }
  } finally {
    leaving.abort();
  }
}

/** A copied log doesn't have the original positions of kept leaves' events. */
const isOfCopy = ({ position }: StoredLeaf): boolean => position === LOG_START;

/** Returns whether a leaf belongs to this or a later event. */
const isReached = (leaf: StoredLeaf, position: Position, hash: Buffer | undefined): boolean =>
  isOfCopy(leaf) ? hash?.equals(leaf.hash) === true : comparePositions(leaf.position, position) >= 0;

const afterPosition = (position: Position): Position => positionOf(BigInt(position) + 1n);
