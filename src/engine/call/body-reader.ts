import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';

/** Bytes of a body that are kept. */
export const KEPT_BYTES = 65_536;
/**
 * Bytes that are read, most of them discarded: closing earlier could interrupt a target that answers while it works.
 */
export const READ_BYTES = 10 * 1_048_576;
/** Compressed bytes that are kept: enough for `KEPT_BYTES` of text even if compression made it longer. */
const KEPT_COMPRESSED_BYTES = 2 * KEPT_BYTES;

export type Body = { readonly bytes: Buffer; readonly truncated: boolean };

export type BodyReader = {
  /** Takes a part of the body. @returns false if no more is to be read */
  take(chunk: Buffer): boolean;
  /** The kept part, decompressed. */
  body(): Body | Promise<Body>;
};

type Decoder = ReturnType<typeof createGunzip>;
const DECODERS: ReadonlyMap<string, () => Decoder> = new Map<string, () => Decoder>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
  ['zstd', createZstdDecompress],
]);

/** Decompresses until `KEPT_BYTES` are there, so that a decompression bomb does no harm. */
const decode = (bytes: Buffer, decoder: Decoder): Promise<Body> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const end = (isWhole: boolean): void => {
      decoder.destroy();
      resolve({ bytes: Buffer.concat(chunks).subarray(0, KEPT_BYTES), truncated: !isWhole || length > KEPT_BYTES });
    };
    decoder.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > KEPT_BYTES) end(false);
    });
    decoder.on('end', () => end(true));
    // The input was cut or is broken: the part decompressed so far is kept.
    decoder.on('error', () => end(false));
    decoder.end(bytes);
  });

const NOTHING: Body = { bytes: Buffer.alloc(0), truncated: false };

/** Makes a reader that keeps a bounded part of a body. @param encoding the answer's Content-Encoding */
export const bodyReader = (encoding: string | undefined): BodyReader => {
  const open = encoding === undefined ? undefined : DECODERS.get(encoding.trim().toLowerCase());
  const keptBytes = open === undefined ? KEPT_BYTES : KEPT_COMPRESSED_BYTES;
  const chunks: Buffer[] = [];
  let kept = 0;
  let read = 0;
  return {
    take(chunk) {
      read += chunk.length;
      if (kept < keptBytes) {
        const part = chunk.length > keptBytes - kept ? chunk.subarray(0, keptBytes - kept) : chunk;
        chunks.push(part);
        kept += part.length;
      }
      return read <= READ_BYTES;
    },
    body() {
      const [first] = chunks;
      if (first === undefined) return NOTHING;
      const bytes = chunks.length === 1 ? first : Buffer.concat(chunks);
      const isCut = read > kept;
      if (open === undefined) return { bytes, truncated: isCut };
      return decode(bytes, open()).then((body) => (isCut ? { ...body, truncated: true } : body));
    },
  };
};
