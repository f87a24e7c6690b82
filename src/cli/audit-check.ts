import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { readDevelopmentSecrets } from '../compose/own-files.ts';
import { isInclusionFile, openAnchor, readInclusionFile } from '../proofs/anchor.ts';
import { checkExport, ExportRejected } from '../proofs/check-export.ts';
import { type Manifest, readManifest } from '../proofs/manifest.ts';
import { NoteRejected, type NoteVerifier, noteSigner, trustKeys, verifierOf } from '../proofs/note.ts';
import { CSV_HEADER } from '../proofs/rows.ts';
import { leafHash } from '../proofs/tree.ts';
import { isIncluded } from '../proofs/verify.ts';
import { CheckFailed, runOrExit } from './fail.ts';

type Verifiers = (name: string) => readonly NoteVerifier[];

const READ_BYTES = 262_144;

/** `carillon audit check`: verifies an export, a proof or a checkpoint with only the file and the public key. */
export const checkAudit = (file: string, options: KeyOptions): Promise<void> =>
  runOrExit(async () => {
    const verifiers = await trustedKeys(options);
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

/** Options of every command that verifies signatures. */
export type KeyOptions = { readonly key?: readonly string[] };

/**
 * The trusted public keys: given ones; otherwise those of AUDIT_KEY and AUDIT_PUBLIC_KEYS; otherwise that of the server in
 * development mode with this data folder. Never a key from the verified file.
 * @throws Error that states what to do if no key is known
 */
export const trustedKeys = async (
  { key = [] }: KeyOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<(name: string) => readonly NoteVerifier[]> => {
  if (key.length > 0) return trustKeys(key);
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
