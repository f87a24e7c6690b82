import { formatCode } from './codes.ts';

type ErrorText = { readonly meaning: string; readonly remedy: string };

/** What each code of a failed execution means, and what to do: as docs/reference/codes.md has it, which a test compares. */
export const ERROR_TEXTS: Readonly<Record<string, ErrorText>> = {
  OUTCOME_UNKNOWN: {
    meaning:
      'The request was sent, but its answer never came: the connection broke, or the engine was stopped or lost. The target may have acted.',
    remedy: 'Look at the target. Have it recognise repeated calls by their `Idempotency-Key` header.',
  },
  OUTCOME_NOT_RECORDED: {
    meaning: 'The call ended, but the log could not hold its outcome, even cut down.',
    remedy: 'Look at the target for what happened; report it with the log of the engine.',
  },
  LEASE_LOST: {
    meaning: 'The engine could no longer be sure that the execution was its own, so it did not call.',
    remedy: 'Trigger the job again. If it repeats, check the connection of engines to Postgres and to the log.',
  },
  ENGINE_STOPPED: { meaning: 'The engine was stopped before it called.', remedy: 'Trigger the job again.' },
  SUPERSEDED: {
    meaning:
      'The job was edited, paused, disabled or deleted, or became unreadable, between the claim and the call; or a calendar left its slot out.',
    remedy: 'None where the change was meant. `reason` names it.',
  },
  OVERLAP: {
    meaning: 'The job was triggered while another run of it was open, so this one was cancelled.',
    remedy: 'Trigger it again after that run has ended; `message` names it.',
  },
  DEADLINE_EXCEEDED: {
    meaning: 'The target took the call with 202, and has not said within `deadline` how it ended.',
    remedy: 'Look at the target, or give it more time.',
  },
  HEARTBEAT_LOST: {
    meaning: 'The target took the call with 202, and was not heard of for `heartbeatTimeout`.',
    remedy: 'Look at the target: it may have died in the middle of its work.',
  },
  REPORTED_FAILED: {
    meaning: 'The target took the call with 202, and said later that it failed; `message` is what it said.',
    remedy: 'Look at the target.',
  },
  CANCELLED: {
    meaning: 'Somebody cancelled it; `message` says who.',
    remedy: 'None. Where it was running, the target may have acted.',
  },
  REPLACED: {
    meaning: 'A newer run of the job took its place, as `overlap: replace` says.',
    remedy: 'None. Where it was running, the target may have acted.',
  },
  TOO_LATE: {
    meaning: 'It waited for longer than `maxLateness` allows.',
    remedy: 'See what it waited for, or allow it more time.',
  },
  PAUSED: {
    meaning: 'The job was paused between the claim and the call, so this attempt called nothing.',
    remedy: 'None: the execution waits, and is called once the pause ends.',
  },
  JOB_DISABLED: { meaning: 'The job was disabled while the execution of a slot waited.', remedy: 'None.' },
  JOB_DELETED: { meaning: 'The job was deleted while the execution waited.', remedy: 'None.' },
  INVALID_REQUEST: {
    meaning: 'The request cannot be sent as the job describes it.',
    remedy: 'Correct `taskConfig` by what `message` says.',
  },
  INVALID_RESPONSE: {
    meaning: 'The answer is not HTTP, has headers over 16 KiB, or redirects to something that is not a URL.',
    remedy: 'Correct the target.',
  },
  TOO_MANY_REDIRECTS: {
    meaning: 'The target redirected more than five times.',
    remedy: 'Call the last address directly, or correct a loop at the target.',
  },
  CONNECTION_FAILED: {
    meaning: 'No connection to the target was made, and the system gave no code.',
    remedy: 'Check that the target can be reached from the engine.',
  },
  CALL_FAILED: {
    meaning: 'The call failed by a fault of the scheduler, and not of the target.',
    remedy: 'Report it with `message` and the log of the engine.',
  },
  ETIMEDOUT: {
    meaning: 'The deadline of the task passed, or no connection was made within 10 seconds.',
    remedy:
      'Make the target faster or `taskConfig.timeout` longer. Where `startedAt` is set, the target may have acted.',
  },
  ENOTFOUND: { meaning: "The target's name has no address.", remedy: 'Correct the host, or its DNS entry.' },
  EAI_AGAIN: {
    meaning: "The target's name could not be looked up: the name server did not answer.",
    remedy: "Check the engine's name server.",
  },
  EGRESS_PROXY_FAILED: {
    meaning:
      'The proxy of `EGRESS_PROXY` could not be reached, or opened no connection to the target. Nothing was sent.',
    remedy: '`message` says which; the log of the proxy may say why.',
  },
  ACCESS_TOKEN_REJECTED: {
    meaning:
      "The token endpoint of the job's OAuth2 client gave no access token, or none that can be used. Nothing was sent to the target.",
    remedy: 'Correct `auth` by what `message` says: `clientId`, `clientSecret`, `scope`, `audience`, `clientAuth`.',
  },
  ACCESS_TOKEN_UNAVAILABLE: {
    meaning:
      "The token endpoint of the job's OAuth2 client could not be reached, did not answer in time, or failed by itself. Nothing was sent to the target.",
    remedy: 'Look at the token endpoint; `message` says what happened. `retryOn: connect` has it tried again.',
  },
  BAD_PARAMETER: {
    meaning: 'A `${…}` names a variable or secret that the application no longer has, or is malformed.',
    remedy: 'Set it, or correct the job.',
  },
  TARGET_BLOCKED: {
    meaning: 'The target, as filled in or as looked up now, is not allowed.',
    remedy:
      '`message` names the line of `ALLOWED_TARGETS` or `TARGET_PORTS` with which an operator allows it, where one can.',
  },
  SECRET_ORIGIN_NOT_ALLOWED: {
    meaning: 'A secret would have gone to an origin that is not among its `allowedOrigins`, or by a redirect.',
    remedy: "Correct the target, or add its origin to the secret's `allowedOrigins`.",
  },
  SECRET_ERASED: {
    meaning: 'The secret was erased, and nobody can read it any more.',
    remedy: 'Set the secrets of the application and of its jobs again.',
  },
  SECRET_RING_KEY_UNKNOWN: {
    meaning: "`SECRET_KEYS` of this engine lacks the key that opens the application's secrets.",
    remedy: 'The operator adds that key on every engine: docs/how-to/secrets.md.',
  },
  SECRET_DATA_KEY_BROKEN: {
    meaning: "The key of that id in `SECRET_KEYS` does not open the application's secrets.",
    remedy: 'The operator restores the right bytes of that key: docs/how-to/secrets.md.',
  },
  SECRET_KEY_MISSING: {
    meaning: "The engine did not have the newest of the application's data keys.",
    remedy: 'Trigger the job again.',
  },
  SECRET_BROKEN: {
    meaning: 'The sealed value does not open: it was sealed for another application, or was tampered with.',
    remedy: 'Set the secret again, and find out who can write to the log.',
  },
  STREAM_PARKED: {
    meaning: 'This release cannot read an event of the application, so its secrets or variables are unknown.',
    remedy: 'Start a release that can read it: docs/how-to/read-models.md.',
  },
  INTERNAL_ERROR: { meaning: 'A fault of the scheduler.', remedy: "Look in the engine's log for the execution's id." },
  'HTTP_<status>': {
    meaning: 'The target answered with a status that does not count as success. `result` has the answer.',
    remedy: 'Correct the target or the request, or list the status in `successStatus`.',
  },
  ECONNREFUSED: { meaning: 'The target refused the connection.', remedy: 'Check that the target runs on this port.' },
  ECONNRESET: {
    meaning: 'The target closed the connection before the request was sent.',
    remedy: 'Look at the target, and at proxies before it.',
  },
  EHOSTUNREACH: { meaning: 'There is no route to the target.', remedy: "Check the engine's network." },
  ENETUNREACH: { meaning: "There is no route to the target's network.", remedy: "Check the engine's network." },
  CERT_HAS_EXPIRED: { meaning: "The target's certificate has expired.", remedy: 'Renew it at the target.' },
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    meaning: "The target's certificate is signed only by itself.",
    remedy: 'Give the target a certificate of an authority that the engine trusts.',
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    meaning: "The issuer of the target's certificate is not known to the engine.",
    remedy: 'Let the target send the whole chain, or have the engine trust the authority (`NODE_EXTRA_CA_CERTS`).',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    meaning: "The target's certificate is for another name.",
    remedy: 'Call the target by a name in its certificate.',
  },
};

/** What a code means, in a few words. */
export const formatError = (code: string): string =>
  errorTextOf(code)
    ?.meaning.replace(/\.( .*)?$/, '')
    .replaceAll('`', '') ?? formatCode(code);

/** The text for a code; undefined for one that docs/reference/codes.md does not know. */
export const errorTextOf = (code: string): ErrorText | undefined =>
  ERROR_TEXTS[/^HTTP_\d{3}$/.test(code) ? 'HTTP_<status>' : code];
