import { METHODS, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { RefusalCode } from '../domain/codes/problem-codes.ts';
import { Refusal } from '../domain/refusal.ts';
import { type Problem, toProblem } from './problem-details.ts';

/** The refusal for each error code of the HTTP parser. */
type RefusalText = readonly [code: RefusalCode, message: string];
const REFUSALS: ReadonlyMap<unknown, RefusalText> = new Map([
  ['HPE_HEADER_OVERFLOW', ['HEADERS_TOO_LARGE', 'the request line and headers are larger than 16 KiB']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', ['BODY_TOO_LARGE', 'the chunk extensions are larger than 16 KiB']],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['REQUEST_TIMEOUT', 'the request did not come in time']],
]);
const UNREADABLE: RefusalText = ['BAD_REQUEST', 'this is not a request of HTTP/1.1'];
const OTHER_METHOD: RefusalText = ['METHOD_NOT_IMPLEMENTED', 'no path of this service has this method'];

/** A request line whose method the parser does not know: RFC 9110 has it answered otherwise than what is no request. */
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) \S+ HTTP\/1\.[01]\r\n/;

/** The problem details for an error of the HTTP parser. */
const problemOf = (error: Error, correlationId: string): Problem => {
  const known = 'code' in error ? REFUSALS.get(error.code) : undefined;
  const [code, message] = known ?? (hasOtherMethod(error) ? OTHER_METHOD : UNREADABLE);
  return toProblem(new Refusal(code, message), { instance: '', correlationId });
};

const hasOtherMethod = (error: Error): boolean => {
  const [, method] = ('rawPacket' in error && REQUEST_LINE.exec(String(error.rawPacket))) || [];
  return method !== undefined && !METHODS.includes(method);
};

/** Answers a request that the HTTP parser could not read, and closes its connection: what follows cannot be parsed. */
export const answerUnreadable = (
  { error, socket }: { readonly error: Error; readonly socket: Socket },
  correlationId: string,
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
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
};
