import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { RequestHandler } from 'express';
import { DomainError, type FieldError, MAX_ERRORS, pointerOf, rejectFields } from '../domain/domain-error.ts';
import { checkJsonSize, DEEPEST, parseExactly, RoundedInteger, roundedMessage } from '../domain/json.ts';

/** Returns whether a request has a body, for any method. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined;

/** Maximum size of a body. */
export type BodyBounds = {
  /** After decompression. */
  readonly bytes: number;
  /** Values in the JSON, lists and objects included. */
  readonly values: number;
};

export const BODY_BOUNDS: BodyBounds = { bytes: 256 * 1_024, values: 100_000 };

/** Maximum ratio of a body's size to its compressed size; up to `FREE_BYTES` is always allowed. */
const MAX_INFLATED = 100;
const FREE_BYTES = 64 * 1_024;
/** Maximum of a rejected body to receive: a client that is cut off while sending may not read the rejection. */
const MAX_UNREAD_BYTES = 8 * 1_024 * 1_024;
const NO_BODY = Buffer.alloc(0);

/**
 * Reads and decompresses a request's body. Rejects a too large Content-Length before reading.
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

/** Receives and drops the rest of a rejected body, up to 8 MiB, then closes the connection. */
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

/** The decompressor for a Content-Encoding; `undefined` if the body is not compressed. */
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

const ignore = (): void => {};

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
      // A later error of the stream would have no listener and end the process.
      stream.on('error', ignore);
      settle();
      // The request may wait for minutes, and its stream refers to this scope.
      chunks.length = 0;
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

const JSON_TYPE = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;

/**
 * Parses a body as JSON; `undefined` without a body.
 * @param mostValues maximum number of JSON values, including lists and objects
 * @throws DomainError UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, BAD_JSON, BAD_INPUT
 */
export const parseJsonBody = (bytes: Buffer, contentType: string | undefined, mostValues: number): unknown => {
  if (bytes.length === 0) return undefined;
  if (contentType === undefined || !JSON_TYPE.test(contentType)) {
    throw new DomainError('UNSUPPORTED_MEDIA_TYPE', 'the body must be application/json, in UTF-8');
  }
  checkJsonSize(bytes, mostValues);
  const value = parse(bytes);
  const errors = unfitParts(value);
  if (errors.length > 0) throw rejectFields('BAD_INPUT', errors);
  return value;
};

const parse = (bytes: Buffer): unknown => {
  try {
    return parseExactly(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new DomainError('BAD_JSON', 'the body is not JSON in UTF-8', [{ pointer: '', message: 'is not JSON' }]);
  }
};

/** Zod drops this key silently, so it is rejected, except in a task's body, which is kept unchanged. */
const LOST_KEY = '__proto__';
const isOfTaskBody = (path: readonly unknown[]): boolean =>
  path.some((key, at) => key === 'taskConfig' && path[at + 1] === 'body' && at + 2 < path.length);

/**
 * Finds values that no input can contain, because databases can't store them or JSON would round them. Returns up to 20
 * errors.
 */
export const unfitParts = (value: unknown): FieldError[] => {
  const errors: FieldError[] = [];
  const path: (string | number)[] = [];
  const complain = (message: string): void => {
    errors.push({ pointer: pointerOf(path).toWellFormed().replaceAll('\0', '\u2400'), message });
  };
  const look = (at: unknown): void => {
    const message = unfit(at, path.length);
    if (message !== undefined) complain(message);
    else if (Array.isArray(at)) for (const [index, item] of at.entries()) below(index, item);
    else if (typeof at === 'object' && at !== null) for (const [key, item] of Object.entries(at)) below(key, item);
  };
  const below = (key: string | number, item: unknown): void => {
    if (errors.length >= MAX_ERRORS) return;
    path.push(key);
    const isLost = key === LOST_KEY && !isOfTaskBody(path);
    const message = isLost ? 'is a reserved name' : unfit(key, path.length - 1);
    if (message === undefined) look(item);
    else complain(message);
    path.pop();
  };
  look(value);
  return errors;
};

const unfit = (value: unknown, depth: number): string | undefined => {
  if (depth > DEEPEST) return `is nested deeper than ${DEEPEST} levels`;
  if (typeof value === 'number' && !Number.isFinite(value)) return 'is too large a number';
  if (value instanceof RoundedInteger) return roundedMessage(value);
  if (typeof value !== 'string') return undefined;
  if (value.includes('\0')) return 'contains NUL';
  return value.isWellFormed() ? undefined : 'contains half of a surrogate pair';
};

/** Responses to clients that wait for `100 Continue` before they send a body. */
const waiting = new WeakSet<ServerResponse>();

/**
 * Makes a client that sent `Expect: 100-continue` wait until `letContinue` is called: it never sends the body of a request
 * that is rejected by its headers. Requests with other expectations go to the handler, which rejects them.
 */
export const deferRequestBodies = (server: Server, handle: RequestListener): void => {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.add(response);
    handle(request, response);
  });
  server.on('checkExpectation', handle);
};

/** A name or address, and a port (RFC 9112, 3.2; RFC 3986, 3.2.2). */
const HOST = /^(?:[\w.~!$&'()*+,;=%-]*|\[[\dA-Fa-f:.]+\])(?::\d*)?$/;

/**
 * Rejects requests that an HTTP/1.1 server must reject and express accepts: without a Host header, with several or an
 * invalid one, or with an unknown expectation. Node could reject them too, but without problem details.
 */
export const rejectExpectations: RequestHandler = ({ httpVersion, headers, headersDistinct }, _response, next) => {
  const hosts = headersDistinct.host?.length ?? 0;
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) {
    throw new DomainError('BAD_REQUEST', 'an HTTP/1.1 request must have exactly one Host header');
  }
  if (headers.host !== undefined && !HOST.test(headers.host)) {
    throw new DomainError('BAD_REQUEST', 'the Host header is not a host with an optional port');
  }
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') {
    throw new DomainError('EXPECTATION_FAILED', 'Expect must be 100-continue');
  }
  next();
};

/** Sends `100 Continue` if the client waits for it. */
const letContinue = (response: ServerResponse): void => {
  if (waiting.delete(response)) response.writeContinue();
};
