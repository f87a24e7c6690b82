import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { RefusalCode } from '../domain/codes/problem-codes.ts';
import { Refusal } from '../domain/refusal.ts';
import type { Timers } from '../world.ts';
import { type Problem, toProblem } from './problem-details.ts';

/** So long the client may take to read why, before its connection is cut. */
const READ_MS = 1_000;

/** What a request that can't be read is refused with. */
type RefusalText = readonly [code: RefusalCode, message: string];
const REFUSALS: ReadonlyMap<unknown, RefusalText> = new Map([
  ['HPE_HEADER_OVERFLOW', ['HEADERS_TOO_LARGE', 'the request line and headers are larger than 16 KiB']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', ['BODY_TOO_LARGE', 'the chunk extensions are larger than 16 KiB']],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['REQUEST_TIMEOUT', 'the request did not come in time']],
]);
const UNREADABLE: RefusalText = ['BAD_REQUEST', 'this is not a request of HTTP/1.1'];

/** What is told of a request that the parser could not read: the same as of any other, by its code. */
const problemOf = (error: Error, correlationId: string): Problem => {
  const known = 'code' in error ? REFUSALS.get(error.code) : undefined;
  const [code, message] = known ?? UNREADABLE;
  return toProblem(new Refusal(code, message), { instance: '', correlationId });
};

/** Answers a request that could not be read, and closes its connection: nothing after it can be read either. */
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
  // What still comes is let in unread, so that the answer is not lost with it.
  socket.resume();
  const cancel = timers.after(READ_MS, () => socket.destroy());
  socket.once('close', cancel);
};
