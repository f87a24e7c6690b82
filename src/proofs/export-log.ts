import { createHash } from 'node:crypto';
import { toInstant, toMs } from '../domain/values.ts';
import { comparePositions, type EventStore, type RecordedEvent } from '../event-store/port.ts';
import { originOf } from './anchor.ts';
import { leafHash } from './hashing.ts';
import { LEAF_STREAMS, leafOf } from './leaf.ts';
import { EXPORT_FORM, type ExportFilter, headerLine, type Manifest, signManifest } from './manifest.ts';
import type { NoteSigner } from './note.ts';
import { type ExportFormat, RowUnreadable, rowOf } from './rows.ts';
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
  const { tenant, from, to, format, exportedBy, logId, signer, tree, now } = input;
  const head = await tree.head();
  const first = await tree.countBefore(toMs(from), head.size);
  const end = Math.max(first, await tree.countBefore(toMs(to), head.size));
  const sum = createHash('sha256');
  const counts = { change: 0, execution: 0, slots: 0 };
  let ends: Pick<Manifest, 'first' | 'last'> | undefined;
  let rows = 0;
  let chunk = `${headerLine({ ...input, log: logId })}\n`;
  for await (const page of pagesOf(input, { first, end })) {
    for (const { event, content, n } of page) {
      const { position, stream, revision } = event;
      const { line, kind } = row({ n, position, stream, revision }, content, format);
      counts[kind] += 1;
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

type ExportedEvent = { readonly event: RecordedEvent; readonly content: string; readonly n: number };
type IndexSpan = { readonly first: number; readonly end: number };

/** The events of leaves, found in the log by their positions, each compared with what was hashed of it. */
async function* pagesOf(
  { tenant, tree, log, signal }: ExportInput,
  { first, end }: IndexSpan,
): AsyncGenerator<readonly ExportedEvent[], void, undefined> {
  if (first === end) return;
  const [previous] = first === 0 ? [] : await tree.leavesFrom(first - 1);
  let leaves = await tree.leavesFrom(first);
  let done = 0;
  let n = first;
  const leaving = new AbortController();
  const until = AbortSignal.any([signal, leaving.signal]);
  try {
    const items = log.subscribe({ after: previous?.position, streamPrefixes: LEAF_STREAMS, signal: until });
    for await (const item of items) {
      const page: ExportedEvent[] = [];
      for (const event of item.kind === 'events' ? item.events : []) {
        const leaf = leaves[done];
        if (leaf === undefined) throw new LogAltered(`the tree of tenant ${tenant} has no leaf ${n}`);
        const order = comparePositions(event.position, leaf.position);
        if (order < 0) continue;
        if (order > 0) throw gone(leaf);
        const content = leafOf(event)?.content;
        if (content === undefined || !leafHash(content).equals(leaf.hash)) {
          throw new LogAltered(`the event at ${leaf.position} of tenant ${tenant} is not the one that was recorded`);
        }
        page.push({ event, content, n });
        n += 1;
        done += 1;
        if (n === end) break;
        if (done < leaves.length) continue;
        leaves = await tree.leavesFrom(n);
        done = 0;
      }
      if (page.length > 0) yield page;
      if (n === end) return;
      const next = leaves[done];
      if (item.kind === 'caughtUp' && next && comparePositions(item.position, next.position) >= 0) throw gone(next);
    }
  } finally {
    leaving.abort();
  }
}

const gone = ({ position }: StoredLeaf): LogAltered => new LogAltered(`the event at ${position} is gone from the log`);
