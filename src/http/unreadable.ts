import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { RefusalCode } from '../domain/codes/problem-codes.ts';
import { Refusal } from '../domain/refusal.ts';
import type { Timers } from '../world.ts';
import { type Problem, toProblem } from './problem-details.ts';

/** How long the client has to read the refusal before its connection is cut. */
const READ_MS = 1_000;

/** The refusal for each error code of the HTTP parser. */
type RefusalText = readonly [code: RefusalCode, message: string];
const REFUSALS: ReadonlyMap<unknown, RefusalText> = new Map([
  ['HPE_HEADER_OVERFLOW', ['HEADERS_TOO_LARGE', 'the request line and headers are larger than 16 KiB']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', ['BODY_TOO_LARGE', 'the chunk extensions are larger than 16 KiB']],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['REQUEST_TIMEOUT', 'the request did not come in time']],
]);
const UNREADABLE: RefusalText = ['BAD_REQUEST', 'this is not a request of HTTP/1.1'];

/** The problem details for an error of the HTTP parser. */
const problemOf = (error: Error, correlationId: string): Problem => {
  const known = 'code' in error ? REFUSALS.get(error.code) : undefined;
  const [code, message] = known ?? UNREADABLE;
  return toProblem(new Refusal(code, message), { instance: '', correlationId });
};

/** Answers a request that the HTTP parser could not read, and closes its connection: what follows cannot be parsed. */
export const answerUnreadable = (
  { error, socket }: { readonly error: Error; readonly socket: Socket },
  { correlationId, timers }: { readonly correlationId: string; readonly timers: Timers },
): void => {
  const problem = problemOf(error, correlationId);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${correlationId}`,
    'Connection: close',
  ];
  socket.on('error', () => {});
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // Received bytes are dropped: unread, they would reset the connection and lose the answer.
  socket.resume();
  const cancel = timers.after(READ_MS, () => socket.destroy());
  socket.once('close', cancel);
};
