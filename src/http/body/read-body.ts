import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { DomainError } from '../../domain/domain-error.ts';
import { letContinue } from './expectations.ts';

/** Whether a request brings a body, whatever its method. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined;

/** How large a body may be. */
export type BodyBounds = {
  /** After decompression. */
  readonly bytes: number;
  /** Values in the JSON, lists and objects included. */
  readonly values: number;
};

export const BODY_BOUNDS: BodyBounds = { bytes: 256 * 1_024, values: 100_000 };

/** A body may inflate to this many times its compressed size, but always to `FREE_BYTES`. */
const MAX_INFLATED = 100;
const FREE_BYTES = 64 * 1_024;
/** So much of a rejected body is still received: a client that is cut off while it sends may not read the rejection. */
const MAX_UNREAD_BYTES = 8 * 1_024 * 1_024;
const NO_BODY = Buffer.alloc(0);

/**
 * Reads and decompresses a request's body. One whose Content-Length is too large is rejected before it is read.
 * @throws DomainError BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, BAD_REQUEST
 */
export const readBody = async (
  request: IncomingMessage,
  response: ServerResponse,
  mostBytes = BODY_BOUNDS.bytes,
): Promise<Buffer> => {
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw tooLarge(mostBytes);
  const inflater = inflaterOf(request.headers['content-encoding']);
  letContinue(response);
  if (!hasBody(request)) return NO_BODY;
  if (inflater === undefined) return gather(request, { request, most: () => mostBytes });
  const most = () => Math.min(mostBytes, Math.max(FREE_BYTES, MAX_INFLATED * inflater.bytesWritten));
  try {
    return await gather(request.pipe(inflater), { request, most });
  } finally {
    request.unpipe(inflater);
    inflater.destroy();
  }
};

/** Receives and drops the rest of a rejected body, up to 8 MiB; then it takes no more, and closes the connection. */
export const discardBody = (request: IncomingMessage): void => {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_UNREAD_BYTES) return;
    request.socket.destroySoon();
    request.pause();
  });
};

const tooLarge = (most: number): DomainError =>
  new DomainError('BODY_TOO_LARGE', `the body is larger than ${most} bytes, or expands too much when decompressed`);

type Inflater = Transform & { readonly bytesWritten: number };

/** The decompressor for a Content-Encoding; undefined where the body is not compressed. */
const inflaterOf = (encoding = 'identity'): Inflater | undefined => {
  switch (encoding.trim().toLowerCase()) {
    case 'identity':
      return undefined;
    case 'gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
  }
  throw new DomainError('UNSUPPORTED_MEDIA_TYPE', 'Content-Encoding must be gzip, deflate or br');
};

const gather = (
  stream: Readable,
  { request, most }: { request: IncomingMessage; most: () => number },
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const done = (settle: () => void): void => {
      stream.off('data', take).off('end', end).off('error', fail);
      request.off('close', gone);
      // A later error of the stream has no listener any more and would end the process.
      stream.on('error', () => {});
      settle();
    };
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > most()) done(() => reject(tooLarge(most())));
    };
    const end = () => done(() => resolve(Buffer.concat(chunks)));
    const fail = () =>
      done(() => reject(new DomainError('BAD_REQUEST', 'the body does not match its Content-Encoding')));
    const gone = (): void => {
      if (!request.complete) done(() => reject(new DomainError('BAD_REQUEST', 'the request was interrupted')));
    };
    stream.on('data', take).on('end', end).on('error', fail);
    request.on('close', gone);
  });
