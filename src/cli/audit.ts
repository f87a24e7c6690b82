import { createReadStream, createWriteStream } from 'node:fs';
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { ExplainReport } from '../../packages/client/src/schema.ts';
import { readDevelopmentSecrets } from '../compose/own-files.ts';
import { type AuditAnchor, isInclusionFile, openAnchor, readInclusionFile, tenantOfOrigin } from '../proofs/anchor.ts';
import { checkExport, ExportRejected } from '../proofs/check-export.ts';
import { isManifest, type Manifest, readManifest } from '../proofs/manifest.ts';
import { fromBase64, NoteRejected, type NoteVerifier, noteSigner, trustKeys, verifierOf } from '../proofs/note.ts';
import { CSV_HEADER } from '../proofs/rows.ts';
import { leafHash } from '../proofs/tree.ts';
import { isConsistent, isIncluded } from '../proofs/verify.ts';
import type { CommandCall } from './command.ts';
import { CheckFailed, EXIT, runOrExit } from './fail.ts';

/** `carillon audit prove`: writes a proof that the log contains an execution or a version of a job. */
export const prove = async (call: CommandCall): Promise<void> => {
  const { execution, provenJob: job, jobVersion, outFile: out } = call.options;
  const { data } = await call.send('proveInclusion', {
    query: { executionId: execution, jobId: job, version: jobVersion },
  });
  if (out === undefined) print(data.file, data, call);
  else await writeFile(out, data.file);
};

/** `carillon audit anchor`: prints a current checkpoint, to keep elsewhere. */
export const anchor = async (call: CommandCall): Promise<void> => {
  const { data } = await call.send('getCheckpoint');
  print(data.checkpoint, data, call);
};

/** `carillon audit key`: prints the public keys, one per line, the current one first. */
export const printKeys = async (call: CommandCall): Promise<void> => {
  const { keys } = (await call.send('getCheckpoint')).data;
  print(`${keys.join('\n')}\n`, keys, call);
};

const print = (text: string, data: unknown, { options, say, terminal }: CommandCall): void => {
  if (options.json) say('', data);
  else terminal.stdout.write(text);
};

/**
 * `carillon audit compare`: proves that a newer checkpoint extends an older checkpoint, export or proof. Without a newer
 * one, uses the server's current log.
 */
export const compare = async ({ args, options, send, say }: CommandCall): Promise<void> => {
  const { older = '', newer } = args;
  const verifiers = await trustedKeys(options.key);
  try {
    const before = await anchorIn(older, verifiers);
    const tenant = options.tenant ?? tenantOfOrigin(before.origin);
    const { data: current } = await send('getCheckpoint', { query: { tenant } });
    const now = openAnchor(current.checkpoint, verifiers);
    const after = newer === undefined ? now : await anchorIn(newer, verifiers);
    const [first, last] = before.size <= after.size ? [before, after] : [after, before];
    if (last.size > now.size) {
      throw new NoteRejected(
        `The log had ${last.size} events and now has ${now.size}: it was truncated or restored to an earlier state.`,
      );
    }
    if (tenantOfOrigin(first.origin) !== tenantOfOrigin(last.origin)) {
      throw new NoteRejected(`The checkpoints belong to different tenants: ${first.origin} and ${last.origin}.`);
    }
    const query = { older: first.size, newer: last.size, tenant };
    const { data } = await send('proveConsistency', { query });
    if (!isConsistent(first, last, data.proof.map(hashOf))) {
      throw new NoteRejected(`The first ${first.size} events differ: the log was rewritten.`);
    }
    say(`Consistent: the first ${first.size} of the ${last.size} events of ${last.origin} are unchanged`, data);
  } catch (error) {
    if (!(error instanceof NoteRejected)) throw error;
    throw new CheckFailed(error.message);
  }
};

/** The checkpoint in a file: of an export, of a proof, or a plain one. */
const anchorIn = async (file: string, verifiers: Verifiers): Promise<AuditAnchor> => {
  const manifest = await manifestIn(file);
  if (manifest !== undefined) return openAnchor(manifest.checkpoint, verifiers);
  const text = await readFile(file, 'utf8');
  return openAnchor(isInclusionFile(text) ? readInclusionFile(text).anchor : text, verifiers);
};

const hashOf = (text: string): Buffer => fromBase64(text) ?? Buffer.alloc(0);

/**
 * `carillon audit explain`: makes the running server check its log, and prints the outcomes of slots and those without an
 * explanation.
 */
export const explain = async (call: CommandCall): Promise<void> => {
  const { from, to } = call.options;
  const { data } = await call.send('explainSlots', { query: { from, to } });
  print(renderExplanation(data), data, call);
  if (!data.explained) call.terminal.exitCode = EXIT.no;
};

/** Formats lines for the terminal. */
export const renderExplanation = (explanation: ExplainReport): string => {
  const { from, to, explained, jobs, slots, faults, faultySlots, unreadable, expiredBefore } = explanation;
  const { fired, late, skipped, missed, due } = slots;
  const byReason = [...linesOf('late', late), ...linesOf('skipped', skipped), ...linesOf('missed', missed)];
  const lines = [
    `${counted(jobs, 'job')}, slots after ${from} up to ${to}:`,
    lineOf('fired', fired),
    ...byReason,
    ...(due === 0 ? [] : [lineOf('due', due, 'outcome not recorded yet')]),
    ...faultySlots.map(({ jobId, kind, first, last, count }) => {
      const span = first === last ? first : `${first} to ${last} (${count ?? 'more than 10000'} slots)`;
      return `job ${jobId}, ${span}: ${FAULTS.get(kind) ?? kind}`;
    }),
    ...unreadable.map(({ jobId, reason }) => `job ${jobId} can't be checked: ${reason}`),
    ...(expiredBefore === undefined
      ? []
      : [`Slots up to ${expiredBefore} are past retention: only those still in the log are shown`]),
    explained ? 'Every slot is explained exactly once' : faultSummary(faults, unreadable.length),
  ];
  return `${lines.join('\n')}\n`;
};

const FAULTS: ReadonlyMap<string, string> = new Map([
  ['unexplained', 'no outcome recorded'],
  ['duplicated', 'outcome recorded twice'],
  ['notDue', 'outcome recorded, but not due'],
]);

const linesOf = (outcome: string, counts: Readonly<Record<string, number>>): string[] =>
  Object.entries(counts).map(([reason, count]) => lineOf(outcome, count, reason));

const lineOf = (outcome: string, count: number, reason = ''): string =>
  `  ${outcome.padEnd(8)}${String(count).padStart(12)}  ${reason}`.trimEnd();

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const faultSummary = (faults: Readonly<Record<string, number>>, unread: number): string => {
  const kinds = Object.entries(faults).filter(([, count]) => count > 0);
  return [
    ...kinds.map(([kind, count]) => `${kind}: ${counted(count, 'slot')}`),
    ...(unread > 0 ? [`not checked: ${counted(unread, 'job')}`] : []),
  ].join(', ');
};

type Verifiers = (name: string) => readonly NoteVerifier[];

const READ_BYTES = 262_144;

/** `carillon audit check`: verifies an export, a proof or a checkpoint with only the file and the public key. */
export const checkAudit = (file: string, { key }: { readonly key?: readonly string[] }): Promise<void> =>
  runOrExit(async () => {
    const verifiers = await trustedKeys(key);
    try {
      process.stdout.write(`${await checkFile(file, verifiers)}\n`);
    } catch (error) {
      if (!(error instanceof ExportRejected || error instanceof NoteRejected)) throw error;
      throw new CheckFailed(`${file} differs from what was recorded: ${error.message}`);
    }
  });

/**
 * Describes what a file proves.
 * @throws ExportRejected, NoteRejected if it was changed or is not signed by these keys
 */
export const checkFile = async (file: string, verifiers: Verifiers): Promise<string> => {
  const manifestLine = await manifestLineOf(file);
  if (manifestLine !== undefined) return checkRows(file, manifestLine, verifiers);
  const text = await readFile(file, 'utf8');
  return isInclusionFile(text) ? checkInclusion(text, verifiers) : checkAnchor(text, verifiers);
};

const checkRows = async (file: string, manifestLine: string, verifiers: Verifiers): Promise<string> => {
  const chunks = createReadStream(file, { highWaterMark: READ_BYTES });
  const { manifest, anchor } = await checkExport({ chunks, manifestLine, verifiers });
  const { rows, tenant, from, to, exportedBy, exportedAt, range } = manifest;
  const leaves = rows === 0 ? 'none' : `${range.from} to ${range.from + rows - 1}`;
  const gone = manifest.expired?.rows ?? 0;
  return [
    ...(gone === 0
      ? []
      : [
          `WARNING: ${gone} of the ${rows} events have expired: the file contains only their hashes, so their content can't be checked`,
        ]),
    `${rows} rows: all events of tenant ${tenant} recorded at or after ${from} and before ${to}`,
    `Unchanged and complete: leaves ${leaves} of the ${anchor.size} in ${anchor.origin}`,
    `Exported by ${exportedBy} at ${exportedAt}`,
  ].join('\n');
};

const checkInclusion = (text: string, verifiers: Verifiers): string => {
  const { content, index, path, anchor } = readInclusionFile(text);
  const head = openAnchor(anchor, verifiers);
  if (!isIncluded({ leaf: leafHash(content), index, path }, head)) {
    throw new NoteRejected('its checkpoint does not include its event');
  }
  return `${content}\nis leaf ${index} of the ${head.size} in ${head.origin}`;
};

const checkAnchor = (text: string, verifiers: Verifiers): string => {
  const { origin, size, root } = openAnchor(text, verifiers);
  return `Checkpoint of ${origin}: ${size} leaves, root ${root.toString('base64')}`;
};

/** The manifest file of a CSV export. */
export const manifestFile = (file: string): string => `${file}.manifest.json`;

/** Manifests and single proofs are much shorter. */
const END_BYTES = 65_536;

/**
 * The manifest line of a file: the last line of NDJSON, or the line of the manifest file beside CSV; `undefined` if the file
 * is no export.
 */
export const manifestLineOf = async (file: string): Promise<string | undefined> => {
  const { begin, end } = await endsOf(file);
  if (begin.startsWith(CSV_HEADER)) return (await readFile(manifestFile(file), 'utf8')).trimEnd();
  return begin.startsWith('{') ? (end.trimEnd().split('\n').at(-1) ?? '') : undefined;
};

export const manifestIn = async (file: string): Promise<Manifest | undefined> => {
  const line = await manifestLineOf(file);
  return line === undefined ? undefined : readManifest(line);
};

/** The first and last bytes of a possibly large file. */
const endsOf = async (file: string): Promise<{ readonly begin: string; readonly end: string }> => {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, END_BYTES);
    const [begin, end] = [Buffer.alloc(length), Buffer.alloc(length)];
    await handle.read(begin, 0, length, 0);
    await handle.read(end, 0, length, size - length);
    return { begin: begin.toString(), end: end.toString() };
  } finally {
    await handle.close();
  }
};

/**
 * The trusted public keys: given ones; otherwise those of AUDIT_KEY and AUDIT_PUBLIC_KEYS; otherwise that of the server in
 * development mode with this data folder. Never a key from the verified file.
 * @throws Error that states what to do if no key is known
 */
export const trustedKeys = async (
  given: readonly string[] = [],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Verifiers> => {
  if (given.length > 0) return trustKeys(given);
  const { AUDIT_KEY, AUDIT_PUBLIC_KEYS = '', CARILLON_DATA = '.carillon' } = environment;
  const set = [...(AUDIT_KEY ? [publicOf(AUDIT_KEY)] : []), ...AUDIT_PUBLIC_KEYS.split(/[\s,]+/).filter(Boolean)];
  if (set.length > 0) return trustKeys(set);
  const { auditKey } = await readDevelopmentSecrets(CARILLON_DATA);
  if (auditKey === undefined) {
    throw new Error('No trusted key. Add --key with the output of `carillon audit key` from a source you trust.');
  }
  return trustKeys([publicOf(auditKey)]);
};

const publicOf = (privateKey: string): string =>
  verifierOf(noteSigner('carillon', Buffer.from(privateKey, 'base64'))).bytes.toString('base64');

const PROGRESS_MS = 2_000;
const MEGABYTE = 1_048_576;
const BrokenOff = z.object({ brokenOff: z.string() });

/**
 * `carillon audit export`: writes the server's export to a file or to standard output, and nothing else. An incomplete file
 * does not keep its name.
 */
export const exportAudit = async ({ options, stream, terminal }: CommandCall): Promise<void> => {
  const { from, to, format = 'ndjson', outFile: out } = options;
  if (format === 'csv' && out === undefined) {
    throw new Error('--format csv needs --out: the manifest is written to a second file next to it.');
  }
  const rows = await stream('exportLog', { query: { from, to, format } });
  const { lastLine, through } = holdLastLine(format);
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
    terminal.stderr.write(summaryOf(readManifest(line)));
  } catch (error) {
    if (part !== undefined) await rm(part, { force: true });
    throw error;
  }
};

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

/** A pipeline stage that passes bytes on and captures their last line. A CSV file does not get that line. */
const holdLastLine = (format: string): { through: Transform; lastLine: () => string } => {
  const onBytes = tellProgress();
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
      done(null, format === 'csv' ? held.subarray(0, start) : held);
    },
  });
  return { through, lastLine: () => lastLine };
};
