import { z } from 'zod';
import { Instant } from '../domain/values.ts';
import { parseJsonAs } from '../runtime/text.ts';
import { signAnchor } from './anchor.ts';
import { type NoteSigner, type NoteVerifier, openNote, signerNamed, signNote } from './note.ts';
import { CSV_HEADER, EXPORT_FORMATS, ROW_KINDS } from './rows.ts';
import type { TreeHead } from './verify.ts';

/** Format version of rows and manifests. */
export const EXPORT_FORM = 1;

const Hashes = z.array(z.hex().length(64));
const Ends = z.object({ n: z.int(), position: z.string() });

/** The parameters of an export. */
export const ExportFilter = z.object({
  tenant: z.string(),
  /** Events recorded at or after. */
  from: Instant,
  /** Events recorded before. */
  to: Instant,
});

export type ExportFilter = z.infer<typeof ExportFilter>;

/** The description at the end of an export. */
export const Manifest = z.object({
  form: z.literal(EXPORT_FORM),
  format: z.enum(EXPORT_FORMATS),
  ...ExportFilter.shape,
  /** The log's identity. */
  log: z.string(),
  exportedAt: Instant,
  exportedBy: z.string(),
  rows: z.int(),
  counts: z.record(z.enum(ROW_KINDS), z.int()),
  /** Events recorded before this instant may have expired; of expired ones, only the hash is included. */
  expired: z.object({ before: Instant, rows: z.int() }).optional(),
  first: Ends.optional(),
  last: Ends.optional(),
  /** Hash of everything before the manifest, including line breaks. */
  sha256: z.hex().length(64),
  /** Completes the rows to a tree: the index of the first row, and the subtrees before the first and after the last. */
  range: z.object({ from: z.int(), before: Hashes, after: Hashes }),
  checkpoint: z.string(),
});

export type Manifest = z.infer<typeof Manifest>;

/** The first line of an export. */
export const headerLine = ({
  format,
  tenant,
  from,
  to,
  log,
  expired,
}: ExportFilter &
  Pick<Manifest, 'format' | 'log'> & { readonly expired?: { readonly before: Instant } | undefined }): string => {
  if (format === 'csv') return CSV_HEADER;
  const mayLack = expired === undefined ? {} : { expiredBefore: expired.before };
  return JSON.stringify({ export: { form: EXPORT_FORM, tenant, from, to, log, ...mayLack } });
};

const SignedManifest = z.object({ manifest: z.unknown(), signature: z.string() });
const BEGIN = '{"manifest":';
const BETWEEN = ',"signature":"';

/** A manifest with its signature, as one line without line break. */
export const signManifest = (
  manifest: Omit<Manifest, 'checkpoint'>,
  head: TreeHead & { readonly origin: string },
  signer: NoteSigner,
): string => {
  const text = JSON.stringify({ ...manifest, checkpoint: signAnchor(head, signer) } satisfies Manifest);
  const note = signNote(`${text}\n`, signerNamed(signer, head.origin));
  const signature = note.trimEnd().split(' ').at(-1) ?? '';
  return `${BEGIN}${text}${BETWEEN}${signature}"}`;
};

/** Returns whether a line is a manifest. */
export const isManifest = (line: string): boolean => line.startsWith(BEGIN);

/** Reads a manifest without checking its signature; `undefined` if it is none. */
export const readManifest = (line: string): Manifest | undefined => {
  const signed = parseJsonAs(SignedManifest, line);
  return signed && Manifest.safeParse(signed.manifest).data;
};

/**
 * Checks the signature of a manifest's text.
 * @throws NoteRejected if none of these verifiers signed it, or the text was changed since
 */
export const checkSignature = (
  line: string,
  origin: string,
  verifiers: (name: string) => readonly NoteVerifier[],
): void => {
  const split = line.lastIndexOf(BETWEEN);
  const text = line.slice(BEGIN.length, split);
  const signature = line.slice(split + BETWEEN.length, -2);
  openNote(`${text}\n\n— ${origin} ${signature}\n`, verifiers);
};
