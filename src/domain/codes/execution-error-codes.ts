import type { CodeText } from './code-text.ts';

/** Codes of failed and cancelled executions, as in docs/reference/codes.md. */
export const EXECUTION_ERROR_CODES = {
  OUTCOME_UNKNOWN: {
    meaning:
      'The request was sent but no response came: the connection broke, or the engine stopped or failed. The target may have acted.',
    remedy: 'Check the target. Make it detect repeated calls by `Idempotency-Key`.',
  },
  OUTCOME_NOT_RECORDED: {
    meaning: 'The call ended, but its outcome was too large for the log, even after truncation.',
    remedy: "Check the target for the outcome. Report the error with the engine's log.",
  },
  LEASE_LOST: {
    meaning: "The engine couldn't confirm that it still owned the execution, so it made no call.",
    remedy: "Trigger the job again. If this recurs, check the engines' connections to Postgres and the log.",
  },
  ENGINE_STOPPED: { meaning: 'The engine was stopped before it made the call.', remedy: 'Trigger the job again.' },
  SUPERSEDED: {
    meaning:
      'Between claim and call, the job was edited, paused, disabled, deleted, or unreadable, or a calendar excluded the slot.',
    remedy: 'None if intended. `reason` names the change.',
  },
  OVERLAP: {
    meaning: 'The job was triggered while another execution was open, so this one was cancelled.',
    remedy: 'Trigger the job again after the execution that `message` names has ended.',
  },
  DEADLINE_EXCEEDED: {
    meaning: 'The target accepted the call with 202 but reported no result within `deadline`.',
    remedy: 'Check the target, or allow more time.',
  },
  HEARTBEAT_LOST: {
    meaning: 'The target accepted the call with 202, then sent no heartbeat for `heartbeatTimeout`.',
    remedy: 'Check the target; it may have crashed.',
  },
  REPORTED_FAILED: {
    meaning: 'The target accepted the call with 202 and later reported a failure. `message` is its text.',
    remedy: 'Check the target.',
  },
  WORK_LOST: {
    meaning:
      'The worker that took the work sent no heartbeat for `heartbeatTimeout`. It may have done part of the work.',
    remedy: 'Check the worker. To retry such attempts, add `lost` to `retryOn`.',
  },
  WORK_TOO_LARGE: {
    meaning: 'With its parameters filled in, the work is larger than 256 KiB of JSON, so it was not offered.',
    remedy: 'Shorten `taskConfig.input`: pass a reference to large data instead.',
  },
  ENGINE_LOST: {
    meaning: 'The engine was lost before it offered the work to workers. No worker got it.',
    remedy: 'Trigger the job again. To retry such attempts, set `retry.maxAttempts`.',
  },
  CANCELLED: {
    meaning: 'A user cancelled the execution; `message` names the user.',
    remedy: 'None. If it was running, the target may have acted.',
  },
  REPLACED: {
    meaning: 'A newer run of the job replaced it, because the overlap policy is `replace`.',
    remedy: 'None. If it was running, the target may have acted.',
  },
  TOO_LATE: {
    meaning:
      'The execution waited longer than `maxLateness` allows, or no worker took a further attempt within `maxElapsed`.',
    remedy: 'Check what it waited for, or allow more time.',
  },
  PAUSED: {
    meaning: 'The job was paused between claim and call, so this attempt made no call.',
    remedy: 'None. The execution runs after the pause.',
  },
  JOB_DISABLED: { meaning: 'The job was disabled while the execution of a slot waited.', remedy: 'None.' },
  JOB_DELETED: { meaning: 'The job was deleted while the execution waited.', remedy: 'None.' },
  INVALID_REQUEST: {
    meaning: "The request that the job describes can't be sent.",
    remedy: 'Correct `taskConfig` as `message` states.',
  },
  INVALID_RESPONSE: {
    meaning: "The response isn't HTTP, has headers over 16 KiB, or redirects to an invalid URL.",
    remedy: 'Correct the target.',
  },
  TOO_MANY_REDIRECTS: {
    meaning: 'The target redirected more than five times.',
    remedy: 'Call the final address directly, or correct a redirect loop at the target.',
  },
  CONNECTION_FAILED: {
    meaning: 'The connection to the target failed, and the system gave no code.',
    remedy: 'Check that the engine can reach the target.',
  },
  CALL_FAILED: {
    meaning: 'The call failed because of an error in the scheduler, not the target.',
    remedy: "Report it with `message` and the engine's log.",
  },
  ETIMEDOUT: {
    meaning: "The task's timeout expired, or no connection was made within 10 seconds.",
    remedy: 'Speed up the target or raise `taskConfig.timeout`. If `startedAt` is set, the target may have acted.',
  },
  ENOTFOUND: { meaning: "The target's name has no address.", remedy: 'Correct the host or its DNS entry.' },
  EAI_AGAIN: {
    meaning: "The target's name couldn't be resolved: the name server didn't respond.",
    remedy: "Check the engine's name server.",
  },
  EGRESS_PROXY_FAILED: {
    meaning: 'The proxy of `EGRESS_PROXY` was unreachable or opened no connection to the target. Nothing was sent.',
    remedy: "`message` states which. Check the proxy's log.",
  },
  ACCESS_TOKEN_REJECTED: {
    meaning:
      "The token endpoint of the job's OAuth2 client returned no usable access token. Nothing was sent to the target.",
    remedy: 'Correct `auth` as `message` states: `clientId`, `clientSecret`, `scope`, `audience`, `clientAuth`.',
  },
  ACCESS_TOKEN_UNAVAILABLE: {
    meaning:
      "The token endpoint of the job's OAuth2 client was unreachable, didn't respond in time, or failed. Nothing was sent to the target.",
    remedy:
      'Check the token endpoint; `message` states what happened. To retry such failures, add `connect` to `retryOn`.',
  },
  BAD_PARAMETER: {
    meaning: 'A `${…}` is malformed, or names a variable or secret that the application no longer has.',
    remedy: 'Set the variable or secret, or correct the job.',
  },
  TARGET_BLOCKED: {
    meaning: "The target isn't allowed: its URL after parameters were filled in, or an address it resolves to.",
    remedy:
      'If an operator can allow the target, `message` shows the entry to add to `ALLOWED_TARGETS` or `TARGET_PORTS`. An administrator adds one for `ALLOWED_TARGETS` with `carillon targets add`, without a restart.',
  },
  SECRET_ORIGIN_NOT_ALLOWED: {
    meaning:
      "The call, or a redirect, would have sent a secret to an origin that isn't in the secret's `allowedOrigins`.",
    remedy: "Correct the target, or add its origin to the secret's `allowedOrigins`.",
  },
  SECRET_ERASED: {
    meaning: "The secret was erased and can't be recovered.",
    remedy: 'Set the secrets of the application and its jobs again.',
  },
  SECRET_KEY_UNKNOWN: {
    meaning: "`SECRET_KEYS` of this engine lacks the key that opens the application's secrets.",
    remedy: 'The operator adds that key on every engine: [how-to/secrets.md](../how-to/secrets.md).',
  },
  SECRET_DATA_KEY_BROKEN: {
    meaning: "The key with that id in `SECRET_KEYS` doesn't open the application's secrets.",
    remedy: 'The operator restores the right bytes of that key: [how-to/secrets.md](../how-to/secrets.md).',
  },
  SECRET_KEY_MISSING: {
    meaning: "The engine didn't have the application's newest data key.",
    remedy: 'Trigger the job again.',
  },
  SECRET_BROKEN: {
    meaning: "The sealed value can't be opened: it was sealed for another application, or someone altered it.",
    remedy: 'Set the secret again, and find out who can write to the log.',
  },
  STREAM_PARKED: {
    meaning: "This version can't read an event of the application, so its secrets and variables are unknown.",
    remedy:
      'Start a version that can read it: [how-to/read-models.md](../how-to/read-models.md#events-that-cant-be-read).',
  },
  INTERNAL_ERROR: {
    meaning: 'An internal error of the scheduler.',
    remedy: "Search the engine's log for the execution's id.",
  },
} as const satisfies Record<string, CodeText>;

type OwnErrorCode = keyof typeof EXECUTION_ERROR_CODES;

/** Why a sealed value could not be opened or sent. */
export type SecretErrorCode = Extract<OwnErrorCode, `SECRET_${string}`>;
const isSecretErrorCode = (code: string): code is SecretErrorCode =>
  code.startsWith('SECRET_') && Object.hasOwn(EXECUTION_ERROR_CODES, code);
/** Whether secrets/ threw this error. Modules that must not import secrets/ use its code. */
export const isSecretError = (error: unknown): error is Error & { readonly code: SecretErrorCode } =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && isSecretErrorCode(error.code);

/** A code of Node or its libraries, such as ECONNREFUSED, passed on unchanged. */
export type SystemErrorCode = string & { readonly origin: 'system' };
const SYSTEM_CODE = /^[A-Z][A-Z0-9_]{1,60}$/;
export const isSystemErrorCode = (code: string): code is SystemErrorCode => SYSTEM_CODE.test(code);

/** Codes that an engine may record. The log's schema accepts any text, because later versions add codes. */
export type ExecutionErrorCode = OwnErrorCode | `HTTP_${number}` | SystemErrorCode;

/** The most frequent passed-on codes; the list is not complete. */
export const PASSED_ON_CODES = {
  'HTTP_<status>': {
    meaning: "The target responded with a status that doesn't count as success. `result` contains the response.",
    remedy: 'Correct the target or the request, or add the status to `successStatus`.',
  },
  ECONNREFUSED: {
    meaning: 'The target refused the connection.',
    remedy: 'Check that the target is running on this port.',
  },
  ECONNRESET: {
    meaning: 'The target closed the connection before the request was sent.',
    remedy: 'Check the target and the proxies in front of it.',
  },
  EHOSTUNREACH: { meaning: 'There is no route to the target.', remedy: "Check the engine's network." },
  ENETUNREACH: { meaning: "There is no route to the target's network.", remedy: "Check the engine's network." },
  CERT_HAS_EXPIRED: { meaning: "The target's certificate has expired.", remedy: 'Renew it at the target.' },
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    meaning: "The target's certificate is self-signed.",
    remedy: 'Give the target a certificate from an authority that the engine trusts.',
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    meaning: "The engine doesn't know the issuer of the target's certificate.",
    remedy:
      'Configure the target to send the whole chain, or let the engine trust the authority (`NODE_EXTRA_CA_CERTS`).',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    meaning: "The target's certificate is for another name.",
    remedy: 'Call the target by a name in its certificate.',
  },
} as const satisfies Record<string, CodeText>;
