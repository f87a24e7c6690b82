import { createHash } from 'node:crypto';
import { type AuditAnchor, openAnchor, tenantOfOrigin } from './anchor.ts';
import { checkSignature, headerLine, isManifest, type Manifest, readManifest } from './manifest.ts';
import { NoteRejected, type NoteVerifier } from './note.ts';
import { type ExportFormat, RowUnreadable, readExpiredRow, readRow, rowOf } from './rows.ts';
import { leafHash } from './tree.ts';
import { startRangeCheck } from './verify.ts';

/** A check failed; the message states where. */
export class ExportRejected extends Error {
  override readonly name = 'ExportRejected';
}

export type CheckedExport = { readonly manifest: Manifest; readonly anchor: AuditAnchor };

export type CheckInput = {
  readonly chunks: AsyncIterable<Buffer> | Iterable<Buffer>;
  /** The line of the manifest, read first: at the end of NDJSON, in a separate file beside CSV. */
  readonly manifestLine: string;
  /** Those that are trusted. */
  readonly verifiers: (name: string) => readonly NoteVerifier[];
};

/**
 * Checks an export without its server: the signatures of manifest and checkpoint, that each row matches its event, and that
 * the rows are, without a gap, a range of the checkpoint's tree.
 * @throws ExportRejected
 */
export const checkExport = async ({ chunks, manifestLine, verifiers }: CheckInput): Promise<CheckedExport> => {
  const manifest = readManifest(manifestLine);
  if (manifest === undefined)
    throw new ExportRejected('its manifest cannot be read: it was truncated, or has another format');
  const anchor = anchorOf(manifest, manifestLine, verifiers);
  const reading = startReading(manifest);
  for await (const chunk of chunks) reading.take(chunk);
  reading.end(anchor);
  return { manifest, anchor };
};

const anchorOf = (manifest: Manifest, line: string, verifiers: CheckInput['verifiers']): AuditAnchor => {
  try {
    const anchor = openAnchor(manifest.checkpoint, verifiers);
    checkSignature(line, anchor.origin, verifiers);
    if (tenantOfOrigin(anchor.origin) !== manifest.tenant) throw new NoteRejected('it belongs to another tenant');
    return anchor;
  } catch (error) {
    if (!(error instanceof NoteRejected)) throw error;
    throw new ExportRejected(`its manifest cannot be trusted: ${error.message}`);
  }
};

const startReading = (manifest: Manifest) => {
  const { format, range } = manifest;
  const inTree = startRangeCheck({
    from: range.from,
    before: range.before.map(fromHex),
    after: range.after.map(fromHex),
  });
  if (inTree === undefined) throw new ExportRejected('its manifest has an impossible range');
  const sum = createHash('sha256');
  const counts = { change: 0, execution: 0, slots: 0 };
  let lines = 0;
  let rows = 0;
  let expired = 0;
  let first: Manifest['first'];
  let last: Manifest['last'];
  let manifests = 0;
  let rest: Buffer | undefined;

  const takeLeaf = ({ n, position }: NonNullable<Manifest['first']>, hash: Buffer): void => {
    if (n !== range.from + rows) throw gap(lines, range.from + rows, n);
    inTree.addLeaf(hash);
    rows += 1;
    last = { n, position };
    first ??= last;
  };

  const takeRow = (line: string): void => {
    const gone = readExpiredRow(line, format);
    if (gone !== undefined) {
      takeLeaf(gone.place, fromHex(gone.hash));
      expired += 1;
      return;
    }
    const { place, content, kind } = readLine(line, lines, format);
    takeLeaf(place, leafHash(content));
    counts[kind] += 1;
  };

  const takeLine = (line: string): void => {
    lines += 1;
    if (manifests > 0) throw new ExportRejected(`line ${lines} follows a manifest: several files were joined`);
    if (isManifest(line)) manifests += 1;
    else if (lines === 1) checkHeader(line, manifest);
    else takeRow(line);
  };

  /** Hashes all complete lines together, up to the manifest, and processes them one by one. */
  const takeLines = (bytes: Buffer): void => {
    const text = bytes.toString();
    let start = 0;
    let hashed = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      takeLine(text.slice(start, end));
      start = end + 1;
      if (manifests === 0) hashed = start;
    }
    sum.update(hashed === text.length ? bytes : text.slice(0, hashed));
  };

  return {
    take: (chunk: Buffer): void => {
      const whole = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
      const end = whole.lastIndexOf(LINE_BREAK) + 1;
      if (end > 0) takeLines(whole.subarray(0, end));
      rest = end === whole.length ? undefined : whole.subarray(end);
    },
    end: (anchor: AuditAnchor): void => {
      if (rest !== undefined) throw new ExportRejected('its last line is incomplete');
      if (lines === 0) throw new ExportRejected('it is empty');
      if (manifests !== (format === 'csv' ? 0 : 1)) throw new ExportRejected('its manifest is missing');
      if (rows !== manifest.rows) {
        throw new ExportRejected(`it has ${rows} rows, but ${manifest.rows} were exported: rows were removed or added`);
      }
      if (sum.digest('hex') !== manifest.sha256) throw new ExportRejected('its rows differ from the exported ones');
      const said = JSON.stringify([manifest.counts, manifest.expired?.rows ?? 0, manifest.first, manifest.last]);
      if (said !== JSON.stringify([counts, expired, first, last]))
        throw new ExportRejected('its rows do not match the counts of its manifest');
      if (!inTree.isRangeOf(anchor)) {
        throw new ExportRejected('its rows do not match the tree of its checkpoint: some were changed');
      }
    },
  };
};

const LINE_BREAK = 10;

const checkHeader = (line: string, manifest: Manifest): void => {
  if (line !== headerLine(manifest)) throw new ExportRejected('its first line does not match its manifest');
};

/** Parses a row, rebuilds it from its event, and compares. */
const readLine = (line: string, number: number, format: ExportFormat) => {
  const row = readRow(line, format);
  if (row === undefined) throw new ExportRejected(`line ${number} is not a row of an export`);
  try {
    const formed = rowOf(row.place, row.content, format);
    if (formed.line !== line) throw new ExportRejected(`line ${number} does not match its event: it was changed`);
    return { ...row, kind: formed.kind };
  } catch (error) {
    if (!(error instanceof RowUnreadable)) throw error;
    throw new ExportRejected(`the event of line ${number} cannot be read: ${error.message}`);
  }
};

const gap = (line: number, expected: number, found: number): ExportRejected =>
  new ExportRejected(
    `line ${line} has event ${found} of the tree instead of ${expected}: rows are missing, were added or moved`,
  );

const fromHex = (text: string): Buffer => Buffer.from(text, 'hex');
