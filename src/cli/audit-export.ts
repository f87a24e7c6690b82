import { createWriteStream } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { isManifest, type Manifest, readManifest } from '../proofs/manifest.ts';
import type { ExportFormat } from '../proofs/rows.ts';
import type { ServerOptions } from './access.ts';
import { manifestFile } from './audit-check.ts';
import { CheckFailed, runOrExit } from './fail.ts';
import { connect } from './server.ts';

type ExportOptions = ServerOptions & {
  readonly from: string;
  readonly to?: string;
  readonly tenant?: string;
  readonly format: ExportFormat;
  readonly out?: string;
};

const PROGRESS_MS = 2_000;
const MEGABYTE = 1_048_576;
const BrokenOff = z.object({ brokenOff: z.string() });

/**
 * `carillon audit export`: writes the server's export to a file or to standard output, and nothing else. An incomplete file
 * does not keep its name.
 */
export const exportAudit = ({ from, to, tenant, format, out, ...options }: ExportOptions): Promise<void> =>
  runOrExit(async () => {
    if (format === 'csv' && out === undefined) {
      throw new Error('--format csv needs --out: the manifest is written to a second file next to it.');
    }
    const rows = await (await connect(options)).askStreamed({
      path: '/audit/export',
      query: { from, to, tenant, format },
    });
    const { lastLine, through } = holdLastLine({ drop: format === 'csv', onBytes: tellProgress() });
    const part = out === undefined ? undefined : `${out}.part`;
    const target: Writable = part === undefined ? process.stdout : createWriteStream(part);
    try {
      await pipeline(rows, through, target, { end: part !== undefined });
      if (part === undefined) await flushed(target);
      const line = lastLine();
      if (!isManifest(line)) throw whyBroken(line);
      if (out !== undefined && part !== undefined) {
        if (format === 'csv') await writeFile(manifestFile(out), `${line}\n`);
        await rename(part, out);
      }
      process.stderr.write(summaryOf(readManifest(line)));
    } catch (error) {
      if (part !== undefined) await rm(part, { force: true });
      throw error;
    }
  });

const whyBroken = (line: string): Error => {
  try {
    const { brokenOff } = BrokenOff.parse(JSON.parse(line));
    return new CheckFailed(`The export failed: ${brokenOff}. The log was altered, so the file proves nothing.`);
  } catch {
    return new Error('The connection closed before the export was complete. Try again.');
  }
};

/** Waits until standard output has accepted everything. */
const flushed = (stream: Writable): Promise<void> =>
  stream.writableNeedDrain ? new Promise((resolve) => stream.once('drain', resolve)) : Promise.resolve();

const tellProgress = (): ((bytes: number) => void) => {
  let shownMs = performance.now();
  let total = 0;
  return (bytes) => {
    total += bytes;
    if (performance.now() - shownMs < PROGRESS_MS) return;
    shownMs = performance.now();
    process.stderr.write(`${(total / MEGABYTE).toFixed(0)} MB\n`);
  };
};

const summaryOf = (manifest: Manifest | undefined): string => {
  if (manifest === undefined) return '';
  const { rows, counts, tenant, range } = manifest;
  const kinds = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  return `${rows} rows of tenant ${tenant} (${kinds.join(', ')}), from leaf ${range.from} on\n`;
};

/** Longer than any manifest, which has up to two hashes for each level of the tree. */
const HELD_BYTES = 65_536;
const LINE_BREAK = 10;

type HoldOptions = {
  /** Whether to withhold the last line from the reader. */
  readonly drop: boolean;
  readonly onBytes: (bytes: number) => void;
};

/** A pipeline stage that passes bytes on and captures their last line. */
const holdLastLine = ({ drop, onBytes }: HoldOptions): { through: Transform; lastLine: () => string } => {
  let held: Buffer = Buffer.alloc(0);
  let lastLine = '';
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onBytes(chunk.length);
      const whole = Buffer.concat([held, chunk]);
      const passed = Math.max(0, whole.length - HELD_BYTES);
      held = whole.subarray(passed);
      done(null, passed === 0 ? undefined : whole.subarray(0, passed));
    },
    flush(done) {
      const ended = held.at(-1) === LINE_BREAK ? held.length - 1 : held.length;
      const start = held.subarray(0, ended).lastIndexOf(LINE_BREAK) + 1;
      lastLine = held.toString('utf8', start, ended);
      done(null, drop ? held.subarray(0, start) : held);
    },
  });
  return { through, lastLine: () => lastLine };
};
