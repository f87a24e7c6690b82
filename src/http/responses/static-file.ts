import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Request, Response } from 'express';

const ENCODINGS = ['br', 'gzip', 'identity'] as const;
type Encoding = (typeof ENCODINGS)[number];

/** Bytes that are the same for every request: stored, and compressed once. */
export type StaticFile = {
  readonly contentType: string;
  readonly etag: string;
  encoded(encoding: Encoding): Promise<Buffer>;
};

export const staticFile = (bytes: Buffer, contentType: string): StaticFile => {
  const compressed = new Map<Encoding, Promise<Buffer>>([['identity', Promise.resolve(bytes)]]);
  return {
    contentType,
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    encoded: (encoding) => {
      const done = compressed.get(encoding) ?? compress(bytes, encoding);
      compressed.set(encoding, done);
      return done;
    },
  };
};

const compress = (bytes: Buffer, encoding: Encoding): Promise<Buffer> => {
  switch (encoding) {
    case 'br':
      return promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
    case 'gzip':
      return promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION });
    case 'identity':
      return Promise.resolve(bytes);
  }
};

/** Sends a file, or 304 if the client has it. */
export const sendFile = async (
  request: Request,
  response: Response,
  { file, cacheControl }: { readonly file: StaticFile; readonly cacheControl: string },
): Promise<void> => {
  const encoding = encodingFor(request);
  response.set({
    'Cache-Control': cacheControl,
    'Content-Type': file.contentType,
    ETag: file.etag,
    Vary: 'Accept-Encoding',
  });
  if (request.get('if-none-match') === file.etag) {
    response.status(304).end();
    return;
  }
  const bytes = await file.encoded(encoding);
  if (encoding !== 'identity') response.set('Content-Encoding', encoding);
  response.set('Content-Length', String(bytes.length));
  response.status(200).end(request.method === 'HEAD' ? undefined : bytes);
};

const encodingFor = (request: Request): Encoding =>
  ENCODINGS.find((each) => each === request.acceptsEncodings([...ENCODINGS])) ?? 'identity';
