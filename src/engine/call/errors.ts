import { errors } from 'undici';
import {
  type ExecutionErrorCode,
  isSystemErrorCode,
  type SystemErrorCode,
} from '../../domain/codes/execution-error-codes.ts';
import type { OutcomeError } from '../../domain/execution/outcome.ts';
import { TargetRejected } from '../../domain/targets/target-url.ts';

/** The name resolved to no address. */
export class NameNotFound extends Error {
  override readonly name = 'NameNotFound';
  readonly code = 'ENOTFOUND' satisfies ExecutionErrorCode;
  constructor(hostname: string) {
    super(`${hostname} doesn't resolve`);
  }
}

/** The proxy that calls go through gave no connection to the target. */
export class EgressProxyFailed extends Error {
  override readonly name = 'EgressProxyFailed';
  readonly code = 'EGRESS_PROXY_FAILED' satisfies ExecutionErrorCode;
  constructor(why: string, cause?: unknown) {
    super(`the egress proxy ${why}`, { cause });
  }
}

/** No access token could be had for the call, so nothing was sent to the target. */
export class AccessTokenFailed extends Error {
  override readonly name = 'AccessTokenFailed';
  readonly code: Extract<ExecutionErrorCode, `ACCESS_TOKEN_${string}` | 'TARGET_BLOCKED'>;
  constructor(code: AccessTokenFailed['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** The check right before sending (`maySend`) said no; nothing was sent. */
export class Withheld extends Error {
  override readonly name = 'Withheld';
}

/** The connection failed before the response was complete. `status` is known if the head of the response had arrived. */
export class HopBroken extends Error {
  override readonly name = 'HopBroken';
  /** Whether the request may have reached the target. */
  readonly wasSent: boolean;
  readonly status: number | undefined;
  constructor(broken: { wasSent: boolean; status: number | undefined; cause: unknown }) {
    super('the call was interrupted', { cause: broken.cause });
    this.wasSent = broken.wasSent;
    this.status = broken.status;
  }
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'the target refused the connection'],
  ['ECONNRESET', 'the target closed the connection before the request was sent'],
  ['ETIMEDOUT', 'connecting to the target took too long'],
  ['EHOSTUNREACH', 'there is no route to the target'],
  ['ENETUNREACH', "there is no route to the target's network"],
  ['ENOTFOUND', "the target's name doesn't resolve"],
  ['EAI_AGAIN', "the target's name could not be resolved: its name server failed or did not respond"],
]);

const MAX_MESSAGE = 300;

const codeOf = (error: unknown): SystemErrorCode | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && isSystemErrorCode(error.code)
    ? error.code
    : undefined;

const messageOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n', 1)[0] ?? '').slice(0, MAX_MESSAGE) : '';

/** undici's own codes, and the errors that are recorded for them. */
const KNOWN_CODES: ReadonlyMap<string, OutcomeError> = new Map([
  ['UND_ERR_CONNECT_TIMEOUT', { code: 'ETIMEDOUT', message: 'connecting to the target took more than 10 seconds' }],
  ['UND_ERR_HEADERS_OVERFLOW', { code: 'INVALID_RESPONSE', message: 'the response headers are larger than 16 KiB' }],
]);

const neverSent = (cause: unknown): OutcomeError => {
  const code = codeOf(cause) ?? 'CONNECTION_FAILED';
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    return { code: 'INVALID_REQUEST', message: `the request can't be sent: ${messageOf(cause)}` };
  }
  if (code.startsWith('UND_ERR')) return { code: 'CONNECTION_FAILED', message: 'could not connect to the target' };
  const words = WORDS.get(code) ?? (messageOf(cause) || 'could not connect to the target');
  return { code, message: words };
};

/** Describes the failure of a call without a whole response; the message holds no stack and no address. */
export const failureOf = (error: unknown): OutcomeError => {
  if (error instanceof AccessTokenFailed) return { code: error.code, message: error.message };
  if (error instanceof TargetRejected) return { code: error.code, message: error.message };
  if (error instanceof NameNotFound) return { code: error.code, message: error.message };
  if (!(error instanceof HopBroken)) {
    // A resolver's error has a code. An error without one is a fault of this program, not of the target.
    const isOurs = codeOf(error) === undefined;
    return isOurs ? { code: 'CALL_FAILED', message: `the call failed: ${messageOf(error)}` } : neverSent(error);
  }
  const { cause, wasSent } = error;
  const code = codeOf(cause);
  const known = code === undefined ? undefined : KNOWN_CODES.get(code);
  if (known !== undefined) return known;
  if (cause instanceof errors.HTTPParserError)
    return { code: 'INVALID_RESPONSE', message: 'the response is not valid HTTP' };
  if (!wasSent) return neverSent(cause);
  const when =
    error.status === undefined ? 'before a response arrived' : `during a response with status ${error.status}`;
  const message = `the connection broke ${when}, after the request was sent: the target may have acted on it`;
  return { code: 'OUTCOME_UNKNOWN', message };
};
