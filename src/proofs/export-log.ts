import { createHash } from 'node:crypto';
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
import { createExpiredLeaves } from './expired-leaves.ts';
import { leafHash } from './hashing.ts';
import { LEAF_STREAMS, leafOf } from './leaf.ts';
import { EXPORT_FORM, type ExportFilter, headerLine, type Manifest, signManifest } from './manifest.ts';
import type { NoteSigner } from './note.ts';
import { type ExportFormat, expiredRow, RowUnreadable, rowOf } from './rows.ts';
import { proveRange, type StoredLeaf, type TreeStore } from './tree-store.ts';

/** The log is not what its tree says: an event was changed, or is gone. The message says which. */
export class LogAltered extends Error {
  override readonly name = 'LogAltered';
}

export type ExportInput = ExportFilter & {
  readonly format: ExportFormat;
  readonly exportedBy: string;
  readonly logId: string;
  readonly signer: NoteSigner;
  readonly tree: TreeStore;
  readonly log: EventStore;
  /** The jobs of the tenant of which executions have expired. */
  readonly expiredJobs: () => AsyncIterable<number>;
  /** Events recorded before may be cut, as their leaves are kept; epoch ms. */
  readonly keptBefore?: number | undefined;
  readonly now: () => number;
  /** Aborted when nobody waits for the rest. */
  readonly signal: AbortSignal;
};

/** So much text is put together before it is handed on. */
const CHUNK_LENGTH = 65_536;

/**
 * Exports the events of a tenant that were recorded in a span, in the order of the log: a header, a row for each, and a
 * signed manifest, each in a line. It reads no further than what was asked for last, so its reader sets the pace.
 * Where events of the span may have expired, it looks at all whose leaves are kept, so that it can count them.
 * @throws LogAltered in the middle, without a manifest, where an event is not what was hashed of it, or is gone without
 * having expired
 */
export async function* exportLog(input: ExportInput): AsyncGenerator<Buffer, void, undefined> {
  const { tenant, from, to, format, exportedBy, logId, signer, tree, keptBefore, now } = input;
  const head = await tree.head();
  const first = await tree.countBefore(toMs(from), head.size);
  const end = Math.max(first, await tree.countBefore(toMs(to), head.size));
  const sum = createHash('sha256');
  const counts = { change: 0, execution: 0, slots: 0 };
  let ends: Pick<Manifest, 'first' | 'last'> | undefined;
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
  // Nobody waits for the rest: what was sent has no manifest, and does not pass for an export.
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

/** A leaf with its event, which was compared with what was hashed of it; without it where it has expired. */
type ExportedLeaf = {
  readonly leaf: StoredLeaf;
  readonly n: number;
  readonly found?: { readonly event: TextEvent; readonly content: string };
};
type IndexSpan = { readonly first: number; readonly end: number };
type ExportSpans = {
  /** The leaves to export. */
  readonly wanted: IndexSpan;
  /** Those to look at: so that what is gone can be counted, they may be more. */
  readonly read: IndexSpan;
};

const LEAVES_AT_ONCE = 1_000;

/** The leaves of a span, whose events are found in the log by their positions. */
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
  /** Moves to the next leaf. */
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
  /** Passes over the leaves before that of an event, or a later one: theirs have expired, or the log was altered. */
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
      // What is left up to here is not in the log.
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

/** Leaves that a copied log has kept are of events whose positions there nobody knows. */
const isOfCopy = ({ position }: StoredLeaf): boolean => position === LOG_START;

/** Whether a leaf is that of an event, or of a later one. */
const isReached = (leaf: StoredLeaf, position: Position, hash: Buffer | undefined): boolean =>
  isOfCopy(leaf) ? hash?.equals(leaf.hash) === true : comparePositions(leaf.position, position) >= 0;

const afterPosition = (position: Position): Position => positionOf(BigInt(position) + 1n);
