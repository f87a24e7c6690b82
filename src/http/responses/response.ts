import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { Precondition } from '../../commands/command.ts';
import type { KeyedResponse } from '../../commands/loop/requests/keyed-events.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { JobDefinition } from '../../domain/events/index.ts';
import { QueryAbandoned } from '../../projections/queries/scope.ts';

type Revision = NonNullable<Precondition['expectedRevision']>;

/** The entity tag of a revision. */
export const etagOf = (revision: Revision): string => `"${revision}"`;

/** The revisions that a change can be based on; `undefined` allows any. */
export type IfMatch = readonly Revision[] | undefined;

const TAG_LIST = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:\s*,\s*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")*$/;
const TAG = /(?:W\/)?"[^"]*"/g;
/** -1 is the revision of a list that was never set. */
const STRONG_TAG_OF_OURS = /^"(-1|0|[1-9]\d{0,14})"$/;
const MAX_TAGS = 10;

/**
 * Parses If-Match to the allowed revisions. Weak tags, and tags that Carillon never issued, match no revision (RFC 9110,
 * 13.1.1).
 * @throws DomainError BAD_IF_MATCH
 */
export const parseIfMatch = (header: string | undefined): IfMatch => {
  const text = header?.trim();
  if (text === undefined || text === '*') return undefined;
  const tags = TAG_LIST.test(text) ? (text.match(TAG) ?? []) : [];
  if (tags.length === 0 || tags.length > MAX_TAGS) {
    throw new DomainError('BAD_IF_MATCH', `If-Match must be "*" or up to ${MAX_TAGS} entity tags in quotes`);
  }
  return tags.flatMap((tag) => STRONG_TAG_OF_OURS.exec(tag)?.[1] ?? []).map(Number);
};

/** Returns whether If-None-Match requires a new resource. Entity tags in it are for reads and ignored here. */
export const parseIfNoneMatch = (header: string | undefined): boolean => header?.trim() === '*';

/**
 * Tries a change with each allowed revision until one is the current revision.
 * @throws DomainError STALE_REVISION if none is
 */
export const underIfMatch = async <T>(
  ifMatch: IfMatch,
  run: (precondition: Precondition) => Promise<T>,
): Promise<T> => {
  if (ifMatch === undefined) return run({});
  let stale = new DomainError('STALE_REVISION', 'If-Match is not the current revision: fetch the resource again');
  for (const expectedRevision of ifMatch) {
    try {
      return await run({ expectedRevision });
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'STALE_REVISION') throw error;
      stale = error;
    }
  }
  throw stale;
};

export type ServedResponse = KeyedResponse & {
  /** The job definition for the body. */
  readonly definition?: JobDefinition;
  /** Replaces a body: JSON lines that are sent while they are produced. Only for requests without changes. */
  readonly lines?: AsyncIterable<unknown>;
  /** Replaces a body: writes the whole response, or throws before it begins. Only for requests without changes. */
  readonly stream?: (response: Response) => Promise<void>;
};

type ResponseContent = Pick<ServedResponse, 'status' | 'headers' | 'body'> & { readonly contentType?: string };

/**
 * Sends a response, at once or line by line. If a line can't be produced, aborts the connection and rejects, unless the
 * caller has gone.
 */
export const sendResponse = async (response: Response, { lines, stream, ...result }: ServedResponse): Promise<void> => {
  if (stream !== undefined) return stream(response);
  if (lines === undefined) return send(response, result);
  response.statusCode = result.status;
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Type', 'application/x-ndjson; charset=utf-8');
  for (const [name, value] of Object.entries(result.headers ?? {})) response.setHeader(name, value);
  // Listeners of the surrounding code and of the pipeline.
  response.setMaxListeners(MAX_LISTENERS);
  try {
    await pipeline(Readable.from(textOf(lines)), response);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
};

const MAX_LISTENERS = 20;

const isGone = (error: unknown): boolean =>
  error instanceof QueryAbandoned ||
  (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE');

async function* textOf(lines: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}

/** Sends a response, with a trailing line break for terminals. Forbids caching, because the next response may differ. */
export const send = (response: ServerResponse, result: ResponseContent): void => {
  const { status, headers = {}, body, contentType = 'application/json; charset=utf-8' } = result;
  response.statusCode = status;
  response.setHeader('Cache-Control', 'no-store');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (body === undefined) {
    response.end();
    return;
  }
  const text = Buffer.from(`${JSON.stringify(body)}\n`, 'utf8');
  response.setHeader('Content-Type', contentType);
  response.setHeader('Content-Length', text.length);
  response.end(text);
};

/** Resolves when the client has received what was written, or has gone. */
export const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.removeListener('drain', done);
      response.removeListener('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
