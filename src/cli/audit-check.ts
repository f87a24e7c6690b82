import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { openAnchor } from '../proofs/anchor.ts';
import { checkExport, ExportRefused } from '../proofs/check-export.ts';
import { leafHash } from '../proofs/hashing.ts';
import { isInclusionFile, readInclusionFile } from '../proofs/inclusion-file.ts';
import { NoteRefused, type NoteVerifier } from '../proofs/note.ts';
import { isIncluded } from '../proofs/verify.ts';
import { manifestLineOf } from './audit-files.ts';
import { type KeyOptions, trustedKeys } from './audit-keys.ts';
import { AnswerIsNo, orFail } from './fail.ts';

type Verifiers = (name: string) => readonly NoteVerifier[];

const READ_BYTES = 262_144;

/** `carillon audit check`: verifies an export, a proof or a checkpoint by the file and the public key alone. */
export const checkAudit = (file: string, options: KeyOptions): Promise<void> =>
  orFail(async () => {
    const verifiers = await trustedKeys(options);
    try {
      process.stdout.write(`${await checkFile(file, verifiers)}\n`);
    } catch (error) {
      if (!(error instanceof ExportRefused || error instanceof NoteRefused)) throw error;
      throw new AnswerIsNo(`${file} is not what was recorded: ${error.message}`);
    }
  });

/**
 * Says what a file proves.
 * @throws ExportRefused, NoteRefused where it was changed or is not of these keys
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
          `WARNING: ${gone} of the ${rows} events have expired: their hashes alone are here, and nobody can check what they said`,
        ]),
    `${rows} rows: all events of tenant ${tenant} that were recorded from ${from} until before ${to}`,
    `unchanged and complete: leaves ${leaves} of the ${anchor.size} in ${anchor.origin}`,
    `exported by ${exportedBy} at ${exportedAt}`,
  ].join('\n');
};

const checkInclusion = (text: string, verifiers: Verifiers): string => {
  const { content, index, path, anchor } = readInclusionFile(text);
  const head = openAnchor(anchor, verifiers);
  if (!isIncluded({ leaf: leafHash(content), index, path }, head)) {
    throw new NoteRefused('its event is not in the tree of its checkpoint');
  }
  return `${content}\nis leaf ${index} of the ${head.size} in ${head.origin}`;
};

const checkAnchor = (text: string, verifiers: Verifiers): string => {
  const { origin, size, root } = openAnchor(text, verifiers);
  return `checkpoint of ${origin}: ${size} leaves, root ${root.toString('base64')}`;
};
