import { createHash } from 'node:crypto';
import { toInstant, toMs } from '../domain/values.ts';
import {
  comparePositions,
  type EventStore,
  type Position,
  positionOf,
  type RecordedEvent,
} from '../event-store/port.ts';
import { originOf } from './anchor.ts';
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
  /** The log, read verbatim. */
  readonly log: Pick<EventStore, 'subscribe'>;
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
 * @throws LogAltered in the middle, without a manifest, where an event is not what was hashed of it
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
  for await (const page of pagesOf(input, { first, end })) {
    for (const { leaf, n, found } of page) {
      const { position } = leaf;
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
  readonly found?: { readonly event: RecordedEvent; readonly content: string };
};
type IndexSpan = { readonly first: number; readonly end: number };

/** The leaves of a span, whose events are found in the log by their positions. */
async function* pagesOf(
  { tenant, tree, log, keptBefore = Number.NEGATIVE_INFINITY, signal }: ExportInput,
  { first, end }: IndexSpan,
): AsyncGenerator<readonly ExportedLeaf[], void, undefined> {
  if (first === end) return;
  const [previous] = first === 0 ? [] : await tree.leavesFrom(first - 1);
  let leaves = await tree.leavesFrom(first);
  let done = 0;
  let n = first;
  /** The next leaf whose event is at this position or later. Those before it have expired, or the log was altered. */
  const leafFrom = async (position: Position, page: ExportedLeaf[]): Promise<StoredLeaf | undefined> => {
    for (;;) {
      const leaf = leaves[done];
      if (leaf === undefined) throw new LogAltered(`the tree of tenant ${tenant} has no leaf ${n}`);
      if (comparePositions(leaf.position, position) >= 0) return leaf;
      if (leaf.recordedAt >= keptBefore) throw new LogAltered(`the event at ${leaf.position} is gone from the log`);
      page.push({ leaf, n });
      if (!(await goOn())) return undefined;
    }
  };
  /** Moves to the next leaf that is asked for; false where that was the last. */
  const goOn = async (): Promise<boolean> => {
    n += 1;
    done += 1;
    if (n < end && done === leaves.length) [leaves, done] = [await tree.leavesFrom(n), 0];
    return n < end;
  };
  const leaving = new AbortController();
  const until = AbortSignal.any([signal, leaving.signal]);
  try {
    const items = log.subscribe({ after: previous?.position, streamPrefixes: LEAF_STREAMS, signal: until });
    for await (const item of items) {
      const page: ExportedLeaf[] = [];
      for (const event of item.kind === 'events' ? item.events : []) {
        const leaf = await leafFrom(event.position, page);
        if (leaf === undefined) break;
        if (event.position !== leaf.position) continue;
        const content = leafOf(event)?.content;
        if (content === undefined || !leafHash(content).equals(leaf.hash)) {
          throw new LogAltered(`the event at ${leaf.position} of tenant ${tenant} is not the one that was recorded`);
        }
        page.push({ leaf, n, found: { event, content } });
        if (!(await goOn())) break;
      }
      // What is left up to here is not in the log.
      if (item.kind === 'caughtUp' && n < end) await leafFrom(afterPosition(item.position), page);
      if (page.length > 0) yield page;
      if (n === end) return;
    }
  } finally {
    leaving.abort();
  }
}

const afterPosition = (position: Position): Position => positionOf(BigInt(position) + 1n);
